"""Executions: fills, round trips, orders' lives and working orders of one instrument."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from nautilus_data.core.order import fold_order
from nautilus_data.core.order_life import MARKS, Step, notes, tell, voided
from nautilus_data.core.replay_clock import ReplayClock
from nautilus_data.core.round_trip import RoundTrip, RoundTrips
from nautilus_data.core.timerange import NOTHING, TimeRange
from nautilus_data.services.executions.book import EVER, Book, Scope, decimal
from nautilus_data.services.executions.trips import Trips
from nautilus_data.services.live import Live
from nautilus_data.store import Store

_ZERO = Decimal(0)
WORKING = (
    "SUBMITTED", "ACCEPTED", "TRIGGERED", "PENDING_UPDATE", "PENDING_CANCEL", "PARTIALLY_FILLED", "EMULATED",
    "RELEASED",
)  # fmt: skip
# What such a node left working nobody watches.
_ASLEEP = ("STOPPED", "DISPOSED", "FAULTED")
FILL_COLUMNS = (
    "trader_id", "run_id", "event_id", "strategy_id", "position_id", "client_order_id", "venue_order_id", "trade_id",
    "side", "type", "liquidity_side", "last_qty", "last_px", "voided_qty", "commission", "commission_currency",
    "order_qty", "cum_qty", "part", "is_complete", "ts_event", "ts_plot",
)  # fmt: skip
TRADED_COLUMNS = ("ts_plot", "side", "last_qty", "last_px")
MARK_COLUMNS = (
    "trader_id", "run_id", "client_order_id", "event_id", "strategy_id", "kind", "words", "side", "type", "price",
    "from_price", "trigger_price", "quantity", "reason", "ts_event", "ts_plot", "is_exact",
)  # fmt: skip
LIFE_COLUMNS = (
    "ts_event", "ts_plot", "is_exact", "type", "words", "price", "trigger_price", "quantity", "filled_qty", "reason",
    "trade_id",
)  # fmt: skip
WORKING_COLUMNS = (
    "trader_id", "run_id", "client_order_id", "strategy_id", "side", "type", "time_in_force", "status", "quantity",
    "filled_qty", "left_qty", "price", "trigger_price", "ts_since", "notes",
)  # fmt: skip


@dataclass(frozen=True)
class _Part:
    """Where a fill stands in its order: the sum by then, the order's quantity, and what of it was voided."""

    cum_qty: Decimal | None
    order_qty: Decimal | None
    part: int = 1
    voided_qty: Decimal = _ZERO


