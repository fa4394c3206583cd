"""EDGAR as a source: the registry of the SEC's filings, asked, and its answers as rows."""

from nautilus_data.sources.edgar.source import Edgar

__all__ = ["Edgar"]
