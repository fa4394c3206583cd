"""What a source said, before it is kept."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from nautilus_data.core.answer import restated, say_factor, sift
from nautilus_data.core.dataset import NO_DATA, Series
from nautilus_data.core.plan import State
from nautilus_data.core.timerange import TimeRange

SERIES = Series(instrument_id="A.B", source="x", timeframe="1-HOUR")
LATE = 10**18


def frame(*times: int, **columns: object) -> pd.DataFrame:
    prices = dict.fromkeys(("open", "high", "low", "close"), 100)
    return pd.DataFrame({"ts_event": times, "ts_init": times}).astype("int64").assign(**prices, volume=1.0, **columns)


def closes(*values: int) -> pd.DataFrame:
    return pd.DataFrame({"ts_event": range(len(values)), "close": values})


def test_rows_outside_the_span_are_left_out() -> None:
    taken = sift(SERIES, TimeRange(10, 30), frame(9, 10, 29, 30), LATE)
    assert taken.rows["ts_event"].tolist() == [10, 29]
    assert (taken.state, taken.covered, taken.holes, taken.bad) == (State.DONE, TimeRange(10, 30), [], [])


def test_an_empty_answer_proves_its_span_empty() -> None:
    taken = sift(SERIES, TimeRange(10, 30), frame(), LATE)
    assert (taken.state, taken.holes) == (State.EMPTY, [(TimeRange(10, 30), NO_DATA)])


def test_a_bar_known_only_later_is_not_final_and_nothing_after_it_is_proven() -> None:
    known = frame(10, 20).assign(ts_init=[10, 40])
    taken = sift(SERIES, TimeRange(10, 30), known, asked_at=35)
    assert taken.rows["ts_event"].tolist() == [10]
    assert taken.covered == TimeRange(10, 20)


def test_rows_the_source_could_not_read_are_refused_with_the_others() -> None:
    taken = sift(SERIES, TimeRange(10, 30), frame(10), LATE, refused=[(20, "no price", "{}"), (99, "no price", "{}")])
    assert taken.bad == [(20, "no price", "{}")]
    assert [reason for _, reason in taken.holes] == ["no price"]


def test_an_answer_of_impossible_rows_only_is_refused() -> None:
    taken = sift(SERIES, TimeRange(10, 30), frame(0), LATE)
    assert (taken.state, taken.error) == (State.REFUSED, "1 row refused, the first: no time")


@pytest.mark.parametrize(("instrument_id", "kept"), [("CLK0.NYMEX", 1), ("^TICK-NYSE.NYSE", 1), ("AAPL.NASDAQ", 0)])
def test_a_negative_price_is_taken_of_what_can_have_one(instrument_id: str, kept: int) -> None:
    oil = frame(10).assign(open=-1, high=100, low=-40_320_000_000, close=-37_630_000_000)
    taken = sift(replace(SERIES, instrument_id=instrument_id), TimeRange(0, 30), oil, LATE)
    assert (taken.count, [reason for _, reason, _ in taken.bad]) == (kept, ["negative price"] * (1 - kept))


@pytest.mark.parametrize(
    ("before", "now", "factor", "words"),
    [
        ((100, 104, 96), (25, 26, 24), 0.25, "split 4:1"),
        ((100, 104, 96), (1000, 1040, 960), 10.0, "split 1:10"),
        ((1000, 1040, 960), (667, 693, 640), 2 / 3, "split 3:2"),
        ((10_000, 10_400, 9_600), (9_930, 10_327, 9_533), 0.993, "prices multiplied by 0.993"),
    ],
)
def test_one_factor_between_all_bars_restates_them(
    before: tuple[int, ...], now: tuple[int, ...], factor: float, words: str
) -> None:
    found = restated(closes(*before), closes(*now))
    assert found == pytest.approx(factor, rel=1e-3)
    assert say_factor(found).startswith(words)


@pytest.mark.parametrize(
    ("before", "now"),
    [((100, 104, 96), (100, 104, 96)), ((100, 104, 96), (100, 110, 96)), ((100,), (101,)), ((), ()), ((0, 0), (1, 1))],
)
def test_equal_bars_a_correction_and_nothing_at_all_restate_nothing(
    before: tuple[int, ...], now: tuple[int, ...]
) -> None:
    assert restated(closes(*before), closes(*now)) is None
