"""Document: Alpha Vantage's JSON and CSV, read safely, and what an answer that is no data means.

Errors come with status 200, as an object of one text; which it is, only its words tell.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from nautilus_data.core.timerange import NS_PER_S
from nautilus_data.errors import DashboardError, FatalError, RetryableError, SkippableError
from nautilus_data.sources.alpha_vantage.cells import NEW_YORK

KEY_PAGE = "https://www.alphavantage.co/support/#api-key"
_NOTICES = ("Error Message", "Information", "Note")
_KEY_AS = re.compile(r"(?i)(key\s+as\s+)\S+")
_PER_DAY = re.compile(r"\d+ (api )?(requests|calls) per day|daily rate limit")
_NUMBERED = re.compile(r"^\d+([a-z]?)[.:]\s*")
_CURRENCY = re.compile(r"\s*\((\w+)\)$")
_LONGEST_TEXT = 200
_BURST_S, _MINUTE_S = 1.5, 60.0
# The columns a CSV answer begins with.
_FIRST_COLUMNS = frozenset({"timestamp", "time", "symbol", "date", "ex_dividend_date", "effective_date", "name"})


class NotInPlanError(SkippableError):
    """The key's plan does not have it."""


def problem(body: bytes, now: int) -> DashboardError | None:
    """What is wrong with the body of an answer of status 200."""
    text = body[:_LONGEST_TEXT].strip()
    if not text:
        return RetryableError("the answer is empty")
    if text[:1] == b"<":
        return RetryableError(f"answered with a web page instead of data; {_says(_title(body))}")
    try:
        document = read(body)
    except RetryableError as error:
        return error
    if isinstance(document, list):
        return None
    if notice := notice_in(document):
        return verdict(notice, now)
    if is_empty(document):
        return SkippableError("knows nothing of that symbol; search for it")
    return None


def judged(status: int, body: bytes, now: int) -> DashboardError | None:
    """What an error status means: the body's words where it has any; None: what the status says."""
    try:
        document = read(body)
    except RetryableError:
        document = {}
    if isinstance(document, dict) and (notice := notice_in(document)):
        return verdict(notice, now)
    if status >= 500:
        return RetryableError(f"answered with an error of its own ({status})")
    return None


def notice_in(document: Mapping[str, Any]) -> str:
    """The words of an object that is a notice and no data; '' of data."""
    if any(isinstance(value, dict | list) for value in document.values()):
        return ""
    found = [document[name] for name in _NOTICES if isinstance(document.get(name), str)]
    return found[0] if found else ""


def verdict(notice: str, now: int) -> DashboardError | None:
    """What a notice means; None: that there is nothing."""
    said, words = _says(redacted(notice)), notice.lower()
    if "spreading out" in words or "per second" in words or "sparingly" in words:
        return RetryableError(f"was asked too fast; {said}", _BURST_S)
    if "per minute" in words:
        return RetryableError(f"was asked too often in a minute; {said}", _MINUTE_S)
    if "premium endpoint" in words or "premium feature" in words or "outputsize=full" in words:
        return NotInPlanError(f"not in your plan; {said}")
    if _PER_DAY.search(words):
        wait_s = _until_midnight_s(now)
        return RetryableError(f"the requests of the day are spent, by this key also elsewhere; {said}", wait_s)
    if "apikey is invalid or missing" in words or "demo" in words.split() or "**demo**" in words:
        return FatalError(f"refused the key; {said}. Check ALPHA_VANTAGE_API_KEY; a free one is made at {KEY_PAGE}")
    if "no articles found" in words:
        return None
    if "invalid api call" in words or "invalid inputs" in words:
        return SkippableError(f"knows nothing of that symbol, or has no such data of it; {said}")
    return RetryableError(f"answered with a notice; {said}")


def redacted(text: str) -> str:
    """Without a key: Alpha Vantage repeats the one it was asked with."""
    return _KEY_AS.sub(r"\1…", text)


def read(body: bytes) -> dict[str, Any] | list[dict[str, str]]:
    """A JSON object, numbers as they are written, or the rows of a CSV table; RetryableError for neither."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RetryableError("the answer is not data: it is no text") from None
    return _json(text, len(body)) if text.lstrip()[:1] in ("{", "[") else _csv(text)


def is_empty(document: Mapping[str, Any]) -> bool:
    """`{}`, or `{"Global Quote": {}}`: how a symbol that is not known is told."""
    return not document or (len(document) == 1 and next(iter(document.values())) == {})


def rows_of(document: dict[str, Any] | list[dict[str, str]], name: str) -> list[Any]:
    """The rows of a list in an object, or of a table; RetryableError where there is no such list."""
    if isinstance(document, list):
        return document
    if notice_in(document):
        return []
    found = document.get(name)
    if not isinstance(found, list):
        raise RetryableError(f"Alpha Vantage: the answer has no list {name!r}")
    return found


def lines_of(document: dict[str, Any] | list[dict[str, str]]) -> list[dict[str, Any]]:
    """Rows by time: `timestamp` and the columns without their numbers, `open` of `1. open` and of `1a. open (EUR)`."""
    if isinstance(document, list):
        return [{"timestamp": row.get("timestamp") or row.get("time"), **row} for row in document]
    found = [value for name, value in document.items() if isinstance(value, dict) and not name.startswith("Meta")]
    if len(found) != 1:
        raise RetryableError("Alpha Vantage: the answer is not a time series")
    return [{"timestamp": time, **_named(row)} for time, row in found[0].items()]


def _named(row: Any) -> dict[str, Any]:
    if not isinstance(row, dict):
        return {}
    named: dict[str, Any] = {}
    for column, value in row.items():
        # Of prices in two currencies the first is the one asked for.
        named.setdefault(_CURRENCY.sub("", _NUMBERED.sub("", column)), value)
    return named


def _json(text: str, size: int) -> dict[str, Any]:
    try:
        document = json.loads(text, parse_float=str, parse_int=str, parse_constant=str)
    except ValueError:
        raise RetryableError(f"the answer was cut short after {size} bytes") from None
    except RecursionError:
        raise RetryableError("the answer is not data: it is nested too deeply") from None
    if not isinstance(document, dict):
        raise RetryableError("the answer is not one of Alpha Vantage's documents: it is a list")
    return document


def _csv(text: str) -> list[dict[str, str]]:
    try:
        table = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error as error:
        raise RetryableError(f"the answer is not data: {error}") from None
    header = [name.strip() for name in table[0]] if table else []
    if len(header) < 2 or header[0] not in _FIRST_COLUMNS or len(set(header)) < len(header):
        raise RetryableError(f"the answer is not data; {_says(text)}")
    if any(len(row) != len(header) for row in table[1:]):
        raise RetryableError(f"the answer was cut short after {len(table)} lines")
    return [dict(zip(header, row, strict=True)) for row in table[1:]]


def _title(body: bytes) -> str:
    text = body[:4096].decode("utf-8", "replace")
    return text.partition("<title>")[2].partition("</title>")[0]


def _says(text: str) -> str:
    words = redacted(" ".join(text.split()))[:_LONGEST_TEXT].rstrip(".")
    return f"it says: {words}" if words else "it says nothing more"


def _until_midnight_s(now: int) -> float:
    """Nobody says when a day of its quota ends; its clock is New York's."""
    local = datetime.fromtimestamp(now // NS_PER_S, NEW_YORK)
    following = (local + timedelta(days=1)).replace(hour=0, minute=5, second=0, microsecond=0)
    return max(60.0, (following - local).total_seconds())
