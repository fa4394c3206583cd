"""Ingest: bus → store, acknowledged after the commit, so that a crash repeats and never loses."""

from __future__ import annotations

import logging
import threading
from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from nautilus_data.bus import (
    SOURCE,
    Failure,
    Garbage,
    Message,
    Page,
    Router,
    Rows,
    Subscriber,
    decode,
    entry_id,
    entry_ns,
    rows,
)
from nautilus_data.core.dataset import ACCOUNTS, BALANCES, FILLS, ORDER_EVENTS, ORDERS, POSITIONS, RUNS
from nautilus_data.core.dead_letter import DECODER, DeadLetter
from nautilus_data.core.stored_order import fold_stored
from nautilus_data.core.timerange import TimeRange
from nautilus_data.errors import DashboardError, SkippableError
from nautilus_data.services.live import Live
from nautilus_data.store import Store

_LOG = logging.getLogger(__name__)
_RETRY_S = 1.0
_BOOKED = (ORDER_EVENTS, FILLS, POSITIONS, BALANCES)
_OPEN_FILLS = 10_000
STORE = "store"
# An order event begins with the key of its order.
_ORDER_KEY = len(ORDERS.key)
# What a message that is not as promised ends in, here or in the store.
_REFUSED = (SkippableError, ValueError, ArithmeticError, TypeError, LookupError, AttributeError)
_FILL_TIME, _FILL_TRADER, _FILL_INSTRUMENT = (
    list(FILLS.columns).index(name) for name in ("ts_event", "trader_id", "instrument_id")
)


class Ingest:
    """Reads the bus in a consumer group and writes what it says to the store; others may subscribe to `router`.

    `run_starts` gives the starts of runs up to a page. A stream is read at its own speed, and of a group's entries
    another worker may be given some: without it the events of a run could be read before the READY that begins it.
    `lock` is held while a page is written: whoever else writes what the bus writes holds it too.
    """

    def __init__(
        self,
        subscriber: Subscriber,
        store: Store,
        live: Live,
        adjustment: str = "raw",
        run_starts: Callable[[Page], Iterable[Message]] | None = None,
    ) -> None:
        self._subscriber = subscriber
        self._store = store
        self._live = live
        self._adjustment = adjustment
        self._run_starts = run_starts or (lambda page: ())
        self._runs: dict[str, list[int]] = {}
        self._open_fills: dict[str, tuple] = {}
        self._failures: list[Failure] = []
        self._whole: Sequence[Message] | None = None
        self._cursors: dict[str, int] = {}
        self._is_noted = False
        self._stop = threading.Event()
        self.lock = threading.RLock()
        self.router = Router(self._failures.append)
        self.router.subscribe("*", self._take, STORE)
        self.error = ""

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set; a page that can't be written is tried again, never dropped."""
        self._stop = stop
        self._until_done(self._load_runs)
        for page in self._subscriber.pages(stop):
            self._until_done(lambda page=page: self._learn_runs(page))
            self.write(page)
            if stop.is_set():
                return

    def write(self, page: Page) -> None:
        """One page to all who want it, into the store last, then acknowledged; who fails is written down."""
        self._cursors = {key.decode(errors="backslashreplace"): entry_id(ids[-1]) for key, ids in page.ids.items()}
        with self.lock:
            self._whole, self._is_noted = page.messages, False
            self.router.route(page.messages)
            if self._stop.is_set():
                return
            self._until_done(self._note)
        page.ack()

    def replay(self, letter: DeadLetter, payload: bytes) -> str:
        """Hand a dead letter to its handler once more; why it failed again, '' when it was taken."""
        body = decode(letter.topic, payload)
        if isinstance(body, Garbage):
            return body.reason
        message = Message(letter.stream, letter.trader_id, letter.entry, letter.topic, body, payload)
        with self.lock:
            self._whole = None
            return self.router.again(message, STORE if letter.handler == DECODER else letter.handler)

    def run_of(self, trader_id: str, entry: int) -> int:
        """The run an entry belongs to: the last READY of its trader before it; 0 when none was seen."""
        runs = self._runs.get(trader_id, [])
        place = bisect_right(runs, entry_ns(entry))
        return runs[place - 1] if place else 0

    def current_run(self, trader_id: str) -> int:
        """The last READY of a trader; 0 when none was seen."""
        return next(iter(self._runs.get(trader_id, [])[-1:]), 0)

    def _take(self, messages: Sequence[Message]) -> None:
        """The router's handler: raises on what will never fit, waits out what may be better later."""
        refused: list[Exception] = []

        def write() -> None:
            try:
                self._write(messages)
            except _REFUSED as error:
                refused.append(error)

        self._until_done(write)
        if refused:
            raise refused[0]

    def _write(self, messages: Sequence[Message]) -> None:
        for message in messages:
            if message.is_run_start:
                self._note_run(message)
        made = rows(messages, self.run_of, bar_of=self._bar_of, adjustment=self._adjustment)
        open_fills = self._settle_fills(made)
        batch = self._batch(made)
        dead = [_unreadable(message, reason) for message, reason in made.garbage]
        touched = {event[:_ORDER_KEY] for event in batch.get(ORDER_EVENTS, ())}
        derive = (lambda read: {ORDERS: fold_stored(read, touched)}) if touched else None
        is_whole = messages is self._whole
        self._store.write_rows(batch, self._cursors if is_whole else None, dead, derive)
        self._is_noted = self._is_noted or is_whole
        self._open_fills = open_fills
        for trader_id, run_id, _ in batch.get(RUNS, ()):
            self._add_run(trader_id, run_id)

    def _note(self) -> None:
        """What handlers could not take, and that the page was read, where its own commit did not say so."""
        if self._failures or not self._is_noted:
            self._store.write_rows({}, self._cursors, [_failed(failure) for failure in self._failures])
            self._failures.clear()

    def _batch(self, made: Rows) -> dict[Any, list[tuple]]:
        batch = made.everything
        if BALANCES in batch:
            batch[ACCOUNTS] = batch[BALANCES]
        if unmarked := self._unmarked(batch):
            batch[RUNS] = [*batch.get(RUNS, ()), *unmarked]
        return batch

    def _until_done(self, action: Callable[[], None]) -> None:
        """Again and again until it works, or until the stop."""
        while not self._try(action) and not self._stop.wait(_RETRY_S):
            pass

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

    def _learn_runs(self, page: Page) -> None:
        for message in self._run_starts(page):
            self._note_run(message)

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


def _moment(fill: tuple) -> tuple[str, str, int]:
    return fill[_FILL_TRADER], fill[_FILL_INSTRUMENT], fill[_FILL_TIME]


def _unreadable(message: Message, reason: str) -> DeadLetter:
    handler = DECODER if isinstance(message.body, Garbage) else STORE
    return _letter(message, handler, reason)


def _failed(failure: Failure) -> DeadLetter:
    return replace(_letter(failure.message, failure.handler, failure.reason), attempts=failure.attempts)


def _letter(message: Message, handler: str, reason: str) -> DeadLetter:
    return DeadLetter(
        stream=message.stream, entry=message.entry, handler=handler, topic=message.topic, trader_id=message.trader_id,
        reason=reason, payload=message.payload, size=len(message.payload),
    )  # fmt: skip
