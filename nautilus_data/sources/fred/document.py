"""Document: FRED's XML, read safely, and what an answer that is none of its documents means."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from nautilus_data.errors import DashboardError, FatalError, RetryableError, SkippableError
from nautilus_data.sources.fred.refusal import KEY_PAGE, NotArchivedError, TooManyVintagesError
from nautilus_data.transport.http import said_in

_LOCKED_S = 300.0
_TOO_MANY = b"maximum number of vintage dates"
_NOT_ARCHIVED = b"does not exist in ALFRED"
_ROOTS = frozenset({"observations", "seriess", "releases", "release_dates", "vintage_dates", "error"})


class _Builder(ET.TreeBuilder):
    """Entities are declared in a document type, and none of FRED's documents has one."""

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise RetryableError("the answer declares a document type, which none of FRED's does: it is not read")


def read(body: bytes) -> ET.Element:
    """The root; RetryableError for what is not a whole document of FRED's, as it may be one at the next try."""
    text = body[:200].strip()
    if not text:
        raise RetryableError("the answer is empty")
    if text[:1] in b"{[":
        raise RetryableError(f"answered with JSON instead of XML; {said_in(body)}")
    if is_page(body):
        raise RetryableError(f"answered with a web page instead of data; {said_in(body)}")
    try:
        root = ET.fromstring(body, parser=ET.XMLParser(target=_Builder()))
    except (ET.ParseError, ValueError, LookupError) as error:
        if text[:1] == b"<":
            raise RetryableError(f"the answer was cut short or damaged after {len(body)} bytes: {error}") from None
        raise RetryableError(f"the answer is not data; {said_in(body)}") from None
    if root.tag not in _ROOTS:
        raise RetryableError(f"the answer is not one of FRED's documents: its root is {root.tag[:40]!r}")
    return root


def problem(body: bytes) -> DashboardError | None:
    """What is wrong with the body of an answer of status 200."""
    try:
        root = read(body)
    except RetryableError as error:
        return error
    if root.tag != "error":
        return None
    code = root.get("code", "")
    status = int(code) if code.isascii() and code.isdigit() else 0
    return judged(status, body) or RetryableError(f"answered with an error ({code}); {said_in(body)}")


def is_told_apart(status: int, body: bytes) -> bool:
    """Refusals that are no fault: what was asked for has to be asked for in another way."""
    return status == 400 and (_TOO_MANY in body or _NOT_ARCHIVED in body)


def raise_refusal(root: ET.Element) -> None:
    """The refusals let through by `is_told_apart`."""
    said = root.get("message", "")
    kind = NotArchivedError if _NOT_ARCHIVED.decode() in said else TooManyVintagesError
    raise kind(" ".join(said.split()))


def judged(status: int, body: bytes) -> DashboardError | None:
    """What an error of FRED's means; None: what its status says."""
    said = said_in(body)
    if status == 423:
        return RetryableError(f"is locked for now (423); {said}", _LOCKED_S)
    if status == 429 or status >= 500:
        return None
    if is_page(body):
        return RetryableError(f"answered with a web page ({status}); {said}")
    if "api_key" in said:
        return FatalError(f"refused the key ({status}); {said}. Check FRED_API_KEY; a free one is made at {KEY_PAGE}")
    if "does not exist" in said:
        return SkippableError(f"knows nothing of that name; {said}. Search for its id")
    if "after today's date" in said:
        return RetryableError(f"takes a day asked for as one to come; {said}. Is this machine's clock ahead?")
    return None


def is_page(body: bytes) -> bool:
    start = body[:500].lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html")) or b"<html" in start
