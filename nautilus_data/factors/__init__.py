"""Scores and regimes made of data, each a function of what was known at the time."""

from types import MappingProxyType

from nautilus_data.factors import (
    activity,
    credit,
    curve,
    inflation,
    labor,
    liquidity,
    momentum,
    money,
    oil,
    policy,
    quadrant,
    real_rate,
    recession,
    stress,
    volatility,
)
from nautilus_data.factors.base import DailyFactor, Factor, ReleaseFactor

FACTORS: MappingProxyType[str, Factor] = MappingProxyType(
    {
        factor.key: factor
        for factor in (
            curve.CurveLevel(),
            curve.CurveSlope(),
            curve.CurveSlope2Y(),
            curve.CurveCurvature(),
            curve.NelsonSiegelLevel(),
            curve.NelsonSiegelSlope(),
            curve.NelsonSiegelCurvature(),
            curve.FedFundsChange(),
            curve.ThreeMonthChange(),
            curve.TwoYearChange(),
            curve.TenYearChange(),
            curve.ThirtyYearChange(),
            curve.CurveCarry(),
            real_rate.RealRate(),
            real_rate.ShortRealRate(),
            real_rate.TermPremium(),
            recession.RecessionNewYorkFed(),
            recession.RecessionEstrellaMishkin(),
            recession.RecessionWright(),
            volatility.VolatilityRegime(),
            volatility.VolatilityPercentile(),
            volatility.VolatilityPercentileRegime(),
            volatility.VolatilityTermStructure(),
            volatility.VarianceRiskPremium(),
            stress.FinancialStress(),
            stress.FinancialStressRegime(),
            stress.SystemicStress(),
            credit.CreditImpulse(),
            credit.HighYieldImpulse(),
            momentum.DollarMomentum(),
            momentum.GoldMomentum(),
            oil.OilShock(),
            liquidity.NetLiquidity(),
            labor.SahmRule(),
            labor.MinimumIndicator(),
            labor.Tightness(),
            labor.PayrollMomentum(),
            labor.PayrollPrints(),
            labor.ClaimsShock(),
            activity.ActivityIndex(),
            activity.ActivityAverage(),
            activity.ActivityImpulse(),
            activity.ActivityRegime(),
            quadrant.GrowthInflationQuadrant(),
            inflation.CoreInflation(),
            inflation.ConsumerInflation(),
            inflation.InflationMomentum(),
            inflation.InflationRegime(),
            inflation.ExpectationsGap(),
            policy.OutputGap(),
            policy.TaylorGap(),
            money.RealMoneyGrowth(),
            money.MonetaryBaseGrowth(),
        )
    }
)

__all__ = ["FACTORS", "DailyFactor", "Factor", "ReleaseFactor"]
