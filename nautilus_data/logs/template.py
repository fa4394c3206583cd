"""Template: what a log call says it is about, and its named values, told apart before they are put together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

_CONVERSION = re.compile(r"%(?:\((?P<name>\w+)\))?[#0\- +]*\d*(?:\.\d+)?[hlL]?(?P<kind>[diouxXeEfFgGcrsa%])")
# A value begins right after `key=` and goes to the next space of the template.
_FIELD = re.compile(r"(?:^|(?<=\s))(?P<key>[A-Za-z_][\w.]*)=(?P<value>(?:%\([^)]*\)|\S)+)")
_PLAIN = (bool, int, float, type(None))


@dataclass(frozen=True)
class Piece:
    """A part of a template, and which of the arguments it takes."""

    text: str
    first: int
    count: int
    # The conversion, when the piece is nothing else.
    alone: re.Match[str] | None

    def format(self, args: Sequence[object] | Mapping[str, object]) -> str:
        given = args if isinstance(args, Mapping) else tuple(args[self.first : self.first + self.count])
        return self.text % given


@dataclass(frozen=True)
class Template:
    """`event key=%s other=%d`: the pieces of its event, and each field's piece by name."""

    event: tuple[Piece, ...]
    fields: tuple[tuple[str, Piece], ...]

    def split(self, args: Sequence[object] | Mapping[str, object]) -> tuple[str, dict[str, object]]:
        """Event and fields of one call; TypeError or ValueError when the arguments do not fit."""
        event = " ".join("".join(piece.format(args) for piece in self.event).split())
        return event, {key: _value(piece, args) for key, piece in self.fields}


@lru_cache(maxsize=1024)
def template_of(text: str) -> Template | None:
    """None for a text without named values, or with a `*` that takes an argument for a width."""
    if "*" in text or not _FIELD.search(text):
        return None
    event, fields, taken, end = [], [], 0, 0
    for found in _FIELD.finditer(text):
        if not _takes(found["value"]):
            continue
        before = _piece(text[end : found.start()], taken)
        value = _piece(found["value"], before.first + before.count)
        event.append(before)
        fields.append((found["key"], value))
        taken, end = value.first + value.count, found.end()
    return Template((*event, _piece(text[end:], taken)), tuple(fields)) if fields else None


def _piece(text: str, first: int) -> Piece:
    return Piece(text, first, _takes(text), _CONVERSION.fullmatch(text))


def _takes(text: str) -> int:
    return sum(found["kind"] != "%" for found in _CONVERSION.finditer(text))


def _value(piece: Piece, args: Sequence[object] | Mapping[str, object]) -> object:
    """A number stays one, as exact as it is told; everything else is its text."""
    alone = piece.alone
    if alone is None:
        return piece.format(args)
    value = args[alone["name"]] if isinstance(args, Mapping) else args[piece.first]
    if type(value) is float and alone["kind"] in "eEfFgG":
        return float(piece.format(args))
    return value if type(value) in _PLAIN and alone["kind"] in "sdi" else piece.format(args)
