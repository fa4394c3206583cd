"""Each factor of Alpha Vantage's data against a value worked out by hand, and when there is none."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from nautilus_data.core.observation import Vintages
from nautilus_data.core.timerange import NS_PER_DAY, to_ns
from nautilus_data.factors.company import COMPANY_FACTORS, Company
from tests.made_up_reports import bars_of, news_of, quarters, report, reports_of

LATER = to_ns("2030-01-01")


def computed(key: str, *rows: tuple, as_of: int = LATER, **frames: pd.DataFrame) -> pd.DataFrame:
    return COMPANY_FACTORS[key].compute(Company(as_of, {"facts": reports_of(*rows), **frames}))


def last(key: str, *rows: tuple, **frames: pd.DataFrame) -> float:
    return float(computed(key, *rows, **frames)["value"].iloc[-1])


def why(key: str, *rows: tuple, **frames: pd.DataFrame) -> str:
    row = computed(key, *rows, **frames).iloc[-1]
    assert math.isnan(row["value"])
    return str(row["reason"])


def earnings(reported: list[object], estimated: list[object] | None = None) -> list[tuple]:
    tags = {"reportedEPS": reported, **({"estimatedEPS": estimated} if estimated else {})}
    return quarters("EARNINGS", tags, how="filed")


def income(**tags: list[object]) -> list[tuple]:
    return quarters("INCOME_STATEMENT", tags)


def balance(**tags: list[object]) -> list[tuple]:
    return quarters("BALANCE_SHEET", tags)


def test_a_surprise_is_the_difference_to_the_size_of_the_estimate() -> None:
    assert last("earnings_surprise", *earnings([1.91], [1.81])) == pytest.approx(0.10 / 1.81)
    # A loss half as large as was expected.
    assert last("earnings_surprise", *earnings([-0.5], [-1.0])) == 0.5
    assert why("earnings_surprise", *earnings([0.5], [0])) == "the estimate is 0"
    assert why("earnings_surprise", *earnings([0.5])).startswith("estimatedEPS of the quarter to about 2023-03-31")


def test_a_surprise_is_known_when_it_was_reported() -> None:
    rows = [report("EARNINGS", tag, "2024-03-31", value, "2024-04-25T13:30", "filed")
            for tag, value in (("reportedEPS", 2), ("estimatedEPS", 1))]  # fmt: skip
    frame = computed("earnings_surprise", *rows)
    assert frame[["ts_event", "ts_init", "value"]].to_numpy().tolist() == [
        [to_ns("2024-03-31"), to_ns("2024-04-25T13:30"), 1.0]
    ]
    assert computed("earnings_surprise", *rows, as_of=to_ns("2024-04-25T13:29")).empty


@pytest.mark.parametrize(
    ("differences", "streak"),
    [([1, 1, 1], 3), ([-1, 1, 1], 2), ([1, -1, -1, -1], -3), ([1, 1, 0], 0), ([1] * 12, 8), ([1, None, 1], 1)],
)
def test_a_streak_counts_quarters_in_a_row_up_to_eight(differences: list[int | None], streak: int) -> None:
    reported = [None if one is None else 2 + one for one in differences]
    assert last("surprise_streak", *earnings(reported, [2] * len(differences))) == streak


def test_acceleration_is_the_growth_of_growth() -> None:
    # 1.0 to 1.2 is 20 %, 1.0 to 1.5 is 50 %.
    assert last("eps_growth_accel", *earnings([1, 1, 9, 9, 1.2, 1.5])) == pytest.approx(0.3)
    assert why("eps_growth_accel", *earnings([1, 0, 9, 9, 1.2, 1.5])) == "earnings per share of a year before is 0"


def test_revenue_growth_is_over_a_year_of_the_quarter() -> None:
    assert last("revenue_growth", *income(totalRevenue=[100, 1, 1, 1, 130])) == pytest.approx(0.3)
    assert why("revenue_growth", *income(totalRevenue=[0, 1, 1, 1, 130])) == "revenue of a year before is not above 0"
    assert "totalRevenue of the quarter to about" in why("revenue_growth", *income(totalRevenue=[None, 1, 1, 1, 130]))


def test_the_gross_margin_changes_by_what_it_was_a_year_before() -> None:
    rows = income(totalRevenue=[100, 1, 1, 1, 200], grossProfit=[40, 1, 1, 1, 90])
    assert last("gross_margin_change", *rows) == pytest.approx(0.45 - 0.40)


def test_the_operating_margin_is_of_four_quarters() -> None:
    rows = income(totalRevenue=[9, 100, 100, 100, 200], operatingIncome=[9, 10, 20, 30, 40])
    assert last("operating_margin", *rows) == pytest.approx(100 / 500)
    assert "operatingIncome of the quarter" in why("operating_margin", *income(totalRevenue=[1] * 4))


def test_return_on_invested_capital_is_after_tax_on_debt_and_equity_less_cash() -> None:
    flows = income(ebit=[50] * 4, incomeTaxExpense=[9] * 4, incomeBeforeTax=[45] * 4)
    rows = [*flows, *balance(totalShareholderEquity=[700] * 4, shortLongTermDebtTotal=[500] * 4,
                             cashAndShortTermInvestments=[200] * 4)]  # fmt: skip
    assert last("roic", *rows) == pytest.approx(200 * 0.8 / 1_000)
    parts = balance(totalShareholderEquity=[700] * 4, shortTermDebt=[100] * 4, longTermDebt=[400] * 4,
                    cashAndCashEquivalentsAtCarryingValue=[200] * 4)  # fmt: skip
    assert last("roic", *flows, *parts) == pytest.approx(0.16)
    loss = income(ebit=[50] * 4, incomeTaxExpense=[9] * 4, incomeBeforeTax=[-45] * 4)
    assert last("roic", *loss, *parts) == pytest.approx(0.2)
    rich = balance(totalShareholderEquity=[7] * 4, shortLongTermDebtTotal=[5] * 4, cashAndShortTermInvestments=[20] * 4)
    assert why("roic", *flows, *rich) == "invested capital is not above 0"


def test_free_cash_flow_is_less_what_was_spent_however_it_is_signed() -> None:
    for sign in (1, -1):
        flows = {"operatingCashflow": [100] * 4, "capitalExpenditures": [25 * sign] * 4}
        rows = [*quarters("CASH_FLOW", flows), *income(totalRevenue=[500] * 4)]
        assert last("fcf_margin", *rows) == pytest.approx(0.15)


def test_net_debt_is_in_years_of_ebitda() -> None:
    owed = balance(shortLongTermDebtTotal=[900] * 4, cashAndShortTermInvestments=[300] * 4)
    assert last("net_debt_ebitda", *income(ebitda=[50] * 4), *owed) == pytest.approx(3.0)
    assert why("net_debt_ebitda", *income(ebitda=[-50] * 4), *owed) == "EBITDA is not above 0"
    nothing = balance(cashAndShortTermInvestments=[300] * 4)
    assert why("net_debt_ebitda", *income(ebitda=[50] * 4), *nothing).startswith("none of shortTermDebt, currentDebt")


def test_the_current_ratio_changes_by_what_it_was_a_year_before() -> None:
    rows = balance(totalCurrentAssets=[100, 1, 1, 1, 180], totalCurrentLiabilities=[100, 1, 1, 1, 120])
    assert last("current_ratio_change", *rows) == pytest.approx(0.5)


def overview(tag: str, day: str, value: float) -> tuple:
    return report("OVERVIEW", tag, day, value, f"{day}T12:00", "seen", "overview")


def test_what_an_overview_said_is_known_since_it_was_seen() -> None:
    frame = computed("peg", overview("PEGRatio", "2024-05-01", 2.152), overview("PEGRatio", "2024-05-08", 2.2))
    assert frame["value"].tolist() == [2.152, 2.2]
    assert frame["ts_init"].tolist() == [to_ns("2024-05-01T12:00"), to_ns("2024-05-08T12:00")]
    assert why("peg", overview("PEGRatio", "2024-05-01", -3)) == "the ratio is not above 0"


def test_the_gap_to_a_target_is_to_the_last_close_while_that_is_young() -> None:
    bars = bars_of({"2024-04-30": 80, "2024-05-01": 100, "2024-05-02": 125})
    frame = computed("target_gap", overview("AnalystTargetPrice", "2024-05-01", 120), bars=bars)
    assert frame["value"].tolist()[:3] == pytest.approx([0.5, 0.2, -0.04])
    assert frame["reason"].tolist()[-1] == "no close of the last 7 days is known"
    assert frame["ts_init"].tolist()[-1] == to_ns("2024-05-10") + 1


def test_sentiment_is_weighed_by_relevance_over_a_week_of_five_articles() -> None:
    told = [("2024-05-01T10:00", 0.5, 1.0), ("2024-05-02T10:00", 0.1, 0.5), *[("2024-05-03T10:00", 0.2, 0.5)] * 3]
    frame = computed("news_sentiment", news=news_of(told))
    values = frame[frame["reason"] == ""]
    assert values["ts_init"].tolist()[0] == to_ns("2024-05-04")
    assert values["value"].tolist() == pytest.approx([(0.5 + 0.05 + 0.3) / 3.0])
    assert values["articles"].tolist() == [5.0]
    counts = [reason.partition(" ")[0] for reason in frame["reason"]]
    # Each counts until the first midnight it is a week old.
    assert list(zip(days(frame), counts, strict=True)) == [
        ("2024-05-02", "1"), ("2024-05-03", "2"), ("2024-05-04", ""), ("2024-05-09", "4"), ("2024-05-10", "3"),
        ("2024-05-11", "0"),
    ]  # fmt: skip


def days(frame: pd.DataFrame) -> list[str]:
    return pd.to_datetime(frame["ts_init"]).dt.strftime("%Y-%m-%d").tolist()


def test_attention_is_against_the_sixty_days_before() -> None:
    start = to_ns("2024-01-01T10:00")
    each_day = [(str(np.datetime64(start + n * NS_PER_DAY, "ns")), 0.0, 1.0) for n in range(70)]
    burst = [("2024-03-10T12:00", 0.0, 1.0)] * 9
    frame = computed("news_attention", news=news_of([*each_day, *burst]))
    at = frame[frame["ts_init"] == to_ns("2024-03-11")].iloc[0]
    # 16 of 7 days, and 7 on each of the 60 days before.
    assert at["value"] == pytest.approx(math.log(17) - math.log(8)) and at["articles"] == 16
    assert frame["reason"].iloc[0] == "no news of 67 days are known"


def line(values: dict[str, float], lag_days: int = 2) -> Vintages:
    dates = np.array([to_ns(day) for day in values], "int64")
    return Vintages(dates, dates + lag_days * NS_PER_DAY, np.array(list(values.values()), "float64"))


def test_real_assets_skip_the_last_month_and_look_back_a_year() -> None:
    months = [f"{year}-{month:02d}-01" for year in (2023, 2024) for month in range(1, 13)][:14]
    copper = line({month: 100 + place for place, month in enumerate(months)}, 45)
    gold = line({"2023-02-27": 1, "2023-02-28": 2_000, "2024-01-31": 2_200, "2024-02-29": 9_999})
    oil = line({"2023-02-28": 80, "2024-01-31": 60, "2024-02-29": 1})
    lines = {"GOLD.ALPHAVANTAGE": gold, "WTI.ALPHAVANTAGE": oil, "COPPER.ALPHAVANTAGE": copper}
    frame = COMPANY_FACTORS["real_asset_momentum"].compute(Company(LATER, {}, lines))
    row = frame[frame["reason"] == ""].iloc[0]
    assert (row["ts_event"], row["ts_init"]) == (to_ns("2024-02-01"), to_ns("2024-03-17"))
    assert row[["gold", "oil", "copper"]].tolist() == pytest.approx([0.1, -0.25, 112 / 101 - 1])
    assert row["value"] == pytest.approx((0.1 - 0.25 + 112 / 101 - 1) / 3)
    assert frame["reason"].iloc[-1] == "no month of the last 4 is known of all"


def test_how_well_a_factor_is_known_is_told_by_its_own_rows() -> None:
    factor = COMPANY_FACTORS["revenue_growth"]
    rows = income(totalRevenue=[1] * 5)
    assert factor.pit_of(Company(LATER, {"facts": reports_of(*rows)})) == "P3"
    seen = report("INCOME_STATEMENT", "totalRevenue", "2024-06-30", 1, "2024-07-20", "seen")
    assert factor.pit_of(Company(LATER, {"facts": reports_of(*rows, seen)})) == "P4"


def test_basis_says_whether_the_first_value_or_the_last_counts() -> None:
    rows = [
        *income(totalRevenue=[100, 1, 1, 1, 130]),
        report("INCOME_STATEMENT", "totalRevenue", "2024-03-31", 150, "2024-08-01"),
    ]
    for basis, value in (("first", 0.3), ("known", 0.5)):
        factor = type(COMPANY_FACTORS["revenue_growth"])(basis=basis)
        assert factor.compute(Company(LATER, {"facts": reports_of(*rows)}))["value"].iloc[-1] == pytest.approx(value)
