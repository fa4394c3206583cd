"""Document: EDGAR's JSON, XML and submission texts, read safely, and what an answer that is none of them means."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from lxml import etree

from nautilus_data.errors import DashboardError, FatalError, RetryableError, SkippableError
from nautilus_data.transport.http import json_problem, said_in

# "clears about ten minutes after slowing down"
PAUSE_S = 600.0
_UNDECLARED, _TOO_FAST = b"undeclared automated tool", b"request rate threshold exceeded"
_S3 = re.compile(rb"<Error>\s*<Code>(\w+)</Code>")
_SUBMISSION = (b"<SEC-DOCUMENT>", b"-----BEGIN PRIVACY-ENHANCED MESSAGE-----", b"<SUBMISSION>")
_SUBMISSION_END = (b"</SEC-DOCUMENT>", b"-----END PRIVACY-ENHANCED MESSAGE-----", b"</SUBMISSION>")
_PART = re.compile(rb"<DOCUMENT>(.*?)</DOCUMENT>", re.DOTALL)
_TYPE, _XML = re.compile(rb"<TYPE>([^\r\n<]*)"), re.compile(rb"<XML>\s*(.*?)\s*</XML>", re.DOTALL)
_ROOT = re.compile(rb"<([A-Za-z_][\w:.-]*)[^<>]*>")
_NUMBER = re.compile(r"[+-]?([0-9]{1,60}\.?[0-9]{0,60}|\.[0-9]{1,60})([eE][+-]?[0-9]{1,3})?")
# Digits before or after the point of what can be an amount.
_MOST_DIGITS = 60


def problem(body: bytes) -> DashboardError | None:
    """What is wrong with the body of an answer of status 200: it may be whole at the next try."""
    start = body[:500].lstrip(b"\xef\xbb\xbf \t\r\n")
    if not start:
        return RetryableError("the answer is empty")
    if start.startswith(_SUBMISSION):
        is_whole = body.rstrip().endswith(_SUBMISSION_END)
        return None if is_whole else RetryableError(f"the answer was cut short after {len(body)} bytes")
    if is_page(start):
        return judged(200, body) or RetryableError(f"answered with a web page instead of data; {said_in(body)}")
    return _xml_problem(body) if start[:1] == b"<" else json_problem(body)


def judged(status: int, body: bytes) -> DashboardError | None:
    """What an error of EDGAR's means; None: what its status says."""
    text = body[:20_000].lower()
    if _UNDECLARED in text:
        return FatalError(
            f"refused who asks as undeclared ({status}). Set EDGAR_USER_AGENT to who you are, with an e-mail address"
            ' the SEC can write to: "name name@example.com"'
        )
    if _TOO_FAST in text:
        return RetryableError(
            f"answered that its request rate was exceeded ({status}): something else on this network may ask it too,"
            " or EDGAR_USER_AGENT is not one it takes",
            PAUSE_S,
        )
    if status in (403, 404) and (found := _S3.search(body[:2_000])):
        return SkippableError(f"has nothing there ({status}, {found.group(1).decode()}); {said_in(body)}")
    if status == 403:
        return RetryableError(f"refused this address for now (403); {said_in(body)}", PAUSE_S)
    return None


def is_page(start: bytes) -> bool:
    """Is it HTML that begins so?"""
    return (start[:1] == b"<" and b"<html" in start.lower()) or start.lower().startswith(b"<!doctype html")


def read_json(body: bytes) -> dict[str, Any]:
    """An object with its numbers as they are written; RetryableError for anything else."""
    try:
        found = json.loads(body, parse_float=str, parse_int=str, parse_constant=str)
    except (ValueError, RecursionError):
        raise json_problem(body) or RetryableError("the answer can't be read") from None
    if not isinstance(found, dict):
        raise RetryableError("the answer is not one of EDGAR's documents: it is no object")
    return found


def read_xml(body: bytes) -> etree._Element:
    """The root, names without their namespaces; SkippableError for what is no XML."""
    try:
        root = etree.fromstring(body.strip(), _parser())
    except (etree.XMLSyntaxError, ValueError) as error:
        raise SkippableError(f"its XML can't be read: {' '.join(str(error).split())[:200]}") from None
    if root.getroottree().docinfo.doctype:
        raise SkippableError("it declares a document type, which none of EDGAR's does: it is not read")
    for node in root.iter(etree.Element):
        node.tag = etree.QName(node).localname
    return root


def parts_of(submission: bytes) -> Iterator[tuple[str, bytes]]:
    """Type and XML of each document of a submission's text that is XML."""
    for part in _PART.finditer(submission):
        named, found = _TYPE.search(part.group(1)), _XML.search(part.group(1))
        if named and found:
            yield named.group(1).decode("ascii", "replace").strip(), found.group(1)


def said(node: etree._Element, path: str) -> str:
    """The text at a path, or at the `value` below it; '' where there is none."""
    text = node.findtext(f"{path}/value") or node.findtext(path) or ""
    return " ".join(text.split())


def is_true(text: str) -> bool:
    return text.lower() in ("1", "true", "y", "yes")


def amount_of(text: object) -> str:
    """A number as it is written, without exponent; '' for what is none."""
    if not isinstance(text, str):
        return ""
    if text.isdigit() and text.isascii() and len(text) <= _MOST_DIGITS:
        return text
    text = text.strip().replace(",", "")
    if not _NUMBER.fullmatch(text):
        return ""
    number = Decimal(text)
    is_sane = abs(number.adjusted()) < _MOST_DIGITS
    return f"{number:f}" if is_sane else ""


def _xml_problem(body: bytes) -> DashboardError | None:
    """Of what is whole and yet no XML the next try will bring no more: its reader tells."""
    try:
        read_xml(body)
    except SkippableError as error:
        if not _is_whole(body):
            return RetryableError(f"the answer was cut short after {len(body)} bytes: {error}")
    return None


def _is_whole(body: bytes) -> bool:
    """Does it end with the end of what it begins with?"""
    root = _ROOT.search(body)
    if root is None:
        return False
    is_alone = root.group(0).endswith(b"/>")
    return body.rstrip().endswith(root.group(0) if is_alone else b"</%b>" % root.group(1))


def _parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)
