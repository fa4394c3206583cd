"""Bus: what a person may ask of the message bus — streams, incidents, dead letters, messages, books, capacity."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Capacity:
    """How long Redis can hold what comes in; bytes, seconds; None where it can't be known, `note` says why."""

    used_bytes: int | None = None
    limit_bytes: int | None = None
    policy: str = ""
    bytes_per_s: float | None = None
    holds_s: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Seen:
    """One message as the inspector shows it; `decoded` is JSON text, `raw` the payload as text or hex, cut at a limit."""

    stream: str
    entry_id: str
    at: int
    trader_id: str
    topic: str
    type: str
    size: int
    decoded: str
    raw: str
    is_cut: bool = False


@dataclass(frozen=True)
class BookView:
    """Price levels, best first: (price, size, orders) as exact texts and a count; times in ns."""

    trader_id: str
    instrument_id: str
    bids: tuple[tuple[str, str, int], ...] = ()
    asks: tuple[tuple[str, str, int], ...] = ()
    is_complete: bool = False
    note: str = ""
    ts_event: int = 0
    received_at: int = 0
