"""FRED as a source: the session that asks, its archive of vintages, its answers as rows."""

from nautilus_data.sources.fred.source import Fred

__all__ = ["Fred"]
