"""The sources' verbs: switch, put in order, connect, watch, search; and how each of them stands."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import pandas as pd

from nautilus_data.bus import SOURCE as LIVE
from nautilus_data.core.job import Status
from nautilus_data.core.listing import told_symbols
from nautilus_data.errors import DashboardError, RetryableError, SkippableError
from nautilus_data.services.live import Live, Quoted
from nautilus_data.services.sources import standing
from nautilus_data.services.sources.compare import Comparison
from nautilus_data.sources import PRIORITY, Found, LatestPrice, Source
from nautilus_data.store import SourceRecords, Store, WatchKey

_LOG = logging.getLogger(__name__)
CONNECT, DISCONNECT, RECONNECT = "source.connect", "source.disconnect", "source.reconnect"
SEARCH = "source.search"
COMMANDS = (CONNECT, DISCONNECT, RECONNECT, SEARCH)
# The state kept beside a source's own: balances and positions.
ACCOUNT = "{} account"
BROKERS = "interactive_brokers"
QUOTES, PRICE_TYPES = "quotes", ("LAST", "MID", "BID", "ASK")
OFF = "switched off on /sources"
FRESH_NS = 5_000_000_000
_ORDER = (*PRIORITY, LIVE)
_LOOK_S = 1.0
_ANSWER_S, _POLL_S = 20.0, 0.1


class Sources:
    """What all processes know of the sources is in the store, and looked at once a second; no probe spends quota."""

    def __init__(
        self,
        store: Store,
        sources: Mapping[str, Source],
        live: Live,
        tolerance: float = 0.001,
        clock: Callable[[], int] = time.time_ns,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._sources, self._live, self._clock, self._monotonic = store, sources, live, clock, monotonic
        self._comparison = Comparison(store, tolerance, monotonic)
        self._records = SourceRecords()
        self._looked_at = float("-inf")
        self._looking = threading.Lock()
        self.version = 0
        for name, source in sources.items():
            source.told = partial(self._told, name)
            if source.spec.is_streaming:
                source.search_there = partial(self._search_there, name)

    def refresh(self) -> None:
        """Look at the store; what can't be read stays as it was."""
        with self._looking:
            self._looked_at = self._monotonic()
            try:
                records = self._store.source_records()
                aliases = {name: self._store.aliases(name) for name in self._sources}
            except DashboardError as error:
                _LOG.warning("the sources' records can't be read reason=%s", error)
                return
            for name, source in self._sources.items():
                source.aliases = told_symbols(aliases[name])
            if records != self._records:
                self.version += 1
            self._records = records
            self._live.take_quoted(self._quoted(records))

    @property
    def records(self) -> SourceRecords:
        """As of a second ago at most."""
        if self._monotonic() - self._looked_at >= _LOOK_S:
            self.refresh()
        return self._records

    def list(self) -> pd.DataFrame:
        """One row per source, in order of priority."""
        order = [name for name in self.order() if name in self._sources]
        rows = [self._row(name, order.index(name) + 1) for name in order]
        return pd.DataFrame(rows, columns=list(standing.COLUMNS))

    def quotas(self, name: str) -> pd.DataFrame:
        """Each limit of a source."""
        rows = [(one.limit, one.used, one.left, one.window_s) for one in self._source(name).quota()]
        return pd.DataFrame(rows, columns=["limit", "used", "left", "window_s"])

    def is_enabled(self, name: str) -> bool:
        return self.records.switches.get(name, self._source(name).spec.starts_on)

    def enable(self, name: str) -> None:
        """Let a source be asked, in all processes within two seconds, until it is switched off."""
        self._switch(name, True)

    def disable(self, name: str) -> None:
        """Have nobody ask a source; what runs pauses."""
        self._switch(name, False)

    def order(self) -> tuple[str, ...]:
        """Who answers for what several have, the best first; the live bus is "nautilus"."""
        names = dict.fromkeys((*self.records.order, *_ORDER, *self._sources))
        return tuple(name for name in names if name in self._sources or name == LIVE)

    def set_priority(self, names: Sequence[str]) -> None:
        """Put these first, the others behind them as they are."""
        known = self.order()
        if unknown := [name for name in names if name not in known]:
            raise ValueError(f"no source is called {unknown[0]!r}; there are: {', '.join(known)}")
        if len(set(names)) < len(names):
            raise ValueError("a source is named twice: name each once")
        self._store.save_source_order(tuple(dict.fromkeys((*names, *known))))
        self.refresh()

    def disagreements(self, limit: int = 200) -> pd.DataFrame:
        """Closes of two sources for the same bar that differ by more than the tolerance, the worst first.

        Not all pairs are compared at once: `attrs["is_complete"]` says whether to call again.
        """
        return self._comparison.disagreements(limit)

    def connection(self, name: str = BROKERS) -> dict[str, Any]:
        """How a source that stays connected stands, as the worker told last."""
        self._streaming(name)
        return standing.connection(self.records.states.get(name), self.is_enabled(name), self._clock() - FRESH_NS)

    def connect(self, name: str = BROKERS) -> int:
        """Have the worker connect; the job's id."""
        return self._command(CONNECT, name, "Connect to")

    def disconnect(self, name: str = BROKERS) -> int:
        """Have the worker disconnect until it is told to connect, or starts anew."""
        return self._command(DISCONNECT, name, "Disconnect from")

    def reconnect(self, name: str = BROKERS) -> int:
        """Have the worker start over."""
        return self._command(RECONNECT, name, "Reconnect to")

    def watch(self, instrument_id: str, source: str = BROKERS, kind: str = QUOTES) -> None:
        """Have live quotes, or five-second bars of a price type; the worker subscribes within two seconds."""
        self._streaming(source)
        self._check_on(source)
        if kind not in (QUOTES, *PRICE_TYPES):
            raise ValueError(f"there is no kind {kind!r}; write {QUOTES}, {', '.join(PRICE_TYPES)}")
        if "." not in instrument_id.strip("."):
            raise ValueError(f"write SYMBOL.VENUE, as in AAPL.NASDAQ, not {instrument_id!r}")
        self._store.save_watch(WatchKey(source, instrument_id, kind))
        self.refresh()

    def unwatch(self, instrument_id: str, source: str = BROKERS, kind: str = QUOTES) -> None:
        """Have them no longer."""
        self._store.remove_watch(WatchKey(source, instrument_id, kind))
        self.refresh()

    def watches(self) -> pd.DataFrame:
        """What is watched, and why nothing comes where that is so."""
        records = self.records
        rows = [(*key, asked, self._watch_note(key, records)) for key, asked in records.watches.items()]
        return pd.DataFrame(rows, columns=[*WatchKey._fields, "ts_asked", "note"])

    def latest(self) -> pd.DataFrame:
        """The last live values, prices as text; `is_stale` when their source is not connected now."""
        records = self.records
        return standing.latest(records.latest, partial(self._is_stale, records))

    def account(self, name: str = BROKERS) -> pd.DataFrame:
        """Balances, as the broker tells them."""
        return self._kept_table(name, "values", ("account", "tag", "value", "currency"))

    def positions(self, name: str = BROKERS) -> pd.DataFrame:
        """Positions held with the broker, whoever opened them."""
        return self._kept_table(name, "positions", ("account", "instrument_id", "quantity", "average_cost"))

    def search(self, name: str, text: str, limit: int = 10, **options: str) -> list[Found]:
        """Ask a source for instruments, and wait for its answer."""
        source = self._may_ask(name)
        return asyncio.run(source.search(text, limit, **options))

    def quote(self, name: str, instrument_id: str) -> LatestPrice:
        """Ask a source for the latest price, and wait for it."""
        found = asyncio.run(self._may_ask(name).latest([instrument_id]))
        if not found:
            raise SkippableError(f"{self._sources[name].spec.title} has no price of {instrument_id}")
        return found[0]

    def _source(self, name: str) -> Source:
        if name not in self._sources:
            raise SkippableError(f"no source is called {name!r}; there are: {', '.join(self._sources)}")
        return self._sources[name]

    def _streaming(self, name: str) -> Source:
        source = self._source(name)
        if not source.spec.is_streaming:
            raise SkippableError(f"{source.spec.title} keeps no connection and tells no live prices: ask it instead")
        return source

    def _check_on(self, name: str) -> None:
        if not self.is_enabled(name):
            raise SkippableError(f"{self._sources[name].spec.title} is {OFF}: switch it on first")

    def _may_ask(self, name: str) -> Source:
        source = self._source(name)
        if reason := source.refusal():
            raise SkippableError(f"{source.spec.title} can't be asked: {reason}")
        return source

    def _switch(self, name: str, is_enabled: bool) -> None:
        self._source(name)
        self._store.switch_source(name, is_enabled)
        self.refresh()

    def _command(self, kind: str, name: str, verb: str) -> int:
        source = self._streaming(name)
        self._check_on(name)
        return self._store.add_job(kind, f"{verb} {source.spec.title}", {"source": name})

    def _told(self, name: str) -> str:
        """Why nobody is to ask a source; of one whose connection is elsewhere, what the worker says of it."""
        if not self.is_enabled(name):
            return OFF
        source, told = self._sources[name], self.records.states.get(name)
        if not source.spec.is_streaming or source.gateway is not None or not self._is_fresh(told):
            return ""
        return standing.trouble(told)

    def _is_fresh(self, told: Mapping[str, Any] | None) -> bool:
        return bool(told) and self._clock() - told["ts_updated"] < FRESH_NS

    def _is_stale(self, records: SourceRecords, name: str) -> bool:
        told = records.states.get(name)
        return not self._is_fresh(told) or bool(standing.trouble(told))

    def _quoted(self, records: SourceRecords) -> tuple[Quoted, ...]:
        return tuple(standing.quoted(row, self._is_stale(records, row["source"])) for row in records.latest)

    def _watch_note(self, key: WatchKey, records: SourceRecords) -> str:
        if not records.switches.get(key.source, self._source(key.source).spec.starts_on):
            return OFF
        told = records.states.get(key.source)
        if not self._is_fresh(told):
            return "no worker tells of it"
        return standing.trouble(told) or told.get("refusals", {}).get(f"{key.instrument_id} {key.kind}", "")

    def _kept_table(self, name: str, part: str, columns: Sequence[str]) -> pd.DataFrame:
        kept = self.records.states.get(ACCOUNT.format(name), {})
        frame = pd.DataFrame([[row.get(column) for column in columns] for row in kept.get(part, [])], columns=columns)
        frame.attrs["ts_updated"] = kept.get("ts_updated", 0)
        return frame

    def _row(self, name: str, priority: int) -> tuple:
        source, health = self._sources[name], self._sources[name].health()
        connection = self.connection(name) if source.spec.is_streaming else None
        return standing.row(
            source, is_enabled=self.is_enabled(name), priority=priority, health=health, connection=connection
        )

    async def _search_there(self, name: str, text: str, limit: int, sec_type: str, currency: str) -> list[Found]:
        """Through the worker, which has the connection."""
        asked = {"source": name, "text": text, "limit": limit, "sec_type": sec_type, "currency": currency}
        title = f"Search {self._sources[name].spec.title} for {text}"
        job_id = await asyncio.to_thread(self._store.add_job, SEARCH, title, asked)
        until = self._monotonic() + _ANSWER_S
        while not (job := await asyncio.to_thread(self._store.job, job_id)).status.is_final:
            if self._monotonic() > until:
                await asyncio.to_thread(self._store.request_cancel, job_id)
                raise RetryableError(f"no worker answered within {_ANSWER_S:.0f} s: is the server running?")
            await asyncio.sleep(_POLL_S)
        if job.status is not Status.SUCCEEDED:
            raise SkippableError(job.message)
        return [Found(**one) for one in job.params["found"]]


def told_found(found: Sequence[Found]) -> list[dict[str, str]]:
    """What a search brought, for the row of its job."""
    return [asdict(one) for one in found]
