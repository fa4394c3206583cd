"""Executions: what a chart draws of trades — fills on their bars, links with P&L, order marks, working orders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from app.views import numbers
from app.views.table import money, number
from nautilus_data.core.round_trip import Link, RoundTrip, RoundTrips
from nautilus_data.core.timerange import NS_PER_S

# More are summed up per bar.
MOST_FILLS = 2_000
_NS_PER_MS = 1_000_000
_FILLS = ("id", "bar", "price", "side", "share", "state", "trader", "run", "order", "text")
_SUMS = ("id", "bar", "price", "side", "share", "text")
_LINKS = ("id", "from", "from_price", "to", "to_price", "sign", "label", "text")
_LOTS = ("id", "from", "from_price", "side", "text")
_MARKS = ("id", "bar", "price", "from_price", "kind", "trader", "run", "order", "text")
_WORKING = ("id", "price", "kind", "side", "label", "trader", "run", "order", "text")


def executions_payload(
    fills: pd.DataFrame,
    trips: RoundTrips,
    marks: pd.DataFrame | None,
    working: pd.DataFrame | None,
    bar_times: np.ndarray,
    zone: str,
    precision: int,
) -> dict[str, Any]:
    """What `chart/executions.js` shows, lists by column: times as ms floats, prices as floats beside exact texts.

    The `text` of each is a list of places in `lines`, for many say the same.
    `bar_times` are closes of the drawn bars in ns, rising; all that happened stands on the first bar that closes at or
    after it, what is older than them is left out. More than MOST_FILLS are summed up per bar and side, which needs no
    more than the columns of `Executions.traded`; links are left out then, and `note` says so.
    """
    bars = _Bars(bar_times)
    is_summed = len(fills) > MOST_FILLS
    notes = []
    if is_summed:
        notes.append(f"{len(fills):,} fills, summed up per bar: zoom in to see each")
    if fills.attrs.get("cut"):
        notes.append(f"the newest {len(fills):,} fills only")
    if trips.is_cut and not is_summed:
        notes.append(f"the newest {len(trips.trips):,} round trips only")
    if marks is not None and marks.attrs.get("cut"):
        notes.append(f"the newest {len(marks):,} order events only")
    payload = {
        "fills": _columns(_FILLS, [] if is_summed else _fills(fills, bars, zone)),
        "sums": _columns(_SUMS, _sums(fills, bars, precision) if is_summed else []),
        "links": _columns(_LINKS, [] if is_summed else _links(trips.trips, bars, precision)),
        "lots": _columns(_LOTS, [] if is_summed else _lots(trips.trips, bars)),
        "marks": _columns(_MARKS, [] if marks is None else _marks(marks, bars, zone)),
        "working": _columns(_WORKING, [] if working is None else _working(working, zone)),
    }
    return {**payload, "lines": _told_once(payload), "note": "; ".join(notes)}


def life_payload(life: pd.DataFrame, zone: str, precision: int) -> dict[str, Any]:
    """The whole life of an order for its card: a heading, what is special about it, a row for each event."""
    order = life.attrs
    rows = [
        {"time": _time(row.ts_event, zone), "words": row.words, "reason": row.reason,
         "bar": "" if row.ts_plot == row.ts_event else numbers.clock(int(row.ts_plot), zone)}
        for row in life.itertuples(index=False)
    ]  # fmt: skip
    average = numbers.price(order.get("avg_px"), precision)
    done = f"{_exact(order.get('filled_qty') or 0)} of {_exact(order.get('quantity'))} filled"
    return {
        "trader": order.get("trader_id", ""),
        "run": str(order.get("run_id", "")),
        "order": order.get("client_order_id", ""),
        "title": f"{order.get('side', '')} {_exact(order.get('quantity'))} {_plain(order.get('type', ''))}".strip(),
        "status": _plain(order.get("status", "") or "unknown order"),
        "notes": [done + ("" if average == numbers.NOT_KNOWN else f" at {average}"), *order.get("notes", [])],
        "zone": zone,
        "rows": rows,
    }


class _Bars:
    """Where times stand among the drawn bars."""

    def __init__(self, closes: np.ndarray) -> None:
        self._closes = np.asarray(closes, "int64")
        self._step = int(np.median(np.diff(self._closes))) if len(self._closes) > 1 else NS_PER_S

    def of(self, times: Any) -> np.ndarray:
        """Close in ns of the bar that holds each; one yet to come where all are older, 0 where all are newer."""
        times, closes = np.asarray(times, "int64"), self._closes
        if not len(closes):
            return np.zeros(len(times), "int64")
        place = np.searchsorted(closes, times)
        found = closes[np.minimum(place, len(closes) - 1)]
        coming = closes[-1] + -(-(times - closes[-1]) // self._step) * self._step
        found = np.where(place == len(closes), coming, found)
        return np.where(times <= closes[0] - self._step, 0, found)


def _fills(fills: pd.DataFrame, bars: _Bars, zone: str) -> list[tuple]:
    at, share = bars.of(fills["ts_plot"]), _shares(fills["last_qty"])
    return [
        (row.event_id, _ms(bar), float(row.last_px), row.side, size, _state(row), row.trader_id, str(row.run_id),
         row.client_order_id, _fill_text(row, zone))
        for row, bar, size in zip(fills.itertuples(index=False), at, share, strict=True)
        if bar
    ]  # fmt: skip


def _state(fill: tuple) -> str:
    """void: counts no more; part: its order is not complete with it; whole."""
    if fill.voided_qty and fill.voided_qty >= fill.last_qty:
        return "void"
    return "whole" if fill.is_complete else "part"


def _fill_text(fill: tuple, zone: str) -> list[str]:
    """Lines of a card."""
    lines = [
        f"{fill.side} {_exact(fill.last_qty)} at {fill.last_px:,f}",
        _time(fill.ts_event, zone) if fill.ts_event == fill.ts_plot else _replayed(fill.ts_plot, fill.ts_event, zone),
        f"{_plain(fill.type)} order {fill.client_order_id}",
    ]
    if fill.order_qty is not None:
        lines.append(f"fill {fill.part} of its order, {_exact(fill.cum_qty)} of {_exact(fill.order_qty)} filled")
    if fill.voided_qty:
        lines.append(f"voided: {_exact(fill.voided_qty)} of it counts no more")
    if fill.commission is not None:
        lines.append(f"commission {money(fill.commission)} {fill.commission_currency}")
    lines.append(" · ".join(filter(None, [_plain(fill.liquidity_side), f"trade {fill.trade_id}"])))
    lines.append(f"{fill.strategy_id} · position {fill.position_id or numbers.NOT_KNOWN} · {fill.trader_id}")
    return lines


def _sums(fills: pd.DataFrame, bars: _Bars, precision: int) -> list[tuple]:
    quantity, price = fills["last_qty"].astype("float64"), fills["last_px"].astype("float64")
    made = pd.DataFrame(
        {"bar": bars.of(fills["ts_plot"]), "side": fills["side"].to_numpy(), "qty": quantity.to_numpy()}
    )
    made = made.assign(cost=made["qty"] * price.to_numpy(), count=1)
    made = made[made["bar"] > 0].groupby(["bar", "side"], as_index=False).sum()
    share = _shares(made["qty"])
    return [
        (f"{row.bar} {row.side}", _ms(row.bar), row.cost / row.qty, row.side, size,
         [f"{row.count:,} {'buys' if row.side == 'BUY' else 'sells'}",
          f"{numbers.qty(round(row.qty, 9))} at {numbers.price(row.cost / row.qty, precision)} on average"])
        for row, size in zip(made.itertuples(index=False), share, strict=True)
        if row.qty
    ]  # fmt: skip


def _links(trips: Sequence[RoundTrip], bars: _Bars, precision: int) -> list[tuple]:
    """One for each trip and pair of bars: partial fills that share both are one line at their average prices."""
    rows = []
    for trip in trips:
        ends = [(link.entry.ts_plot, link.exit.ts_plot) for link in trip.links]
        at = bars.of([time for pair in ends for time in pair]).reshape(-1, 2) if ends else np.zeros((0, 2), "int64")
        pairs: dict[tuple[int, int], list[Link]] = {}
        for link, (entry, exit) in zip(trip.links, at.tolist(), strict=True):
            if exit:
                # An entry before the first bar is drawn from where the chart begins.
                pairs.setdefault((entry or link.entry.ts_plot, exit), []).append(link)
        rows += [_link(trip, pair, links, precision) for pair, links in pairs.items()]
    return rows


def _link(trip: RoundTrip, bars: tuple[int, int], links: Sequence[Link], precision: int) -> tuple:
    quantity = sum(link.qty for link in links)
    entry, exit = (sum(getattr(link, name).price * link.qty for link in links) / quantity for name in ("entry", "exit"))
    pnl = None if any(link.pnl is None for link in links) else sum(link.pnl for link in links)
    label = "" if pnl is None else f"{money(pnl, is_signed=True)} {trip.currency}".strip()
    words = f"{_exact(quantity)} {trip.side.lower()}: {_price(entry, precision)} \N{RIGHTWARDS ARROW}"
    first = f"{words} {_price(exit, precision)}" + (f", {label} before commissions" if label else "")
    sign = 0 if pnl is None else (pnl > 0) - (pnl < 0)
    name = f"{_name(trip)} {bars[0]} {bars[1]}"
    return name, _ms(bars[0]), float(entry), _ms(bars[1]), float(exit), sign, label, [first, *_trip_text(trip)]


def _name(trip: RoundTrip) -> str:
    return f"{trip.position.trader_id} {trip.position.position_id} {trip.ts_opened}"


def _trip_text(trip: RoundTrip) -> list[str]:
    lines = []
    if trip.pnl is not None:
        gained = f" ({numbers.percent(trip.return_fraction)})" if trip.return_fraction is not None else ""
        lines.append(f"the position made {money(trip.pnl, is_signed=True)} {trip.currency}{gained} before commissions")
    if paid := ", ".join(f"{money(amount)} {currency}" for currency, amount in trip.paid.items()):
        lines.append(f"commissions {paid}")
    if trip.booked_pnl is not None:
        lines.append(f"booked {money(trip.booked_pnl, is_signed=True)} {trip.currency}")
    if trip.lasted_ns is not None:
        lines.append(f"held {numbers.age(trip.lasted_ns / NS_PER_S)}")
    else:
        lines.append(f"{_exact(sum(lot.qty for lot in trip.lots))} still open")
    lines.append(f"{trip.position.strategy_id} · position {trip.position.position_id} · {trip.position.trader_id}")
    return lines


def _lots(trips: Sequence[RoundTrip], bars: _Bars) -> list[tuple]:
    """What is still held, one for each bar it was bought on."""
    rows = []
    for trip in (trip for trip in trips if trip.lots):
        held: dict[int, list] = {}
        at = bars.of([lot.entry.ts_plot for lot in trip.lots])
        for lot, bar in zip(trip.lots, at.tolist(), strict=True):
            held.setdefault(bar or lot.entry.ts_plot, []).append(lot)
        for bar, lots in held.items():
            quantity = sum(lot.qty for lot in lots)
            price = sum(lot.entry.price * lot.qty for lot in lots) / quantity
            text = [f"{_exact(quantity)} {trip.side.lower()} since", *_trip_text(trip)]
            rows.append((f"{_name(trip)} {bar}", _ms(bar), float(price), trip.side, text))
    return rows


def _marks(marks: pd.DataFrame, bars: _Bars, zone: str) -> list[tuple]:
    at = bars.of(marks["ts_plot"])
    return [
        (row.event_id, _ms(bar), _float(row.price), _float(row.from_price), row.kind, row.trader_id, str(row.run_id),
         row.client_order_id, _mark_text(row, zone))
        for row, bar in zip(marks.itertuples(index=False), at, strict=True)
        if bar
    ]  # fmt: skip


def _mark_text(mark: tuple, zone: str) -> list[str]:
    own = mark.ts_event == mark.ts_plot
    time = _time(mark.ts_event, zone) if own else _replayed(mark.ts_plot, mark.ts_event, zone)
    about = "" if mark.is_exact else "the bar is estimated: nobody saw when it was replayed"
    order = f"{mark.side} {_exact(mark.quantity)} {_plain(mark.type)} order {mark.client_order_id}".strip()
    return [line for line in (mark.words, mark.reason, time, about, order, f"{mark.strategy_id}") if line]


def _working(orders: pd.DataFrame, zone: str) -> list[tuple]:
    """A line at the limit, and one at the trigger; an order that has neither stands nowhere."""
    return [
        _level(row, kind, price, zone)
        for row in orders.itertuples(index=False)
        for kind, price in (("limit", row.price), ("trigger", row.trigger_price))
        if price is not None
    ]


def _level(order: tuple, kind: str, price: Decimal, zone: str) -> tuple:
    label = f"{order.side} {_exact(order.left_qty)} {_short(order.type, kind)} {price:,f}"
    name = f"{order.trader_id} {order.client_order_id} {kind}"
    text = _working_text(order, label, zone)
    whose = (order.trader_id, str(order.run_id), order.client_order_id)
    return name, float(price), kind, order.side, label, *whose, text


def _working_text(order: tuple, label: str, zone: str) -> list[str]:
    filled = f"{_exact(order.filled_qty)} of {_exact(order.quantity)} filled"
    since = f"since {_time(order.ts_since, zone)}" if order.ts_since else ""
    terms = " · ".join(filter(None, [_plain(order.status), order.time_in_force, *order.notes]))
    names = f"{order.strategy_id} · order {order.client_order_id} · {order.trader_id}"
    return [line for line in (label, filled, terms, since, names) if line]


def _short(order_type: str, kind: str) -> str:
    """`LMT`, `STP`, `TRAIL`; of a stop's two lines each is its own."""
    if kind == "limit":
        return "LMT"
    return "TRAIL" if order_type.startswith("TRAILING") else "MIT" if "TOUCHED" in order_type else "STP"


