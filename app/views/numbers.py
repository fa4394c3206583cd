"""Numbers: how prices, quantities, money, ages and times are written; `layout.theme` hands them to pages."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from nautilus_data.core.timerange import NS_PER_S

NOT_KNOWN = "\N{EN DASH}"
HIDDEN = "•••"


def price(value: float | Decimal | None, precision: int = 2) -> str:
    """`1,234.50`; a dash where not known."""
    return NOT_KNOWN if _is_unknown(value) else f"{value:,.{precision}f}"


def qty(value: float | Decimal | None) -> str:
    """`1,500` or `0.25`, no trailing zeros."""
    if _is_unknown(value):
        return NOT_KNOWN
    text = f"{Decimal(str(value)):,.9f}".rstrip("0").rstrip(".")
    return text or "0"


def money(value: float | Decimal | None, currency: str = "", signed: bool = False) -> str:
    """`-1,234.50 USD`; the sign always shown when `signed`."""
    if _is_unknown(value):
        return NOT_KNOWN
    return f"{value:{'+' if signed else ''},.2f} {currency}".strip()


def percent(fraction: float | None, digits: int = 2) -> str:
    """A fraction as `+1.25 %`."""
    return NOT_KNOWN if _is_unknown(fraction) else f"{fraction * 100:+.{digits}f} %"


def count(value: float | None) -> str:
    return NOT_KNOWN if _is_unknown(value) else f"{value:,.0f}"


def rate(per_s: float | None) -> str:
    """`12.4 /s`."""
    if _is_unknown(per_s):
        return NOT_KNOWN
    return f"{per_s:,.0f} /s" if per_s >= 100 else f"{per_s:.1f} /s"


def size(size_bytes: float | None) -> str:
    """`12.3 MB`, powers of 1000."""
    if _is_unknown(size_bytes):
        return NOT_KNOWN
    for unit in ("B", "kB", "MB", "GB"):
        if size_bytes < 1000:
            return f"{size_bytes:.0f} B" if unit == "B" else f"{size_bytes:.1f} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.1f} TB"


def age(seconds: float | None) -> str:
    """`0.4 s`, `12 s`, `3 min`, `5 h`, `2 d`; the header counts in the browser by the same steps."""
    if _is_unknown(seconds):
        return NOT_KNOWN
    seconds = max(0.0, seconds)
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    for limit, divisor, unit in ((99.5, 1, "s"), (5_970, 60, "min"), (172_800, 3_600, "h")):
        if seconds < limit:
            return f"{seconds / divisor:.0f} {unit}"
    return f"{seconds / 86_400:.0f} d"


def clock(ts: int, zone: str = "UTC", with_date: bool = True) -> str:
    """Nanoseconds as wall-clock time of a named zone; a dash for 0. The zone is to be named beside it."""
    if not ts:
        return NOT_KNOWN
    stamp = datetime.fromtimestamp(ts // NS_PER_S, UTC).astimezone(ZoneInfo(zone))
    return stamp.strftime("%Y-%m-%d %H:%M:%S" if with_date else "%H:%M:%S")


def day(ts: int, zone: str = "UTC") -> str:
    """Nanoseconds as a date."""
    return clock(ts, zone)[:10] if ts else NOT_KNOWN


def _is_unknown(value: float | Decimal | None) -> bool:
    return value is None or not math.isfinite(value)
