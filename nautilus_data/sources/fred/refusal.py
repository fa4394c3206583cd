"""Refusal: answers of FRED by which something has to be asked for in another way, or not without another key."""

from __future__ import annotations

from nautilus_data.errors import SkippableError

# Where the key is made that is refused or lacking.
KEY_PAGE = "https://fred.stlouisfed.org/docs/api/api_key.html"


class TooManyVintagesError(SkippableError):
    """A window of more vintages than one answer may have."""


class NotArchivedError(SkippableError):
    """No vintages are kept of the series, or none as old as was asked for."""


class TooManyRowsError(SkippableError):
    """More rows than were wanted."""
