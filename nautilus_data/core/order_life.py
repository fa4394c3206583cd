"""Order life: what happened to an order, event by event, in words and with its terms as of then."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from nautilus_data.core.order import place_in_life
from nautilus_data.core.position import number

_WORDS = MappingProxyType(
    {
        "OrderInitialized": "Created",
        "OrderDenied": "Denied before it was sent",
        "OrderEmulated": "Held back: emulated by the node",
        "OrderReleased": "Released to the venue",
        "OrderSubmitted": "Sent to the venue",
        "OrderAccepted": "Accepted by the venue",
        "OrderRejected": "Rejected by the venue",
        "OrderTriggered": "Triggered",
        "OrderPendingUpdate": "Change asked for",
        "OrderPendingCancel": "Cancel asked for",
        "OrderUpdated": "Changed",
        "OrderModifyRejected": "Change refused",
        "OrderCancelRejected": "Cancel refused",
        "OrderCanceled": "Canceled",
        "OrderExpired": "Expired",
        "OrderFilled": "Filled",
        "OrderFillVoided": "Fill voided",
    }
)
# What a mark on a chart is called; other events have none.
MARKS = MappingProxyType(
    {
        "OrderSubmitted": "submitted",
        "OrderAccepted": "accepted",
        "OrderUpdated": "updated",
        "OrderTriggered": "triggered",
        "OrderEmulated": "emulated",
        "OrderReleased": "released",
        "OrderCanceled": "canceled",
        "OrderExpired": "expired",
        "OrderRejected": "rejected",
        "OrderDenied": "denied",
        "OrderModifyRejected": "change refused",
        "OrderCancelRejected": "cancel refused",
    }
)
_ZERO = Decimal(0)
_UNTRIGGERED, _UNLINKED = "NO_TRIGGER", "NO_CONTINGENCY"
_TERMS = MappingProxyType({"price": "price", "trigger_price": "trigger", "quantity": "quantity"})


@dataclass(frozen=True, kw_only=True)
class Step:
    """One event of an order's life; terms are those in force after it, None where not known or not of its kind."""

    event_id: str
    type: str
    ts_event: int
    words: str
    side: str = ""
    order_type: str = ""
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    quantity: Decimal | None = None
    filled_qty: Decimal = _ZERO
    # Where it stood before.
    from_price: Decimal | None = None
    reason: str = ""
    trade_id: str = ""
    last_qty: Decimal | None = None
    # Which of the order's fills it is, from 1 on.
    part: int = 0

    @property
    def at_price(self) -> Decimal | None:
        """The price that says where the order stood: its limit, else its trigger."""
        return self.trigger_price if self.price is None else self.price


def tell(events: Iterable[Mapping[str, Any]]) -> list[Step]:
    """The life of one order; `events` are what `fold_order` takes, each told once."""
    told = {event["event_id"]: event for event in sorted(events, key=place_in_life)}
    return list(_steps(told.values()))


def voided(events: Iterable[Mapping[str, Any]]) -> dict[str, Decimal]:
    """What of each trade of an order counts no more, by trade id; each void tells the whole of it."""
    voids = (event for event in sorted(events, key=place_in_life) if event["type"] == "OrderFillVoided")
    return {event.get("trade_id") or "": _number(event.get("voided_qty")) or _ZERO for event in voids}


def notes(events: Iterable[Mapping[str, Any]]) -> list[str]:
    """What is special about an order, in a few words each."""
    said: list[str] = []
    for event in sorted(events, key=place_in_life):
        said += [words for told in _SPECIAL if (words := told(event, event.get("options") or {}))]
    return list(dict.fromkeys(said))


