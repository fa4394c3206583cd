"""What the bus said last."""

from __future__ import annotations

from decimal import Decimal

import pytest

from nautilus_data.bus import Message
from nautilus_data.services.live import Live
from tests.services.said import DAY_MS, T0, bar, heartbeat, ns, quote, ready, said, trade

FX = "GBP/USD.SIM"


def test_a_quote_is_priced_at_its_middle(live: Live) -> None:
    live.feed([quote(FX, "1.5", "1.6")])
    price = live.price(FX)
    assert (price.price, price.bid, price.ask) == (Decimal("1.55"), Decimal("1.5"), Decimal("1.6"))


@pytest.mark.parametrize(("bid", "ask"), [("0", "1.6"), ("1.5", "0")])
def test_a_side_nobody_quotes_leaves_the_price_as_it_was(live: Live, bid: str, ask: str) -> None:
    live.feed([quote(FX, "1.5", "1.6"), quote(FX, bid, ask, T0 + 1)])
    assert live.price(FX).price == Decimal("1.55")


def test_a_trade_keeps_the_quote_before_it(live: Live) -> None:
    live.feed([quote(FX, "1.5", "1.6"), trade(FX, "1.58", T0 + 1)])
    price = live.price(FX)
    assert (price.kind, price.price, price.bid, price.volume) == ("trade", Decimal("1.58"), Decimal("1.5"), 3.0)
    assert (price.ask, price.previous) == (Decimal("1.6"), None)


def test_an_older_entry_that_is_read_later_changes_no_price(live: Live) -> None:
    live.feed([bar(FX, "2", T0 + 60_000), bar(FX, "1", T0)])
    assert live.price(FX).price == 2


def test_a_bar_does_not_replace_a_fresh_quote_but_an_old_one(live: Live) -> None:
    live.feed([quote(FX, "1.5", "1.6"), bar(FX, "9", T0 + 30_000)])
    assert live.price(FX).kind == "quote"
    live.feed([bar(FX, "9", T0 + 61_000)])
    assert (live.price(FX).kind, live.price(FX).bid) == ("bar", None)


@pytest.mark.parametrize("price", ["abc", "NaN", "Infinity", ""])
def test_a_price_that_is_none_costs_its_message_alone(live: Live, price: str) -> None:
    live.feed([trade(FX, price), trade("A.B", "2")])
    assert live.price(FX) is None
    assert live.price("A.B").price == 2
    assert live.messages == 2


def test_a_bar_of_an_unreadable_type_costs_its_message_alone(live: Live) -> None:
    live.feed([bar(FX, "1", bar_type="nonsense"), bar("A.B", "2")])
    assert list(live.prices()) == live.instruments() == ["A.B"]
    assert live.garbage == 1


def replay(*days: int, published: int = T0, trader_id: str = "T-1") -> list:
    return [
        bar(FX, str(100 + day), published + 1_000 * place, DAY_MS * (10_000 + day), trader_id=trader_id)
        for place, day in enumerate(days)
    ]


def test_a_moment_maps_to_the_replayed_bar_that_was_current(live: Live) -> None:
    live.feed(replay(1, 2, 3))
    assert live.bar_before("T-1", FX, ns(T0 - 1)) == 0
    assert live.bar_before("T-1", FX, ns(T0)) == ns(DAY_MS * 10_001)
    assert live.bar_before("T-1", FX, ns(T0 + 1_999)) == ns(DAY_MS * 10_002)
    assert live.bar_after("T-1", FX, ns(T0 + 1_999)) == ns(DAY_MS * 10_003)
    assert live.bar_after("T-1", FX, ns(T0 + 2_000)) == 0
    assert live.replayed_to() == ns(DAY_MS * 10_003)


def test_a_long_replay_read_at_once_is_remembered_whole(live: Live) -> None:
    live.feed(replay(*range(5_000)))
    assert live.bar_before("T-1", FX, ns(T0)) == ns(DAY_MS * 10_000)


def test_a_new_run_forgets_the_replay_of_its_own_trader_only(live: Live) -> None:
    live.feed([*replay(1, 2), *replay(5, trader_id="T-2"), ready(T0 + 5_000)])
    assert live.bar_before("T-1", FX, ns(T0 + 9_000)) == 0
    assert live.bar_before("T-2", FX, ns(T0 + 9_000)) == ns(DAY_MS * 10_005)


def test_bars_of_the_new_run_read_before_its_ready_are_kept(live: Live) -> None:
    live.feed([*replay(1, published=T0), *replay(7, published=T0 + 10_000), ready(T0 + 5_000)])
    assert live.bar_before("T-1", FX, ns(T0 + 20_000)) == ns(DAY_MS * 10_007)


def test_live_bars_are_no_replay(live: Live) -> None:
    live.feed([bar(FX, "1", T0, T0 - 1_000)])
    assert (live.replayed_to(), live.bar_before("T-1", FX, ns(T0))) == (0, 0)


def test_bars_of_a_stream_without_a_trader_serve_every_trader(live: Live) -> None:
    live.feed(replay(4, trader_id=""))
    assert live.bar_before("T-9", FX, ns(T0)) == ns(DAY_MS * 10_004)


