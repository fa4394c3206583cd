"""Days: those EDGAR writes, and when what was filed on one could be known."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np

from nautilus_data.core.calendar import sessions
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, TimeRange, to_ns

_EPOCH = date(1970, 1, 1)
_FIRST, _LAST = to_ns("1700-01-01"), to_ns("2199-12-31")
# EDGAR began in 1993; some registrants were filing by wire before.
_EARLIEST_FILED = to_ns("1990-01-01")
# This machine's clock may be behind by as much.
_AHEAD_NS = 400 * NS_PER_DAY
_LONGEST_CLOSED_NS = 20 * NS_PER_DAY
NOT_A_DAY = "it was filed on no day EDGAR can have had something filed on"


def day_of(text: object) -> int | None:
    """Midnight UTC (ns) of a day as EDGAR writes it, whatever time or zone follows; None for what is no day."""
    if not isinstance(text, str) or len(text) < 10 or not text.isascii() or text[4] != "-" or text[7] != "-":
        return None
    try:
        ns = (date.fromisoformat(text[:10]) - _EPOCH) // timedelta(days=1) * NS_PER_DAY
    except ValueError:
        return None
    return ns if _FIRST <= ns <= _LAST else None


class Days(dict[object, "int | None"]):
    """Days as EDGAR writes them, each read once."""

    def __missing__(self, text: object) -> int | None:
        self[text] = day = day_of(text)
        return day


def moment_of(text: object) -> int | None:
    """ns of a time as EDGAR writes it, of UTC where it names no zone; None for what is none."""
    if day_of(text) is None:
        return None
    try:
        at = datetime.fromisoformat(str(text))
        return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()) * NS_PER_S
    except (ValueError, OverflowError):
        return None


def may_be_filed(day: int | None, now: int) -> bool:
    """Is it a day something can have been filed on?"""
    return day is not None and _EARLIEST_FILED <= day <= now + _AHEAD_NS


def known_from(filed: np.ndarray) -> np.ndarray:
    """When what was filed on these days (midnights, ns) could be known: as New York's next session opens (ns).

    The time of acceptance EDGAR names is UTC's for some filers and New York's for others, and one may file until
    22:00: nothing is taken as known before everybody could trade on it.
    """
    if not len(filed):
        return np.empty(0, "int64")
    last = max(int(filed.max()), _EARLIEST_FILED)
    opens = sessions("XNYS", TimeRange(_EARLIEST_FILED, last + _LONGEST_CLOSED_NS)).opens
    return opens[np.searchsorted(opens, filed + NS_PER_DAY)]
