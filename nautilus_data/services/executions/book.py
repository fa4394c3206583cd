"""Book: what the store holds of an instrument's trading in one run, read no wider than asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from nautilus_data.bus import SOURCE
from nautilus_data.core.dataset import (
    EQUITY,
    FILLS,
    INSTRUMENTS,
    ORDER_EVENTS,
    ORDERS,
    POSITIONS,
    RUNS,
    Series,
    timeframe_ns,
)
from nautilus_data.core.position import Terms, number
from nautilus_data.core.replay_clock import ReplayClock
from nautilus_data.core.stored_order import order_event
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange
from nautilus_data.services.live import Live
from nautilus_data.store import Store

_END = 2**63 - 1
EVER = TimeRange(0, _END)
# As many names as a statement may hold on every database.
_NAMES = 5_000
_MOST_PAIRS = 20_000
# Bars later than this many of their own steps are history published anew.
_REPLAY_FACTOR = 3
# How far beyond a span the neighbours of its first and last bar are looked for.
_MARGIN_STEPS, _MARGIN_NS = 20, 10 * NS_PER_DAY


@dataclass(frozen=True)
class Scope:
    """An instrument in a run, which lasts until the next one of its trader begins."""

    instrument_id: str
    trader_id: str
    run_id: int
    next_run: int = _END

    @property
    def run(self) -> dict[str, Any]:
        return {"trader_id": self.trader_id, "run_id": self.run_id}

    @property
    def mine(self) -> dict[str, Any]:
        return {"instrument_id": self.instrument_id, **self.run}


class Book:
    """Reads of the store by scope."""

    def __init__(self, store: Store, live: Live) -> None:
        self._store = store
        self._live = live

    def scopes(self, instrument_id: str, trader_id: str | None, run_id: int | None) -> list[Scope]:
        """One for each trader that has the run; None is each trader's current one."""
        known = self._store.read(RUNS, where={} if trader_id is None else {"trader_id": trader_id})
        made = []
        for name, runs in known.groupby("trader_id")["run_id"]:
            starts = sorted(map(int, runs))
            wanted = starts[-1] if run_id is None else int(run_id)
            if wanted in starts:
                following = starts[starts.index(wanted) + 1 :]
                made.append(Scope(instrument_id, str(name), wanted, following[0] if following else _END))
        return made

    def terms(self, instrument_id: str) -> Terms | None:
        """None while nobody told: a contract's size is not guessed."""
        found = self._store.read(INSTRUMENTS, where={"instrument_id": instrument_id}).to_dict("records")
        if not found:
            return None
        return Terms(number(found[-1]["multiplier"] or "1"), bool(found[-1]["is_inverse"]))

    def fills(self, scope: Scope, span: TimeRange | None, last: int) -> pd.DataFrame:
        """The newest fills, with `ts_plot`: the replayed bar's time, else their own."""
        found = self._in_span(scope, span, last, None)
        return found.sort_values(["ts_plot", "ts_event", "entry"], ignore_index=True).tail(last)

    def traded(self, scope: Scope, span: TimeRange | None) -> pd.DataFrame:
        """Where, which side, how much and at which price: of all fills, fast."""
        return self._in_span(scope, span, None, ["ts_event", "ts_bar", "side", "last_qty", "last_px"])

    def fills_of(
        self, scope: Scope, position_ids: Sequence[str], times: Sequence[int], span: TimeRange
    ) -> pd.DataFrame:
        """Fills of positions in a span of the node's own clock, and those of any position at `times`, as they came."""
        asked = [{"position_id": names} for names in chunks(position_ids)]
        asked += [{"ts_event": part} for part in chunks(times)]
        found = _joined([self._store.read(FILLS, span, where={**scope.mine, **where}) for where in asked])
        found = found.drop_duplicates("event_id").sort_values(["ts_event", "entry"], kind="stable", ignore_index=True)
        return _with_plot(found)

    def positions(self, scope: Scope, wall: TimeRange, last: int) -> pd.DataFrame:
        """Cycles that were open in a span of the node's own clock, the newest of them."""
        where = {**scope.mine, "ts_opened": TimeRange(0, wall.end)}
        found = [
            self._store.read(POSITIONS, TimeRange(wall.start, _END), where=where, last=last),
            self._store.read(POSITIONS, where={**where, "side": ("LONG", "SHORT")}, last=last),
        ]
        return _joined(found).drop_duplicates(["position_id", "ts_opened"]).sort_values("ts_opened", ignore_index=True)

    def closed_at(self, scope: Scope, times: Mapping[str, int]) -> set[str]:
        """Which positions ended, an earlier time, when they are said to have begun."""
        columns = ["position_id", "ts_closed", "ts_opened"]
        asked = ({**scope.mine, "ts_closed": part} for part in chunks(times.values()))
        found = _joined([self._store.read(POSITIONS, where=where, columns=columns) for where in asked])
        rows = found.itertuples(index=False)
        return {name for name, closed, opened in rows if times.get(name) == closed > opened}

    def orders(self, scope: Scope, names: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
        """Orders by their ids."""
        return _joined(
            [
                self._store.read(ORDERS, where={**scope.run, "client_order_id": part}, columns=columns)
                for part in chunks(names)
            ]
        )

    def orders_since(self, scope: Scope, at: int, columns: Sequence[str]) -> pd.DataFrame:
        """Orders something happened to at that time of the node's own clock or later."""
        return self._store.read(ORDERS, TimeRange(at, _END), where=scope.mine, columns=columns)

    def orders_in(self, scope: Scope, statuses: Sequence[str]) -> pd.DataFrame:
        return self._store.read(ORDERS, where={**scope.mine, "status": statuses})

    def events(self, scope: Scope, wall: TimeRange, types: Sequence[str], last: int) -> pd.DataFrame:
        """The newest order events of some types in a span of the node's own clock."""
        columns = ["client_order_id", "event_id", "ts_event", "entry", "strategy_id"]
        return self._store.read(ORDER_EVENTS, wall, where={**scope.mine, "type": types}, last=last, columns=columns)

    def lives(self, scope: Scope, names: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
        """All events of orders, by order."""
        lives: dict[str, list[dict[str, Any]]] = {}
        for part in chunks(names):
            found = self._store.read(ORDER_EVENTS, where={**scope.run, "client_order_id": part})
            for row in found.to_dict("records"):
                lives.setdefault(row["client_order_id"], []).append(order_event(row))
        return lives

    def clock(self, scope: Scope, span: TimeRange | None) -> ReplayClock | None:
        """What was replayed when, around a span of historical time; None where nothing is replayed.

        Bars this process saw published are exact; so are stored ones, unless an earlier run published the same. Then
        fills and points of equity, which know both times, are what an estimate goes by.
        """
        if not self._is_replay(scope):
            return None
        pairs, bars = self._seen(scope, span)
        for series in self._series(scope):
            published, times = self._published(series, scope, _widened(span, series))
            pairs += published
            bars += times
        around = TimeRange(1, _END) if span is None else _widened(span)
        pairs += self._anchors(scope, around)
        return ReplayClock.of(pairs, bars)

    def _in_span(
        self, scope: Scope, span: TimeRange | None, last: int | None, columns: Sequence[str] | None
    ) -> pd.DataFrame:
        own = span or EVER
        replayed = TimeRange(max(1, own.start), max(1, own.end))
        found = [
            self._store.read(FILLS, own, where={**scope.mine, "ts_bar": 0}, last=last, columns=columns),
            self._store.read(FILLS, where={**scope.mine, "ts_bar": replayed}, last=last, columns=columns),
        ]
        return _with_plot(_joined(found))

    def _is_replay(self, scope: Scope) -> bool:
        if scope.next_run == _END and self._live.replay_times(scope.trader_id, scope.instrument_id)[0]:
            return True
        for dataset, column in ((EQUITY, "ts_replayed"), (FILLS, "ts_bar")):
            if len(self._store.read(dataset, where={**scope.run, column: TimeRange(1, _END)}, last=1)):
                return True
        # Bars don't name their trader; with several, nobody can say whose they are.
        is_alone = self._store.read(RUNS, columns=["trader_id"])["trader_id"].nunique() == 1
        return is_alone and any(self._is_replayed(series, scope) for series in self._series(scope))

    def _is_replayed(self, series: Series, scope: Scope) -> bool:
        """Was the newest bar of the run long closed when it was published?"""
        newest = self._store.read(series, where={"ts_init": TimeRange(scope.run_id, scope.next_run)}, last=1)
        return any(newest["ts_init"] - newest["ts_event"] > _REPLAY_FACTOR * _step_ns(series))

    def _series(self, scope: Scope) -> list[Series]:
        return self._store.series_list("bars", instrument_id=scope.instrument_id, source=SOURCE)

    def _seen(self, scope: Scope, span: TimeRange | None) -> tuple[list[tuple[int, int]], list[int]]:
        published, historical = self._live.replay_times(scope.trader_id, scope.instrument_id)
        pairs = [
            (at, time) for at, time in zip(published, historical, strict=True) if scope.run_id <= at < scope.next_run
        ]
        return pairs, [time for _, time in pairs]

    def _published(self, series: Series, scope: Scope, around: TimeRange) -> tuple[list[tuple[int, int]], list[int]]:
        columns = ["ts_event", "ts_init"]
        before = self._store.read(series, TimeRange(0, around.start), last=1, columns=columns)
        found = _joined([before, self._store.read(series, around, last=_MOST_PAIRS, columns=columns)])
        is_mine = (found["ts_init"] >= scope.run_id) & (found["ts_init"] < scope.next_run)
        pairs = found.loc[is_mine, ["ts_init", "ts_event"]].to_numpy().tolist()
        return [(at, time) for at, time in pairs], found["ts_event"].tolist()

    def _anchors(self, scope: Scope, around: TimeRange) -> list[tuple[int, int]]:
        asked = (
            (FILLS, "ts_bar", {**scope.mine, "ts_bar": around}),
            (EQUITY, "ts_replayed", {**scope.run, "ts_replayed": around}),
        )
        pairs: list[tuple[int, int]] = []
        for dataset, column, where in asked:
            found = self._store.read(dataset, where=where, last=_MOST_PAIRS, columns=["ts_event", column])
            pairs += [(at, time) for at, time in found.to_numpy().tolist()]
        return pairs


def chunks(names: Iterable[Any]) -> Iterator[list[Any]]:
    """Each once, as many at a time as one statement may hold; one empty part of none."""
    distinct = list(dict.fromkeys(names))
    for start in range(0, max(1, len(distinct)), _NAMES):
        yield distinct[start : start + _NAMES]


def decimal(text: object) -> Decimal | None:
    """Of a DECIMAL column; None = not known."""
    return Decimal(str(text)) if text else None


def _joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    # pandas warns of empty frames among others, whose types it will count one day.
    return pd.concat([frame for frame in frames if len(frame)] or [frames[0]], ignore_index=True)


def _with_plot(fills: pd.DataFrame) -> pd.DataFrame:
    return fills.assign(ts_plot=np.where(fills["ts_bar"] > 0, fills["ts_bar"], fills["ts_event"]))


def _widened(span: TimeRange | None, series: Series | None = None) -> TimeRange:
    if span is None:
        return EVER
    margin = max(_MARGIN_STEPS * _step_ns(series), _MARGIN_NS)
    return TimeRange(max(1, span.start - margin), max(1, span.end + margin))


def _step_ns(series: Series | None) -> int:
    try:
        return timeframe_ns(series.timeframe) if series else NS_PER_DAY
    except ValueError:
        # Bars of ticks or volume.
        return NS_PER_DAY