def test_the_heartbeat_interval_is_what_most_gaps_of_a_run_were(live: Live) -> None:
    live.feed([heartbeat(T0), heartbeat(T0 + 30_000), heartbeat(T0 + 90_000)])
    assert live.nodes["T-1"].heartbeat_s == 30.0
    live.feed([ready(T0 + 90_300), heartbeat(T0 + 90_600), heartbeat(T0 + 120_600)])
    assert live.nodes["T-1"].heartbeat_s == 30.0
    # Frozen and thawed: two come fast, and the rhythm is as before.
    frozen = T0 + 120_600 + 30_000
    live.feed(
        [heartbeat(frozen), heartbeat(frozen + 400_000), heartbeat(frozen + 400_300), heartbeat(frozen + 430_300)]
    )
    assert live.nodes["T-1"].heartbeat_s == 30.0


def test_a_run_begins_with_ready_and_its_state_follows(live: Live) -> None:
    live.feed([ready(T0), ready(T0 + 5, state="RUNNING"), ready(T0 + 9, trader_id="T-2", state="STOPPED")])
    assert (live.nodes["T-1"].state, live.nodes["T-1"].run_id) == ("RUNNING", ns(T0))
    assert (live.nodes["T-2"].state, live.nodes["T-2"].run_id) == ("STOPPED", 0)


def test_rate_and_lag_look_back_five_seconds() -> None:
    now = [ns(T0)]
    live = Live(clock=lambda: now[0])
    live.feed([trade(FX, "1", T0 - 250)] * 10)
    assert (live.rate(), live.lag_ms()) == (2.0, 250.0)
    now[0] += 6_000_000_000
    assert (live.rate(), live.lag_ms()) == (0.0, None)


def test_garbage_and_unknown_types_are_counted(live: Live) -> None:
    live.feed([said("data.quotes.X", b"\xc1"), said("custom.topic", {"type": "Probe", "value": 1})])
    assert (live.garbage, live.unknown, live.messages) == (1, {"Probe": 1}, 2)


def test_messages_are_counted_by_type(live: Live) -> None:
    live.feed([quote(FX, "1", "2"), quote(FX, "1", "2"), ready(), said("x", {"type": "Probe"}), said("y", 5)])
    live.feed([quote(FX, "1", "2"), said("data.quotes.X", b"\xc1")])
    assert live.types == {"QuoteTick": 3, "ComponentStateChanged": 1, "Probe": 1, "untyped": 1, "unreadable": 1}


def test_type_names_without_end_take_no_memory_without_end(live: Live) -> None:
    live.feed([said("x", {"type": f"Type{number}"}) for number in range(3_000)])
    assert len(live.types) < 1_100
    assert sum(live.types.values()) == sum(live.unknown.values()) == 3_000


def test_each_restart_of_a_trader_is_a_run(live: Live) -> None:
    live.feed([ready(T0 + 9), ready(T0), ready(T0 + 9), ready(T0 + 3, trader_id="T-2")])
    assert live.runs == {"T-1": [ns(T0), ns(T0 + 9)], "T-2": [ns(T0 + 3)]}
    assert live.nodes["T-1"].run_id == ns(T0 + 9)


def test_component_trading_and_instrument_states_are_the_last_told(live: Live) -> None:
    state = {"type": "TradingStateChanged", "trader_id": "T-1", "state": "HALTED", "ts_event": str(ns(T0))}
    open_, halt = (
        said("data.status.SIM.X", {"type": "InstrumentStatus", "instrument_id": FX, "action": action}, T0 + at)
        for at, action in enumerate(("TRADING", "HALT"))
    )
    live.feed([ready(T0, state="RUNNING"), said("events.risk", state), halt, open_])
    assert [state for state, _ in live.components.values()] == ["RUNNING"]
    assert live.trading_states == {"T-1": ("HALTED", ns(T0))}
    assert live.statuses[FX].action == "HALT"


def test_a_trader_named_only_by_its_messages_is_heard(live: Live) -> None:
    message = ready(T0, trader_id="T-7")
    shared = Message("stream", "T-7", message.entry, message.topic, message.body)
    live.feed([shared, Message("stream", "", T0 + 5 << 20, "x", trade(FX, "1").body)])
    assert live.nodes["T-7"].last_message_at == ns(T0)


def test_prices_bars_and_replays_are_told_by_trader(live: Live) -> None:
    live.feed([trade(FX, "1"), trade(FX, "2", T0 + 5, "T-2"), *replay(4, trader_id="T-2"), bar(FX, "9", T0 + 9)])
    assert (live.price(FX, "T-1").price, live.price(FX, "T-2").price, live.price(FX).price) == (1, 2, 2)
    assert (live.bar(FX, "1-DAY", "T-2").close, live.bar(FX, "1-DAY", "T-1").close) == ("104", "9")
    assert (live.replayed_to("T-1"), live.replayed_to("T-2")) == (0, ns(DAY_MS * 10_004))


def test_what_answers_a_request_is_no_latest_value(live: Live) -> None:
    old = quote("A.B", "7", "9", T0 + 5).payload
    live.feed([quote("A.B", "1", "3", T0), said("historical.data.quotes.B.A", old, T0 + 5)])
    assert live.price("A.B").price == 2
    assert live.types["QuoteTick"] == 2