def _emulation(event: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    trigger = event.get("emulation_trigger") or _UNTRIGGERED
    return "" if trigger == _UNTRIGGERED else f"emulated by the node on {_plain(trigger)}"


def _trailing(event: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    offset = options.get("trailing_offset")
    return f"trails by {offset} {_plain(options.get('trailing_offset_type') or '')}".rstrip() if offset else ""


def _contingency(event: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    kind = event.get("contingency_type") or _UNLINKED
    linked = ", ".join(event.get("linked_order_ids") or ())
    return "" if kind == _UNLINKED else f"{kind} with {linked}" if linked else str(kind)


def _flags(event: Mapping[str, Any], options: Mapping[str, Any]) -> str:
    flags = {"post_only": "post only", "reduce_only": "reduce only", "quote_quantity": "quantity in quote currency"}
    return ", ".join(words for name, words in flags.items() if event.get(name))


_SPECIAL = (_emulation, _trailing, _contingency, _flags)


def _steps(events: Iterable[Mapping[str, Any]]) -> Iterator[Step]:
    now = Step(event_id="", type="", ts_event=0, words="")
    fills: dict[str, tuple[str, Decimal]] = {}
    voids: dict[str, Decimal] = {}
    for event in events:
        before, now = now, _with_terms(now, event)
        if now.type == "OrderFilled":
            fills[now.event_id] = now.trade_id, _number(event.get("last_qty")) or _ZERO
            now = replace(now, last_qty=_number(event.get("last_qty")) or _ZERO, part=len(fills))
        elif now.type == "OrderFillVoided":
            voids[now.trade_id] = _number(event.get("voided_qty")) or _ZERO
        counted = (max(_ZERO, quantity - voids.get(trade_id, _ZERO)) for trade_id, quantity in fills.values())
        now = replace(now, filled_qty=sum(counted, _ZERO))
        yield replace(now, words=_words(now, before, event))


def _with_terms(before: Step, event: Mapping[str, Any]) -> Step:
    options = event.get("options") or {}
    kept = {name: getattr(before, name) for name in _TERMS}
    told = {name: event.get(name) or options.get(name) for name in _TERMS}
    return replace(
        before,
        event_id=event["event_id"],
        type=event["type"],
        ts_event=event["ts_event"],
        side=event.get("order_side") or before.side,
        order_type=event.get("order_type") or before.order_type,
        reason=event.get("reason") or "",
        trade_id=event.get("trade_id") or "",
        last_qty=None,
        from_price=before.at_price,
        **{name: kept[name] if (value := _number(told[name])) is None else value for name in _TERMS},
    )


def _words(step: Step, before: Step, event: Mapping[str, Any]) -> str:
    said = _WORDS.get(step.type, step.type)
    filled = _size(step.filled_qty) + ("" if step.quantity is None else f" of {_size(step.quantity)}")
    if step.type == "OrderFilled":
        return f"{said} {_size(step.last_qty)} at {_text(_number(event.get('last_px')))}: {filled}"
    if step.type == "OrderFillVoided":
        return f"{said}: {_size(_number(event.get('voided_qty')))} of trade {step.trade_id}, {filled} is left"
    if step.type == "OrderInitialized":
        said = "Became" if before.type else said
        return f"{said} {step.side} {_size(step.quantity)} {step.order_type.replace('_', ' ')}{_at(step)}".rstrip()
    if step.type == "OrderUpdated":
        return f"{said} {_changes(step, before)}".rstrip()
    if step.type == "OrderReleased" and event.get("released_price"):
        return f"{said} at {event['released_price']}"
    return said


def _at(step: Step) -> str:
    limit = "" if step.price is None else f" at {_text(step.price)}"
    return limit if step.trigger_price is None else f"{limit}, trigger {_text(step.trigger_price)}"


def _changes(step: Step, before: Step) -> str:
    changed = [
        f"{word} {show(old)} \N{RIGHTWARDS ARROW} {show(new)}"
        for (name, word), show in zip(_TERMS.items(), (_text, _text, _size), strict=True)
        if (new := getattr(step, name)) != (old := getattr(before, name))
    ]
    return ", ".join(changed)


def _number(text: str | None) -> Decimal | None:
    """None of what is no number: one event that says what it must not hides no other."""
    try:
        return number(text) if text else None
    except ValueError:
        return None


def _plain(name: object) -> str:
    return str(name).replace("_", " ").lower()


def _text(price: Decimal | None) -> str:
    """With the decimals it was told with."""
    return "?" if price is None else f"{price:,f}"


def _size(quantity: Decimal | None) -> str:
    return "?" if quantity is None else f"{quantity.normalize():,f}"
