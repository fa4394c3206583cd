from __future__ import annotations

import pytest

from nautilus_data.factors.company.profitability import CashProfitability
from tests.company_facts import company_of, quarterly
from tests.factors.company.last_row import last_reason, last_value

ASSETS = {"Assets": [800, 810, 820, 830, 1000]}
SALES = {"Revenues": [100, 110, 120, 130], "CostOfRevenue": [60, 60, 70, 70]}
SGA = {"SellingGeneralAndAdministrativeExpense": [10, 10, 10, 20]}


def test_gross_profitability_is_a_years_gross_profit_on_assets() -> None:
    assert last_value("gross_profitability", SALES, ASSETS) == pytest.approx((460 - 260) / 1000)
    reported = {"GrossProfit": [40, 50, 50, 70]}
    assert last_value("gross_profitability", {**SALES, **reported}, ASSETS) == pytest.approx(210 / 1000)


def test_operating_profitability_is_what_is_left_after_interest_on_book_equity() -> None:
    flows = {**SALES, **SGA, "InterestExpense": [2, 2, 3, 3]}
    moments = {**ASSETS, "StockholdersEquity": [400]}
    assert last_value("operating_profitability", flows, moments) == pytest.approx((460 - 260 - 50 - 10) / 400)
    del flows["InterestExpense"]
    reason = last_reason("operating_profitability", flows, moments)
    assert reason == "Interest expense of the year to 2024-12-31 is not known"
    flows["InterestExpense"] = [1, 1, 1, 1]
    assert "book equity is not above 0" in last_reason(
        "operating_profitability", flows, {**ASSETS, "StockholdersEquity": [-5]}
    )


def test_cash_profitability_takes_the_growth_of_working_capital_off() -> None:
    moments = {
        **ASSETS,
        "AccountsReceivableNetCurrent": [50, 0, 0, 0, 65],
        "InventoryNet": [20, 0, 0, 0, 25],
        "AccountsPayableCurrent": [30, 0, 0, 0, 38],
        "ContractWithCustomerLiabilityCurrent": [10, 0, 0, 0, 12],
    }
    profit, growth = 460 - 260 - 50, 15 + 5 - 8 - 2
    assert last_value("cash_profitability", {**SALES, **SGA}, moments) == pytest.approx((profit - growth) / 1000)
    research = {"ResearchAndDevelopmentExpense": [5, 5, 5, 5]}
    company = company_of(quarterly({**SALES, **SGA, **research}, moments))
    adding = CashProfitability(adds_research=True).compute(company).iloc[-1]
    assert adding["value"] == pytest.approx((profit - growth + 20) / 1000)


def test_cash_profitability_needs_receivables_and_payables_and_both_ends_of_the_rest() -> None:
    moments = {**ASSETS, "AccountsReceivableNetCurrent": [1] * 5, "AccountsPayableCurrent": [1] * 5}
    assert last_value("cash_profitability", {**SALES, **SGA}, moments) == pytest.approx(0.15)
    reason = last_reason("cash_profitability", {**SALES, **SGA}, {**moments, "InventoryNet": [5]})
    assert reason == "Inventory of 2023-12-31 is not known"
    del moments["AccountsPayableCurrent"]
    assert "Accounts payable" in last_reason("cash_profitability", {**SALES, **SGA}, moments)


def test_return_on_equity_is_a_quarters_profit_on_equity_at_its_start() -> None:
    value = last_value("roe", {"NetIncomeLoss": [9, 10]}, {"StockholdersEquity": [200, 999], **ASSETS})
    assert value == pytest.approx(10 / 200)
    reason = last_reason("roe", {"NetIncomeLoss": [9, 10]}, {"StockholdersEquity": [999], **ASSETS})
    assert reason == "Stockholders' equity of 2024-09-30 is not known"


def test_interest_cover_is_operating_income_over_interest_within_fifty() -> None:
    flows = {"OperatingIncomeLoss": [10, 10, 10, 12], "InterestExpense": [1, 1, 1, 1]}
    assert last_value("interest_cover", flows, ASSETS) == pytest.approx(10.5)
    assert last_value("interest_cover", {**flows, "OperatingIncomeLoss": [100, 100, 100, 1]}, ASSETS) == 50
    assert last_value("interest_cover", {**flows, "OperatingIncomeLoss": [-100, -100, -100, 1]}, ASSETS) == -50
    assert "not above 0" in last_reason("interest_cover", {**flows, "InterestExpense": [0, 0, 0, 0]}, ASSETS)
