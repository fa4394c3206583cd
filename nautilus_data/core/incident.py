"""Incident: something went wrong with what is known of the bus, since when, and why it is over."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

UNKNOWN = -1


class Kind(StrEnum):
    """What can go wrong between a node and a reader."""

    REDIS_GONE = "redis gone"
    REDIS_FULL = "redis full"
    REDIS_RESTARTED = "redis restarted"
    HEARTBEAT_MISSED = "heartbeat missed"
    NODE_SILENT = "node silent"
    STREAM_SILENT = "stream silent"
    TRIMMED_UNREAD = "entries trimmed unread"
    READER_BEHIND = "reader behind"
    READER_GONE = "reader gone"
    POSITIONS_DIFFER = "positions differ"

    @property
    def is_bad(self) -> bool:
        """Is what the pages say wrong or old because of it? The others only ask for attention."""
        return self not in (Kind.STREAM_SILENT, Kind.READER_BEHIND)

    @property
    def is_for_a_person(self) -> bool:
        """What is lost stays lost: only a person can say that it was seen."""
        return self is Kind.TRIMMED_UNREAD


@dataclass(frozen=True, kw_only=True)
class Incident:
    """One row of `bus_incidents`; times in ns, `ts_cleared` 0 while open; `count` -1 where it can't be known.

    `subject` names what it is about (a trader, a stream, a Redis); `from_entry` and `to_entry` bound what was missed.
    """

    kind: Kind
    subject: str
    ts_started: int
    ts_detected: int
    ts_cleared: int = 0
    trader_id: str = ""
    stream: str = ""
    from_entry: int = 0
    to_entry: int = 0
    count: int = UNKNOWN
    detail: str = ""
    evidence: str = ""
    reader: str = ""

    @property
    def id(self) -> str:
        return f"{self.reader}|{self.kind}|{self.subject}|{self.ts_started}"

    @property
    def is_open(self) -> bool:
        return not self.ts_cleared

    def cleared(self, at: int, evidence: str) -> Incident:
        return replace(self, ts_cleared=at, evidence=evidence)