class Executions:
    """Of each trader's current run, or of `run_id`; quantities, prices and money as Decimal, None = not known.

    `ts_plot` is where something stands on a chart: the bar that was replayed then, else its own time. Spans are of
    that time, half-open. `attrs["cut"]` says that there was more than `limit`; the newest are kept.
    """

    def __init__(self, store: Store, live: Live) -> None:
        self._live = live
        self._book = Book(store, live)
        self._trips = Trips(self._book)

    @property
    def version(self) -> int:
        """Changes when an order, fill, position or account does; the store follows within seconds."""
        return self._live.booked_version

    def fills(
        self,
        instrument_id: str,
        span: TimeRange | None = None,
        trader_id: str | None = None,
        run_id: int | None = None,
        limit: int = 5_000,
    ) -> pd.DataFrame:
        """Fills in order of `ts_plot`, FILL_COLUMNS.

        A fill is the `part`-th of its order, after which `cum_qty` of `order_qty` were filled; `is_complete` when that
        is all of it. `voided_qty` (2.x) of it counts no more.
        """
        scopes = self._book.scopes(instrument_id, trader_id, run_id)
        found = [self._told(scope, self._book.fills(scope, span, limit + 1)) for scope in scopes]
        return _newest(found, FILL_COLUMNS, limit)

    def traded(
        self,
        instrument_id: str,
        span: TimeRange | None = None,
        trader_id: str | None = None,
        run_id: int | None = None,
    ) -> pd.DataFrame:
        """All fills of a span, for a chart that sums them up: TRADED_COLUMNS, voided ones too; floats, to plot."""
        scopes = self._book.scopes(instrument_id, trader_id, run_id)
        joined = _newest([self._book.traded(scope, span) for scope in scopes], TRADED_COLUMNS, None)
        return joined.astype({"last_qty": "float64", "last_px": "float64", "ts_plot": "int64"})

    def round_trips(
        self,
        instrument_id: str,
        span: TimeRange | None = None,
        trader_id: str | None = None,
        run_id: int | None = None,
        limit: int = 2_000,
    ) -> RoundTrips:
        """Positions that were open in a span, each from flat to flat, entries linked to exits first in, first out.

        Voided quantities are no part of them.
        """
        trips: list[RoundTrip] = []
        for scope in self._book.scopes(instrument_id, trader_id, run_id):
            clock = None if span is None else self._book.clock(scope, span)
            trips += self._trips.of(scope, _wall(span, clock), limit + 1)
        trips.sort(key=lambda trip: trip.ts_opened)
        return RoundTrips(tuple(trips[-limit:]), len(trips) > limit)

    def life(self, trader_id: str, run_id: int, client_order_id: str) -> pd.DataFrame:
        """Every event of an order, LIFE_COLUMNS; `attrs`: the order now as ORDERS has it, and its `notes`."""
        # A run's id from a frame is numpy's, which no driver binds as a number.
        run_id = int(run_id)
        scope = Scope("", trader_id, run_id)
        events = self._book.lives(scope, [client_order_id]).get(client_order_id, [])
        order = fold_order(events)
        scopes = self._book.scopes(str(order.get("instrument_id", "")), trader_id, run_id)
        frame = pd.DataFrame([vars(step) for step in tell(events)], columns=list(vars(_BLANK)))
        clock = self._book.clock(scopes[0], None) if scopes and events else None
        frame = _on_chart(frame, clock)[list(LIFE_COLUMNS)]
        frame.attrs.update(order, client_order_id=client_order_id, trader_id=trader_id, run_id=run_id)
        frame.attrs["notes"] = notes(events)
        return frame

    def order_marks(
        self,
        instrument_id: str,
        span: TimeRange | None = None,
        trader_id: str | None = None,
        run_id: int | None = None,
        limit: int = 2_000,
    ) -> pd.DataFrame:
        """Where order events stand, MARK_COLUMNS; `kind` as in MARKS, `from_price` where the order stood before.

        `price` is the limit, else the trigger, None for an order that has neither. Events know no replayed bar: it is
        found by when bars were published, and `is_exact` says whether it had to be estimated.
        """
        scopes = self._book.scopes(instrument_id, trader_id, run_id)
        return _newest([self._marks(scope, span, limit + 1) for scope in scopes], MARK_COLUMNS, limit)

    def working(self, instrument_id: str, trader_id: str | None = None, run_id: int | None = None) -> pd.DataFrame:
        """Orders that work now, WORKING_COLUMNS; `ts_since` is the node's own clock, `notes` a list of words.

        A run that another one followed has none.
        """
        found = [self._working(scope) for scope in self._book.scopes(instrument_id, trader_id, run_id)]
        return _newest(found, WORKING_COLUMNS, None)

    def _told(self, scope: Scope, fills: pd.DataFrame) -> pd.DataFrame:
        """With what each is in its order."""
        parts = self._parts(scope, fills)
        told = [parts.get(event_id, _Part(None, None)) for event_id in fills["event_id"]]
        decimals = {name: _decimals(fills[name]) for name in ("last_qty", "last_px", "commission")}
        columns = {name: _objects(getattr(part, name) for part in told) for name in vars(_Part(None, None))}
        complete = [part.order_qty is not None and part.cum_qty >= part.order_qty for part in told]
        return fills.assign(**decimals, **columns, is_complete=np.array(complete, bool))

    def _parts(self, scope: Scope, fills: pd.DataFrame) -> dict[str, _Part]:
        orders = self._book.orders(scope, fills["client_order_id"], ["client_order_id", "quantity", "filled_qty"])
        filled = {name: (decimal(quantity), decimal(done)) for name, quantity, done in orders.itertuples(index=False)}
        parts, others = {}, []
        for event_id, name, text in fills[["event_id", "client_order_id", "last_qty"]].itertuples(index=False):
            quantity, done = filled.get(name, (None, None))
            if Decimal(text) == quantity == done:
                # Filled at once: its events say no more.
                parts[event_id] = _Part(quantity, quantity)
            else:
                others.append(name)
        for events in self._book.lives(scope, others).values() if others else ():
            parts |= _parts_of(events)
        return parts

    def _marks(self, scope: Scope, span: TimeRange | None, last: int) -> pd.DataFrame:
        clock = self._book.clock(scope, span)
        found = self._book.events(scope, _wall(span, clock), tuple(MARKS), last)
        lives = self._book.lives(scope, found["client_order_id"]) if len(found) else {}
        steps = {step.event_id: step for events in lives.values() for step in tell(events)}
        rows = [
            _mark(scope, row, steps[row.event_id]) for row in found.itertuples(index=False) if row.event_id in steps
        ]
        marks = _on_chart(pd.DataFrame(rows, columns=MARK_COLUMNS), clock)
        if span is not None:
            marks = marks[(marks["ts_plot"] >= span.start) & (marks["ts_plot"] < span.end)]
        return marks.sort_values("ts_plot", kind="stable", ignore_index=True)

    def _working(self, scope: Scope) -> pd.DataFrame:
        if scope.next_run != EVER.end:
            return pd.DataFrame(columns=WORKING_COLUMNS)
        orders = self._book.orders_in(scope, WORKING)
        lives = self._book.lives(scope, orders["client_order_id"]) if len(orders) else {}
        for name in ("quantity", "filled_qty", "price", "trigger_price"):
            orders[name] = _decimals(orders[name])
        left = [
            None if quantity is None else quantity - (done or _ZERO)
            for quantity, done in orders[["quantity", "filled_qty"]].itertuples(index=False)
        ]
        told = [lives.get(name, []) for name in orders["client_order_id"]]
        node = self._live.nodes.get(scope.trader_id)
        asleep = [f"as last told: its node is {node.state.lower()}"] if node and node.state in _ASLEEP else []
        return orders.assign(
            left_qty=_objects(left),
            ts_since=np.array([_since(events) for events in told], "int64"),
            notes=_objects([*notes(events), *asleep] for events in told),
        )


