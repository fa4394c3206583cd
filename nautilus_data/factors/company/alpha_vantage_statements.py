"""Statements by Alpha Vantage: growth, margins, return, debt; known by rule, as it does not tell when they were filed.

They say what EDGAR's say with a better class, for companies that file elsewhere, and to check one by the other.
"""

from __future__ import annotations

from nautilus_data.factors.company.alpha_vantage import DEBT_TAGS, YEAR, Quarters, ReportFactor, cash_of, debt_of
from nautilus_data.factors.company.base import Score, positive, ratio
from nautilus_data.factors.company.company import CompanyAt

REVENUE, GROSS_PROFIT = "totalRevenue", "grossProfit"
_BY_RULE = "Known 45 days after a quarter, 60 where it is not in dollars, 90 after a year: no day of filing is told."
_HIGHEST_TAX = 0.5


class RevenueGrowth(ReportFactor):
    key, title, family = "revenue_growth", "Revenue growth", "growth"
    formula = "REV_q/REV_{q−4} − 1"
    reference = "Jegadeesh & Livnat 2006, J. Accounting and Economics 41 (revenue surprise)"
    units, direction = "ratio", "+"
    functions, tags, note = ("INCOME_STATEMENT",), (REVENUE,), _BY_RULE

    def score(self, known: CompanyAt) -> Score:
        quarters = self.quarters(known)
        end = quarters.last(REVENUE)
        before = positive(quarters.at(REVENUE, end, YEAR), "revenue of a year before")
        return Score(end, quarters.at(REVENUE, end) / before - 1)


class GrossMarginChange(ReportFactor):
    key, title, family = "gross_margin_change", "Change of gross margin", "profitability"
    formula = "GP_q/REV_q − GP_{q−4}/REV_{q−4}"
    reference = "Piotroski 2000, J. Accounting Research 38 (a component)"
    units, direction = "ratio", "+"
    functions, tags, note = ("INCOME_STATEMENT",), (REVENUE, GROSS_PROFIT), _BY_RULE

    def score(self, known: CompanyAt) -> Score:
        quarters = self.quarters(known)
        end = quarters.last(REVENUE)
        return Score(end, _margin(quarters, end, 0) - _margin(quarters, end, YEAR))


class OperatingMargin(ReportFactor):
    key, title, family = "operating_margin", "Operating margin", "profitability"
    formula = "operating income TTM / REV TTM"
    reference = "Soliman 2008, Accounting Review 83 (DuPont components)"
    units, direction = "ratio", "+"
    functions, tags, note = ("INCOME_STATEMENT",), (REVENUE, "operatingIncome"), _BY_RULE

    def score(self, known: CompanyAt) -> Score:
        quarters = self.quarters(known)
        end = quarters.last(REVENUE)
        return Score(end, quarters.year("operatingIncome", end) / positive(quarters.year(REVENUE, end), "revenue"))


class ReturnOnInvestedCapital(ReportFactor):
    key, title, family = "roic", "Return on invested capital", "profitability"
    formula = "EBIT TTM · (1 − tax)/(debt + equity − cash); tax = tax expense/income before tax TTM, within 0 and ½"
    reference = "Greenblatt 2005; Koller, Goedhart & Wessels, Valuation (practitioner)"
    units, direction, evidence = "ratio", "+", "practitioner"
    functions = ("INCOME_STATEMENT", "BALANCE_SHEET")
    tags = ("ebit", "incomeTaxExpense", "incomeBeforeTax", "totalShareholderEquity", *DEBT_TAGS)
    note = _BY_RULE

    def score(self, known: CompanyAt) -> Score:
        quarters = self.quarters(known)
        end = quarters.last("ebit")
        invested = debt_of(quarters, end) + quarters.at("totalShareholderEquity", end) - cash_of(quarters, end)
        kept = 1 - _tax(quarters, end)
        return Score(end, quarters.year("ebit", end) * kept / positive(invested, "invested capital"))


class FreeCashFlowMargin(ReportFactor):
    key, title, family = "fcf_margin", "Free cash flow margin", "profitability"
    formula = "(operating cash flow − |capital expenditure|) TTM / REV TTM"
    reference = "Novy-Marx 2013, J. Financial Economics 108 (cash flow as a measure of profitability)"
    units, direction = "ratio", "+"
    functions = ("CASH_FLOW", "INCOME_STATEMENT")
    tags, note = ("operatingCashflow", "capitalExpenditures", REVENUE), _BY_RULE

    def score(self, known: CompanyAt) -> Score:
        quarters = self.quarters(known)
        end = quarters.last("operatingCashflow")
        spent = abs(quarters.year("capitalExpenditures", end))
        free = quarters.year("operatingCashflow", end) - spent
        return Score(end, free / positive(quarters.year(REVENUE, end), "revenue"))


class NetDebtToEbitda(ReportFactor):
    key, title, family = "net_debt_ebitda", "Net debt to EBITDA", "quality"
    formula = "(debt − cash)/EBITDA TTM"
    reference = "Penman, Richardson & Tuna 2007, J. Accounting Research 45 (net leverage)"
    units, direction = "years", "-"
    functions, tags, note = ("INCOME_STATEMENT", "BALANCE_SHEET"), ("ebitda", *DEBT_TAGS), _BY_RULE

    def score(self, known: CompanyAt) -> Score:
        quarters = self.quarters(known)
        end = quarters.last("ebitda")
        owed = debt_of(quarters, end) - cash_of(quarters, end)
        return Score(end, owed / positive(quarters.year("ebitda", end), "EBITDA"))


class CurrentRatioChange(ReportFactor):
    key, title, family = "current_ratio_change", "Change of current ratio", "quality"
    formula = "CA_q/CL_q − CA_{q−4}/CL_{q−4}"
    reference = "Piotroski 2000, J. Accounting Research 38 (a component)"
    units, direction = "ratio", "+"
    functions, tags, note = ("BALANCE_SHEET",), ("totalCurrentAssets", "totalCurrentLiabilities"), _BY_RULE

    def score(self, known: CompanyAt) -> Score:
        quarters = self.quarters(known)
        end = quarters.last("totalCurrentAssets")
        return Score(end, _current(quarters, end, 0) - _current(quarters, end, YEAR))


def _margin(quarters: Quarters, end: int, back: int) -> float:
    return quarters.at(GROSS_PROFIT, end, back) / positive(quarters.at(REVENUE, end, back), "revenue")


def _current(quarters: Quarters, end: int, back: int) -> float:
    owed = quarters.at("totalCurrentLiabilities", end, back)
    return ratio(quarters.at("totalCurrentAssets", end, back), owed, "current liabilities")


def _tax(quarters: Quarters, end: int) -> float:
    """The share of income that goes to taxes; nothing of a loss."""
    income = quarters.year("incomeBeforeTax", end)
    return min(max(quarters.year("incomeTaxExpense", end) / income, 0.0), _HIGHEST_TAX) if income > 0 else 0.0
