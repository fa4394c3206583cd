"""Market: instruments, bars of any timeframe, latest values, fills."""

from nautilus_data.services.market.service import Choice, Market

__all__ = ["Choice", "Market"]
