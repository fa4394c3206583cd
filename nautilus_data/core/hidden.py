"""Hidden: an amount that is known and not told to who looks."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

# Of its own, so that a page can tell it from what is not known; no arithmetic makes a number of it.
HIDDEN = Decimal("NaN")


def is_hidden(value: Any) -> bool:
    """Is it this very mark?"""
    return value is HIDDEN
