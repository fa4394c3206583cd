"""Position: what is held, told by its fills alone, as NautilusTrader counts it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Context, Decimal
from math import nan
from typing import Any, Protocol

from nautilus_data.core.dataset import POSITIONS

_ZERO = Decimal(0)
_WIDE = Context(prec=40, rounding=ROUND_HALF_UP)
# An exponent beyond any money or quantity would take whoever adds it up half a minute.
_MAX_EXPONENT = 40
_SIGNS = {"BUY": 1, "SELL": -1}
_KEPT_ORDERS = 1_000


class Fill(Protocol):
    """What a position needs to know of an OrderFilled."""

    event_id: str
    client_order_id: str
    strategy_id: str
    instrument_id: str
    account_id: str | None
    order_side: str | None
    last_qty: str | None
    last_px: str | None
    currency: str | None
    commission: str | None
    ts_event: int


@dataclass(frozen=True)
class Terms:
    """What of an instrument decides about profit; `currency` is the one profit is booked in, '' as the fill says."""

    multiplier: Decimal = Decimal(1)
    is_inverse: bool = False
    currency: str = ""


@dataclass(frozen=True, kw_only=True)
class Position:
    """One cycle of a position, from flat to flat.

    `realized_pnl` holds the commissions paid in its own currency, and is None while the instrument is not known.
    `is_exact` is False once a commission was paid in another: from 1.222 on it may be taken off the quantity.
    `last_event_ids` are the fills at `ts_last`; `order_ids` the last orders that filled it, oldest first.
    """

    strategy_id: str
    instrument_id: str
    account_id: str
    currency: str
    ts_opened: int
    ts_last: int
    ts_closed: int = 0
    signed_qty: Decimal = _ZERO
    peak_qty: Decimal = _ZERO
    closed_qty: Decimal = _ZERO
    avg_px_open: Decimal
    avg_px_close: Decimal | None = None
    realized_pnl: Decimal | None = None
    realized_return: Decimal = _ZERO
    is_exact: bool = True
    order_ids: tuple[str, ...] = ()
    last_event_ids: frozenset[str] = frozenset()

    @property
    def side(self) -> str:
        return "LONG" if self.signed_qty > 0 else "SHORT" if self.signed_qty < 0 else "FLAT"

    @property
    def is_open(self) -> bool:
        return self.signed_qty != 0


def replay(fills: Iterable[Fill], terms: Terms | None) -> list[Position]:
    """The cycles that fills in their order make, the current one last; raises ValueError on a fill that says no such.

    A fill that crosses zero ends one cycle and begins the next, and its commission is divided as the quantity is.
    """
    cycles: list[Position] = []
    for fill in fills:
        cycles[-1:] = apply(cycles[-1] if cycles else None, fill, terms)
    return cycles


def apply(current: Position | None, fill: Fill, terms: Terms | None) -> Iterator[Position]:
    """The cycle a fill came to and what became of it: itself, or itself at its end and the next one."""
    if current and fill.event_id in current.last_event_ids:
        yield current
        return
    signed, price = _SIGNS.get(fill.order_side or "", 0) * number(fill.last_qty), number(fill.last_px)
    if not signed:
        raise ValueError(f"not a fill: {fill.order_side} {fill.last_qty}")
    commission, currency = _commission(fill)
    if current and current.is_open and current.signed_qty * signed < 0:
        closing = min(abs(signed), abs(current.signed_qty)).copy_sign(signed)
        paid = _rounded(commission * closing / signed, commission)
        yield _close(current, fill, closing, price, (paid, currency), terms)
        signed, commission, current = signed - closing, commission - paid, None
        if not signed:
            return
    elif current and not current.is_open:
        yield current
        current = None
    yield _open(current or _begin(fill, price, terms), fill, signed, price, (commission, currency), terms)


def position_row(position: Position, trader_id: str, run_id: int, position_id: str, entry: int) -> tuple:
    """A row of POSITIONS."""
    close = position.avg_px_close
    values = {
        "trader_id": trader_id, "run_id": run_id, "position_id": position_id, "entry": entry,
        "ts_opened": position.ts_opened, "ts_closed": position.ts_closed, "ts_last": position.ts_last,
        "strategy_id": position.strategy_id, "instrument_id": position.instrument_id,
        "account_id": position.account_id, "currency": position.currency,
        "side": position.side, "signed_qty": f"{position.signed_qty:f}", "peak_qty": f"{position.peak_qty:f}",
        "avg_px_open": float(position.avg_px_open), "avg_px_close": nan if close is None else float(close),
        "realized_pnl": "" if position.realized_pnl is None else f"{position.realized_pnl:f}",
        "realized_return": nan if close is None else float(position.realized_return),
    }  # fmt: skip
    return tuple(values[name] for name in POSITIONS.columns)


def closed_row(row: Mapping[str, Any], at: int, entry: int) -> tuple:
    """A row of POSITIONS that ended, nobody knows how, before `at`."""
    unknown = {"avg_px_close": nan, "realized_pnl": "", "realized_return": nan}
    closed = {"side": "FLAT", "signed_qty": "0", "ts_closed": at, "ts_last": at, "entry": entry}
    return tuple({**row, **unknown, **closed}[name] for name in POSITIONS.columns)


def number(text: str | None) -> Decimal:
    """A finite Decimal of money's size; a ValueError says what it is not."""
    try:
        value = Decimal(text or "")
    except ArithmeticError:
        raise ValueError(f"not a number: {str(text)[:50]!r}") from None
    if not value.is_finite() or abs(value.adjusted()) > _MAX_EXPONENT:
        raise ValueError(f"not a number: {str(text)[:50]!r}")
    return value