def _replayed(bar: int, ts_event: int, zone: str) -> str:
    return f"bar {numbers.clock(int(bar), zone)} {zone}, replayed at {_time(ts_event, zone)}"


def _time(ts: int, zone: str) -> str:
    """To the millisecond."""
    return f"{numbers.clock(int(ts), zone)}.{int(ts) // _NS_PER_MS % 1_000:03} {zone}"


def _plain(name: str) -> str:
    return name.replace("_", " ").lower()


def _exact(value: Any) -> str:
    """All the decimals it has, without zeros that say nothing."""
    if value is None:
        return numbers.NOT_KNOWN
    told = Decimal(value).normalize()
    return number(told, max(0, -told.as_tuple().exponent))


def _price(value: Decimal, precision: int) -> str:
    return numbers.price(value, precision)


def _shares(quantities: pd.Series) -> list[float]:
    """Of the largest, 0 to 1."""
    sizes = quantities.astype("float64").to_numpy()
    return (sizes / sizes.max()).round(4).tolist() if len(sizes) and sizes.max() > 0 else [1.0] * len(sizes)


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _ms(ns: int) -> float:
    return int(ns) / _NS_PER_MS


def _told_once(payload: Mapping[str, dict[str, list[Any]]]) -> list[str]:
    """All lines of texts; in their place, where they are among them."""
    lines: dict[str, int] = {}
    for columns in payload.values():
        columns["text"] = [[lines.setdefault(line, len(lines)) for line in text] for text in columns["text"]]
    return list(lines)


def _columns(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, list[Any]]:
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}
