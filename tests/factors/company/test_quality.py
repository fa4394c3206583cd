from __future__ import annotations

import statistics

import pytest

from tests.factors.company.last_row import last_reason, last_value

ASSETS = {"Assets": [800, 810, 820, 830, 1000]}
CASH = "NetCashProvidedByUsedInOperatingActivities"


def test_accruals_are_profit_less_cash_on_mean_assets() -> None:
    flows = {"NetIncomeLoss": [20, 20, 20, 30], CASH: [10, 20, 20, 22]}
    assert last_value("accruals", flows, ASSETS) == pytest.approx((90 - 72) / 900)


def test_net_operating_assets_are_debt_and_equity_less_cash_on_assets_a_year_before() -> None:
    moments = {**ASSETS, "CashAndCashEquivalentsAtCarryingValue": [50], "LongTermDebtNoncurrent": [300],
               "LongTermDebtCurrent": [40], "ShortTermBorrowings": [10], "StockholdersEquity": [400]}  # fmt: skip
    assert last_value("net_operating_assets", {}, moments) == pytest.approx((300 + 50 + 400 - 50) / 800)
    moments["ShortTermInvestments"] = [70]
    assert last_value("net_operating_assets", {}, moments) == pytest.approx((300 + 50 + 400 - 120) / 800)
    del moments["LongTermDebtNoncurrent"]
    assert last_reason("net_operating_assets", {}, moments) == "Long-term debt of 2024-12-31 is not known"


def test_book_leverage_is_debt_on_assets() -> None:
    moments = {**ASSETS, "LongTermDebtNoncurrent": [300], "DebtCurrent": [50]}
    assert last_value("book_leverage", {}, moments) == pytest.approx(0.35)
    del moments["DebtCurrent"]
    assert last_reason("book_leverage", {}, moments) == "Debt, current of 2024-12-31 is not known"


def test_earnings_volatility_is_the_deviation_of_twenty_quarters_returns_on_assets() -> None:
    income, assets = list(range(1, 22)), [100 + 10 * place for place in range(22)]
    expected = statistics.stdev([ni / at for ni, at in zip(income[1:], assets[1:-1], strict=True)])
    assert last_value("earnings_volatility", {"NetIncomeLoss": income}, {"Assets": assets}) == pytest.approx(expected)
    reason = last_reason("earnings_volatility", {"NetIncomeLoss": income[2:]}, {"Assets": assets})
    assert reason == "Net income of 20 quarters in a row up to 2024-12-31 is not known"


def test_total_payout_is_what_holders_got_less_what_they_gave() -> None:
    flows = {"PaymentsOfDividends": [5, 5, 5, 5], "PaymentsForRepurchaseOfCommonStock": [10, 10, 10, 10],
             "ProceedsFromIssuanceOfCommonStock": [1, 0, 0, 1]}  # fmt: skip
    assert last_value("total_payout", flows, ASSETS) == pytest.approx(58 / 1000)
    del flows["PaymentsOfDividends"]
    assert last_reason("total_payout", flows, ASSETS) == "Dividends paid of the year to 2024-12-31 is not known"
