"""Filings: companies that file with the SEC, as they were known — filings, statements, insiders, holdings, scores."""

from nautilus_data.services.filings.service import Filings

__all__ = ["Filings"]
