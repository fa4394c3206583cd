"""Scores of one company, of its filings and statements as they were known at the time."""

from types import MappingProxyType

from nautilus_data.factors.company import (
    disclosure,
    growth,
    insiders,
    profitability,
    quality,
    scores,
    surprise,
)
from nautilus_data.factors.company.base import CompanyFactor, Score, WindowFactor
from nautilus_data.factors.company.company import Company, CompanyAt

COMPANY_FACTORS: MappingProxyType[str, CompanyFactor] = MappingProxyType(
    {
        factor.key: factor
        for factor in (
            growth.AssetGrowth(),
            profitability.GrossProfitability(),
            profitability.OperatingProfitability(),
            profitability.CashProfitability(),
            quality.Accruals(),
            quality.NetOperatingAssets(),
            growth.NetShareIssuance(),
            quality.BookLeverage(),
            profitability.ReturnOnEquity(),
            profitability.InterestCover(),
            scores.PiotroskiScore(),
            scores.OhlsonScore(),
            scores.BeneishScore(),
            growth.ResearchIntensity(),
            growth.Investment(),
            surprise.StandardizedUnexpectedEarnings(),
            quality.EarningsVolatility(),
            quality.TotalPayout(),
            disclosure.FilingLag(),
            disclosure.LateFiling(),
            disclosure.EventIntensity(),
            disclosure.Restatement(),
            disclosure.AuditorChange(),
            insiders.InsiderNetBuying(),
            disclosure.FilingSizeGrowth(),
        )
    }
)

__all__ = ["COMPANY_FACTORS", "Company", "CompanyAt", "CompanyFactor", "Score", "WindowFactor"]
