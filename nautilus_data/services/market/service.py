"""Market: what traders look at, read from the store and from the bus."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from nautilus_data.bus import SOURCE as LIVE
from nautilus_data.core.dataset import (
    FILLS,
    INSTRUMENTS,
    RUNS,
    Series,
    parse_timeframe,
    show_timeframe,
    timeframe_ns,
    to_float,
)
from nautilus_data.core.resample import Columns, holds, is_made_of
from nautilus_data.core.timerange import TimeRange
from nautilus_data.services.live import Live, Quoted
from nautilus_data.services.market.line import Line, Part
from nautilus_data.sources import PRIORITY, Source
from nautilus_data.store import Lines, Store

# Which source answers for a session when several could; the bus comes last, it has no history of its own.
_PRIORITY = (*PRIORITY, LIVE)
_PRICE_TYPES = ("LAST", "MID", "BID", "ASK")
_PRICES = ("open", "high", "low", "close")
_COLUMNS = ("ts_event", *_PRICES, "volume")
_LATEST = (
    "instrument_id", "kind", "price", "bid", "ask", "volume", "change", "ts_event", "ts_received", "source",
    "trader_id", "is_stale", "is_delayed",
)  # fmt: skip
_UNTOLD = MappingProxyType({"raw_symbol": "", "type": "", "quote_currency": "", "price_precision": 2})
_LISTED = ("instrument_id", *_UNTOLD)
_NEWEST = ("instrument_id", "timeframe", "source", "price_type", "adjustment", *_COLUMNS)
_EMPTY = MappingProxyType({name: np.empty(0, "int64" if name == "ts_event" else "float64") for name in _COLUMNS})
_OFFERED = ("5-MINUTE", "15-MINUTE", "30-MINUTE", "1-HOUR", "4-HOUR", "1-DAY", "1-WEEK", "1-MONTH")


@dataclass(frozen=True)
class Choice:
    """A line of bars a person can pick."""

    source: str
    timeframe: str
    adjustment: str
    label: str


class Market:
    """Reads come from the store; live values from the process' own bus tail."""

    def __init__(
        self,
        store: Store,
        live: Live,
        sources: Mapping[str, Source],
        order: Callable[[], Sequence[str]] = lambda: _PRIORITY,
        lines: Lines | None = None,
    ) -> None:
        self._store = store
        self._order = order
        self._live = live
        self._sources = sources
        self._lines = lines or Lines(store)

    @property
    def version(self) -> int:
        """Changes when any live value does."""
        return self._live.version

    @property
    def fills_version(self) -> int:
        """Changes when an order, fill, position or account does."""
        return self._live.booked_version

    @property
    def replayed_to(self) -> int:
        """Historical time a replaying node has reached; 0 when none replays."""
        return self._live.replayed_to()

    def instruments(self) -> pd.DataFrame:
        """Instruments in the store, on the bus, or known to a source without asking; one row each."""
        stored = self._store.read(INSTRUMENTS)
        rows = {row["instrument_id"]: row for row in stored.to_dict("records")}
        for source in self._sources.values():
            for known in source.instruments():
                rows.setdefault(known.instrument_id, vars(known))
        for instrument_id in [
            *(on_bus := self._live.instruments()),
            *(series.instrument_id for series in self._store.series_list("bars")),
        ]:
            rows.setdefault(instrument_id, {"instrument_id": instrument_id, **_UNTOLD})
        frame = pd.DataFrame([[row[name] for name in _LISTED] for row in rows.values()], columns=_LISTED)
        frame = frame.sort_values("instrument_id", ignore_index=True)
        return frame.assign(is_live=frame["instrument_id"].isin(on_bus))

    def choices(self, instrument_id: str) -> list[Choice]:
        """What bars there are of an instrument, the best first: live, then by source priority; coarser ones made."""
        kept = self._store.series_list("bars", instrument_id=instrument_id)
        is_live = instrument_id in self._live.instruments()
        kept.sort(
            key=lambda series: (
                not (series.source == LIVE and is_live),
                self._rank(series),
                series.adjustment != "total",
            )
        )
        made = [_choice(series, series.timeframe) for series in kept]
        for coarse in _OFFERED:
            made += [_choice(series, coarse) for series in kept if is_made_of(coarse, series.timeframe)]
        return list(dict.fromkeys(made))

    def bars(
        self,
        instrument_id: str,
        timeframe: str = "1-DAY",
        source: str = "auto",
        adjustment: str = "total",
        span: TimeRange | None = None,
        max_bars: int | None = None,
        last: int | None = None,
    ) -> pd.DataFrame:
        """Bars as float64 for plotting: ts_event (ns), open, high, low, close, volume, source.

        `source="auto"` lets one source answer for each day, by priority; `last` keeps the newest bars of the span.
        Timeframes that are not stored are made of finer ones. With `max_bars`, where there are more, a coarser
        timeframe is drawn, as fine as may be: its candles are whole, also at the edges of the span.
        `attrs`: source, adjustment, timeframe, drawn (the timeframe of the rows), bucket (how many bars of the line a
        row can hold), total (bars of the line in the span), ts_last, version (differs when the line's rows do).
        """
        line = self._line(instrument_id, parse_timeframe(timeframe), source, adjustment)
        version = line.version if line else ()
        columns, drawn, total = _drawn(line, span, max_bars, last) if line else ({}, "", 0)
        frame = pd.DataFrame({name: columns.get(name, _EMPTY[name]) for name in _COLUMNS})
        codes = columns.get("source", np.empty(0, "int64"))
        frame["source"] = pd.Categorical.from_codes(codes, list(line.sources)) if line else ""
        timeframe = parse_timeframe(timeframe)
        drawn = drawn or timeframe
        frame.attrs.update(
            source=source, adjustment=adjustment, timeframe=timeframe, drawn=drawn, bucket=holds(drawn, timeframe),
            total=total, ts_last=int(frame["ts_event"].iloc[-1]) if len(frame) else 0, version=version,
        )  # fmt: skip
        return frame

    def extent(self, instrument_id: str, timeframe: str, source: str, adjustment: str) -> TimeRange | None:
        """Time of the first and (just past) the last bar; None when there is none."""
        line = self._line(instrument_id, parse_timeframe(timeframe), source, adjustment)
        return line.extent() if line else None

    def hold(self, instrument_id: str, timeframe: str, source: str, adjustment: str) -> None:
        """Read a line before it is looked at as a whole; what the bus tells of is never held for long, and left."""
        line = self._line(instrument_id, parse_timeframe(timeframe), source, adjustment)
        if line and LIVE not in line.sources:
            line.hold()

    def latest_bars(self, instrument_ids: Sequence[str]) -> pd.DataFrame:
        """The newest stored bar of each instrument, of the best source where several are as new; floats for display."""
        found = self._store.latest_bars(instrument_ids)
        ranks = {source: place for place, source in enumerate(self._order())}
        told = ("instrument_id", "price_type", "ts_event", "source", "timeframe")
        best: dict[str, tuple] = {}
        for place, (name, price_type, ts_event, source, timeframe) in enumerate(
            zip(*map(found.get, told), strict=True)
        ):
            rank = (_price_rank(price_type), -ts_event, ranks.get(source, len(ranks)), timeframe_ns(timeframe), place)
            best[name] = min(rank, best.get(name, rank))
        newest = found.iloc[[best[name][-1] for name in sorted(best)]]
        columns = {name: to_float(newest[name]) if name in _PRICES else newest[name].array for name in _NEWEST}
        return pd.DataFrame(columns)

    def last_bar(
        self, instrument_id: str, timeframe: str = "1-DAY", trader_id: str | None = None
    ) -> dict[str, float | int | str] | None:
        """The newest bar of the live bus with floats; None when none came to this process yet."""
        bar = self._live.bar(instrument_id, parse_timeframe(timeframe), trader_id)
        if bar is None:
            return None
        prices = {name: float(getattr(bar, name)) for name in (*_PRICES, "volume")}
        return {"ts_event": bar.ts_event, "ts_init": bar.ts_init, "trader_id": bar.trader_id, **prices}

    def latest(self, trader_id: str | None = None, is_stale: Callable[[str], bool] = lambda _: False) -> pd.DataFrame:
        """Latest value of each instrument on the bus and at each source that streams, floats for display.

        `change` is the fraction since the value before; `is_stale(trader_id)` says whose values are old.
        """
        rows = []
        for price in self._live.prices(trader_id).values():
            change = float(price.price / price.previous - 1) if price.previous else float("nan")
            rows.append(
                (price.instrument_id, price.kind, float(price.price), _float(price.bid), _float(price.ask),
                 _float(price.volume), change, price.ts_event, price.ts_received, f"{LIVE} {price.trader_id}".strip(),
                 price.trader_id, is_stale(price.trader_id), False)
            )  # fmt: skip
        rows += [_quoted_row(quoted) for quoted in self._live.quoted if trader_id is None and quoted.price is not None]
        return pd.DataFrame(rows, columns=_LATEST)

    def lines(self, instrument_id: str, timeframe: str) -> list[Series]:
        """Series that have stored bars of this timeframe, the one of the best source first."""
        kept = self._store.series_list("bars", instrument_id=instrument_id, timeframe=timeframe)
        kept.sort(key=lambda one: (self._rank(one), _price_rank(one.price_type), str(one)))
        return [one for one in kept if self._store.ends(one)]

    def stored(self, series: Series, span: TimeRange, limit: int | None = None) -> pd.DataFrame:
        """Bars of one series exactly as they are stored, rising in time; with `limit`, the newest ones."""
        return self._store.read(series, span, last=limit)

    def fills(
        self,
        instrument_id: str,
        span: TimeRange | None = None,
        trader_id: str | None = None,
        run_id: int | None = None,
    ) -> pd.DataFrame:
        """Fills of each trader's current run, or of `run_id`; `ts_plot` is the replayed bar's, else the fill's own."""
        mine = {} if trader_id is None else {"trader_id": trader_id}
        runs = self._store.read(RUNS, where=mine).groupby("trader_id")["run_id"].max()
        if run_id is not None:
            runs[:] = run_id
        fills = self._store.read(FILLS, where={"instrument_id": instrument_id, "run_id": [*map(int, runs)], **mine})
        fills = fills[fills["run_id"] == fills["trader_id"].map(runs)]
        fills = fills.assign(ts_plot=np.where(fills["ts_bar"] > 0, fills["ts_bar"], fills["ts_event"]))
        for name in ("last_qty", "last_px"):
            fills[name] = fills[name].astype("float64")
        if span is not None:
            fills = fills[(fills["ts_plot"] >= span.start) & (fills["ts_plot"] < span.end)]
        columns = ["ts_plot", "side", "last_qty", "last_px", "position_id", "strategy_id", "trader_id", "ts_event"]
        return fills[columns].reset_index(drop=True)

    def _line(self, instrument_id: str, timeframe: str, source: str, adjustment: str) -> Line | None:
        """The best series of each source that tell of a timeframe or can be made into it; None where none does."""
        kept = [
            series
            for series in self._store.series_list("bars", instrument_id=instrument_id)
            if source in ("auto", series.source)
            and series.adjustment == adjustment
            and (series.timeframe == timeframe or is_made_of(timeframe, series.timeframe))
        ]
        if not kept:
            return None
        # Bids never fill the holes of last prices.
        stored = [series for series in kept if series.timeframe == timeframe]
        price_type = min((series.price_type for series in stored or kept), key=_price_rank)
        longest_first = sorted(kept, key=lambda series: -timeframe_ns(series.timeframe))
        best = {(one.source, one.session): one for one in reversed(longest_first) if one.price_type == price_type}
        chosen = sorted(best.values(), key=lambda one: (self._rank(one), one.session != "regular"))
        parts = [Part(series, self._until(series)) for series in chosen]
        return Line(self._store, self._lines, timeframe, parts)

    def _rank(self, series: Series) -> int:
        order = tuple(self._order())
        return order.index(series.source) if series.source in order else len(order)

    def _until(self, series: Series) -> int | None:
        """How far a replay came: bars an earlier one left behind would show the future of this one. None: no limit."""
        reached = self._live.replayed_to()
        if series.source != LIVE or not reached or self._live.has_live_bars(series.instrument_id, series.timeframe):
            return None
        return reached


