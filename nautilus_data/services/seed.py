"""Seed: the store begins with what the nodes' caches say, and is kept equal to it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import pandas as pd

from nautilus_data.bus import AccountState, CacheState, Message, OrderEvent, WantedOrders, rows
from nautilus_data.core.dataset import (
    ACCOUNTS,
    BALANCES,
    FILLS,
    INSTRUMENTS,
    ORDER_EVENTS,
    ORDERS,
    POSITIONS,
    RUNS,
    Dataset,
)
from nautilus_data.core.difference import Difference, Finding, Patience
from nautilus_data.core.entry import entry_at
from nautilus_data.core.position import Position, closed_row, position_row
from nautilus_data.core.stored_order import fold_stored, order_event, order_text
from nautilus_data.core.timerange import NS_PER_S
from nautilus_data.errors import SkippableError
from nautilus_data.store import Store

_LOG = logging.getLogger(__name__)
_LAST_ENTRY = 2**63 - 1
_OPEN_STATUSES = (
    "", "INITIALIZED", "EMULATED", "RELEASED", "SUBMITTED", "ACCEPTED", "TRIGGERED", "PENDING_UPDATE",
    "PENDING_CANCEL", "PARTIALLY_FILLED",
)  # fmt: skip
_REFUSED = (SkippableError, ValueError, ArithmeticError, TypeError, LookupError, AttributeError)

ReadCache = Callable[[WantedOrders], Iterable[CacheState]]
RunOf = Callable[[str, int], int]
Batch = Mapping[Dataset, list[tuple]]


class Seed:
    """Compares the caches with the store, run by run, and writes what the bus did not tell.

    `read_cache` is `CacheReader.read`; `run_of(trader_id, entry)` names the run an entry belongs to.
    A difference counts once it was there at two comparisons a second apart with nothing new stored meanwhile: caches
    are written asynchronously. What a run had before its first comparison is taken at once. `seen_at` tells when (ns)
    the store was last found, or made, equal to a trader's cache. Whoever writes what the bus says must wait meanwhile.
    """

    def __init__(
        self, store: Store, read_cache: ReadCache, run_of: RunOf, clock: Callable[[], int] = time.time_ns
    ) -> None:
        self._store = store
        self._read_cache = read_cache
        self._run_of = run_of
        self._clock = clock
        self._memory: dict[str, _Memory] = {}
        self._instruments: set[str] = set()
        self._patience = Patience(NS_PER_S)
        self.seen_at: dict[str, int] = {}
        # Did the last comparison find what counts once the next one finds it, too?
        self.is_waiting = False

    def reconcile(self) -> list[Difference]:
        """Compare once and put right what can be; the differences that counted.

        Raises RetryableError when Redis or the store can't be asked.
        """
        self._patience.drop_round()
        now = self._clock()
        counted: list[Finding] = []
        compared: list[str] = []
        for state in self._read_cache(self._open_orders):
            counted += self._new_instruments(state)
            run_id = self._run_of(state.trader_id, _LAST_ENTRY)
            comparison = _Comparison(self._store, state, self._run_of, now, self._memory_of(state.trader_id, run_id))
            if comparison.is_of_run():
                compared.append(state.trader_id)
                counted += self._sort_out(comparison, now)
        if counted:
            self._write(counted)
        waiting = self._patience.end_round()
        self.is_waiting = bool(waiting)
        for trader_id in compared:
            self._memory[trader_id].is_begun = True
            if trader_id not in waiting:
                self.seen_at[trader_id] = now
        return [finding.difference for finding in counted]

    def _sort_out(self, comparison: _Comparison, now: int) -> Iterator[Finding]:
        """The findings that count now."""
        memory = comparison.memory
        for finding in comparison.findings():
            if finding.mark is None and not memory.is_begun:
                yield finding.as_seed
            elif self._patience.is_over(finding, memory.run_id, now):
                yield finding

    def _memory_of(self, trader_id: str, run_id: int) -> _Memory:
        memory = self._memory.get(trader_id)
        if memory is None or memory.run_id != run_id:
            memory = self._memory[trader_id] = _Memory(run_id)
        return memory

    def _open_orders(self, trader_id: str) -> list[str]:
        """The orders the store shows open: what became of them is asked of the cache."""
        run_id = self._run_of(trader_id, _LAST_ENTRY)
        where = {"trader_id": trader_id, "run_id": run_id, "status": _OPEN_STATUSES}
        shown = self._store.read(ORDERS, where=where, columns=["client_order_id"])["client_order_id"].tolist()
        self._memory_of(trader_id, run_id).shown_open = set(shown)
        return shown

    def _new_instruments(self, state: CacheState) -> list[Finding]:
        if state.instruments.keys() <= self._instruments:
            return []
        self._instruments.update(self._store.read(INSTRUMENTS, columns=["instrument_id"])["instrument_id"])
        unknown = {name: item for name, item in state.instruments.items() if name not in self._instruments}
        messages = [_message(state.trader_id, "data.instrument.", item) for item in unknown.values()]
        made = rows(messages, self._run_of).datasets[INSTRUMENTS]
        return [
            Finding(Difference(state.trader_id, "instrument", row[0], "", row[2], is_seed=True), {INSTRUMENTS: [row]})
            for row in made
        ]

    def _write(self, findings: list[Finding]) -> None:
        try:
            self._write_rows(findings)
        except _REFUSED as error:
            _LOG.warning("cache not stored whole, going on one by one reason=%s", error)
            for finding in findings:
                self._write_alone(finding)

    def _write_alone(self, finding: Finding) -> None:
        try:
            self._write_rows([finding])
        except _REFUSED as error:
            _LOG.warning("not stored from the cache difference=%s reason=%s", finding.difference, error)

    def _write_rows(self, findings: list[Finding]) -> None:
        batch: dict[Dataset, list[tuple]] = {}
        for finding in findings:
            for dataset, made in finding.rows.items():
                batch.setdefault(dataset, []).extend(made)
        unmarked = {row[0] for dataset, made in batch.items() for row in made if dataset != INSTRUMENTS and row[1] == 0}
        if unmarked:
            batch[RUNS] = [(trader_id, 0, 0) for trader_id in sorted(unmarked)]
        touched = {row[:3] for row in batch.get(ORDER_EVENTS, ())}
        self._store.write_rows(batch, derive=lambda read: {ORDERS: fold_stored(read, touched)} if touched else {})


class _Memory:
    """What is known of a trader's run and need not be asked again."""

    def __init__(self, run_id: int) -> None:
        self.run_id = run_id
        self.is_begun = False
        self.shown_open: set[str] = set()
        # Of each order, how many of its events in the cache are known to be stored.
        self.settled: dict[str, int] = {}
        self.told_fills: set[str] = set()


