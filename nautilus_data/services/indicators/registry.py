"""Registry: every indicator there is, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from nautilus_data.services.indicators.averages import AVERAGES
from nautilus_data.services.indicators.bands import BANDS
from nautilus_data.services.indicators.indicator import Indicator
from nautilus_data.services.indicators.momentum import MOMENTUM
from nautilus_data.services.indicators.trend import TREND
from nautilus_data.services.indicators.volatility import VOLATILITY
from nautilus_data.services.indicators.volume import VOLUME

INDICATORS: Mapping[str, Indicator] = MappingProxyType(
    {each.name: each for each in (*AVERAGES, *BANDS, *TREND, *MOMENTUM, *VOLATILITY, *VOLUME)}
)
