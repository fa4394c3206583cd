"""Market: instruments, bars resampled to what a chart can show, latest values, fills."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import pandas as pd

from nautilus_data.bus import SOURCE as LIVE
from nautilus_data.core.dataset import FILLS, INSTRUMENTS, RUNS, Series, parse_timeframe, show_timeframe, to_float
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange
from nautilus_data.services.live import Live, Quoted
from nautilus_data.sources import PRIORITY, Source
from nautilus_data.store import Store

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
_COARSER = MappingProxyType({"1-WEEK": "1-DAY", "1-MONTH": "1-DAY"})
_CACHED_SERIES = 8


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
    ) -> None:
        self._store = store
        self._order = order
        self._live = live
        self._sources = sources
        self._lock = threading.Lock()
        self._cache: OrderedDict[Series, tuple[int, dict[str, np.ndarray]]] = OrderedDict()

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
        for coarse, base in _COARSER.items():
            made += [_choice(series, coarse) for series in kept if series.timeframe == base]
        return list(dict.fromkeys(made))

    def bars(
        self,
        instrument_id: str,
        timeframe: str = "1-DAY",
        source: str = "auto",
        adjustment: str = "total",
        span: TimeRange | None = None,
        max_bars: int | None = None,
    ) -> pd.DataFrame:
        """Bars as float64 for plotting: ts_event (ns), open, high, low, close, volume, source.

        `source="auto"` lets one source answer for each day, by priority. With `max_bars`, neighbours are put
        together (first open, highest high, lowest low, last close, summed volume) until no more than that are left.
        `attrs`: source, adjustment, timeframe, bucket (bars in one row), total (bars before that), ts_last.
        """
        timeframe = parse_timeframe(timeframe)
        base = _COARSER.get(timeframe, timeframe)
        columns, names = self._columns(instrument_id, base, source, adjustment)
        if timeframe != base:
            # Before the cut: the first week of a span is a whole one too.
            columns = _group(columns, _calendar_starts(columns["ts_event"], timeframe))
        columns = _between(columns, span)
        total = len(columns["ts_event"])
        bucket = max(1, -(-total // max_bars)) if max_bars else 1
        if bucket > 1:
            columns = _group(columns, np.arange(0, total, bucket))
        frame = pd.DataFrame({name: columns[name] for name in _COLUMNS})
        frame["source"] = pd.Categorical.from_codes(columns["source"], list(names)) if names else ""
        frame.attrs.update(
            source=source, adjustment=adjustment, timeframe=timeframe, bucket=bucket, total=total,
            ts_last=int(columns["ts_event"][-1]) if total else 0,
        )  # fmt: skip
        return frame

    def extent(self, instrument_id: str, timeframe: str, source: str, adjustment: str) -> TimeRange | None:
        """Time of the first and (just past) the last bar; None when there is none."""
        base = _COARSER.get(parse_timeframe(timeframe), parse_timeframe(timeframe))
        times = self._columns(instrument_id, base, source, adjustment)[0]["ts_event"]
        return TimeRange(int(times[0]), int(times[-1]) + 1) if len(times) else None

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

    def _columns(
        self, instrument_id: str, timeframe: str, source: str, adjustment: str
    ) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
        """Columns of one line of bars, joined by priority, and the names their `source` codes stand for."""
        kept = [
            series
            for series in self._store.series_list("bars", instrument_id=instrument_id, timeframe=timeframe)
            if source in ("auto", series.source) and series.adjustment == adjustment
        ]
        # Bids never fill the holes of last prices.
        price_type = min((series.price_type for series in kept), key=_price_rank, default="")
        kept = sorted((series for series in kept if series.price_type == price_type), key=self._rank)
        names = tuple(dict.fromkeys(series.source for series in kept))
        parts = [(names.index(series.source), self._load(series)) for series in kept]
        coded = [{**part, "source": np.full(len(part["ts_event"]), code)} for code, part in parts]
        return _join(coded), names

    def _rank(self, series: Series) -> int:
        order = tuple(self._order())
        return order.index(series.source) if series.source in order else len(order)

    def _load(self, series: Series) -> dict[str, np.ndarray]:
        """A whole line in memory, read again only when the store changed it."""
        revision = self._store.revision(series)
        with self._lock:
            cached = self._cache.get(series)
            if cached and cached[0] == revision:
                self._cache.move_to_end(series)
                return self._this_run(series, cached[1])
        frame = self._store.read(series)
        columns = {name: to_float(frame[name]) for name in _PRICES}
        columns |= {name: frame[name].to_numpy() for name in ("ts_event", "ts_init", "volume")}
        with self._lock:
            self._cache[series] = (revision, columns)
            while len(self._cache) > _CACHED_SERIES:
                self._cache.popitem(last=False)
        return self._this_run(series, columns)

    def _this_run(self, series: Series, columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Without the bars an earlier replay left behind: they would show the future of this one."""
        reached = self._live.replayed_to()
        if series.source != LIVE or not reached or self._live.has_live_bars(series.instrument_id, series.timeframe):
            return columns
        return _take(columns, slice(0, np.searchsorted(columns["ts_event"], reached, side="right")))


