"""Scores and regimes made of data, each a function of what was known at the time."""

from types import MappingProxyType

from nautilus_data.factors.base import DailyFactor, Factor, ReleaseFactor

FACTORS: MappingProxyType[str, Factor] = MappingProxyType({factor.key: factor for factor in ()})

__all__ = ["FACTORS", "DailyFactor", "Factor", "ReleaseFactor"]
