"""FRED's documents: XML as its API answers, made of rows or of the same answer in JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

# A body and its status.
Answer = tuple[bytes, int]


def document(name: str, said: Mapping[str, str], rows: Iterable[tuple[str, Mapping[str, str], str | None]]) -> Answer:
    """FRED's XML: a root with attributes, children with attributes or a text."""
    lines = [f"  <{tag}{_attributes(given)}{_ending(tag, text)}" for tag, given, text in rows]
    head = '<?xml version="1.0" encoding="utf-8" ?>'
    return "\n".join([head, f"<{name}{_attributes(said)}>", *lines, f"</{name}>", ""]).encode(), 200


def error(message: str, status: int = 400) -> Answer:
    said = _attributes({"code": str(status), "message": message})
    return f'<?xml version="1.0" encoding="utf-8" ?>\n<error{said} />\n\n\n\n'.encode(), status


def transcribed(told: Mapping[str, Any]) -> bytes:
    """FRED's JSON as the XML it would have been."""
    if "error_code" in told:
        return error(told["error_message"], told["error_code"])[0]
    names = {
        "observations": "observation", "seriess": "series", "releases": "release", "release_dates": "release_date",
        "vintage_dates": "vintage_date",
    }  # fmt: skip
    name = next(one for one in names if one in told)
    said = {key: _plain(value) for key, value in told.items() if key != name}
    if said.get("file_type"):
        said["file_type"] = "xml"
    return document(name, said, [_child(names[name], one) for one in told[name]])[0]


def _child(tag: str, one: Any) -> tuple[str, dict[str, str], str | None]:
    """Days are texts in XML, everything else is an attribute."""
    if not isinstance(one, Mapping):
        return tag, {}, str(one)
    given = {key: _plain(value) for key, value in one.items()}
    return tag, given, given.pop("date") if tag == "release_date" else None


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _attributes(said: Mapping[str, str]) -> str:
    return "".join(f" {name}={quoteattr(value)}" for name, value in said.items())


def _ending(tag: str, text: str | None) -> str:
    return "/>" if text is None else f">{escape(text)}</{tag}>"
