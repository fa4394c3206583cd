import numpy as np
import pytest

from nautilus_data.core.observation import Vintages
from nautilus_data.factors.curve import (
    CurveCarry,
    CurveCurvature,
    CurveLevel,
    CurveSlope,
    CurveSlope2Y,
    FedFundsChange,
    NelsonSiegelCurvature,
    NelsonSiegelLevel,
    NelsonSiegelSlope,
    TenYearChange,
    ThirtyYearChange,
    ThreeMonthChange,
    TwoYearChange,
)
from tests.factors.lines import DAY_NS, at, daily, line

# 2 January 2025: 3 months 4.36, 2 years 4.25, 10 years 4.57.
LINES = {"DGS3MO": line({"2025-01-02": 4.36}), "DGS2": line({"2025-01-02": 4.25}), "DGS10": line({"2025-01-02": 4.57})}


@pytest.mark.parametrize(
    ("factor", "by_hand"),
    [
        (CurveLevel(), 4.57),
        # (4.36 + 4.25 + 4.57) / 3 = 13.18 / 3
        (CurveLevel(variant="mean of three"), 4.393333333333333),
        (CurveSlope(), 0.21),
        (CurveSlope2Y(), 0.32),
        # 8.50 - 4.36 - 4.57
        (CurveCurvature(), -0.43),
    ],
)
def test_the_shape_of_the_curve_is_as_by_hand(factor: CurveLevel, by_hand: float) -> None:
    frame = factor.compute(LINES)
    assert frame["value"].tolist() == pytest.approx([by_hand])
    assert frame["ts_event"].tolist() == [at("2025-01-02")]
    assert frame["ts_init"].tolist() == [at("2025-01-03")]


def test_the_level_by_ten_years_needs_no_other_yield_and_the_mean_of_three_does() -> None:
    alone = {"DGS10": LINES["DGS10"]}
    assert CurveLevel().compute(alone)["value"].tolist() == [4.57]
    assert len(CurveLevel(variant="mean of three").compute(alone)) == 0


def test_nelson_siegel_finds_the_coefficients_yields_were_made_of() -> None:
    # Loadings by hand at λ = 0.0609: τ = 3: 0.914 and 0.081, 24: 0.525 and 0.294, 60: 0.267 and 0.241,
    # 120: 0.137 and 0.136, 360: 0.046 and 0.046.
    yields = {
        "DGS3MO": 5.0 - 2.0 * 0.91402 + 1.0 * 0.08099,
        "DGS2": 5.0 - 2.0 * 0.52551 + 1.0 * 0.29366,
        "DGS5": 5.0 - 2.0 * 0.26659 + 1.0 * 0.24070,
        "DGS10": 5.0 - 2.0 * 0.13674 + 1.0 * 0.13607,
        "DGS30": 5.0 - 2.0 * 0.04561 + 1.0 * 0.04561,
    }
    lines = {name: line({"2025-01-02": value}) for name, value in yields.items()}
    for factor, coefficient in (
        (NelsonSiegelLevel(), 5.0),
        (NelsonSiegelSlope(), -2.0),
        (NelsonSiegelCurvature(), 1.0),
    ):
        assert factor.compute(lines)["value"].tolist() == pytest.approx([coefficient], abs=1e-3)
        without = {name: one for name, one in lines.items() if name != "DGS30"}
        assert factor.compute(without)["value"].tolist() == pytest.approx([coefficient], abs=1e-3)


def test_nelson_siegel_leaves_the_least_squares_where_yields_do_not_fit() -> None:
    lines = {
        name: line({"2025-01-02": value})
        for name, value in zip(
            ("DGS3MO", "DGS2", "DGS5", "DGS10", "DGS30"), (4.36, 4.25, 4.38, 4.57, 4.79), strict=True
        )
    }
    x = 0.0609 * np.array([3, 24, 60, 120, 360])
    slope = (1 - np.exp(-x)) / x
    expected = np.linalg.lstsq(
        np.column_stack([np.ones(5), slope, slope - np.exp(-x)]), [4.36, 4.25, 4.38, 4.57, 4.79], rcond=None
    )[0]
    found = [f.compute(lines)["value"][0] for f in (NelsonSiegelLevel(), NelsonSiegelSlope(), NelsonSiegelCurvature())]
    assert found == pytest.approx(expected.tolist())


@pytest.mark.parametrize(
    ("factor", "series"),
    [
        (FedFundsChange(), "DFF"),
        (ThreeMonthChange(), "DGS3MO"),
        (TwoYearChange(), "DGS2"),
        (TenYearChange(), "DGS10"),
        (ThirtyYearChange(), "DGS30"),
    ],
)
def test_the_change_over_30_days_is_from_the_last_value_up_to_then_in_basis_points(
    factor: FedFundsChange, series: str
) -> None:
    # 30 days before 10 February is 11 January, a Saturday: the value of the 10th, 4.77, counts.
    found = factor.compute({series: line({"2025-01-10": 4.77, "2025-02-07": 4.49, "2025-02-10": 4.51})})
    assert found["ts_event"].tolist() == [at("2025-02-10")]
    assert found["value"].tolist() == pytest.approx([-26.0])


def test_no_change_is_taken_across_the_years_without_a_30_year_yield() -> None:
    gap = line({"2002-02-15": 5.4, "2006-02-09": 4.5, "2006-03-13": 4.8})
    found = ThirtyYearChange().compute({"DGS30": gap})
    assert found["ts_event"].tolist() == [at("2006-03-13")]
    assert found["value"].tolist() == pytest.approx([30.0])


def test_the_days_of_a_change_are_a_parameter() -> None:
    found = TenYearChange(days=7).compute({"DGS10": line({"2025-02-03": 4.54, "2025-02-10": 4.51})})
    assert found["value"].tolist() == pytest.approx([-3.0])


def test_the_carry_is_the_spread_over_the_year_s_volatility() -> None:
    # Changes of +0.1 and -0.1 in turn, 22 of them: mean 0, sample sd 0.1·√(22/21) = 0.102353.
    yields = [4.0 + 0.1 * (day % 2) for day in range(23)]
    lines = {"DGS10": daily("2025-01-06", yields), "DFF": daily("2025-01-06", [3.0] * 23)}
    found = CurveCarry(window=22).compute(lines)
    # (4.0 - 3.0) / (0.102353·√252) = 1 / 1.624808
    assert found["value"].tolist() == pytest.approx([0.6154573], rel=1e-5)


def test_a_yield_that_does_not_move_has_no_carry_for_its_risk() -> None:
    lines = {"DGS10": daily("2025-01-06", [4.0] * 40), "DFF": daily("2025-01-06", [3.0] * 40)}
    assert len(CurveCarry(window=22).compute(lines)) == 0


def test_a_holiday_in_one_yield_leaves_the_day_out() -> None:
    holiday = Vintages(np.array([at("2025-01-02")]), np.array([at("2025-01-03")]), np.array([np.nan]))
    assert len(CurveSlope().compute({**LINES, "DGS3MO": holiday})) == 0


def test_a_slope_is_known_when_the_later_of_its_yields_is() -> None:
    late = Vintages(LINES["DGS10"].dates, LINES["DGS10"].known + 3 * DAY_NS, LINES["DGS10"].values)
    assert CurveSlope().compute({**LINES, "DGS10": late})["ts_init"].tolist() == [at("2025-01-06")]
