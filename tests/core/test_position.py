"""Positions told by fills: as NautilusTrader tells them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from nautilus_data.bus import decode
from nautilus_data.core.dataset import POSITIONS
from nautilus_data.core.position import Position, Terms, apply, closed_row, position_row, replay
from tests.bus.recordings import entries
from tests.bus.wire import FILL, TS, pack

LINEAR = Terms(Decimal(1), False, "USD")
# A unit of the currency for each fill: NautilusTrader adds in floats, and halves fall either way.
UNIT = {"USD": Decimal("0.01"), "USDT": Decimal("1e-8"), "BTC": Decimal("1e-8")}


def fill(number: int, side: str, qty: str, px: str, **fields: object):
    body = {"event_id": f"f-{number}", "client_order_id": f"O-{number}", "order_side": side, "last_qty": qty,
            "last_px": px, "commission": "1.00 USD", "ts_event": str(TS + number)}  # fmt: skip
    return decode("events.fills.X", pack(FILL | body | fields))


def test_a_position_is_averaged_reduced_and_closed() -> None:
    fills = [fill(1, "BUY", "10", "100"), fill(2, "BUY", "30", "104"), fill(3, "SELL", "15", "110")]
    held = replay(fills, LINEAR)[-1]
    assert (held.side, held.signed_qty, held.peak_qty) == ("LONG", Decimal(25), Decimal(40))
    assert (held.avg_px_open, held.avg_px_close, held.realized_pnl) == (103, 110, Decimal("102.00"))
    [closed] = replay([*fills, fill(4, "SELL", "25", "100")], LINEAR)
    assert (closed.side, closed.is_open, closed.ts_opened, closed.ts_closed) == ("FLAT", False, TS + 1, TS + 4)
    assert closed.realized_pnl == Decimal("26.00")
    assert closed.order_ids == ("O-1", "O-2", "O-3", "O-4")


def test_a_cycle_begins_whenever_nothing_is_held() -> None:
    fills = [fill(1, "SELL", "1", "5"), fill(2, "BUY", "1", "4"), fill(3, "SELL", "2", "6")]
    first, second = replay(fills, LINEAR)
    assert (first.realized_pnl, first.ts_closed) == (Decimal("-1.00"), TS + 2)
    assert (second.side, second.ts_opened, second.realized_pnl) == ("SHORT", TS + 3, Decimal("-1.00"))


def test_a_fill_across_zero_is_divided_with_its_commission() -> None:
    first, second = replay([fill(1, "BUY", "2", "10"), fill(2, "SELL", "3", "11", commission="0.90 USD")], LINEAR)
    assert (first.side, first.realized_pnl) == ("FLAT", Decimal("0.40"))
    assert (second.signed_qty, second.avg_px_open, second.realized_pnl) == (-1, 11, Decimal("-0.30"))


def test_an_inverse_contract_earns_its_base_currency() -> None:
    terms = Terms(Decimal(1), True, "BTC")
    fills = [fill(1, "BUY", "100000", "50000", commission="0.00100000 BTC"),
             fill(2, "SELL", "100000", "62500", commission="0.00000000 BTC")]  # fmt: skip
    [closed] = replay(fills, terms)
    assert (closed.realized_pnl, closed.currency) == (Decimal("0.39900000"), "BTC")


def test_an_instrument_not_known_leaves_profit_not_known() -> None:
    [held] = replay([fill(1, "BUY", "1", "5"), fill(2, "SELL", "0.5", "6")], None)
    assert (held.realized_pnl, held.signed_qty, held.currency) == (None, Decimal("0.5"), "USD")
    assert dict(zip(POSITIONS.columns, position_row(held, "T-1", 7, "P-1", 9), strict=True))["realized_pnl"] == ""


def test_a_commission_in_another_currency_is_no_part_of_profit() -> None:
    [held] = replay([fill(1, "BUY", "1", "5", commission="0.001 BTC")], LINEAR)
    assert (held.realized_pnl, held.is_exact) == (0, False)


def test_the_same_fill_twice_counts_once() -> None:
    same = fill(1, "BUY", "1", "5")
    assert replay([same, same], LINEAR)[-1].signed_qty == 1


@pytest.mark.parametrize(
    "wrong", [{"last_qty": "x"}, {"last_px": "NaN"}, {"order_side": "?"}, {"last_qty": "1e999999"}, {"last_px": None}]
)
def test_what_is_no_fill_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match="not a"):
        replay([decode("events.fills.X", pack(FILL | wrong))], LINEAR)


def test_rows_are_in_the_order_of_their_columns() -> None:
    [held] = replay([fill(1, "SELL", "2.50", "5")], LINEAR)
    row = dict(zip(POSITIONS.columns, position_row(held, "T-1", 7, "P-1", 9), strict=True))
    assert (row["side"], row["signed_qty"], row["run_id"], row["entry"]) == ("SHORT", "-2.50", 7, 9)
    closed = dict(zip(POSITIONS.columns, closed_row(row, TS + 5, 10), strict=True))
    assert (closed["side"], closed["ts_closed"], closed["realized_pnl"]) == ("FLAT", TS + 5, "")


def test_every_position_event_of_a_recorded_run_is_what_its_fills_say() -> None:
    """A backtest of one stream per topic: the events of positions beside the fills, flips undivided."""
    terms: dict[str, Terms] = {}
    held: dict[str, list[Position]] = {}
    states: dict[tuple, Position] = {}
    events = []
    for _, _, fields in entries("1-backtest-msgpack-stream-per-topic"):
        topic, payload = fields["topic"].decode(), fields["payload"]
        if topic.startswith("data.instrument."):
            item = decode(topic, payload)
            currency = item.base_currency if item.is_inverse else item.quote_currency
            terms[item.id] = Terms(Decimal(item.multiplier), item.is_inverse, currency)
        elif topic.startswith("events.order.") and (body := decode(topic, payload)).is_fill:
            cycles = held.setdefault(body.position_id, [])
            fresh = list(apply(cycles[-1] if cycles else None, body, terms[body.instrument_id]))
            cycles[-1:] = fresh
            states.update({(body.position_id, one.ts_opened, one.ts_last, one.signed_qty): one for one in fresh})
        elif topic.startswith("events.position."):
            events.append(decode(topic, payload))
    assert len(events) > 100
    for event in events:
        signed = Decimal(event.quantity).copy_sign(-1 if event.side == "SHORT" else 1)
        last = event.ts_event or event.ts_closed
        found = states[event.position_id, event.ts_opened or last, last, signed if signed else Decimal(0)]
        assert (found.side, found.peak_qty) == (event.side, Decimal(event.peak_qty))
        assert float(found.avg_px_open) == pytest.approx(event.avg_px_open, rel=1e-12)
        assert float(found.avg_px_close or 0) == pytest.approx(event.avg_px_close or 0, rel=1e-12)
        amount, _, currency = event.realized_pnl.partition(" ")
        assert found.currency == currency
        assert abs(found.realized_pnl - Decimal(amount)) <= UNIT[currency] * 100


@pytest.mark.parametrize("name", ["linear", "inverse"])
def test_nautilus_traders_own_position_says_the_same(name: str) -> None:
    pytest.importorskip("nautilus_trader")
    from nautilus_trader.model.enums import OrderSide
    from nautilus_trader.model.identifiers import PositionId, TradeId
    from nautilus_trader.model.objects import Price, Quantity
    from nautilus_trader.model.position import Position as Theirs
    from nautilus_trader.test_kit.providers import TestInstrumentProvider
    from nautilus_trader.test_kit.stubs.events import TestEventStubs
    from nautilus_trader.test_kit.stubs.execution import TestExecStubs

    is_inverse = name == "inverse"
    instrument = TestInstrumentProvider.xbtusd_bitmex() if is_inverse else TestInstrumentProvider.btcusdt_binance()
    terms = Terms(Decimal(str(instrument.multiplier)), is_inverse, "BTC" if is_inverse else "USDT")
    trades = [(1, 3, 50000), (1, 5, 50512.5), (-1, 2, 51000), (-1, 6, 48000.5), (-1, 4, 49000), (1, 1, 47000)]
    theirs, ours = None, []
    for number, (sign, qty, px) in enumerate(trades):
        order = TestExecStubs.market_order(
            instrument=instrument,
            order_side=OrderSide.BUY if sign > 0 else OrderSide.SELL,
            quantity=Quantity(qty, instrument.size_precision),
        )
        event = TestEventStubs.order_filled(
            order,
            instrument,
            position_id=PositionId("P-1"),
            trade_id=TradeId(f"E-{number}"),
            last_px=Price(px, instrument.price_precision),
            ts_event=number,
        )
        if theirs is None:
            theirs = Theirs(instrument, event)
        else:
            theirs.apply(event)
        ours.append(decode("events.fills.X", pack(type(event).to_dict(event))))
        mine = replay(ours, terms)[-1]
        assert mine.signed_qty == Decimal(str(theirs.signed_qty))
        assert mine.peak_qty == theirs.peak_qty.as_decimal()
        assert float(mine.avg_px_open) == pytest.approx(theirs.avg_px_open, rel=1e-12)
        assert float(mine.avg_px_close or 0) == pytest.approx(theirs.avg_px_close, rel=1e-12)
        assert float(mine.realized_return) == pytest.approx(theirs.realized_return, rel=1e-9, abs=1e-15)
        unit = Decimal("1e-8")
        assert abs(mine.realized_pnl - theirs.realized_pnl.as_decimal()) <= unit * (number + 1)
        assert (mine.ts_opened, mine.ts_closed, mine.side) == (theirs.ts_opened, theirs.ts_closed, theirs.side.name)
