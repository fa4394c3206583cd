import numpy as np
import pytest

from nautilus_data.core.observation import Vintages
from nautilus_data.factors.oil import OilShock
from tests.factors.lines import DAY_NS, at


def prices(*means: float, first: str = "2017-03") -> Vintages:
    """Each weekday of a month the month's price, of as many months."""
    days = np.arange(
        np.datetime64(first, "M").astype("datetime64[D]"),
        (np.datetime64(first, "M") + np.timedelta64(len(means), "M")).astype("datetime64[D]"),
    )
    days = days[np.is_busday(days)]
    dates = days.astype("datetime64[ns]").astype("int64")
    values = np.array(means)[(days.astype("datetime64[M]") - np.datetime64(first, "M")).astype("int64")]
    return Vintages(dates, dates + DAY_NS, values)


def test_a_shock_is_how_far_the_price_passed_its_highest_of_36_months() -> None:
    # Highest of 36 months 60, then 66: 100·ln(1.1).
    found = OilShock().compute({"DCOILWTICO": prices(60.0, *[50.0] * 35, 66.0)})
    assert found["value"].tolist() == pytest.approx([9.531018], abs=1e-6)
    assert found["ts_event"].tolist() == [at("2020-03-01")]
    # 31 March 2020, the month's last weekday, is known the day after.
    assert found["ts_init"].tolist() == [at("2020-04-01")]


def test_a_price_below_its_highest_is_no_shock() -> None:
    assert OilShock().compute({"DCOILWTICO": prices(60.0, *[50.0] * 35, 59.0)})["value"].tolist() == [0.0]


def test_a_higher_price_of_longer_ago_does_not_count() -> None:
    found = OilShock().compute({"DCOILWTICO": prices(140.0, 60.0, *[50.0] * 35, 66.0)})
    assert found["value"].tolist() == pytest.approx([0.0, 9.531018], abs=1e-6)


def test_a_negative_price_counts_in_its_month_and_no_logarithm_is_taken_of_it() -> None:
    line = prices(20.0, *[20.0] * 35, 25.0)
    values = np.where(line.dates == at("2020-03-20"), -36.98, line.values)
    # 21 days of 25 and one of -36.98: 488.02 / 22 = 22.182727.
    found = OilShock().compute({"DCOILWTICO": Vintages(line.dates, line.known, values)})
    assert found["value"].tolist() == pytest.approx([100 * np.log(22.182727 / 20)], abs=1e-4)


def test_a_month_with_a_mean_below_zero_gives_no_shock_to_any_month_that_looks_at_it() -> None:
    assert len(OilShock(months=12).compute({"DCOILWTICO": prices(*[20.0] * 11, -5.0, 25.0)})) == 0
    assert len(OilShock(months=12).compute({"DCOILWTICO": prices(*[20.0] * 12, -5.0)})) == 0


def test_a_missing_month_gives_no_shock_to_any_month_that_looks_at_it() -> None:
    line = prices(*[20.0] * 12, 25.0)
    is_there = line.dates.astype("datetime64[ns]").astype("datetime64[M]") != np.datetime64("2017-08", "M")
    gap = Vintages(line.dates[is_there], line.known[is_there], line.values[is_there])
    assert len(OilShock(months=12).compute({"DCOILWTICO": gap})) == 0
    assert len(OilShock(months=12).compute({"DCOILWTICO": line})) == 1
