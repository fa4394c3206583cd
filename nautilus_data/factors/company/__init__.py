"""Scores of one company, of its filings and statements as they were known at the time."""

from types import MappingProxyType

from nautilus_data.factors.company import (
    alpha_vantage_assets,
    alpha_vantage_earnings,
    alpha_vantage_news,
    alpha_vantage_statements,
    alpha_vantage_views,
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
            alpha_vantage_earnings.EarningsSurprise(),
            alpha_vantage_earnings.SurpriseStreak(),
            alpha_vantage_earnings.EarningsGrowthAcceleration(),
            alpha_vantage_statements.RevenueGrowth(),
            alpha_vantage_statements.GrossMarginChange(),
            alpha_vantage_statements.OperatingMargin(),
            alpha_vantage_statements.ReturnOnInvestedCapital(),
            alpha_vantage_statements.FreeCashFlowMargin(),
            alpha_vantage_statements.NetDebtToEbitda(),
            alpha_vantage_statements.CurrentRatioChange(),
            alpha_vantage_views.PegRatio(),
            alpha_vantage_views.TargetGap(),
            alpha_vantage_news.NewsSentiment(),
            alpha_vantage_news.NewsAttention(),
            alpha_vantage_assets.RealAssetMomentum(),
        )
    }
)

__all__ = ["COMPANY_FACTORS", "Company", "CompanyAt", "CompanyFactor", "Score", "WindowFactor"]
