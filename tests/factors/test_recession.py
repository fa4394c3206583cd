import numpy as np
import pytest

from nautilus_data.core.observation import Vintages
from nautilus_data.factors.recession import (
    RecessionEstrellaMishkin,
    RecessionNewYorkFed,
    RecessionWright,
    bond_equivalent,
    monthly_spread,
    normal_cumulative,
    probit,
)
from tests.factors.lines import DAY_NS, at, monthly, steady


def discount(yield_: float) -> float:
    """The discount rate of a bond-equivalent yield: y(360 - 0.91 d) = 365 d, so d = 360 y / (365 + 0.91 y)."""
    return 360 * yield_ / (365 + 0.91 * yield_)


def test_a_discount_rate_of_5_is_a_bond_equivalent_yield_of_5_134() -> None:
    assert bond_equivalent(np.array([5.0, 0.0]))[0] == pytest.approx(5.134, abs=5e-4)
    assert bond_equivalent(np.array([5.0, 0.0]))[1] == 0.0
    assert bond_equivalent(np.array([discount(5.134)]))[0] == pytest.approx(5.134)


@pytest.mark.parametrize(
    ("factor", "spread", "percent"),
    [
        # Φ(0.0997), Φ(-0.5333), Φ(-1.1663)
        (RecessionNewYorkFed(), -1.0, 53.97),
        (RecessionNewYorkFed(), 0.0, 29.69),
        (RecessionNewYorkFed(), 1.0, 12.17),
        # Φ(0.1491), Φ(-0.6624), Φ(-1.4739)
        (RecessionEstrellaMishkin(), -1.0, 55.93),
        (RecessionEstrellaMishkin(), 0.0, 25.39),
        (RecessionEstrellaMishkin(), 1.0, 7.03),
    ],
)
def test_published_coefficients_give_the_published_probabilities(
    factor: RecessionNewYorkFed, spread: float, percent: float
) -> None:
    lines = {
        "DGS10": steady("2006-09-01", "2006-09-29", 5.0 + spread),
        "DTB3": steady("2006-09-01", "2006-09-29", discount(5.0)),
    }
    found = factor.compute(lines)
    assert found["value"].tolist() == pytest.approx([percent], abs=0.01)
    assert found["ts_event"].tolist() == [at("2006-09-01")]
    assert found["ts_init"].tolist() == [at("2006-09-30")]


@pytest.mark.parametrize(
    ("first", "last", "ten_years", "bill", "published"),
    [
        # Means of DGS10 and of DTB3 in the month, and what the New York Fed's chart says of the month a year later.
        ("2019-08-01", "2019-08-30", 1.63, 1.95, 37.9),
        ("2023-05-01", "2023-05-31", 3.57, 5.14, 70.8),
    ],
)
def test_the_new_york_fed_s_published_probabilities_are_met_within_the_rounding_of_the_inputs(
    first: str, last: str, ten_years: float, bill: float, published: float
) -> None:
    found = RecessionNewYorkFed().compute({"DGS10": steady(first, last, ten_years), "DTB3": steady(first, last, bill)})
    # Half a hundredth of a point in either mean moves the probability by up to 0.3.
    assert found["value"].tolist() == pytest.approx([published], abs=0.3)


@pytest.mark.parametrize(
    ("percent", "spread"), [(5, 1.21), (10, 0.76), (15, 0.46), (20, 0.22), (25, 0.02), (50, -0.82), (90, -2.40)]
)
def test_estrella_and_mishkin_s_table_is_reproduced(percent: float, spread: float) -> None:
    constant, slope = RecessionEstrellaMishkin().coefficients
    assert 100 * normal_cumulative(np.array([constant + slope * spread]))[0] == pytest.approx(percent, abs=0.2)


def test_the_spread_is_of_the_means_of_the_days_of_a_month() -> None:
    half = [4.0] * 11 + [5.0] * 11
    dates = steady("2024-07-01", "2024-07-30", 0.0).dates
    ten = Vintages(dates, dates + DAY_NS, np.array(half))
    lines = {"DGS10": ten, "DTB3": Vintages(dates, dates + DAY_NS, np.full(22, discount(3.0)))}
    # 30 July is not the month's last weekday: no value yet.
    assert len(monthly_spread(lines)) == 0
    last = steady("2024-07-31", "2024-07-31", 4.5)
    ended = {
        "DGS10": join(ten, last),
        "DTB3": join(lines["DTB3"], steady("2024-07-31", "2024-07-31", discount(3.0))),
    }
    assert monthly_spread(ended).values.tolist() == pytest.approx([1.5])


def join(*lines: Vintages) -> Vintages:
    return Vintages(*(np.concatenate([getattr(one, name) for one in lines]) for name in ("dates", "known", "values")))