def _price_rank(price_type: str) -> int:
    return _PRICE_TYPES.index(price_type) if price_type in _PRICE_TYPES else len(_PRICE_TYPES)


def _days(times: np.ndarray) -> np.ndarray:
    # A bar that closes at midnight belongs to the day it closes.
    return (times - 1) // NS_PER_DAY


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


def _take(columns: dict[str, np.ndarray], which: np.ndarray | slice) -> dict[str, np.ndarray]:
    return {name: values[which] for name, values in columns.items()}


def _between(columns: dict[str, np.ndarray], span: TimeRange | None) -> dict[str, np.ndarray]:
    if span is None:
        return columns
    first, last = np.searchsorted(columns["ts_event"], [span.start, span.end])
    return _take(columns, slice(first, last))


def _join(parts: list[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """One line out of several, best first: a day belongs to the first part that has it."""
    if not parts:
        empty = {
            name: np.array([], "int64" if name.startswith("ts_") else "float64") for name in (*_COLUMNS, "ts_init")
        }
        return {**empty, "source": np.array([], "int64")}
    joined = parts[0]
    for part in parts[1:]:
        rest = _take(part, ~np.isin(_days(part["ts_event"]), np.unique(_days(joined["ts_event"]))))
        joined = {name: np.concatenate([joined[name], rest[name]]) for name in joined}
    return _take(joined, np.argsort(joined["ts_event"], kind="stable")) if len(parts) > 1 else joined


def _calendar_starts(times: np.ndarray, timeframe: str) -> np.ndarray:
    """Where each week (from Monday) or month begins among times."""
    if not len(times):
        return np.array([], "int64")
    days = _days(times)
    # 1970-01-01 was a Thursday.
    groups = (days + 3) // 7 if timeframe == "1-WEEK" else days.astype("datetime64[D]").astype("datetime64[M]")
    groups = groups.astype("int64")
    return np.flatnonzero(np.diff(groups, prepend=groups[0] - 1))


def _group(columns: dict[str, np.ndarray], starts: np.ndarray) -> dict[str, np.ndarray]:
    """Bars put together: row i covers starts[i] up to starts[i+1]; stamped with its last bar's time."""
    if not len(starts):
        return columns
    last = np.append(starts[1:], len(columns["ts_event"])) - 1
    return {
        "ts_event": columns["ts_event"][last],
        "ts_init": columns["ts_init"][last],
        "open": columns["open"][starts],
        "high": np.maximum.reduceat(columns["high"], starts),
        "low": np.minimum.reduceat(columns["low"], starts),
        "close": columns["close"][last],
        "volume": np.add.reduceat(columns["volume"], starts),
        "source": columns["source"][last],
    }
