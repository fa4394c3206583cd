"""Trades as a chart shows them: hand-made lives against what was done, recorded ones against what was booked."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from nautilus_data.bus import Message, Subscriber
from nautilus_data.bus.message import Reader
from nautilus_data.core.dataset import FILLS, POSITIONS
from nautilus_data.core.timerange import TimeRange
from nautilus_data.services.executions import Executions
from nautilus_data.services.ingest import Ingest
from nautilus_data.services.live import Live
from nautilus_data.store import Store
from tests.bus.recordings import entries
from tests.services.said import DAY_MS, T0, bar, fill, instrument, ns, order, position, ready

Feed = Callable[..., None]
FX, OTHER = "GBP/USD.SIM", "EUR/USD.SIM"
# NautilusTrader rounds profit to its currency's smallest unit with each fill.
UNIT = {"USD": Decimal("0.01"), "USDT": Decimal("1e-8"), "BTC": Decimal("1e-8")}


@pytest.fixture
def executions(store: Store, live: Live) -> Executions:
    return Executions(store, live)


def made(ms: int = T0, **fields: object) -> Message:
    terms = {"order_side": "BUY", "order_type": "LIMIT", "quantity": "10", "time_in_force": "GTC"}
    return order("OrderInitialized", ms, **{**terms, "options": {"price": "1.5"}, **fields})


def traded(ms: int, side: str, qty: str, px: str, name: str = "", **fields: object) -> Message:
    name = name or f"{ms}-{side}"
    ids = {"event_id": f"f-{name}", "trade_id": f"x-{name}", "client_order_id": f"O-{name}"}
    return fill(ms, **{**ids, "order_side": side, "last_qty": qty, "last_px": px, "commission": "0.10 USD", **fields})


def cycle(opened: int, closed: int = 0, **fields: object) -> Message:
    """A position from `opened` on, flat at `closed`."""
    state = {"side": "LONG", "quantity": "10", "peak_qty": "10", "ts_opened": str(ns(opened)), "currency": "USD"}
    if closed:
        state |= {"type": "PositionClosed", "side": "FLAT", "quantity": "0", "ts_closed": str(ns(closed))}
    ms = closed or opened
    return position(ms, **{**state, "event_id": f"p-{opened}-{closed}", "ts_event": str(ns(ms)), **fields})


def test_a_fill_says_which_part_of_its_order_it_is(executions: Executions, feed: Feed) -> None:
    feed(made(T0, client_order_id="O-a"))
    feed(traded(T0 + 1, "BUY", "4", "1.49", "1", client_order_id="O-a"),
         traded(T0 + 2, "BUY", "6", "1.50", "2", client_order_id="O-a"))  # fmt: skip
    told = executions.fills(FX)
    assert told[["part", "cum_qty", "order_qty", "is_complete"]].values.tolist() == [
        [1, 4, 10, False],
        [2, 10, 10, True],
    ]
    assert told["last_px"].tolist() == [Decimal("1.49"), Decimal("1.50")]
    assert (told["commission"].tolist(), told.attrs["cut"]) == ([Decimal("0.10")] * 2, False)


def test_an_order_filled_at_once_is_complete(executions: Executions, feed: Feed) -> None:
    feed(made(T0, client_order_id="O-a"), traded(T0 + 1, "BUY", "10", "1.5", client_order_id="O-a"))
    row = executions.fills(FX).iloc[0]
    assert (row["part"], row["cum_qty"], row["is_complete"], row["voided_qty"]) == (1, 10, True, 0)


def test_a_part_counts_the_fills_before_the_span_too(executions: Executions, feed: Feed) -> None:
    feed(made(T0, client_order_id="O-a"), traded(T0 + 1, "BUY", "4", "1.49", "1", client_order_id="O-a"))
    feed(traded(T0 + 50, "BUY", "6", "1.50", "2", client_order_id="O-a"))
    told = executions.fills(FX, TimeRange(ns(T0 + 10), ns(T0 + 60)))
    assert told[["part", "cum_qty", "is_complete"]].values.tolist() == [[2, 10, True]]


def test_an_order_nobody_told_the_size_of_is_never_complete(executions: Executions, feed: Feed) -> None:
    feed(traded(T0, "BUY", "4", "1.49"))
    row = executions.fills(FX).iloc[0]
    assert (row["cum_qty"], row["order_qty"], row["is_complete"]) == (Decimal(4), None, False)


def test_a_voided_fill_is_told_and_counts_in_no_profit(executions: Executions, feed: Feed) -> None:
    feed(instrument(FX), made(T0, client_order_id="O-a"))
    feed(traded(T0 + 1, "BUY", "4", "1.00", "1", client_order_id="O-a"),
         traded(T0 + 2, "BUY", "6", "2.00", "2", client_order_id="O-a"))  # fmt: skip
    feed(order("OrderFillVoided", T0 + 3, client_order_id="O-a", trade_id="x-1", voided_qty="4", reason="busted"))
    feed(traded(T0 + 4, "SELL", "6", "3.00"), cycle(T0 + 2, T0 + 4))
    assert executions.fills(FX)["voided_qty"].tolist()[:2] == [Decimal(4), Decimal(0)]
    [trip] = executions.round_trips(FX).trips
    assert (trip.pnl, trip.is_open, len(trip.links)) == (Decimal(6), False, 1)


def test_no_more_fills_than_asked_for_and_that_is_said(executions: Executions, feed: Feed) -> None:
    feed(*(traded(T0 + number, "BUY", "1", "1.5") for number in range(5)))
    told = executions.fills(FX, limit=3)
    assert (told["ts_event"].tolist(), told.attrs["cut"]) == ([ns(T0 + number) for number in (2, 3, 4)], True)
    assert executions.fills(FX, limit=5).attrs["cut"] is False


def test_only_the_instrument_the_trader_and_the_run_asked_for(executions: Executions, feed: Feed) -> None:
    feed(ready(T0), traded(T0 + 1, "BUY", "1", "1.5", "old"), ready(T0 + 10), traded(T0 + 11, "BUY", "1", "1.5", "new"))
    feed(
        traded(T0 + 12, "BUY", "1", "1.5", "b", trader_id="T-2"), traded(T0, "BUY", "1", "1", "c", instrument_id=OTHER)
    )
    assert executions.fills(FX)["event_id"].tolist() == ["f-new", "f-b"]
    assert executions.fills(FX, trader_id="T-1")["event_id"].tolist() == ["f-new"]
    assert executions.fills(FX, trader_id="T-1", run_id=ns(T0))["event_id"].tolist() == ["f-old"]
    assert executions.fills(FX, trader_id="T-1", run_id=5).empty


def test_nothing_traded_is_no_error(executions: Executions) -> None:
    span = TimeRange(1, 2)
    assert executions.fills(FX, span).empty and executions.order_marks(FX, span).empty
    assert executions.working(FX).empty and executions.life("T-1", 0, "O-1").empty
    assert executions.round_trips(FX, span).trips == ()


def test_something_booked_changes_the_version(executions: Executions, feed: Feed) -> None:
    before = executions.version
    feed(traded(T0, "BUY", "1", "1"))
    assert executions.version > before


def flipped(feed: Feed) -> None:
    """Long 10, through zero to short 5, flat."""
    feed(instrument(FX), traded(T0, "BUY", "10", "1.0"), traded(T0 + 5, "SELL", "15", "1.2"))
    feed(traded(T0 + 9, "BUY", "5", "1.1"), cycle(T0, T0 + 5, realized_pnl="1.83 USD"))
    feed(cycle(T0 + 5, T0 + 9, peak_qty="5", realized_pnl="0.37 USD"))


def test_a_flip_ends_one_round_trip_and_begins_another(executions: Executions, feed: Feed) -> None:
    flipped(feed)
    long, short = executions.round_trips(FX).trips
    assert (long.side, long.pnl, long.net_pnl, long.booked_pnl) == ("LONG", 2, Decimal("1.83"), Decimal("1.83"))
    assert (short.side, short.pnl, short.net_pnl, short.booked_pnl) == (
        "SHORT", Decimal("0.5"), Decimal("0.37"), Decimal("0.37"),
    )  # fmt: skip
    assert (short.position.strategy_id, short.currency, short.lasted_ns) == ("S-1", "USD", ns(4))


def test_a_trip_that_began_with_a_flip_is_whole_without_the_one_before(executions: Executions, feed: Feed) -> None:
    flipped(feed)
    [short] = executions.round_trips(FX, TimeRange(ns(T0 + 6), ns(T0 + 8))).trips
    assert (short.side, short.pnl, short.net_pnl) == ("SHORT", Decimal("0.5"), Decimal("0.37"))


def test_a_trip_reaches_beyond_the_span_it_was_open_in(executions: Executions, feed: Feed) -> None:
    feed(instrument(FX), traded(T0, "BUY", "10", "1.0"), traded(T0 + 90, "SELL", "10", "1.2"), cycle(T0, T0 + 90))
    [trip] = executions.round_trips(FX, TimeRange(ns(T0 + 40), ns(T0 + 41))).trips
    assert (trip.pnl, trip.links[0].entry.ts_plot, trip.links[0].exit.ts_plot) == (2, ns(T0), ns(T0 + 90))
    assert executions.round_trips(FX, TimeRange(ns(T0 + 91), ns(T0 + 99))).trips == ()


def test_hedged_positions_are_matched_apart(executions: Executions, feed: Feed) -> None:
    long, short = {"position_id": "P-l"}, {"position_id": "P-s"}
    feed(instrument(FX), traded(T0, "BUY", "10", "1.0", **long), traded(T0 + 1, "SELL", "10", "1.1", **short))
    feed(traded(T0 + 2, "SELL", "10", "1.3", **long), cycle(T0, T0 + 2, **long), cycle(T0 + 1, side="SHORT", **short))
    closed, held = executions.round_trips(FX).trips
    assert (closed.position.position_id, closed.pnl, held.side) == ("P-l", 3, "SHORT")
    assert (held.is_open, [lot.qty for lot in held.lots]) == (True, [10])


def test_a_hedged_position_that_flips_goes_on_under_another_id(executions: Executions, feed: Feed) -> None:
    first, second = {"position_id": "P-20231114-1"}, {"position_id": "P-20231114-2F"}
    feed(instrument(FX), traded(T0, "BUY", "10", "1.0", **first), traded(T0 + 5, "SELL", "15", "1.2", **first))
    feed(traded(T0 + 9, "BUY", "5", "1.1", **second), cycle(T0, T0 + 5, **first))
    feed(cycle(T0 + 5, T0 + 9, peak_qty="5", **second))
    told = [(trip.position.position_id, trip.side, trip.pnl) for trip in executions.round_trips(FX).trips]
    assert told == [("P-20231114-1", "LONG", 2), ("P-20231114-2F", "SHORT", Decimal("0.5"))]


def test_another_position_opened_with_a_hedged_flip_is_kept(executions: Executions, feed: Feed) -> None:
    first, second, third = ({"position_id": name} for name in ("P-20231114-1", "P-20231114-2F", "P-20231114-3"))
    feed(instrument(FX), traded(T0, "BUY", "10", "1.0", **first), traded(T0 + 5, "SELL", "15", "1.2", **first))
    feed(traded(T0 + 5, "BUY", "7", "1.2", "other", **third), cycle(T0, T0 + 5, **first))
    feed(cycle(T0 + 5, side="SHORT", quantity="5", peak_qty="5", **second))
    feed(cycle(T0 + 5, quantity="7", peak_qty="7", **third))
    trips = executions.round_trips(FX).trips
    assert sorted((trip.position.position_id, trip.side, sum(lot.qty for lot in trip.lots)) for trip in trips) == [
        ("P-20231114-1", "LONG", 0), ("P-20231114-2F", "SHORT", 5), ("P-20231114-3", "LONG", 7),
    ]  # fmt: skip


def test_a_trip_of_a_flip_is_right_while_the_position_was_told_before_the_newest_fill(
    executions: Executions, feed: Feed
) -> None:
    feed(instrument(FX), traded(T0, "BUY", "10", "1.0"), traded(T0 + 5, "SELL", "15", "1.2"))
    feed(cycle(T0, T0 + 5), cycle(T0 + 5, side="SHORT", quantity="5", peak_qty="5"))
    feed(traded(T0 + 9, "SELL", "4", "1.3"))
    [short] = executions.round_trips(FX, TimeRange(ns(T0 + 8), ns(T0 + 20))).trips
    assert [lot.qty for lot in short.lots] == [Decimal(5), Decimal(4)]


def test_the_newest_trips_are_kept_and_the_cut_is_said(executions: Executions, feed: Feed) -> None:
    feed(instrument(FX))
    for number in range(4):
        opened, closed = T0 + 10 * number, T0 + 10 * number + 5
        feed(traded(opened, "BUY", "10", "1"), traded(closed, "SELL", "10", f"1.{number}"), cycle(opened, closed))
    told = executions.round_trips(FX, limit=2)
    assert ([trip.pnl for trip in told.trips], told.is_cut) == ([2, 3], True)
    assert executions.round_trips(FX, limit=4).is_cut is False


def test_without_the_instruments_size_there_are_links_and_no_profit(executions: Executions, feed: Feed) -> None:
    feed(traded(T0, "BUY", "10", "1"), traded(T0 + 1, "SELL", "10", "2"), cycle(T0, T0 + 1))
    [trip] = executions.round_trips(FX).trips
    assert (len(trip.links), trip.pnl) == (1, None)


def test_an_orders_life_is_told_with_reasons_and_what_it_is_now(executions: Executions, feed: Feed) -> None:
    feed(made(T0, reduce_only=True), order("OrderSubmitted", T0 + 1), order("OrderAccepted", T0 + 2))
    feed(order("OrderPendingUpdate", T0 + 3), order("OrderModifyRejected", T0 + 4, reason="too late"))
    feed(order("OrderUpdated", T0 + 5, price="1.6", quantity=None), order("OrderCanceled", T0 + 6))
    life = executions.life("T-1", 0, "O-1")
    assert life["words"].tolist() == [
        "Created BUY 10 LIMIT at 1.5", "Sent to the venue", "Accepted by the venue", "Change asked for",
        "Change refused", "Changed price 1.5 → 1.6", "Canceled",
    ]  # fmt: skip
    assert life["reason"].tolist()[4] == "too late"
    assert life["price"].tolist() == [Decimal("1.5")] * 5 + [Decimal("1.6")] * 2
    assert (life.attrs["status"], life.attrs["side"], life.attrs["notes"]) == ("CANCELED", "BUY", ["reduce only"])
    assert life["ts_plot"].tolist() == life["ts_event"].tolist()


def marks(frame: pd.DataFrame) -> list[list[object]]:
    return frame[["kind", "price", "from_price", "ts_plot"]].values.tolist()


def test_marks_say_where_an_order_stood_and_whereto_it_moved(executions: Executions, feed: Feed) -> None:
    feed(made(T0), order("OrderSubmitted", T0 + 1), order("OrderAccepted", T0 + 2))
    feed(order("OrderUpdated", T0 + 3, price="1.6"), order("OrderCanceled", T0 + 4))
    half, more = Decimal("1.5"), Decimal("1.6")
    assert marks(executions.order_marks(FX)) == [
        ["submitted", half, half, ns(T0 + 1)], ["accepted", half, half, ns(T0 + 2)],
        ["updated", more, half, ns(T0 + 3)], ["canceled", more, more, ns(T0 + 4)],
    ]  # fmt: skip
    assert [kind for kind, *_ in marks(executions.order_marks(FX, TimeRange(ns(T0 + 3), ns(T0 + 4))))] == ["updated"]
    assert executions.order_marks(FX, limit=1).attrs["cut"] is True


def test_a_refusal_is_marked_with_its_reason_and_a_market_order_has_no_price(
    executions: Executions, feed: Feed
) -> None:
    feed(made(T0, order_type="MARKET", options={}), order("OrderDenied", T0 + 1, reason="too big"))
    row = executions.order_marks(FX).iloc[0]
    assert (row["kind"], row["reason"], row["price"], row["quantity"]) == ("denied", "too big", None, Decimal(10))


def day(number: int) -> int:
    """A day of the years that are replayed, in ms."""
    return DAY_MS * (10_000 + number)


def replayed(number: int, ms: int, **more: str) -> Message:
    return bar(FX, "1.5", ms, day(number), **more)


def days_of(frame: pd.DataFrame) -> list[int]:
    return [at // ns(DAY_MS) - 10_000 for at in frame["ts_plot"].tolist()]


def replay_of_five_days(feed: Feed, start: int, name: str = "") -> None:
    """A bar each second; an order is sent with the second, moved with the third, canceled with the fifth."""
    of = {"client_order_id": f"O-{name}"}
    feed(*(replayed(number, start + 1_000 * number) for number in range(1, 6)))
    feed(made(start + 2_001, **of), order("OrderAccepted", start + 2_002, **of))
    feed(order("OrderUpdated", start + 3_500, price="1.6", **of), order("OrderCanceled", start + 5_001, **of))


def test_in_a_replay_events_stand_on_the_bar_that_was_replayed_then(executions: Executions, feed: Feed) -> None:
    feed(ready(T0))
    replay_of_five_days(feed, T0)
    told = executions.order_marks(FX)
    assert (days_of(told), told["is_exact"].tolist()) == ([2, 3, 5], [True] * 3)
    assert days_of(executions.order_marks(FX, TimeRange(ns(day(3)), ns(day(4))))) == [3]
    assert executions.order_marks(FX, TimeRange(ns(T0), ns(T0 + 10_000))).empty
    assert days_of(executions.life("T-1", ns(T0), "O-")) == [2, 2, 3, 5]


def test_a_server_that_saw_no_replay_finds_the_bars_in_the_store(store: Store, feed: Feed) -> None:
    feed(ready(T0))
    replay_of_five_days(feed, T0)
    feed(traded(T0 + 5_002, "BUY", "1", "1.5"))
    told = Executions(store, Live()).order_marks(FX)
    assert (days_of(told), told["is_exact"].tolist()) == ([2, 3, 5], [True] * 3)


def test_a_second_replay_of_the_same_bars_is_placed_by_its_fills(store: Store, feed: Feed) -> None:
    """Bars keep the time they were first known, so those of the second run do not say when it published them."""
    feed(ready(T0))
    replay_of_five_days(feed, T0, "first")
    later = T0 + 100_000
    feed(ready(later))
    replay_of_five_days(feed, later, "second")
    feed(*(traded(later + 1_000 * number + 1, "BUY", "1", "1.5") for number in (1, 2, 5)))
    second = Executions(store, Live()).order_marks(FX)
    assert days_of(second) == [2, 3, 5]
    assert second["is_exact"].tolist() == [False, False, True]
    first = Executions(store, Live()).order_marks(FX, run_id=ns(T0))
    assert (days_of(first), first["is_exact"].tolist()) == ([2, 3, 5], [True] * 3)


def test_trips_of_a_replay_are_asked_for_by_historical_time(executions: Executions, feed: Feed) -> None:
    feed(ready(T0), instrument(FX), *(replayed(number, T0 + 1_000 * number) for number in range(1, 6)))
    feed(traded(T0 + 2_001, "BUY", "10", "1.0"), traded(T0 + 4_001, "SELL", "10", "1.2"), cycle(T0 + 2_001, T0 + 4_001))
    [trip] = executions.round_trips(FX, TimeRange(ns(day(3)), ns(day(4)))).trips
    assert (trip.links[0].entry.ts_plot, trip.links[0].exit.ts_plot) == (ns(day(2)), ns(day(4)))
    assert trip.lasted_ns == ns(2 * DAY_MS)
    assert executions.round_trips(FX, TimeRange(ns(T0), ns(T0 + 9_000))).trips == ()
    assert [row // ns(DAY_MS) - 10_000 for row in executions.fills(FX, TimeRange(1, ns(day(3))))["ts_plot"]] == [2]


def test_a_live_trader_beside_a_replaying_one_keeps_its_own_time(executions: Executions, feed: Feed) -> None:
    feed(ready(T0), ready(T0, trader_id="T-2"))
    replay_of_five_days(feed, T0)
    feed(made(T0 + 1, trader_id="T-2"), order("OrderAccepted", T0 + 2, trader_id="T-2"))
    told = executions.order_marks(FX, trader_id="T-2")
    assert told["ts_plot"].tolist() == [ns(T0 + 2)]


def test_working_orders_say_what_is_left_at_which_price(executions: Executions, feed: Feed) -> None:
    feed(made(T0), order("OrderSubmitted", T0 + 1), order("OrderAccepted", T0 + 2))
    feed(traded(T0 + 3, "BUY", "4", "1.49", client_order_id="O-1", order_type="LIMIT"))
    row = executions.working(FX).iloc[0]
    assert row[["side", "type", "status", "time_in_force"]].tolist() == ["BUY", "LIMIT", "PARTIALLY_FILLED", "GTC"]
    assert (row["left_qty"], row["price"], row["trigger_price"]) == (Decimal(6), Decimal("1.5"), None)
    assert (row["ts_since"], row["notes"]) == (ns(T0 + 2), [])


def test_a_change_moves_a_working_order_and_a_cancel_takes_it_away(executions: Executions, feed: Feed) -> None:
    feed(made(T0), order("OrderAccepted", T0 + 2), order("OrderUpdated", T0 + 3, price="1.6", quantity="20"))
    row = executions.working(FX).iloc[0]
    assert (row["price"], row["left_qty"]) == (Decimal("1.6"), Decimal(20))
    feed(order("OrderCanceled", T0 + 4))
    assert executions.working(FX).empty


def test_trailing_and_emulated_orders_say_so(executions: Executions, feed: Feed) -> None:
    options = {"trigger_price": "1.4", "trailing_offset": "0.1", "trailing_offset_type": "PRICE"}
    feed(made(T0, order_type="TRAILING_STOP_MARKET", options=options), order("OrderAccepted", T0 + 1))
    emulated = {"client_order_id": "O-2", "order_type": "STOP_MARKET", "emulation_trigger": "BID_ASK"}
    feed(
        made(T0 + 2, **emulated, options={"trigger_price": "1.3"}),
        order("OrderEmulated", T0 + 3, client_order_id="O-2"),
    )
    told = executions.working(FX).set_index("client_order_id")
    assert told.loc["O-1", ["trigger_price", "notes"]].tolist() == [Decimal("1.4"), ["trails by 0.1 price"]]
    assert told.loc["O-2", ["status", "notes"]].tolist() == ["EMULATED", ["emulated by the node on bid ask"]]


def test_nothing_works_in_a_run_that_another_followed(executions: Executions, feed: Feed) -> None:
    feed(ready(T0), made(T0 + 1), order("OrderAccepted", T0 + 2), ready(T0 + 10))
    assert executions.working(FX).empty
    assert executions.working(FX, "T-1", ns(T0)).empty


def test_orders_of_a_node_that_stopped_are_as_it_told_last(executions: Executions, feed: Feed) -> None:
    feed(ready(T0), made(T0 + 1), order("OrderAccepted", T0 + 2), ready(T0 + 3, state="STOPPED"))
    assert executions.working(FX)["notes"].tolist() == [["as last told: its node is stopped"]]


def recorded(name: str, folder: Path) -> tuple[Store, Executions]:
    store, live, reader = Store(f"sqlite:///{folder / 'recorded.sqlite'}"), Live(), Reader()
    page: list[Message] = []
    for stream, entry, fields in entries(name):
        raw = [entry.encode(), [part for key, value in fields.items() for part in (key.encode(), value)]]
        page += reader.read(stream, stream.partition(":")[0].removeprefix("trader-"), [raw])
    live.feed(page)
    Ingest(Subscriber("redis://127.0.0.1:1/0", group="test"), store, live)._write(page)
    return store, Executions(store, live)


@pytest.mark.parametrize(
    "name", ["1-backtest-msgpack-stream-per-topic", "2-live-json-single-stream-snapshots"]
)  # fmt: skip
def test_what_round_trips_made_is_what_a_real_node_booked(name: str, tmp_path: Path) -> None:
    """Of closed positions, to half a unit of the currency for each fill; however much of history is read."""
    store, executions = recorded(name, tmp_path)
    booked = store.read(POSITIONS)
    compared = 0
    for instrument_id in sorted(set(booked["instrument_id"])):
        trips = executions.round_trips(instrument_id).trips
        assert len(trips) == (booked["instrument_id"] == instrument_id).sum()
        for trip in (trip for trip in trips if not trip.is_open):
            fills = {link.entry.event_id for link in trip.links} | {link.exit.event_id for link in trip.links}
            assert abs(trip.net_pnl - trip.booked_pnl) <= UNIT[trip.currency] / 2 * len(fills) + UNIT[trip.currency] / 2
            compared += 1
        for trip in trips[:: max(1, len(trips) // 12)]:
            at = TimeRange(trip.ts_opened, (trip.ts_closed or trip.ts_opened) + 1)
            [alone] = [one for one in executions.round_trips(instrument_id, at).trips if one.ts_opened == trip.ts_opened
                       and one.position == trip.position]  # fmt: skip
            assert (alone.pnl, alone.paid, alone.ts_closed) == (trip.pnl, trip.paid, trip.ts_closed)
    assert compared > 100
    store.close()


def test_every_recorded_fill_is_placed_in_its_order(tmp_path: Path) -> None:
    store, executions = recorded("2-live-json-single-stream-snapshots", tmp_path)
    stored = store.read(FILLS)
    told = pd.concat([executions.fills(instrument_id) for instrument_id in sorted(set(stored["instrument_id"]))])
    assert len(told) == len(stored)
    assert told["cum_qty"].notna().all()
    last = told.groupby("client_order_id").tail(1)
    assert (last["is_complete"] == (last["cum_qty"] == last["order_qty"])).all()
    store.close()
