"""Alpha Vantage as a source: its one endpoint, what its few requests a day are spent on, its answers as rows."""

from nautilus_data.sources.alpha_vantage.source import AlphaVantage

__all__ = ["AlphaVantage"]
