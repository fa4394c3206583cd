"""Shown: what an answer says beside its rows, in headers: as of when, of whom, how many, and what belongs to them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fastapi import Response

from app.server.columns import text

_DESCRIBED = MappingProxyType(
    {
        "X-As-Of": "nothing that became known later is in this answer, ISO 8601 UTC",
        "X-Total-Count": "rows on all pages",
        "X-Source": "who told the values",
        "X-Notice": "to be shown beside the values; with its sign at /api/v1/macro/status",
        "X-Refusal": "why the source can't be asked now, and what to do",
        "X-Currency": "of the statement",
        "X-Told-At": "when the worker, or the source, told this; ISO 8601 UTC",
        "X-Day": "the day the rows are of",
        "X-Tolerance": "what a difference must be beyond, as a share of the close",
        "X-Complete": "true, or false: not all could be compared yet, ask again",
    }
)


def headers(*names: str) -> Mapping[str, Any]:
    """The description of these, for a route; `X-` is put in front."""
    return {f"X-{name}": {"description": _DESCRIBED[f"X-{name}"], "schema": {"type": "string"}} for name in names}


def shown(answer: Response, **told: object) -> Response:
    """Put what is told into headers, `as_of` as `X-As-Of`; times in ns. What is None, '' or a time of 0 is left out."""
    for word, value in told.items():
        name = "X-" + "-".join(part.capitalize() for part in word.split("_"))
        if name not in _DESCRIBED:
            raise KeyError(f"no header {name} is described")
        if word in ("as_of", "told_at"):
            value = text(value) if value else ""
        if value not in (None, ""):
            answer.headers[name] = _line(str(value))
    return answer


def _line(words: str) -> str:
    """Words as one line of ASCII, which is all a header bears everywhere."""
    told = words.replace("\N{REGISTERED SIGN}", "(R)").encode("ascii", "replace").decode()
    return " ".join("".join(one if one.isprintable() else " " for one in told).split())
