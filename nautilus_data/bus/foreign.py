"""Foreign: entries of a single stream that no NautilusTrader node wrote.

Their fields are `topic`, `payload` (a JSON object), `timestamp` and `message_type`: quote, trade or bar, which become
NautilusTrader's own records, or anything else, which is kept as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import msgspec

from nautilus_data.bus.payload import decode, nanoseconds, to_plain, too_large
from nautilus_data.bus.records import Bar, Garbage, QuoteTick, Raw, TradeTick
from nautilus_data.core.dataset import parse_timeframe

# The text of a number is exact, its float is not.
_json = msgspec.json.Decoder(float_hook=str).decode
_ERRORS = (msgspec.MsgspecError, ValueError, TypeError, ArithmeticError, RecursionError)
_MAX_EXPONENT = 40
_VENUE = "EXTERNAL"
# A bar that does not say how long it is.
_TIMEFRAME = "1-MINUTE"
_TIMES = ("ts_event", "timestamp", "time", "ts")
_SIDES = MappingProxyType({"B": "BUYER", "S": "SELLER"})
_SECONDS_END, _MILLISECONDS_END, _MICROSECONDS_END = 10**11, 10**14, 10**17


def read(topic: str, message_type: bytes, stamp: bytes, payload: bytes) -> Any:
    """A record of one foreign entry; Raw with its `message_type` where no other fits; never raises."""
    name = message_type[:100].decode(errors="backslashreplace")
    if reason := too_large(payload):
        return Garbage(reason, payload)
    if payload[:1] != b"{":
        body = decode(topic, payload)
        return Raw(name, body.data) if type(body) is Raw and not body.type else body
    try:
        return _record(topic, name, stamp, payload)
    except _ERRORS as error:
        return Garbage(str(error) or type(error).__name__, payload)


def _record(topic: str, name: str, stamp: bytes, payload: bytes) -> Any:
    data = _json(payload)
    if "type" in data and type(body := decode("", payload)) not in (Raw, Garbage):
        return body
    make = _MAKERS.get(_kind(name or topic.rpartition(".")[2]))
    if make is None:
        return Raw(name, to_plain(payload))
    try:
        return make(topic, data, _times(data, stamp))
    except (KeyError, *_ERRORS):
        return Raw(name, to_plain(payload))


def _kind(name: str) -> str:
    return name.lower().replace("_", "").removesuffix("s").removesuffix("tick")


def _quote(topic: str, data: dict[str, Any], times: tuple[int, int]) -> QuoteTick:
    bid, ask = _number(data, "bid", "bid_price"), _number(data, "ask", "ask_price")
    bid_size = _number(data, "bid_size", "bid_qty", "bid_quantity", default="0")
    ask_size = _number(data, "ask_size", "ask_qty", "ask_quantity", default="0")
    return QuoteTick(_instrument_id(topic, data), bid, ask, bid_size, ask_size, *times)


def _trade(topic: str, data: dict[str, Any], times: tuple[int, int]) -> TradeTick:
    size = _number(data, "size", "volume", "quantity", "qty", "last_size", default="0")
    side = _text(data, "aggressor_side", "side").upper()
    return TradeTick(
        _instrument_id(topic, data), _number(data, "price", "last", "last_price"), size,
        _SIDES.get(side[:1], "NO_AGGRESSOR"), _text(data, "trade_id", "id"), *times,
    )  # fmt: skip


def _bar(topic: str, data: dict[str, Any], times: tuple[int, int]) -> Bar:
    timeframe = parse_timeframe(_text(data, "timeframe", "interval") or _TIMEFRAME)
    bar_type = _text(data, "bar_type") or f"{_instrument_id(topic, data)}-{timeframe}-LAST-EXTERNAL"
    prices = (_number(data, name, name[0]) for name in ("open", "high", "low", "close"))
    return Bar(bar_type, *prices, _number(data, "volume", "v", default="0"), *times)


def _instrument_id(topic: str, data: dict[str, Any]) -> str:
    """`SYMBOL.VENUE`; an id that has a venue stays, a symbol without one is of EXTERNAL."""
    if "." in (instrument_id := _text(data, "instrument_id")):
        return instrument_id
    symbol = instrument_id or _text(data, "symbol", "ticker") or _symbol_in(topic)
    venue = _text(data, "venue", "exchange")
    if not symbol:
        raise KeyError("symbol")
    has_venue = all(symbol.rpartition(".")[::2])
    return symbol if has_venue and not venue else f"{symbol}.{venue or _VENUE}"


def _symbol_in(topic: str) -> str:
    """`EURUSD` of `market.eurusd.quote`."""
    parts = topic.split(".")
    return parts[1].upper() if len(parts) > 2 else ""


def _times(data: dict[str, Any], stamp: bytes) -> tuple[int, int]:
    """`(ts_event, ts_init)`: the payload's own times, or the entry's."""
    told = next((data[name] for name in _TIMES if data.get(name) not in (None, "")), stamp.decode(errors="replace"))
    happened = _ns(told)
    return happened, _ns(data["ts_init"]) if data.get("ts_init") else happened


def _ns(value: Any) -> int:
    """Nanoseconds of a time in seconds, milli-, micro- or nanoseconds, known by its size, or of ISO 8601."""
    text = _plain(value)
    if not text.replace(".", "", 1).isdigit():
        text = str(nanoseconds(text))
    number = Decimal(text)
    for end, scale in ((_SECONDS_END, 9), (_MILLISECONDS_END, 6), (_MICROSECONDS_END, 3)):
        if number < end:
            number = number.scaleb(scale)
            break
    if number >= 2**63:
        raise ValueError("time out of range")
    return int(number)


def _number(data: dict[str, Any], *names: str, default: str | None = None) -> str:
    """The exact text of the first of these keys that is there; raises KeyError when none is."""
    for name in names:
        if (value := data.get(name)) is not None:
            return _plain(value)
    if default is None:
        raise KeyError(names[0])
    return default


def _plain(value: Any) -> str:
    """`0.0000001` of `1e-7`: digits alone, as NautilusTrader writes them."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"not a number: {str(value)[:50]}")
    text = str(value)
    if "e" not in text.lower():
        return text
    number = Decimal(text)
    if not number.is_finite() or abs(number.adjusted()) > _MAX_EXPONENT:
        raise ValueError(f"not a number: {text[:50]}")
    return f"{number:f}"


def _text(data: dict[str, Any], *names: str) -> str:
    for name in names:
        if isinstance(value := data.get(name), str | int) and not isinstance(value, bool) and value != "":
            return str(value)
    return ""


_MAKERS: MappingProxyType[str, Callable[[str, dict[str, Any], tuple[int, int]], Any]] = MappingProxyType(
    {"quote": _quote, "trade": _trade, "bar": _bar, "candle": _bar, "kline": _bar, "ohlc": _bar, "ohlcv": _bar}
)
