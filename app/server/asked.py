"""Asked: what routes take in paths and queries, checked by what their description says."""

from __future__ import annotations

import re
import time
from typing import Annotated

from fastapi import Path, Query
from pydantic import AfterValidator, WithJsonSchema

from nautilus_data import TimeRange, errors, to_ns

EVER = TimeRange(-(2**63), 2**63 - 1)
# The years int64 nanoseconds reach whole.
_YEAR = "(167[89]|16[89][0-9]|1[789][0-9]{2}|2[01][0-9]{2}|22[0-5][0-9]|226[01])"
_LEAP = "(1680|1684|1688|1692|1696|(17|18|19|21)(0[48]|[2468][048]|[13579][26])|20([02468][048]|[13579][26])"
_LEAP += "|22(0[48]|[24][048]|[135][26])|2260)"
_DAY = f"({_YEAR}-((0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31)|{_LEAP}-02-29)"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?"
_TIME = f"{_DAY}(T{_CLOCK}(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])?)?"
_TEXT = r"[^\x00-\x1f\x7f-\x9f]*"


def like(pattern: str, told: str, most: int, least: int = 1, hint: str = "") -> tuple[object, object]:
    """What makes a text of this pattern of a type: the check, which says what it is not, and its description."""
    known, advice = re.compile(pattern), f"; write {hint}" if hint else ""

    def check(text: str) -> str:
        if not least <= len(text) <= most or not known.fullmatch(text):
            raise ValueError(f"not {told}: {text[:80]!r}{advice}")
        return text

    described = {"type": "string", "pattern": f"^{pattern}$", "minLength": least, "maxLength": most}
    return AfterValidator(check), WithJsonSchema(described)


TimeText = Annotated[str, *like(_TIME, "a time", 40, 10, "2024-05-31 or 2024-05-31T14:30Z, from 1678 to 2261")]
DayText = Annotated[str, *like(_DAY, "a day", 10, 10, "2024-05-31, from 1678 to 2261")]
AsOf = Annotated[
    TimeText | None, Query(description="what was known then, as 2020-03-01 or 2020-03-01T14:30Z; default: now")
]
Since = Annotated[TimeText | None, Query(description="from this time on, as 2020-03-01 or 2020-03-01T14:30Z")]
Until = Annotated[TimeText | None, Query(description="to before this time")]
FromDay = Annotated[DayText | None, Query(description="from this day on, as 2023-11-10")]
ToDay = Annotated[DayText | None, Query(description="to before this day")]
Words = Annotated[str, *like(_TEXT, "words to look for", 100), Query(description="words to look for")]
Symbol = Annotated[
    str,
    *like(r"[^\x00-\x1f\x7f-\x9f]+", "an instrument or a symbol", 64),
    Path(description="an instrument (AAPL.NASDAQ, GBP/USD.SIM), or a symbol as the source writes it"),
]
Cik = Annotated[
    str,
    *like(r"[A-Za-z0-9][A-Za-z0-9.$-]*", "a CIK or a ticker", 20),
    Path(description="CIK of a company, with zeros or without; or its ticker, as BRK.B or BRK-B"),
]
SeriesId = Annotated[
    str, *like(r"[A-Za-z0-9_.]+", "the id of a series", 40), Path(description="as UNRATE, or UNRATE.FRED")
]
Key = Annotated[str, *like(r"[a-z][a-z0-9_]*", "the key of a factor", 60), Path(description="of a factor")]


def at_time(as_of: str | None) -> int:
    """The time asked for (ns), or now; nothing is told of the future."""
    now = time.time_ns()
    return now if as_of is None else min(to_ns(as_of), now)


def span_of(start: str | None, end: str | None) -> TimeRange:
    """`[start, end)`, open where nothing is said; SkippableError when it ends before it starts."""
    first, last = EVER.start if start is None else to_ns(start), EVER.end if end is None else to_ns(end)
    if last < first:
        raise errors.SkippableError(f"a span ends before it starts: {start} to {end}")
    return TimeRange(first, last)
