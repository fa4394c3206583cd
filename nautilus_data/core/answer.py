"""Answer: what a source said, looked at before it is kept, and whether it restates what is stored."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import pandas as pd

from nautilus_data.core.dataset import BARS, DATASETS, NO_DATA, Series, to_float
from nautilus_data.core.instrument import may_be_negative
from nautilus_data.core.plan import State, proven_empty, say_count, slot_spans
from nautilus_data.core.timerange import NOTHING, TimeRange

# A bar restated by less than half a basis point is rounding.
_SAME = 5e-5
# Rounded prices of one split differ among each other by no more.
_CONSTANT = 2e-3
# A single bar that differs by less was corrected, not split.
_ALONE = 0.1
_PRICES = ("open", "high", "low", "close")
_ROWS_REFUSED = " refused, the first: "
# Time, reason, and the row as JSON.
BadRow = tuple[int, str, str]


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What one request brought: rows, the span answered but for holes with their reasons, and rows refused."""

    state: State
    rows: pd.DataFrame | None = None
    covered: TimeRange = NOTHING
    holes: Sequence[tuple[TimeRange, str]] = ()
    bad: Sequence[BadRow] = ()
    error: str = ""

    @property
    def count(self) -> int:
        return 0 if self.rows is None else len(self.rows)


def sift(
    series: Series,
    span: TimeRange,
    frame: pd.DataFrame,
    asked_at: int,
    settles_ns: int = 0,
    refused: Sequence[BadRow] = (),
) -> Taken:
    """Rows that can be kept as final, those that can't be true, and what the answer says about its span.

    Only bars can be untrue. A bar that was still forming when it was asked for is left out; what closed less than
    `settles_ns` before is kept, and asked for again. `refused` are rows the source could not even read.
    """
    dataset = DATASETS[series.dataset]
    rows, are_bars = dataset.cast(frame), dataset is BARS
    times = rows[dataset.time]
    # A bar without a time belongs nowhere, and is refused with the others.
    rows = rows[((times >= span.start) & (times < span.end)) | (are_bars & (times <= 0))]
    is_final = (rows[["ts_event", "ts_init"]].max(axis=1) if are_bars else rows[dataset.time]) <= asked_at
    forming = rows[dataset.time][~is_final]
    rows = rows[is_final]
    reasons = faults(rows, may_be_negative(series.instrument_id)) if are_bars else np.full(len(rows), "", dtype=object)
    is_good = reasons == ""
    good = rows if is_good.all() else rows[is_good]
    # When a row of another dataset could be known is not told by its time: all that were refused belong to the answer.
    others = refused if not are_bars else [row for row in refused if _is_in(row[0], span)]
    bad = [*(_refused(rows[~is_good], reasons[~is_good]) if are_bars else ()), *others]
    end = min(span.end, asked_at - settles_ns, int(forming.min()) if len(forming) else span.end)
    covered = TimeRange(span.start, max(span.start, end))
    holes = _holes(series, covered, good[dataset.time].to_numpy(), bad)
    state = State.DONE if len(good) else State.REFUSED if bad else State.EMPTY
    error = f"{say_count(len(bad), 'row')}{_ROWS_REFUSED}{bad[0][1]}" if bad else ""
    return Taken(state=state, rows=good.reset_index(drop=True), covered=covered, holes=holes, bad=bad, error=error)


def tells_of_refused_rows(error: str) -> bool:
    """Is this the remark of a request whose answer was kept without some of its rows?"""
    return _ROWS_REFUSED in error


def _is_in(time: int, span: TimeRange) -> bool:
    return time <= 0 or span.start <= time < span.end


def _refused(rows: pd.DataFrame, reasons: np.ndarray) -> list[BadRow]:
    # As prices, not in ticks.
    told = rows.assign(**{name: to_float(rows[name]) for name in _PRICES}).to_dict("records")
    return [
        (int(row["ts_event"]), reason, json.dumps(row, default=str)) for row, reason in zip(told, reasons, strict=True)
    ]


def _holes(series: Series, covered: TimeRange, times: np.ndarray, bad: list[BadRow]) -> list[tuple[TimeRange, str]]:
    """Where the answer has nothing: refused rows with their reason, all else as proven empty."""
    if covered.is_empty:
        return []
    stored = set(times.tolist())
    lost = {time: why for time, why, _ in bad if series.dataset == "bars" and time > 0 and time not in stored}
    holes: list[tuple[TimeRange, str]] = []
    for time, reason in sorted(lost.items()):
        for whole in slot_spans(series, covered, np.array([time])):
            part = whole.intersect(covered)
            holes += [(left, reason) for left in (part.subtract(hole for hole, _ in holes) if part else [])]
    empty = proven_empty(series, covered, times) if len(times) else [covered]
    refused = [hole for hole, _ in holes]
    return holes + [(part, NO_DATA) for span in empty for part in span.subtract(refused)]


def faults(bars: pd.DataFrame, is_negative_possible: bool = False) -> np.ndarray:
    """Why each bar can't be true, as texts; '' for those that can. In the order the source gave them."""
    times = bars["ts_event"].to_numpy()
    opens, highs, lows, closes = (bars[name].to_numpy() for name in _PRICES)
    found = np.full(len(bars), "", dtype=object)
    # The last named wins: what says most about a row comes last.
    late = np.zeros(len(bars), bool)
    lowest = np.minimum(np.minimum(opens, highs), np.minimum(lows, closes))
    if len(bars):
        late[1:] = times[1:] < np.maximum.accumulate(times)[:-1]
    checks = (
        (late, "out of order: an earlier time after a later one"),
        (bars.duplicated("ts_event").to_numpy(), "a second bar of the same time"),
        (bars["volume"].to_numpy() < 0, "negative volume"),
        ((opens > highs) | (closes > highs) | (opens < lows) | (closes < lows), "open or close outside low and high"),
        (highs < lows, "high below low"),
        ((lowest < 0) & (not is_negative_possible), "negative price"),
        (times <= 0, "no time"),
    )
    for is_wrong, reason in checks:
        if is_wrong.any():
            found[is_wrong] = reason
    return found


def restated(stored: pd.DataFrame, fetched: pd.DataFrame) -> float | None:
    """The one factor between the same bars then and now, as after a split; None when there is no such.

    Both have `ts_event` and `close`.
    """
    both = stored.merge(fetched, on="ts_event", suffixes=("_before", "_now"))
    before, now = (both[f"close_{when}"].to_numpy("float64") for when in ("before", "now"))
    usable = (before > 0) & (now > 0)
    if not usable.any():
        return None
    factors = now[usable] / before[usable]
    middle = float(np.median(factors))
    if len(factors) == 1 and abs(middle - 1) < _ALONE:
        return None
    is_constant = float(factors.max() - factors.min()) <= _CONSTANT * middle
    return middle if is_constant and abs(middle - 1) > _SAME else None


def say_factor(factor: float) -> str:
    """`split 4:1` of 0.25, where the factor is a simple one."""
    ratio = Fraction(1 / factor).limit_denominator(20)
    if ratio and ratio != 1 and abs(float(ratio) * factor - 1) < _CONSTANT:
        return f"split {ratio.numerator}:{ratio.denominator}"
    return f"prices multiplied by {factor:.6g}"
