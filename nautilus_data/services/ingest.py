"""Ingest: bus → store, acknowledged after the commit, so that a crash repeats and never loses."""

from __future__ import annotations

import json
import logging
import threading
from bisect import bisect_right, insort
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from nautilus_data.bus import Garbage, Message, Page, Subscriber, entry_id, entry_ns, rows
from nautilus_data.core.dataset import ACCOUNTS, BALANCES, ORDER_EVENTS, ORDERS, RUNS
from nautilus_data.core.order import fold_order
from nautilus_data.errors import DashboardError, SkippableError
from nautilus_data.services.live import Live
from nautilus_data.store import Store

_LOG = logging.getLogger(__name__)
_RETRY_S = 1.0


class Ingest:
    """Reads the bus in a consumer group and writes what it says to the store."""

    def __init__(self, subscriber: Subscriber, store: Store, live: Live, adjustment: str = "raw") -> None:
        self._subscriber = subscriber
        self._store = store
        self._live = live
        self._adjustment = adjustment
        self._runs: dict[str, list[int]] = {}
        self.error = ""

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set; a page that can't be written is tried again, never dropped."""
        self._load_runs()
        for page in self._subscriber.pages(stop):
            self.take(page)
            while not stop.is_set() and not self._try_write(page):
                stop.wait(_RETRY_S)
            if stop.is_set():
                return

    def take(self, page: Page) -> None:
        """Learn from a page what its rows will need: runs that start, bars that are replayed."""
        for message in page.messages:
            if message.is_run_start:
                self._note_run(message)
        self._live.feed(page.messages)

    def write(self, page: Page) -> None:
        """One page into the store, then acknowledged."""
        cursors = {key.decode(errors="backslashreplace"): entry_id(ids[-1]) for key, ids in page.ids.items()}
        self._store_messages(page.messages, cursors)
        page.ack()

    def _store_messages(self, messages: Sequence[Message], cursors: Mapping[str, int]) -> None:
        """All in one transaction; a message no table takes is found by halves and kept as garbage."""
        try:
            self._store_rows(messages, cursors)
        except (SkippableError, ValueError, ArithmeticError, LookupError, TypeError) as error:
            if len(messages) == 1:
                self._store.write_rows({}, cursors, [_garbage(messages[0], str(error) or type(error).__name__)])
                return
            half = len(messages) // 2
            self._store_messages(messages[:half], {})
            self._store_messages(messages[half:], cursors)

    def _store_rows(self, messages: Sequence[Message], cursors: Mapping[str, int]) -> None:
        made = rows(messages, self.run_of, bar_of=self._bar_of, adjustment=self._adjustment)
        batch = made.everything
        if ORDER_EVENTS in batch:
            batch[ORDERS] = self._folded(batch[ORDER_EVENTS])
        if BALANCES in batch:
            batch[ACCOUNTS] = batch[BALANCES]
        self._store.write_rows(batch, cursors, [_garbage(message, reason) for message, reason in made.garbage])

    def run_of(self, trader_id: str, entry: int) -> int:
        """The run an entry belongs to: the last READY of its trader before it; 0 when none was seen."""
        runs = self._runs.get(trader_id, [])
        place = bisect_right(runs, entry_ns(entry))
        return runs[place - 1] if place else 0

    def _try_write(self, page: Page) -> bool:
        try:
            self.write(page)
        except DashboardError as error:
            self.error = str(error)
            _LOG.error("bus page not stored, trying again reason=%s", error)
            return False
        self.error = ""
        return True

    def _load_runs(self) -> None:
        for trader_id, run_id in self._store.read(RUNS)[["trader_id", "run_id"]].itertuples(index=False):
            self._runs.setdefault(trader_id, []).append(int(run_id))
        for runs in self._runs.values():
            runs.sort()

    def _note_run(self, message: Message) -> None:
        runs = self._runs.setdefault(message.trader_id, [])
        if (run_id := entry_ns(message.entry)) not in runs:
            insort(runs, run_id)

    def _bar_of(self, message: Message) -> int:
        """Historical time of the replayed bar that caused a fill; 0 when nothing is replayed."""
        return self._live.bar_before(message.body.instrument_id, message.body.ts_event)

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


def _event(row: Mapping[str, Any]) -> dict[str, Any]:
    # Times of the row win: on the wire they are integers, digit strings or ISO 8601.
    return {**json.loads(row["body"]), **{name: row[name] for name in ("entry", "ts_event", "ts_init")}}


def _order_row(key: tuple, events: Iterable[Mapping[str, Any]]) -> tuple:
    state = {**fold_order(events), **dict(zip(ORDERS.key, key, strict=True))}
    return tuple(state.get(name, "") for name in ORDERS.columns)


def _garbage(message: Message, reason: str) -> tuple[str, int, str, bytes]:
    body = message.body.payload if isinstance(message.body, Garbage) else repr(message.body).encode()
    return message.stream, message.entry, reason, body