def every_day(months: np.ndarray, values: np.ndarray) -> Vintages:
    """Each day of these months the month's value, known the day after."""
    days = np.arange(months[0].astype("datetime64[D]"), (months[-1] + np.timedelta64(1, "M")).astype("datetime64[D]"))
    dates = days.astype("datetime64[ns]").astype("int64")
    places = (days.astype("datetime64[M]") - months[0]).astype("int64")
    return Vintages(dates, dates + DAY_NS, values[places])


# Three kinds of months by turns: (spread, rate) is (0, 2), (1, 2) or (0, 4). Whether a recession comes a year later
# is 3 in 10, 1 in 10 and 6 in 10 of the kind: with as many coefficients as kinds a probit gives just these shares.
KINDS, COMES = ((0.0, 2.0), (1.0, 2.0), (0.0, 4.0)), (3, 1, 6)
COUNT = 180
MONTHS = np.datetime64("1990-01", "M") + np.arange(COUNT).astype("timedelta64[M]")


def made() -> dict[str, Vintages]:
    kind, turn = np.arange(COUNT) % 3, np.arange(COUNT) // 3 % 10
    spread, rate = np.array(KINDS)[kind].T
    flags = np.concatenate([np.zeros(12), (turn < np.array(COMES)[kind]).astype(float)])[:COUNT]
    return {
        "DGS10": every_day(MONTHS, spread + 3.0),
        "DTB3": every_day(MONTHS, np.full(COUNT, discount(3.0))),
        "DFF": every_day(MONTHS, rate),
        "USREC": monthly("1990-01", flags),
    }


@pytest.mark.parametrize(
    ("month", "settled_after", "percent"),
    [("2004-06-01", 12, 60.0), ("2004-07-01", 13, 30.0), ("2004-08-01", 14, 10.0)],
)
def test_wright_s_probability_is_the_share_in_which_recessions_came(
    month: str, settled_after: int, percent: float
) -> None:
    # June 2004 is month 173, of the third kind. Settled after 12 months, it has the flags up to month 161, so the
    # recessions asked about in months 0 to 149: 5 whole rounds of 30, in which the kinds have just their shares.
    found = RecessionWright(settled_after=settled_after).compute(made())
    values = dict(zip(found["ts_event"].tolist(), found["value"].tolist(), strict=True))
    assert values[at(month)] == pytest.approx(percent, abs=1e-4)


def test_a_probit_with_as_many_coefficients_as_kinds_gives_each_kind_its_share() -> None:
    kinds = np.repeat(np.array([[1, 0.0, 2.0], [1, 1.0, 2.0], [1, 0.0, 4.0]]), 10, axis=0)
    happened = np.concatenate([np.arange(10) < share for share in COMES]).astype(float)
    shares = normal_cumulative(kinds[[0, 10, 20]] @ probit(kinds, happened))
    assert shares.tolist() == pytest.approx([0.3, 0.1, 0.6], abs=1e-6)


def test_a_probit_of_what_is_told_apart_without_error_has_no_maximum() -> None:
    regressors = np.column_stack([np.ones(40), np.arange(40.0)])
    assert probit(regressors, (np.arange(40) >= 20).astype(float)) is None


def test_wright_learns_a_recession_when_it_is_announced_and_not_before() -> None:
    on_time, late = made(), made()
    # All flags from January 1997 on come only in 2003.
    known = np.where(late["USREC"].dates >= at("1997-01-01"), np.maximum(late["USREC"].known, at("2003-01-15")), 0)
    late["USREC"] = Vintages(late["USREC"].dates, np.maximum(late["USREC"].known, known), late["USREC"].values)
    first_on_time = RecessionWright().compute(on_time)["ts_event"].iloc[0]
    first_late = RecessionWright().compute(late)["ts_event"].iloc[0]
    # The 120 months of 1990 to 1999 ask about months up to December 2000, which is settled a year later.
    assert first_on_time == at("2001-12-01")
    assert first_late == at("2003-01-01")


def test_wright_s_own_event_is_a_recession_at_any_time_within_12_months() -> None:
    within = RecessionWright(event="within 12 months").compute(made())
    # In any 12 months of these there is one: nothing to tell apart, so no value.
    assert len(within) == 0
    calm = made()
    flags = np.zeros(COUNT)
    flags[[30, 70, 110]] = 1
    calm["USREC"] = monthly("1990-01", flags)
    shares = RecessionWright(event="within 12 months", least_months=60).compute(calm)
    # 12 of each 40 months or so are followed by one.
    assert 20 < shares["value"].mean() < 45
    assert len(RecessionWright(least_months=60).compute(calm)) == 0
