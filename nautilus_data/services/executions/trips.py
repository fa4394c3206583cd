"""Trips: the round trips of positions, matched from the fills that are stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

import pandas as pd

from nautilus_data.core.order_life import voided
from nautilus_data.core.position import Terms
from nautilus_data.core.round_trip import Execution, PositionKey, RoundTrip, begin, match
from nautilus_data.core.timerange import TimeRange
from nautilus_data.services.executions.book import EVER, Book, Scope, decimal

_ZERO = Decimal(0)


class Trips:
    """Reads no more fills than the cycles asked for were made of."""

    def __init__(self, book: Book) -> None:
        self._book = book

    def of(self, scope: Scope, wall: TimeRange, last: int) -> list[RoundTrip]:
        """Of the newest cycles that were open in a span of the node's own clock."""
        cycles = self._book.positions(scope, wall, last).tail(last)
        if cycles.empty:
            return []
        firsts = cycles.groupby("position_id")["ts_opened"].min().to_dict()
        flips = _flips(cycles)
        fills = self._executions(scope, cycles, firsts, flips)
        chained = {*flips.values()} | self._book.closed_at(scope, firsts)
        terms, trips = self._book.terms(scope.instrument_id), []
        for position_id, mine in cycles.groupby("position_id", sort=False):
            own = fills.get(position_id, [])
            trips += _matched(scope, mine, own, terms, position_id in chained)
        told = {*zip(cycles["position_id"], cycles["ts_opened"], strict=True)}
        return [
            trip
            for trip in trips
            if trip.ts_opened < wall.end
            and (trip.is_open or trip.ts_closed >= wall.start)
            # What a flip left over goes on under the other id.
            and (trip.ts_opened not in flips or (trip.position.position_id, trip.ts_opened) in told)
        ]

    def _executions(
        self, scope: Scope, cycles: pd.DataFrame, firsts: Mapping[str, int], flips: Mapping[int, str]
    ) -> dict[str, list[Execution]]:
        """What counts of the fills of each position since its first cycle here began."""
        start = min(firsts.values())
        end = EVER.end if (cycles["ts_closed"] == 0).any() else int(cycles["ts_closed"].max()) + 1
        fills = self._book.fills_of(scope, list(firsts), sorted(flips), TimeRange(start, end))
        voids = self._voids(scope, fills, start)
        closed = {*zip(cycles["position_id"], cycles["ts_closed"], strict=True)}
        made: dict[str, list[Execution]] = defaultdict(list)
        for row in fills.itertuples(index=False):
            fill = _execution(row, voids.get(row.client_order_id, {}).get(row.trade_id, _ZERO))
            # A flip's fill is told once, under the position it closed.
            is_flip = row.position_id not in firsts or (row.position_id, fill.ts_event) in closed
            for name in {row.position_id, flips.get(fill.ts_event, row.position_id) if is_flip else row.position_id}:
                if fill.ts_event >= firsts.get(name, EVER.end):
                    made[name].append(fill)
        return made

    def _voids(self, scope: Scope, fills: pd.DataFrame, start: int) -> dict[str, dict[str, Decimal]]:
        """What of each trade was voided, by order; only orders that say less than their fills are looked into."""
        told: dict[str, Decimal] = {}
        for name, text in fills[["client_order_id", "last_qty"]].itertuples(index=False):
            told[name] = told.get(name, _ZERO) + Decimal(text)
        orders = self._book.orders_since(scope, start, ["client_order_id", "filled_qty", "status"])
        less = [
            name
            for name, done, status in orders.itertuples(index=False)
            if name in told and (status == "VOIDED" or told[name] > Decimal(done or 0))
        ]
        lives = self._book.lives(scope, less) if less else {}
        return {name: voided(events) for name, events in lives.items()}


def _flips(cycles: pd.DataFrame) -> dict[int, str]:
    """Positions that another's flip opened, by when: with hedging, NautilusTrader gives them an id of their own."""
    own = cycles[cycles["position_id"].str.fullmatch("P-.*F")]
    return {int(opened): str(name) for name, opened in own[["position_id", "ts_opened"]].itertuples(index=False)}


def _matched(
    scope: Scope, cycles: pd.DataFrame, fills: list[Execution], terms: Terms | None, is_chained: bool
) -> list[RoundTrip]:
    """The trips of one position, its cycles in order of their opening."""
    first = cycles.iloc[0]
    if is_chained:
        # An open one's row may be older than the newest fills.
        until = int(first["ts_closed"] or first["ts_last"])
        fills = begin(fills, int(first["ts_opened"]), until, decimal(first["peak_qty"]) or _ZERO)
    key = PositionKey(scope.trader_id, scope.run_id, first["position_id"], first["strategy_id"], scope.instrument_id)
    closes = frozenset(int(at) for at in cycles["ts_closed"] if at)
    booked = {int(row.ts_opened): row for row in cycles.itertuples(index=False)}
    return [_booked(trip, booked) for trip in match(key, fills, terms, str(first["currency"]), closes)]


def _booked(trip: RoundTrip, rows: Mapping[int, tuple]) -> RoundTrip:
    row = rows.get(trip.ts_opened)
    return trip if row is None else replace(trip, booked_pnl=decimal(row.realized_pnl))


def _execution(row: tuple, void: Decimal) -> Execution:
    qty = Decimal(row.last_qty)
    return Execution(
        event_id=row.event_id,
        side=row.side,
        qty=max(_ZERO, qty - void),
        price=Decimal(row.last_px),
        ts_event=int(row.ts_event),
        ts_plot=int(row.ts_plot),
        commission=decimal(row.commission) or _ZERO,
        commission_currency=row.commission_currency,
    )
