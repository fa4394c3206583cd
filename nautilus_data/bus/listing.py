"""Listing: streams, incidents and dead letters as rows that a table can show; ids as Redis writes them."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any

from nautilus_data.bus import inspect
from nautilus_data.bus.message import entry_at_text, entry_text
from nautilus_data.bus.streams import StreamFacts
from nautilus_data.bus.subscriber import StreamSeen
from nautilus_data.core.dead_letter import DeadLetter
from nautilus_data.core.entry import entry_ns
from nautilus_data.core.incident import UNKNOWN, Incident

STREAM = (
    "stream", "trader_id", "topic", "entries", "read", "rate", "first_id", "last_id", "first_at", "last_at", "lag",
    "memory_bytes", "is_trimmed", "last_message_at", "state",
)  # fmt: skip
INCIDENT = (
    "id", "kind", "severity", "subject", "trader_id", "stream", "ts_started", "ts_detected", "ts_cleared", "from_id",
    "to_id", "count", "detail", "evidence", "reader",
)  # fmt: skip
LETTER = (
    "key", "stream", "entry_id", "handler", "topic", "trader_id", "reason", "size", "attempts", "ts_first", "ts_last",
    "state", "preview",
)  # fmt: skip
READER = (
    "name", "role", "host", "pid", "state", "connected_at", "last_message_at", "reconnect_attempts", "error_message",
    "messages_received", "lag_entries", "lag_ms", "mode", "ts_updated", "is_fresh",
)  # fmt: skip
_OTHER = "other"
RATE_KINDS = ("market data", "orders", "positions and accounts", "system", _OTHER)
_MARKET_DATA = (
    "QuoteTick", "TradeTick", "Bar", "OrderBookDelta", "OrderBookDeltas", "OrderBookDepth", "InstrumentStatus",
    "InstrumentClose", "InstrumentDefinition", "MarkPriceUpdate", "IndexPriceUpdate", "FundingRateUpdate",
    "OptionGreeks",
)  # fmt: skip
_KIND_OF = MappingProxyType(
    {
        **dict.fromkeys(_MARKET_DATA, "market data"),
        **dict.fromkeys(("OrderEvent", "Command", "ShutdownSystem", "Report"), "orders"),
        **dict.fromkeys(("PositionEvent", "PositionAdjusted", "AccountState", "Snapshot"), "positions and accounts"),
        **dict.fromkeys(("ComponentStateChanged", "TradingStateChanged", "Heartbeat"), "system"),
    }
)
_PREVIEW = 2_000
_LIVE_NS, _LIVE_GAPS = 2_000_000_000, 5


def rate_kind(type_name: str) -> str:
    """Which of RATE_KINDS messages of a type count as."""
    return _KIND_OF.get(type_name, _OTHER)


def stream_row(
    place: tuple[str, str],
    seen: StreamSeen | None,
    facts: StreamFacts | None,
    more: Mapping[str, Any],
) -> tuple:
    """`place`: key and trader; `more`: rate, lag, is_silent and now, which the reader alone knows."""
    name, trader_id = place
    values = {
        "stream": name, "trader_id": seen.trader_id if seen else trader_id, "topic": seen.topic if seen else "",
        "entries": facts.length if facts else UNKNOWN, "read": seen.count if seen else 0, "rate": more["rate"],
        "first_id": entry_text(facts.first) if facts and facts.first else "",
        "last_id": entry_text(facts.last) if facts else "", "first_at": entry_ns(facts.first) if facts else 0,
        "last_at": entry_ns(facts.last) if facts else 0, "lag": more["lag"], "memory_bytes": UNKNOWN,
        "is_trimmed": _trimmed(facts), "last_message_at": seen.last_seen_at if seen else 0,
        "state": "silent" if more["is_silent"] else _state(seen, more["now"]),
    }  # fmt: skip
    return tuple(values[column] for column in STREAM)


def matches(row: tuple, trader_id: str, match: str) -> bool:
    """Is it a stream of that trader whose key or topic is like the glob, or whose key has it as a part?"""
    name, owner, topic = row[:3]
    is_like = match.lower() in name.lower() or any(fnmatch.fnmatchcase(text, match) for text in (name, topic))
    return is_like and (not trader_id or owner == trader_id)


def incident_row(one: Incident) -> tuple:
    first, last = (entry_text(entry) if entry else "" for entry in (one.from_entry, one.to_entry))
    severity = "bad" if one.kind.is_bad else "warn"
    values = {**asdict(one), "id": one.id, "kind": str(one.kind), "severity": severity, "from_id": first, "to_id": last}
    return tuple(values[name] for name in INCIDENT)


def letter_row(letter: DeadLetter) -> tuple:
    values = {
        **asdict(letter), "key": f"{letter.stream}|{entry_text(letter.entry)}|{letter.handler}",
        "entry_id": entry_text(letter.entry), "state": str(letter.state),
        "preview": inspect.raw(letter.payload[:_PREVIEW]),
    }  # fmt: skip
    return tuple(values[name] for name in LETTER)


def parse_key(key: str) -> tuple[str, int, str]:
    """Stream, entry and handler of a dead letter's key; ValueError when it is none."""
    rest, _, handler = key.rpartition("|")
    stream, _, entry_id = rest.rpartition("|")
    try:
        return stream, entry_at_text(entry_id), handler
    except ValueError:
        raise ValueError(f"not the key of a dead letter: {key[:200]!r}") from None


def _trimmed(facts: StreamFacts | None) -> str:
    if facts is None or facts.trimmed is None:
        return "unknown"
    return "yes" if facts.trimmed else "no"


def _state(seen: StreamSeen | None, now: int) -> str:
    is_live = seen is not None and now - seen.last_seen_at < max(_LIVE_NS, _LIVE_GAPS * seen.rhythm_ns)
    return "live" if is_live else "idle"
