"""Refusal: answers of FRED's by which something has to be asked for in another way; they never leave this folder."""

from __future__ import annotations

from nautilus_data.errors import SkippableError


class TooManyVintagesError(SkippableError):
    """A window of more vintages than one answer may have."""


class NotArchivedError(SkippableError):
    """No vintages are kept of the series, or none as old as was asked for."""


class TooManyRowsError(SkippableError):
    """More rows than were wanted."""
