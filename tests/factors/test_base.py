from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from nautilus_data.core.observation import Known, Vintages
from nautilus_data.factors.base import DailyFactor, Factor, ReleaseFactor, frame_at, frame_of, nothing
from tests.factors.lines import at, line

COLUMNS = ["ts_event", "ts_init", "value"]


class Gap(DailyFactor):
    key, title, family, formula, reference, units = "gap", "Gap", "tests", "a − b, + c", "none", "pp"
    inputs = ("a", "b")
    optional = ("c",)

    def values(self, lines: Mapping[str, np.ndarray], dates: np.ndarray) -> np.ndarray:
        return lines["a"] - lines["b"] + np.nan_to_num(lines["c"])


class Total(ReleaseFactor):
    key, title, family, formula, reference, units = "total", "Total", "tests", "Σ a + last b", "none", "units"
    inputs = ("a", "b")
    clock = ("a",)

    def value(self, known: Mapping[str, Known], now: int, before: float) -> tuple[int, float] | None:
        if not len(known["b"]):
            return None
        return int(known["a"].dates[-1]), float(known["a"].values.sum() + known["b"].values[-1])


class Growing(ReleaseFactor):
    """Never less than it was."""

    key, title, family, formula, reference, units = "growing", "Growing", "tests", "max", "none", "units"
    inputs = ("a",)

    def value(self, known: Mapping[str, Known], now: int, before: float) -> tuple[int, float] | None:
        return int(known["a"].dates[-1]), float(np.fmax(known["a"].values[-1], before))


def test_a_daily_factor_has_the_dates_all_inputs_have() -> None:
    lines = {"a": line({"2025-01-02": 5.0, "2025-01-03": 6.0}), "b": line({"2025-01-03": 2.0, "2025-01-06": 1.0})}
    found = Gap().compute(lines)
    assert found["ts_event"].tolist() == [at("2025-01-03")]
    assert found["value"].tolist() == [4.0]


def test_an_optional_value_counts_if_it_was_known_by_then() -> None:
    lines = {"a": line({"2025-01-02": 5.0}), "b": line({"2025-01-02": 2.0})}
    assert Gap().compute({**lines, "c": line({"2025-01-02": 10.0})})["value"].tolist() == [13.0]
    assert Gap().compute({**lines, "c": line({"2025-01-02": 10.0}, late_days=2)})["value"].tolist() == [3.0]


def test_a_daily_factor_keeps_to_the_first_version() -> None:
    dates = np.array([at("2025-01-02")] * 2)
    revised = Vintages(dates, np.array([at("2025-01-03"), at("2025-02-03")]), np.array([5.0, 7.0]))
    found = Gap().compute({"a": revised, "b": line({"2025-01-02": 2.0})})
    assert found["value"].tolist() == [3.0]
    assert found["ts_init"].tolist() == [at("2025-01-03")]


@pytest.mark.parametrize("factor", [Gap(), Total()])
def test_an_input_that_is_missing_or_empty_leaves_nothing(factor: Factor) -> None:
    there = line({"2025-01-02": 5.0})
    for lines in ({}, {"a": there}, {"a": there, "b": Vintages.nothing()}):
        found = factor.compute(lines)
        assert list(found.columns) == COLUMNS
        assert len(found) == 0


def test_inputs_without_a_common_date_leave_nothing() -> None:
    assert len(Gap().compute({"a": line({"2025-01-02": 5.0}), "b": line({"2025-01-03": 5.0})})) == 0


def test_a_release_factor_is_computed_when_its_clock_has_news() -> None:
    # b's news of 5 January waits for a's of 10 January.
    lines = {"a": line({"2025-01-01": 1.0, "2025-01-09": 2.0}), "b": line({"2025-01-01": 10.0, "2025-01-04": 20.0})}
    found = Total().compute(lines)
    assert found["ts_init"].tolist() == [at("2025-01-02"), at("2025-01-10")]
    assert found["value"].tolist() == [11.0, 23.0]


def test_a_revision_is_a_row_of_its_own_and_the_past_stays() -> None:
    dates = np.array([at("2025-01-01")] * 2)
    revised = Vintages(dates, np.array([at("2025-02-01"), at("2025-03-01")]), np.array([1.0, 4.0]))
    found = Total().compute({"a": revised, "b": line({"2025-01-01": 10.0})})
    assert found["ts_event"].tolist() == [at("2025-01-01")] * 2
    assert found["value"].tolist() == [11.0, 14.0]


def test_news_that_change_nothing_are_no_row() -> None:
    dates = np.array([at("2025-01-01"), at("2025-01-02"), at("2025-01-01")])
    known = np.array([at("2025-02-01"), at("2025-02-02"), at("2025-02-03")])
    found = Growing().compute({"a": Vintages(dates, known, np.array([1.0, 3.0, 2.0]))})
    assert found["value"].tolist() == [1.0, 3.0]


def test_a_release_factor_is_told_what_it_was_before() -> None:
    found = Growing().compute({"a": line({"2025-01-01": 2.0, "2025-01-02": 1.0, "2025-01-03": 3.0})})
    assert found["value"].tolist() == [2.0, 2.0, 3.0]


def test_what_is_not_known_is_no_row() -> None:
    lines = {"a": line({"2025-01-01": 1.0, "2025-01-09": np.nan, "2025-01-10": 2.0}), "b": line({"2025-01-05": 1.0})}
    assert len(Total().compute(lines)) == 0
    frame = frame_at(np.array([1, 2]), np.array([3, 4]), np.array([np.nan, 5.0]))
    assert frame.to_numpy().tolist() == [[2, 4, 5.0]]


def test_frames_have_the_same_types_with_rows_and_without() -> None:
    assert nothing().dtypes.equals(frame_of([(1, 2, 3.0)]).dtypes)
    assert frame_of([]).dtypes.equals(nothing().dtypes)
    assert list(nothing().columns) == COLUMNS


def test_a_factor_with_states_is_a_regime() -> None:
    class Regime(Gap):
        states = ("low", "high")

    assert Regime().is_regime
    assert not Gap().is_regime
