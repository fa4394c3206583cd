"""Cards: records of the status in, what a status board shows out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """How much attention a card asks for; shown by a mark as well as by colour."""

    NONE = ""
    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True)
class Card:
    """One fact: `since` (ns) is counted up in the browser, `fraction` drawn as a bar."""

    key: str
    title: str
    value: str = ""
    tone: Tone = Tone.NONE
    note: str = ""
    since: int = 0
    fraction: float | None = None
    action: str = ""


@dataclass(frozen=True)
class Group:
    """Cards under one heading; `kind`: cards, strip, rows or log."""

    key: str
    title: str
    cards: tuple[Card, ...] = ()
    kind: str = "cards"
    text: str = ""
    empty: str = ""
