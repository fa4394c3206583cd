"""Ingest: bus → store, acknowledged after the commit, so that a crash repeats and never loses."""

from __future__ import annotations

import json
import logging
import threading
from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from nautilus_data.bus import SOURCE, Garbage, Message, Page, Rows, Subscriber, entry_id, entry_ns, rows
from nautilus_data.core.dataset import ACCOUNTS, BALANCES, FILLS, ORDER_EVENTS, ORDERS, POSITIONS, RUNS
from nautilus_data.core.order import fold_order
from nautilus_data.core.timerange import TimeRange
from nautilus_data.errors import DashboardError, SkippableError
from nautilus_data.services.live import Live
from nautilus_data.store import Store

_LOG = logging.getLogger(__name__)
_RETRY_S = 1.0
_BOOKED = (ORDER_EVENTS, FILLS, POSITIONS, BALANCES)
_OPEN_FILLS = 10_000
# What a message that is not as promised ends in, here or in the store.
_REFUSED = (SkippableError, ValueError, ArithmeticError, TypeError, LookupError, AttributeError)
_FILL_TIME, _FILL_TRADER, _FILL_INSTRUMENT = (
    list(FILLS.columns).index(name) for name in ("ts_event", "trader_id", "instrument_id")
)


class Ingest:
    """Reads the bus in a consumer group and writes what it says to the store.

    `system_messages` gives every component event still on the bus. A stream is read at its own speed, so without it
    the events of a run could be read before the READY that begins the run.
    """

    def __init__(
        self,
        subscriber: Subscriber,
        store: Store,
        live: Live,
        adjustment: str = "raw",
        system_messages: Callable[[], Iterable[Message]] = tuple,
    ) -> None:
        self._subscriber = subscriber
        self._store = store
        self._live = live
        self._adjustment = adjustment
        self._system_messages = system_messages
        self._runs: dict[str, list[int]] = {}
        self._learned_at = 0
        self._open_fills: dict[str, tuple] = {}
        self.error = ""

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set; a page that can't be written is tried again, never dropped."""
        while not stop.is_set() and not self._try(self._load_runs):
            stop.wait(_RETRY_S)
        for page in self._subscriber.pages(stop):
            self._learn_runs()
            self._live.feed(page.messages)
            while not stop.is_set() and not self._try(lambda page=page: self.write(page)):
                stop.wait(_RETRY_S)
            if stop.is_set():
                return

    def write(self, page: Page) -> None:
        """One page into the store, then acknowledged; what the store refuses is kept as garbage."""
        cursors = {key.decode(errors="backslashreplace"): entry_id(ids[-1]) for key, ids in page.ids.items()}
        try:
            self._write(page.messages, cursors)
        except _REFUSED as error:
            _LOG.warning("page not stored whole, going on entry by entry reason=%s", error)
            self._write_apart(page.messages, cursors)
        page.ack()

    def run_of(self, trader_id: str, entry: int) -> int:
        """The run an entry belongs to: the last READY of its trader before it; 0 when none was seen."""
        runs = self._runs.get(trader_id, [])
        place = bisect_right(runs, entry_ns(entry))
        return runs[place - 1] if place else 0

    def _write(self, messages: Sequence[Message], cursors: Mapping[str, int]) -> None:
        for message in messages:
            if message.is_run_start:
                self._note_run(message)
        made = rows(messages, self.run_of, bar_of=self._bar_of, adjustment=self._adjustment)
        garbage = [_garbage(message, reason) for message, reason in made.garbage]
        open_fills = self._settle_fills(made)
        batch = self._batch(made)
        self._store.write_rows(batch, cursors, garbage)
        self._open_fills = open_fills
        for trader_id, run_id, _ in batch.get(RUNS, ()):
            self._add_run(trader_id, run_id)

    def _batch(self, made: Rows) -> dict[Any, list[tuple]]:
        batch = made.everything
        if ORDER_EVENTS in batch:
            batch[ORDERS] = self._folded(batch[ORDER_EVENTS])
        if BALANCES in batch:
            batch[ACCOUNTS] = batch[BALANCES]
        if unmarked := self._unmarked(batch):
            batch[RUNS] = [*batch.get(RUNS, ()), *unmarked]
        return batch

    def _write_apart(self, messages: Sequence[Message], cursors: Mapping[str, int]) -> None:
        """Message by message, so that the one that does not fit costs no other."""
        for message in messages:
            try:
                self._write([message], {})
            except _REFUSED as error:
                _LOG.warning("entry not stored stream=%s entry=%s reason=%s", message.stream, message.entry, error)
                self._store.write_rows({}, None, [_garbage(message, str(error) or repr(error))])
        self._store.write_rows({}, cursors)

    def _try(self, action: Callable[[], None]) -> bool:
        """The ingest's own loop: whatever goes wrong is told, and tried again."""
        try:
            action()
        except DashboardError as error:
            self.error = str(error)
            _LOG.error("bus page not stored, trying again reason=%s", error)
            return False
        except Exception as error:
            self.error = f"unexpected: {error!r}"
            _LOG.exception("bus page not stored, trying again")
            return False
        self.error = ""
        return True

    def _load_runs(self) -> None:
        for trader_id, run_id in self._store.read(RUNS)[["trader_id", "run_id"]].itertuples(index=False):
            self._add_run(trader_id, int(run_id))

    def _learn_runs(self) -> None:
        """Once after each connect, before anything is stored."""
        connected_at = self._subscriber.connection.connected_at
        if connected_at != self._learned_at:
            for message in self._system_messages():
                if message.is_run_start:
                    self._note_run(message)
            self._learned_at = connected_at

    def _note_run(self, message: Message) -> None:
        self._add_run(message.trader_id, entry_ns(message.entry))

    def _add_run(self, trader_id: str, run_id: int) -> None:
        runs = self._runs.setdefault(trader_id, [])
        if run_id not in runs:
            insort(runs, run_id)

    def _unmarked(self, batch: Mapping[Any, list[tuple]]) -> list[tuple]:
        """Run 0 of each trader that booked something and whose READY is on the bus no more."""
        booked = {row[0] for dataset in _BOOKED for row in batch.get(dataset, ()) if row[1] == 0}
        return [(trader_id, 0, 0) for trader_id in sorted(booked) if 0 not in self._runs.get(trader_id, ())]

    def _bar_of(self, message: Message) -> int:
        """Historical time of the replayed bar that caused a fill; 0 when none is known, or nothing is replayed."""
        return self._live.bar_before(message.trader_id, message.body.instrument_id, message.body.ts_event)

    def _settle_fills(self, made: Rows) -> dict[str, tuple]:
        """Correct fills read before the bar that caused them; those to be looked at again once more bars came.

        Fills are in streams of their own, which may be read faster than the bars'.
        """
        fresh = {fill[2]: fill for fill in made.datasets.get(FILLS, ())}
        known = {**self._open_fills, **fresh}
        if not self._live.replayed_to():
            return dict(list(known.items())[-_OPEN_FILLS:])
        settled = {event_id: self._settled(fill) for event_id, fill in known.items()}
        if rewritten := [fill for event_id, fill in settled.items() if event_id in fresh or fill != known[event_id]]:
            made.datasets[FILLS] = rewritten
        still = [(event_id, fill) for event_id, fill in settled.items() if not self._live.bar_after(*_moment(fill))]
        return dict(still[-_OPEN_FILLS:])

    def _settled(self, fill: tuple) -> tuple:
        moment = _moment(fill)
        bar, following = self._live.bar_before(*moment), self._live.bar_after(*moment)
        if not (bar or fill[-1]) and following:
            # The bar came to a worker before this one; it is the one stored before the next.
            bar = self._stored_bar_before(moment[1], following)
        return (*fill[:-1], bar or fill[-1])

    def _stored_bar_before(self, instrument_id: str, ts_event: int) -> int:
        found = 0
        for series in self._store.series_list(instrument_id=instrument_id, source=SOURCE, adjustment=self._adjustment):
            times = self._store.read(series, TimeRange(0, ts_event), last=1, columns=["ts_event"])["ts_event"]
            found = max(found, *times.tolist(), 0)
        return found

    def _folded(self, events: Sequence[tuple]) -> list[tuple]:
        """The orders these events touch, folded from all that is stored of them and these."""
        orders: dict[tuple, dict[str, dict]] = {}
        for event in events:
            row = dict(zip(ORDER_EVENTS.columns, event, strict=True))
            key = tuple(row[name] for name in ORDERS.key)
            if key not in orders:
                orders[key] = self._stored_events(dict(zip(ORDERS.key, key, strict=True)))
            orders[key][row["event_id"]] = _event(row)
        return [_order_row(key, by_id.values()) for key, by_id in orders.items()]

    def _stored_events(self, where: dict[str, object]) -> dict[str, dict]:
        stored = self._store.read(ORDER_EVENTS, where=where)
        return {row["event_id"]: _event(row) for row in stored.to_dict("records")}


def _moment(fill: tuple) -> tuple[str, str, int]:
    return fill[_FILL_TRADER], fill[_FILL_INSTRUMENT], fill[_FILL_TIME]


def _event(row: Mapping[str, Any]) -> dict[str, Any]:
    # Times of the row win: on the wire they are integers, digit strings or ISO 8601.
    return {**json.loads(row["body"]), **{name: row[name] for name in ("entry", "ts_event", "ts_init")}}


def _order_row(key: tuple, events: Iterable[Mapping[str, Any]]) -> tuple:
    state = {**fold_order(events), **dict(zip(ORDERS.key, key, strict=True))}
    return tuple(state.get(name, "") for name in ORDERS.columns)


def _garbage(message: Message, reason: str) -> tuple[str, int, str, bytes]:
    body = message.body.payload if isinstance(message.body, Garbage) else repr(message.body).encode()
    return message.stream, message.entry, reason, body
