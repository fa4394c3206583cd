"""Quality of earnings and balance sheets: accruals, leverage, how steady earnings are."""

from __future__ import annotations

import numpy as np

from nautilus_data.core.timerange import NS_PER_DAY
from nautilus_data.factors.company.base import CompanyFactor, Score, positive
from nautilus_data.factors.company.company import CompanyAt

FAMILY = "earnings quality and leverage"
QUARTERS_OF_VOLATILITY = 20


class Accruals(CompanyFactor):
    key, title, family = "accruals", "Accruals", FAMILY
    formula = "(NI − CFO)_TTM / mean(AT_t, AT_{t−4q})"
    reference = "Sloan 1996, Accounting Review 71; by cash flows: Hribar & Collins 2002, J. Accounting Research 40"
    units, direction = "ratio", "-"
    excludes_financials = True

    def score(self, known: CompanyAt) -> Score:
        accruals = known.number("net_income") - known.number("operating_cash_flow")
        mean = (known.number("assets") + known.number("assets", 4)) / 2
        return Score(known.accounts.end, accruals / positive(mean, "mean total assets"))


class NetOperatingAssets(CompanyFactor):
    key, title, family = "net_operating_assets", "Net operating assets", FAMILY
    formula = "((AT − CHE) − (AT − DLTT − DLC − BE)) / AT_{t−4q}"
    reference = "Hirshleifer, Hou, Teoh & Zhang 2004, J. Accounting and Economics 38"
    units, direction = "ratio", "-"
    excludes_financials = True

    def score(self, known: CompanyAt) -> Score:
        capital = sum(known.number(key) for key in ("long_term_debt", "debt_current", "equity"))
        value = capital - known.number("liquid_assets")
        return Score(known.accounts.end, value / positive(known.number("assets", 4), "total assets a year before"))


class BookLeverage(CompanyFactor):
    key, title, family = "book_leverage", "Book leverage", FAMILY
    formula = "(DLTT + DLC) / AT"
    reference = "Bhandari 1988, J. Finance 43; Penman, Richardson & Tuna 2007, J. Accounting Research 45"
    units, direction = "ratio", "?"
    note = "Only of companies that report both: no debt reported is not taken for none."

    def score(self, known: CompanyAt) -> Score:
        debt = known.number("long_term_debt") + known.number("debt_current")
        return Score(known.accounts.end, debt / positive(known.number("assets"), "total assets"))


class EarningsVolatility(CompanyFactor):
    key, title, family = "earnings_volatility", "Earnings volatility", FAMILY
    formula = "sd of NI_q / AT_{q−1} over 20 quarters (n − 1)"
    reference = "Dichev & Tang 2009, J. Accounting and Economics 47"
    units, direction = "ratio", "-"

    def score(self, known: CompanyAt) -> Score:
        accounts = known.accounts
        quarters = accounts.quarters("net_income", QUARTERS_OF_VOLATILITY)
        starts = [accounts.moment("assets", end=quarter.start - NS_PER_DAY).number for quarter in quarters]
        returns = [
            quarter.number / positive(assets, "total assets at a quarter's start")
            for quarter, assets in zip(quarters, starts, strict=True)
        ]
        return Score(quarters[-1].end, float(np.std(returns, ddof=1)))


class TotalPayout(CompanyFactor):
    key, title, family = "total_payout", "Total payout", FAMILY
    formula = "(dividends + repurchases − issuance)_TTM / AT"
    reference = "Boudoukh, Michaely, Richardson & Roberts 2007, J. Finance 62"
    units, direction = "ratio", "+"
    note = "Only of companies that report all three: no dividend reported is not taken for none."

    def score(self, known: CompanyAt) -> Score:
        paid = known.number("dividends") + known.number("repurchases") - known.number("share_issuance")
        return Score(known.accounts.end, paid / positive(known.number("assets"), "total assets"))