class _Comparison:
    """One trader's cache against its current run in the store."""

    def __init__(self, store: Store, state: CacheState, run_of: RunOf, now: int, memory: _Memory) -> None:
        self._store = store
        self._state = state
        self._run_of = run_of
        self._now = now
        self._run_id = memory.run_id
        self._where = {"trader_id": state.trader_id, "run_id": memory.run_id}
        self.memory = memory
        stored = store.read(ACCOUNTS, where=self._where) if state.accounts else ACCOUNTS.empty()
        # The last state told of each account; rows come in the order of time, then entry.
        self._accounts = {row["account_id"]: row for row in stored.sort_values("entry").to_dict("records")}
        self._balances = stored

    def is_of_run(self) -> bool:
        """Did this run write the cache? Keys of an earlier one stay when a node goes on without a cache."""
        return self._run_id <= self._newest() or any(
            self._accounts.get(name, {}).get("event_id") == account.event_id
            for name, account in self._state.accounts.items()
        )

    def findings(self) -> Iterator[Finding]:
        yield from self._orders()
        yield from self._fills()
        yield from self._positions()
        for account in self._state.accounts.values():
            yield from self._account(account)

    def _newest(self) -> int:
        accounts = (account.ts_init for account in self._state.accounts.values())
        orders = (events[-1].ts_init for events in self._state.orders.values())
        return max((*accounts, *orders), default=0)

    def _orders(self) -> Iterator[Finding]:
        state, settled = self._state, self.memory.settled
        wanted = (state.open_order_ids | self.memory.shown_open) & state.orders.keys()
        self.memory.settled = {name: settled[name] for name in wanted & settled.keys()}
        moved = sorted(name for name in wanted if settled.get(name) != len(state.orders[name]))
        if not moved:
            return
        stored: dict[str, dict[str, dict]] = {}
        for row in self._read(ORDER_EVENTS, client_order_id=moved).to_dict("records"):
            stored.setdefault(row["client_order_id"], {})[row["event_id"]] = row
        for name in moved:
            yield from self._order(name, stored.get(name, {}))

    def _order(self, name: str, stored: Mapping[str, dict]) -> Iterator[Finding]:
        events = self._state.orders[name]
        made = self._rows("events.order.", self._placed(events, stored))[ORDER_EVENTS]
        fresh = [row for row in made if row[3] not in stored]
        if not fresh:
            self.memory.settled[name] = len(events)
            return
        told = [order_event(row) for row in stored.values()]
        added = [order_event(dict(zip(ORDER_EVENTS.columns, row, strict=True))) for row in fresh]
        try:
            was, now = order_text(told), order_text([*told, *added])
        except _REFUSED as error:
            _LOG.warning("order of the cache can't be folded order=%s reason=%s", name, error)
            self.memory.settled[name] = len(events)
            return
        yield self._finding("order", name, was, now, {ORDER_EVENTS: fresh}, len(stored) or None)

    def _placed(self, events: Iterable[OrderEvent], stored: Mapping[str, dict]) -> Iterator[tuple[OrderEvent, int]]:
        """Each event and its place: what the bus did not tell stands behind what came before it."""
        place = 0
        for event in events:
            told = stored.get(event.event_id)
            place = max(place + 1, self._entry(event.ts_init)) if told is None else max(place, told["entry"])
            yield event, place

    def _fills(self) -> Iterator[Finding]:
        """Fills of no run: a flip has two halves among a position's fills, so the orders' own are taken."""
        fills = {event.event_id: event for events in self._state.orders.values() for event in events if event.is_fill}
        self.memory.told_fills &= fills.keys()
        unknown = sorted(fills.keys() - self.memory.told_fills)
        if not unknown:
            return
        trader_id = self._state.trader_id
        runs = {self._run_id, *self._store.read(RUNS, where={"trader_id": trader_id})["run_id"].tolist()}
        where = {"trader_id": trader_id, "run_id": runs, "event_id": unknown}
        self.memory.told_fills.update(self._store.read(FILLS, where=where, columns=["event_id"])["event_id"])
        lost = [fills[name] for name in unknown if name not in self.memory.told_fills]
        places = [(event, self._entry(event.ts_init)) for event in lost]
        made = {row[2]: row for row in self._rows("events.fills.", places)[FILLS]}
        # What makes no row would be asked about for ever.
        self.memory.told_fills.update(event.event_id for event in lost if event.event_id not in made)
        for name, row in made.items():
            now = f"{fills[name].order_side} {fills[name].last_qty} @ {fills[name].last_px}"
            yield self._finding("fill", name, "", now, {FILLS: [(row[0], self._run_of_fill(fills[name]), *row[2:])]})

    def _run_of_fill(self, fill: OrderEvent) -> int:
        """The run a fill happened in, as the bus would say; a backtest's times say nothing of its run."""
        if self._newest() < self._run_id:
            return self._run_id
        return self._run_of(self._state.trader_id, entry_at(fill.ts_init))

    def _positions(self) -> Iterator[Finding]:
        current = [name for name, cycles in self._state.positions.items() if cycles[-1].is_open]
        found = self._read(POSITIONS, ts_closed=0).to_dict("records") if self._state.positions else []
        if current:
            found += self._read(POSITIONS, position_id=current).to_dict("records")
        stored: dict[str, dict[int, dict]] = {}
        for row in found:
            stored.setdefault(row["position_id"], {})[row["ts_opened"]] = row
        for name in sorted({*current, *stored} & self._state.positions.keys()):
            yield from self._cycles(name, stored.get(name, {}))

    def _cycles(self, name: str, stored: Mapping[int, dict]) -> Iterator[Finding]:
        cycles = self._state.positions[name]
        for cycle in cycles:
            row = stored.get(cycle.ts_opened)
            if cycle.is_open or (row is not None and not row["ts_closed"]):
                yield from self._position(name, cycle, row)
        for opened, row in stored.items():
            if opened < cycles[0].ts_opened and not row["ts_closed"]:
                yield self._forgotten(row, cycles[0].ts_opened)

    def _position(self, name: str, cycle: Position, row: Mapping[str, Any] | None) -> Iterator[Finding]:
        if row is not None and self._is_told(name, cycle, row):
            return
        made = position_row(cycle, *self._where.values(), name, self._later(cycle.ts_last, row))
        was, mark = ("", None) if row is None else (f"{row['side']} {row['signed_qty']}", row["entry"])
        yield self._finding("position", name, was, f"{cycle.side} {cycle.signed_qty:f}", {POSITIONS: [made]}, mark)

    def _is_told(self, name: str, cycle: Position, row: Mapping[str, Any]) -> bool:
        """Does the store say the same, or something later?"""
        if row["ts_last"] != cycle.ts_last:
            return row["ts_last"] > cycle.ts_last
        if Decimal(row["signed_qty"]) == cycle.signed_qty or not cycle.is_exact:
            return True
        # Fills of one moment: the cache is the older one if the bus told of a fill that it does not hold.
        fills = self._read(FILLS, position_id=name, ts_event=cycle.ts_last)["event_id"]
        return not cycle.last_event_ids.issuperset(fills)

    def _forgotten(self, row: Mapping[str, Any], at: int) -> Finding:
        """From 1.222 on a position's fills start over with its next cycle: this one ended before, nobody knows how."""
        made = {POSITIONS: [closed_row(row, at, self._later(at, row))]}
        was = f"{row['side']} {row['signed_qty']}"
        return self._finding("position", row["position_id"], was, "FLAT 0", made, row["entry"])

    def _account(self, account: AccountState) -> Iterator[Finding]:
        row = self._accounts.get(account.account_id)
        if not account.balances or (row is not None and self._is_account_told(account, row)):
            return
        made = self._rows("events.account.", [(account, self._later(account.ts_init, row))])[BALANCES]
        if not made:
            return
        mine = self._balances[self._balances["account_id"] == account.account_id]
        was = ", ".join(f"{total} {currency}" for total, currency in zip(mine["total"], mine["currency"], strict=True))
        now = ", ".join(f"{balance.total} {balance.currency}" for balance in account.balances)
        mark = None if row is None else row["event_id"]
        yield self._finding("account", account.account_id, was, now, {BALANCES: made, ACCOUNTS: made}, mark)

    def _is_account_told(self, account: AccountState, row: Mapping[str, Any]) -> bool:
        if row["event_id"] == account.event_id or row["ts_init"] > account.ts_init:
            return True
        same = self._read(BALANCES, account_id=account.account_id, event_id=account.event_id)
        return not same.empty

    def _finding(self, kind: str, subject: str, was: str, now: str, made: Batch, mark: object = None) -> Finding:
        return Finding(Difference(self._state.trader_id, kind, subject, was, now), made, mark)

    def _later(self, ts: int, row: Mapping[str, Any] | None) -> int:
        """The place of a state of `ts`: after what is stored, before what the bus tells from then on."""
        return max(self._entry(ts), 0 if row is None else row["entry"] + 1)

    def _entry(self, ts: int) -> int:
        # A node's clock, or a wrong byte, may be ahead of ours; the bus could not overtake it.
        return entry_at(min(ts, self._now))

    def _read(self, dataset: Dataset, **where: object) -> pd.DataFrame:
        return self._store.read(dataset, where={**self._where, **where})

    def _rows(self, topic: str, placed: Iterable[tuple[Any, int]]) -> Mapping[Dataset, list[tuple]]:
        """Rows of the current run, made as those of the bus are; what makes none is left out."""
        messages = [_message(self._state.trader_id, topic, body, entry) for body, entry in placed]
        return rows(messages, lambda *_: self._run_id).datasets


def _message(trader_id: str, topic: str, body: Any, entry: int = 0) -> Message:
    return Message("", trader_id, entry, topic, body)
