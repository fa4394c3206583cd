"""Round trip: the entries of a position linked to the exits that closed them, first in, first out."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from decimal import Context, Decimal
from types import MappingProxyType

from nautilus_data.core.position import Terms

_ZERO = Decimal(0)
_WIDE = Context(prec=60)
_SMALLEST = Decimal("1e-8")
_SIGNS = MappingProxyType({"BUY": 1, "SELL": -1})


@dataclass(frozen=True)
class PositionKey:
    """Whose position it is."""

    trader_id: str
    run_id: int
    position_id: str
    strategy_id: str
    instrument_id: str


@dataclass(frozen=True)
class Execution:
    """What of a fill counts; `ts_plot` is where it stands on a chart, both times in ns."""

    event_id: str
    side: str
    qty: Decimal
    price: Decimal
    ts_event: int
    ts_plot: int
    commission: Decimal = _ZERO
    commission_currency: str = ""

    @property
    def signed(self) -> Decimal:
        return self.qty * _SIGNS[self.side]


@dataclass(frozen=True)
class Link:
    """A quantity and the two fills it was bought and sold in; `cost` is what it took to enter.

    `pnl` is before commissions; None, as `cost` is, while nobody told of the instrument's size.
    """

    entry: Execution
    exit: Execution
    qty: Decimal
    pnl: Decimal | None
    cost: Decimal | None


@dataclass(frozen=True)
class Lot:
    """What of an entry is still held."""

    entry: Execution
    qty: Decimal


@dataclass(frozen=True)
class RoundTrip:
    """One cycle of a position, from flat to flat; `ts_closed` is 0 while something is held.

    `booked_pnl` is what NautilusTrader says was realized, commissions in it. Before commissions a closed trip's `pnl`
    is the same but for the rounding of each fill; while part of it is open the two differ, for NautilusTrader takes
    the average entry where this takes the first; and so they do for inverse contracts entered at several prices.
    """

    position: PositionKey
    side: str
    currency: str
    ts_opened: int
    ts_closed: int
    links: tuple[Link, ...]
    lots: tuple[Lot, ...]
    paid: Mapping[str, Decimal]
    booked_pnl: Decimal | None = None

    @property
    def is_open(self) -> bool:
        return not self.ts_closed

    @property
    def pnl(self) -> Decimal | None:
        """Realized, before commissions."""
        return None if any(link.pnl is None for link in self.links) else sum((x.pnl for x in self.links), _ZERO)

    @property
    def net_pnl(self) -> Decimal | None:
        """Realized, less the commissions paid in the same currency."""
        return None if self.pnl is None else self.pnl - self.paid.get(self.currency, _ZERO)

    @property
    def return_fraction(self) -> float | None:
        """Realized before commissions, of what it took to enter; None when nothing was closed."""
        pnl, costs = self.pnl, [link.cost for link in self.links]
        cost = _ZERO if pnl is None else sum(costs, _ZERO)
        return float(pnl / cost) if cost else None

    @property
    def lasted_ns(self) -> int | None:
        """From the first entry to the last exit on the chart; None while it is open."""
        return None if self.is_open or not self.links else self.links[-1].exit.ts_plot - self.links[0].entry.ts_plot


@dataclass(frozen=True)
class RoundTrips:
    """The newest trips in order of their opening; `is_cut` when there were more."""

    trips: tuple[RoundTrip, ...] = ()
    is_cut: bool = False


def match(
    position: PositionKey,
    fills: Iterable[Execution],
    terms: Terms | None,
    currency: str,
    closes: Set[int] = frozenset(),
) -> list[RoundTrip]:
    """The trips that a position's fills make, in their order, from flat on.

    A fill that crosses zero ends one trip and begins the next, its commission divided as the quantity is. `closes`
    are times at which NautilusTrader said the position was flat: dust that a commission left is held no longer.
    """
    ledger = _Ledger(position, terms, currency, closes)
    for fill in fills:
        if fill.qty:
            ledger.take(fill)
    return ledger.trips()


@dataclass
class _Cycle:
    """A trip that is being told."""

    side: str
    ts_opened: int
    links: list[Link] = field(default_factory=list)
    lots: deque[Lot] = field(default_factory=deque)
    paid: dict[str, Decimal] = field(default_factory=dict)

    def pay(self, fill: Execution, share: Decimal) -> None:
        if fill.commission:
            self.paid[fill.commission_currency] = self.paid.get(fill.commission_currency, _ZERO) + share

    def close(self, fill: Execution, terms: Terms | None) -> Decimal:
        """Take the oldest lots off; what of the fill is left."""
        left = fill.qty
        while left and self.lots:
            lot = self.lots.popleft()
            taken = min(left, lot.qty)
            self.links.append(_link(lot.entry, fill, taken, self.side, terms))
            left -= taken
            if taken < lot.qty:
                self.lots.appendleft(replace(lot, qty=lot.qty - taken))
        return left


class _Ledger:
    """The trips of one position, told fill by fill."""

    def __init__(self, position: PositionKey, terms: Terms | None, currency: str, closes: Set[int]) -> None:
        self._position, self._terms, self._currency, self._closes = position, terms, currency, closes
        self._done: list[RoundTrip] = []
        self._cycle: _Cycle | None = None
        self._last = 0

    def take(self, fill: Execution) -> None:
        if fill.ts_event > self._last and self._is_said_flat():
            self._finish(self._last)
        self._last, left = fill.ts_event, fill.qty
        if self._cycle and self._cycle.side != fill.side:
            left = self._cycle.close(fill, self._terms)
            self._cycle.pay(fill, fill.commission - _share(fill, left))
            if not self._cycle.lots:
                self._finish(fill.ts_event)
        if left:
            self._cycle = self._cycle or _Cycle(fill.side, fill.ts_event)
            self._cycle.lots.append(Lot(fill, left))
            self._cycle.pay(fill, _share(fill, left))

    def trips(self) -> list[RoundTrip]:
        if self._cycle:
            self._finish(self._last if self._is_said_flat() else 0)
        return self._done

    def _is_said_flat(self) -> bool:
        return bool(self._cycle and self._cycle.ts_opened < self._last and self._last in self._closes)

    def _finish(self, ts_closed: int) -> None:
        cycle, self._cycle = self._cycle, None
        trip = RoundTrip(
            position=self._position,
            side="LONG" if cycle.side == "BUY" else "SHORT",
            currency=self._currency,
            ts_opened=cycle.ts_opened,
            ts_closed=ts_closed,
            links=tuple(cycle.links),
            lots=() if ts_closed else tuple(cycle.lots),
            paid=MappingProxyType(cycle.paid),
        )
        self._done.append(trip)


def begin(fills: Sequence[Execution], at: int, until: int, peak_qty: Decimal) -> list[Execution]:
    """Fills of a cycle that began at `at` with what a flip left over, and of all that came after.

    What the flip closed is not its own: of the fills at `at` only as much is, as with the later ones up to `until`
    makes the most that was held.
    """
    first = [fill for fill in fills if fill.ts_event == at]
    rest = [fill for fill in fills if fill.ts_event > at]
    if not first:
        return rest
    side, held, most = first[-1].side, _ZERO, _ZERO
    for fill in rest:
        if fill.ts_event <= until:
            held += fill.qty if fill.side == side else -fill.qty
            most = max(most, held)
    left, own = peak_qty - most, []
    for fill in reversed([fill for fill in first if fill.side == side]):
        if left > 0:
            taken = min(left, fill.qty)
            own.append(replace(fill, qty=taken, commission=_share(fill, taken)))
            left -= taken
    return [*reversed(own), *rest]


def _link(entry: Execution, exit: Execution, qty: Decimal, side: str, terms: Terms | None) -> Link:
    if terms is None:
        return Link(entry, exit, qty, None, None)
    sign, size = _SIGNS[side], qty * terms.multiplier
    if not terms.is_inverse:
        return Link(entry, exit, qty, (exit.price - entry.price) * sign * size, abs(entry.price) * size)
    if not (entry.price and exit.price):
        return Link(entry, exit, qty, _ZERO, _ZERO)
    pnl = (1 / entry.price - 1 / exit.price) * sign * size
    return Link(entry, exit, qty, pnl.quantize(_SMALLEST, context=_WIDE), abs(size / entry.price))


def _share(fill: Execution, qty: Decimal) -> Decimal:
    """The commission of what a fill opens: what is left of it once the part that closes has paid, rounded as booked."""
    if qty in (0, fill.qty):
        return fill.commission if qty else _ZERO
    return fill.commission - (fill.commission * (fill.qty - qty) / fill.qty).quantize(fill.commission, context=_WIDE)