def _price_rank(price_type: str) -> int:
    return _PRICE_TYPES.index(price_type) if price_type in _PRICE_TYPES else len(_PRICE_TYPES)


def _choice(series: Series, timeframe: str) -> Choice:
    names = {LIVE: "Live bus"}
    label = f"{names.get(series.source, series.source)} · {series.adjustment} · {show_timeframe(timeframe)}"
    return Choice(series.source, timeframe, series.adjustment, label)


def _float(value: object) -> float:
    return float("nan") if value is None else float(value)


def _quoted_row(quoted: Quoted) -> tuple:
    change = float(quoted.price / quoted.previous - 1) if quoted.previous else float("nan")
    return (
        quoted.instrument_id, quoted.kind, float(quoted.price), _float(quoted.bid), _float(quoted.ask),
        _float(quoted.volume), change, quoted.ts_event, quoted.ts_received, quoted.source, "", quoted.is_stale,
        quoted.is_delayed,
    )  # fmt: skip


def _drawn(line: Line, span: TimeRange | None, most: int | None, last: int | None) -> tuple[Columns, str, int]:
    """What to show of a line, its timeframe, and how many bars of the line that is."""
    if last is not None:
        columns = line.last(last, span)
        times = columns["ts_event"]
        if not most or len(times) <= most:
            return columns, line.timeframe, len(times)
        span = TimeRange(int(times[0]), int(times[-1]) + 1)
    if most:
        return line.candles(span, most)
    columns = line.bars(span)
    return columns, line.timeframe, len(columns["ts_event"])
