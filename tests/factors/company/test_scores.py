from __future__ import annotations

import math

import numpy as np
import pytest

from nautilus_data.core.observation import Vintages
from nautilus_data.core.timerange import to_ns
from tests.factors.company.last_row import last_reason, last_row, last_value

CASH = "NetCashProvidedByUsedInOperatingActivities"


def year(before: float, now: float) -> list[float]:
    """Eight equal quarters of two years."""
    return [before / 4] * 4 + [now / 4] * 4


def ends(*values: float) -> list[float | None]:
    """Values at the ends of years, the last of them now."""
    return [value if place == 0 else None for one in values for place, value in enumerate([one, 0, 0, 0])][:-3]


STRONG_FLOWS = {
    "NetIncomeLoss": year(50, 80),
    CASH: year(60, 100),
    "Revenues": year(500, 700),
    "GrossProfit": year(200, 300),
}
STRONG_MOMENTS = {
    "Assets": ends(900, 1000, 1100), "LongTermDebtNoncurrent": ends(300, 300, 250), "AssetsCurrent": ends(400, 500),
    "LiabilitiesCurrent": ends(300, 300), "CommonStockSharesOutstanding": ends(1000, 990),
}  # fmt: skip


def test_a_company_better_in_all_nine_ways_has_nine_points() -> None:
    row = last_row("f_score", STRONG_FLOWS, STRONG_MOMENTS)
    assert row["value"] == 9
    assert (
        row[["roa", "cfo", "roa_change", "cash_earnings", "leverage", "liquidity", "issuance", "margin", "turnover"]]
        .eq(1)
        .all()
    )


@pytest.mark.parametrize(
    ("part", "flows", "moments"),
    [
        ("cash_earnings", {CASH: year(60, 79)}, {}),
        ("roa_change", {"NetIncomeLoss": year(80, 80)}, {}),
        ("leverage", {}, {"LongTermDebtNoncurrent": ends(300, 300, 350)}),
        ("liquidity", {}, {"AssetsCurrent": ends(400, 399)}),
        ("issuance", {}, {"CommonStockSharesOutstanding": ends(1000, 1001)}),
        ("margin", {"GrossProfit": year(200, 280)}, {}),
        ("turnover", {"Revenues": year(700, 700), "GrossProfit": year(280, 300)}, {}),
    ],
)
def test_each_part_alone_takes_a_point(part: str, flows: dict, moments: dict) -> None:
    row = last_row("f_score", {**STRONG_FLOWS, **flows}, {**STRONG_MOMENTS, **moments})
    assert (row["value"], row[part]) == (8, 0)


def test_a_loss_without_cash_takes_the_points_of_both() -> None:
    row = last_row("f_score", {**STRONG_FLOWS, "NetIncomeLoss": year(-9, -5), CASH: year(60, -4)}, STRONG_MOMENTS)
    assert (row["value"], row["roa"], row["cfo"]) == (7, 0, 0)


def test_a_part_that_is_not_known_leaves_no_score_but_the_other_parts() -> None:
    moments = {key: value for key, value in STRONG_MOMENTS.items() if key != "LongTermDebtNoncurrent"}
    row = last_row("f_score", STRONG_FLOWS, moments)
    assert math.isnan(row["value"]) and math.isnan(row["leverage"])
    assert row["reason"] == "leverage: Long-term debt of 2024-12-31 is not known"
    assert row["liquidity"] == 1


OHLSON_FLOWS = {"NetIncomeLoss": year(40, 60), CASH: year(50, 90)}
OHLSON_MOMENTS = {"Assets": [10_000_000], "Liabilities": [6_000_000], "AssetsCurrent": [4_000_000],
                  "LiabilitiesCurrent": [2_500_000]}  # fmt: skip


def deflator(known: str = "2024-03-28") -> Vintages:
    years = np.array([f"{year}-{month:02}-01" for year in (1968, 2023) for month in (1, 4, 7, 10)], "datetime64[ns]")
    values = np.array([19.0, 19.2, 19.4, 19.6, 121.0, 122.0, 123.0, 124.0])
    return Vintages(years.astype("int64"), np.full(8, to_ns(known)), values)


