"""Indicators: computed over whole lines of bars, and bar by bar as they come."""

from nautilus_data.services.indicators.chosen import MOST, Chosen, parse, parse_list, show_list
from nautilus_data.services.indicators.indicator import Indicator, Output, Parameter
from nautilus_data.services.indicators.registry import INDICATORS
from nautilus_data.services.indicators.running import Running
from nautilus_data.services.indicators.service import Indicators
from nautilus_data.services.indicators.session import session_starts, utc_days

__all__ = [
    "INDICATORS",
    "MOST",
    "Chosen",
    "Indicator",
    "Indicators",
    "Output",
    "Parameter",
    "Running",
    "parse",
    "parse_list",
    "session_starts",
    "show_list",
    "utc_days",
]
