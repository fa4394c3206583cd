"""Bus messages: what passes as the inspector lists it, and an order book as a ladder draws it."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from app.views import numbers, table
from app.views.bus import at
from app.views.cards import Tone


def clock_ms(ns: int, zone: str) -> str:
    """Wall clock to the millisecond, without the date."""
    return f"{numbers.clock(ns, zone, with_date=False)}.{ns // 1_000_000 % 1_000:03d}" if ns else numbers.NOT_KNOWN


def seen_rows(messages: Iterable[Any], zone: str) -> list[dict[str, str]]:
    """Messages as the inspector lists them."""
    return [
        {"key": seen_key(seen), "time": clock_ms(seen.at, zone), "topic": seen.topic or seen.stream, "type": seen.type,
         "size": numbers.size(seen.size)}
        for seen in messages
    ]  # fmt: skip


def seen_key(seen: Any) -> str:
    return f"{seen.stream}|{seen.entry_id}"


def seen_detail(seen: Any, zone: str) -> dict[str, Any]:
    """One message whole, as far as it was kept."""
    facts = [
        ["Topic", seen.topic], ["Type", seen.type], ["Stream", seen.stream], ["Entry", seen.entry_id],
        ["Trader", seen.trader_id or numbers.NOT_KNOWN], ["Written", at(seen.at, zone)],
        ["Size", f"{seen.size:,} bytes"],
    ]  # fmt: skip
    return {"key": seen_key(seen), "facts": facts, "decoded": seen.decoded, "raw": seen.raw, "is_cut": seen.is_cut}


def ladder(view: Any, zone: str, silence_s: float) -> dict[str, Any]:
    """A book as the ladder draws it: levels best first, bars as shares of the largest size, spread and state."""
    sizes = [Decimal(size) for _, size, _ in (*view.bids, *view.asks)]
    most = max(sizes, default=Decimal(0))
    state, tone = _book_state(view)
    return {
        "bids": [_level(level, most) for level in view.bids], "asks": [_level(level, most) for level in view.asks],
        "spread": _spread(view), "state": state, "tone": str(tone), "note": view.note, "trader": view.trader_id,
        "instrument": view.instrument_id, "since": view.received_at // 1_000_000, "silence_s": silence_s,
        "time": at(view.ts_event, zone),
    }  # fmt: skip


def _level(level: tuple[str, str, int], most: Decimal) -> dict[str, Any]:
    price, size, orders = level
    share = float(Decimal(size) / most) if most else 0.0
    return {"price": price, "size": size, "orders": orders, "share": round(share, 4)}


def _spread(view: Any) -> str:
    if not view.bids or not view.asks:
        return "one side is empty"
    bid, ask = Decimal(view.bids[0][0]), Decimal(view.asks[0][0])
    middle = (bid + ask) / 2
    points = f" · {(ask - bid) / middle * 10_000:,.1f} bp" if middle > 0 else ""
    return f"{table.number(ask - bid)}{points}"


def _book_state(view: Any) -> tuple[str, Tone]:
    if view.bids and view.asks and Decimal(view.bids[0][0]) >= Decimal(view.asks[0][0]):
        return "crossed", Tone.BAD
    if view.is_complete:
        return "complete", Tone.OK
    return ("damaged", Tone.BAD) if "damaged" in view.note else ("partial since joined", Tone.WARN)