def test_ohlsons_score_is_his_sum() -> None:
    income = [1_000_000, 600_000]
    flows = {"NetIncomeLoss": year(income[1], income[0]), CASH: year(0, 1_500_000)}
    index = 100 * 122.5 / 19.3
    expected = (-1.32 - 0.407 * math.log(10_000_000 / index) + 6.03 * 0.6 - 1.43 * 0.15 + 0.0757 * 2.5 / 4
                - 2.37 * 0.1 - 1.83 * 0.25 - 0.521 * 400_000 / 1_600_000)  # fmt: skip
    row = last_row("o_score", flows, OHLSON_MOMENTS, lines={"GNPDEF": deflator()})
    assert row["value"] == pytest.approx(expected)
    assert row["probability"] == pytest.approx(1 / (1 + math.exp(-expected)))


def test_two_losses_and_more_owed_than_owned_count() -> None:
    flows = {"NetIncomeLoss": year(-600_000, -1_000_000), CASH: year(0, 1_500_000)}
    moments = {**OHLSON_MOMENTS, "Liabilities": [12_000_000]}
    index = 100 * 122.5 / 19.3
    expected = (-1.32 - 0.407 * math.log(10_000_000 / index) + 6.03 * 1.2 - 1.43 * 0.15 + 0.0757 * 2.5 / 4 - 1.72
                + 2.37 * 0.1 - 1.83 * 0.125 + 0.285 - 0.521 * -400_000 / 1_600_000)  # fmt: skip
    assert last_value("o_score", flows, moments, lines={"GNPDEF": deflator()}) == pytest.approx(expected)


def test_ohlsons_score_needs_the_deflator_as_it_was_known_and_dollars() -> None:
    assert last_reason("o_score", OHLSON_FLOWS, OHLSON_MOMENTS) == "the line GNPDEF is not known"
    late = {"GNPDEF": deflator("2025-06-26")}
    row_before = last_row("o_score", OHLSON_FLOWS, OHLSON_MOMENTS, lines=late)
    assert row_before["ts_init"] == to_ns("2025-06-26")
    assert row_before["reason"] == ""


BENEISH_FLOWS = {
    "Revenues": year(1000, 1200), "CostOfRevenue": year(600, 780), "NetIncomeLoss": year(90, 100), CASH: year(90, 60),
    "SellingGeneralAndAdministrativeExpense": year(150, 168), "DepreciationDepletionAndAmortization": year(50, 45),
}  # fmt: skip
BENEISH_MOMENTS = {
    "Assets": ends(1000, 1250), "AccountsReceivableNetCurrent": ends(100, 150), "AssetsCurrent": ends(400, 500),
    "PropertyPlantAndEquipmentNet": ends(450, 455), "LongTermDebtNoncurrent": ends(200, 300),
    "LiabilitiesCurrent": ends(200, 250),
}  # fmt: skip


def test_beneishs_score_is_his_sum_of_eight_indices() -> None:
    parts = {
        "dsri": (150 / 1200) / (100 / 1000), "gmi": (400 / 1000) / (420 / 1200),
        "aqi": (1 - 955 / 1250) / (1 - 850 / 1000), "sgi": 1.2, "depi": (50 / 500) / (45 / 500),
        "sgai": (168 / 1200) / (150 / 1000), "tata": 40 / 1250, "lvgi": (550 / 1250) / (400 / 1000),
    }  # fmt: skip
    row = last_row("m_score", BENEISH_FLOWS, BENEISH_MOMENTS)
    for name, value in parts.items():
        assert row[name] == pytest.approx(value), name
    weights = {"dsri": 0.920, "gmi": 0.528, "aqi": 0.404, "sgi": 0.892, "depi": 0.115, "sgai": -0.172, "tata": 4.679,
               "lvgi": -0.327}  # fmt: skip
    expected = -4.84 + sum(weight * parts[name] for name, weight in weights.items())
    assert row["value"] == pytest.approx(expected)


@pytest.mark.parametrize("key", ["f_score", "o_score", "m_score"])
def test_scores_are_not_for_financial_companies(key: str) -> None:
    reason = last_reason(key, STRONG_FLOWS, STRONG_MOMENTS, sic="6021")
    assert reason == "not defined for financial companies (SIC 6000–6999)"
