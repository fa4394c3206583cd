from __future__ import annotations

import math

import pytest

from nautilus_data.core.timerange import to_ns
from nautilus_data.factors.company import COMPANY_FACTORS
from tests.company_facts import company_of, fact, facts_of
from tests.factors.company.last_row import last_reason, last_row, last_value

ASSETS = {"Assets": [800, 810, 820, 830, 1000]}


def test_asset_growth_is_over_four_quarters() -> None:
    assert last_value("asset_growth", {}, ASSETS) == pytest.approx(1000 / 800 - 1)
    assert (
        last_reason("asset_growth", {}, {"Assets": [810, 820, 830, 1000]}) == "Total assets of 2023-12-31 is not known"
    )
    assert "not above 0" in last_reason("asset_growth", {}, {"Assets": [0, 810, 820, 830, 1000]})


def test_investment_is_the_growth_of_property_and_inventory_on_assets_a_year_before() -> None:
    moments = {**ASSETS, "PropertyPlantAndEquipmentNet": [100, 0, 0, 0, 150], "InventoryNet": [40, 0, 0, 0, 30]}
    flows = {"PaymentsToAcquirePropertyPlantAndEquipment": [10, 20, 30, 40]}
    assert last_value("investment", flows, moments) == pytest.approx((50 - 10) / 800)
    del moments["InventoryNet"]
    assert last_reason("investment", flows, moments) == "Inventory of 2024-12-31 is not known"


def test_beside_investment_is_what_was_spent_on_property_in_a_year() -> None:
    moments = {**ASSETS, "PropertyPlantAndEquipmentNet": [1] * 5, "InventoryNet": [1] * 5}
    flows = {"PaymentsToAcquirePropertyPlantAndEquipment": [10, 20, 30, 40]}
    assert last_row("investment", flows, moments)["capital_expenditure"] == pytest.approx(100 / 1000)
    assert math.isnan(last_row("investment", {}, moments)["capital_expenditure"])


def test_research_intensity_is_a_years_research_on_assets() -> None:
    assert last_value("rd_intensity", {"ResearchAndDevelopmentExpense": [1, 2, 3, 4]}, ASSETS) == pytest.approx(0.01)
    reason = last_reason("rd_intensity", {"ResearchAndDevelopmentExpense": [None, 2, 3, 4]}, ASSETS)
    assert reason == "Research and development of the year to 2024-12-31 is not known"


def shares(end: str, value: object, filed: str) -> tuple:
    return fact("EntityCommonStockSharesOutstanding", "", end, value, filed, unit="shares")


def assets(end: str, filed: str) -> tuple:
    return fact("Assets", "", end, 1, filed)


def test_net_share_issuance_compares_the_covers_of_reports_a_year_apart() -> None:
    rows = [shares("2023-02-01", 1000, "2023-02-03"), assets("2022-12-31", "2023-02-03"),
            shares("2024-01-26", 950, "2024-02-02"), assets("2023-12-31", "2024-02-02")]  # fmt: skip
    row = COMPANY_FACTORS["net_share_issuance"].compute(company_of(facts_of(*rows))).iloc[-1]
    assert row["value"] == pytest.approx(math.log(950 / 1000))
    assert row["ts_event"] == to_ns("2024-01-26")


def test_net_share_issuance_takes_no_split_for_an_issue() -> None:
    quarter = ("2022-10-01", "2022-12-31")
    eps = [
        fact(f"EarningsPerShare{kind}", *quarter, value, filed, unit="USD/shares")
        for kind in ("Basic", "Diluted")
        for value, filed in (("4.00", "2023-02-03"), ("1.00", "2024-02-02"))
    ]
    rows = [shares("2023-02-01", 1000, "2023-02-03"), shares("2024-01-26", 4040, "2024-02-02"),
            assets("2022-12-31", "2023-02-03"), assets("2023-12-31", "2024-02-02")]  # fmt: skip
    row = COMPANY_FACTORS["net_share_issuance"].compute(company_of(facts_of(*rows, *eps))).iloc[-1]
    assert row["value"] == pytest.approx(math.log(1.01))


def test_shares_on_the_balance_sheet_count_where_the_cover_tells_none() -> None:
    told = (("2022-12-31", 100, "2023-02-03"), ("2023-12-31", 110, "2024-02-02"))
    rows = [fact("CommonStockSharesOutstanding", "", end, value, filed, unit="shares") for end, value, filed in told]
    rows += [assets("2023-12-31", "2024-02-02"), shares("2021-01-31", 7, "2021-02-03")]
    row = COMPANY_FACTORS["net_share_issuance"].compute(company_of(facts_of(*rows))).iloc[-1]
    assert row["value"] == pytest.approx(math.log(1.1))