def _begin(fill: Fill, price: Decimal, terms: Terms | None) -> Position:
    return Position(
        strategy_id=fill.strategy_id,
        instrument_id=fill.instrument_id,
        account_id=fill.account_id or "",
        currency=(terms.currency if terms else "") or fill.currency or "",
        ts_opened=fill.ts_event,
        ts_last=fill.ts_event,
        avg_px_open=price,
        realized_pnl=_ZERO if terms else None,
    )


def _open(
    position: Position, fill: Fill, signed: Decimal, price: Decimal, paid: tuple[Decimal, str], terms: Terms | None
) -> Position:
    """The position with more of it."""
    held = abs(position.signed_qty)
    average = (position.avg_px_open * held + price * abs(signed)) / (held + abs(signed))
    position = _paid(_touched(position, fill), _ZERO, paid, terms)
    quantity = position.signed_qty + signed
    return replace(position, signed_qty=quantity, peak_qty=max(position.peak_qty, abs(quantity)), avg_px_open=average)


def _close(
    position: Position, fill: Fill, signed: Decimal, price: Decimal, paid: tuple[Decimal, str], terms: Terms | None
) -> Position:
    """The position with less of it, or flat."""
    closed = position.closed_qty + abs(signed)
    average = ((position.avg_px_close or _ZERO) * position.closed_qty + price * abs(signed)) / closed
    profit = _points(position, price, terms) * abs(signed) * (terms.multiplier if terms else 1)
    position = _paid(_touched(position, fill), profit, paid, terms)
    opened, sign = position.avg_px_open, Decimal(1).copy_sign(position.signed_qty)
    return replace(
        position,
        signed_qty=position.signed_qty + signed,
        closed_qty=closed,
        avg_px_close=average,
        realized_return=(average - opened) * sign / opened if opened else _ZERO,
        ts_closed=0 if position.signed_qty + signed else fill.ts_event,
    )


def _points(position: Position, price: Decimal, terms: Terms | None) -> Decimal:
    opened, sign = position.avg_px_open, Decimal(1).copy_sign(position.signed_qty)
    if terms is None or not terms.is_inverse:
        return (price - opened) * sign
    return (1 / opened - 1 / price) * sign if opened and price else _ZERO


def _touched(position: Position, fill: Fill) -> Position:
    known = position.last_event_ids if fill.ts_event == position.ts_last else frozenset()
    orders = position.order_ids
    if fill.client_order_id not in orders[-1:]:
        orders = (*orders, fill.client_order_id)[-_KEPT_ORDERS:]
    return replace(position, ts_last=fill.ts_event, order_ids=orders, last_event_ids=known | {fill.event_id})


def _paid(position: Position, profit: Decimal, paid: tuple[Decimal, str], terms: Terms | None) -> Position:
    commission, currency = paid
    if commission and currency != position.currency:
        position = replace(position, is_exact=False)
    if terms is None or position.realized_pnl is None:
        return position
    if currency != position.currency:
        return replace(position, realized_pnl=position.realized_pnl + profit)
    # NautilusTrader's Money has its currency's decimals after each fill; the commission shows how many those are.
    return replace(position, realized_pnl=position.realized_pnl + _rounded(profit - commission, commission))


def _commission(fill: Fill) -> tuple[Decimal, str]:
    amount, _, currency = (fill.commission or "").partition(" ")
    return number(amount or "0"), currency


def _rounded(amount: Decimal, like: Decimal) -> Decimal:
    return amount.quantize(like, context=_WIDE)