_BLANK = Step(event_id="", type="", ts_event=0, words="")


def _newest(frames: Sequence[pd.DataFrame], columns: Sequence[str], limit: int | None) -> pd.DataFrame:
    """Frames of several traders as one, the newest `limit` rows of it."""
    filled = [frame for frame in frames if len(frame)]
    joined = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame(columns=columns)
    joined = joined[list(columns)]
    if "ts_plot" in columns:
        joined = joined.sort_values("ts_plot", kind="stable", ignore_index=True)
    is_cut = limit is not None and len(joined) > limit
    joined = joined.tail(limit).reset_index(drop=True) if is_cut else joined
    joined.attrs["cut"] = is_cut
    return joined


def _wall(span: TimeRange | None, clock: ReplayClock | None) -> TimeRange:
    """A span of the chart on the node's own clock; nothing where nothing of it was replayed."""
    if span is None:
        return EVER
    if clock is None:
        return span
    return NOTHING if clock.is_empty else clock.wall_span(span)


def _on_chart(frame: pd.DataFrame, clock: ReplayClock | None) -> pd.DataFrame:
    """With `ts_plot` and whether that is exact."""
    times = frame["ts_event"].to_numpy("int64")
    placed, is_exact = (times, np.ones(len(times), bool)) if clock is None else clock.at(times)
    return frame.assign(ts_plot=placed, is_exact=is_exact)


def _parts_of(events: Sequence[Mapping[str, Any]]) -> dict[str, _Part]:
    voids = voided(events)
    return {
        step.event_id: _Part(
            step.filled_qty, step.quantity, step.part, min(voids.get(step.trade_id, _ZERO), step.last_qty or _ZERO)
        )
        for step in tell(events)
        if step.type == "OrderFilled"
    }


def _mark(scope: Scope, row: tuple, step: Step) -> tuple:
    values = {
        **scope.run, "client_order_id": row.client_order_id, "event_id": step.event_id, "strategy_id": row.strategy_id,
        "kind": MARKS[step.type], "words": step.words, "side": step.side, "type": step.order_type,
        "price": step.at_price, "from_price": step.from_price, "trigger_price": step.trigger_price,
        "quantity": step.quantity, "reason": step.reason, "ts_event": int(row.ts_event), "ts_plot": 0, "is_exact": True,
    }  # fmt: skip
    return tuple(values[name] for name in MARK_COLUMNS)


def _since(events: Iterable[Mapping[str, Any]]) -> int:
    """When it was accepted, else emulated, else sent, else made."""
    first: dict[str, int] = {}
    for event in events:
        first.setdefault(event["type"], event["ts_event"])
    for name in ("OrderAccepted", "OrderEmulated", "OrderSubmitted", "OrderInitialized"):
        if name in first:
            return first[name]
    return 0


def _decimals(texts: Iterable[object]) -> np.ndarray:
    return _objects(map(decimal, texts))


def _objects(values: Iterable[object]) -> np.ndarray:
    made = list(values)
    column = np.empty(len(made), object)
    column[:] = made
    return column
