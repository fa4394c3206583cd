"""Messages become rows of the datasets."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from nautilus_data.bus import bar_series, rows
from nautilus_data.bus.message import Message, Reader
from nautilus_data.core.dataset import (
    BALANCES,
    COMPONENTS,
    FILLS,
    INSTRUMENTS,
    MARGINS,
    ORDER_EVENTS,
    POSITIONS,
    QUOTES,
    RUNS,
    TRADES,
)
from tests.bus import recordings
from tests.bus.wire import ACCOUNT, BAR, FILL, ORDER, POSITION, QUOTE, READY, TS, pack


def messages(*pairs: tuple[str, dict]) -> list[Message]:
    raw = [[f"10-{n}".encode(), [b"topic", t.encode(), b"payload", pack(data)]] for n, (t, data) in enumerate(pairs)]
    return Reader().read("trader-T-1:stream", "T-1", raw)


def made(*pairs: tuple[str, dict], **options):
    return rows(messages(*pairs), lambda trader_id, entry: 42, **options)


def one(dataset, *pairs: tuple[str, dict], **options) -> dict:
    [row] = made(*pairs, **options).datasets[dataset]
    return dict(zip(dataset.columns, row, strict=True))


def test_a_quote_has_exact_prices() -> None:
    row = one(QUOTES, ("data.quotes.SIM.GBP/USD", QUOTE))
    assert (row["bid_price"], row["ask_price"]) == (1_575_970_000, 1_576_080_000)
    assert (row["ts_event"], row["trader_id"], row["bid_size"]) == (TS, "T-1", 1_000_000.0)


def test_a_bar_belongs_to_a_series_of_this_source() -> None:
    result = made(("data.bars.x", BAR), adjustment="total")
    [(series, [row])] = result.series.items()
    assert (series.instrument_id, series.timeframe, series.price_type) == ("BTC-PERP.SIMX", "1-MINUTE", "LAST")
    assert (series.source, series.adjustment) == ("nautilus", "total")
    assert row == (TS, TS, 46_319_000_000_000, 46_385_000_000_000, 46_319_000_000_000, 46_377_000_000_000, 2300413.7295)


def test_a_composite_bar_type_is_read_up_to_the_at_sign() -> None:
    series = bar_series("A-B.X-5-MINUTE-BID-INTERNAL@1-MINUTE-EXTERNAL")
    assert (series.instrument_id, series.timeframe, series.price_type) == ("A-B.X", "5-MINUTE", "BID")


def test_a_fill_seen_on_two_topics_counts_once() -> None:
    result = made(("events.fills.GBP/USD.SIM", FILL), ("events.order.S-1", FILL))
    assert len(result.datasets[FILLS]) == 1
    assert len(result.datasets[ORDER_EVENTS]) == 1


def test_a_fill_has_its_run_its_money_and_its_bar() -> None:
    row = one(FILLS, ("events.order.S-1", FILL), bar_of=lambda message: 99)
    assert (row["run_id"], row["commission"], row["commission_currency"]) == (42, "3.15", "USD")
    assert (row["last_px"], row["last_qty"], row["side"], row["ts_bar"]) == ("1.57618", "100000", "BUY", 99)


def test_an_order_event_keeps_its_whole_body_as_json() -> None:
    row = one(ORDER_EVENTS, ("events.order.S-1", FILL))
    assert pd.io.json.ujson_loads(row["body"])["liquidity_side"] == "TAKER"


def test_a_short_position_has_an_exact_negative_quantity() -> None:
    row = one(POSITIONS, ("events.position.S-1", POSITION))
    assert (row["signed_qty"], row["realized_pnl"], row["currency"]) == ("-16081.5", "-273.79352859", "USD")
    assert (row["ts_opened"], row["ts_last"], row["ts_closed"]) == (TS, TS + 1, 0)


def test_an_opened_position_was_opened_at_its_event_and_has_no_closing_price() -> None:
    opened = {k: v for k, v in POSITION.items() if k not in ("ts_opened", "avg_px_close", "realized_return")}
    row = one(POSITIONS, ("events.position.S-1", opened | {"type": "PositionOpened"}))
    assert row["ts_opened"] == TS + 1
    assert math.isnan(row["avg_px_close"]) and math.isnan(row["realized_return"])


def test_a_closed_position_is_flat_and_ends_when_it_closed() -> None:
    closed = {k: v for k, v in POSITION.items() if k != "ts_event"}
    closed |= {"type": "PositionClosed", "side": "FLAT", "quantity": "0.0", "ts_closed": str(TS + 9)}
    row = one(POSITIONS, ("events.position.S-1", closed))
    assert (row["signed_qty"], row["ts_closed"], row["ts_last"]) == ("0", TS + 9, TS + 9)


def test_an_account_has_a_row_per_currency() -> None:
    balances = made(("events.account.SIM-001", ACCOUNT)).datasets[BALANCES]
    assert [(row[3], row[8]) for row in balances] == [("USD", "100.5"), ("BTC", "3.00000000")]


def test_an_account_has_a_row_of_each_margin() -> None:
    row = one(MARGINS, ("events.account.SIM-001", ACCOUNT))
    assert (row["account_id"], row["currency"], row["instrument_id"], row["initial"]) == ("SIM-001", "USD", "", "1")


@pytest.mark.parametrize(("told", "kept"), [("BUY", "BUYER"), ("SELL", "SELLER"), ("SELLER", "SELLER")])
def test_the_aggressor_has_one_name_in_every_version(told, kept) -> None:
    trade = {"type": "TradeTick", "instrument_id": "A.B", "price": "1", "size": "2", "aggressor_side": told}
    assert one(TRADES, ("data.trades.B.A", trade))["aggressor_side"] == kept


def test_an_event_that_2_x_repeats_on_the_topic_of_its_instrument_counts_once() -> None:
    canceled = {"Canceled": ORDER | {"type": "OrderCanceled"}}
    filled = {"Filled": FILL}
    pairs = [
        (topic, data) for data in (canceled, filled) for topic in ("events.order.S-1", "events.order_x.GBP/USD.SIM")
    ]
    result = made(*pairs)
    assert [row[5] for row in result.datasets[ORDER_EVENTS]] == ["OrderCanceled", "OrderFilled"]
    assert len(result.datasets[FILLS]) == 1


def test_an_event_keeps_one_body_however_it_was_written() -> None:
    wrapped = one(ORDER_EVENTS, ("events.order.S-1", {"Filled": FILL | {"ts_event": TS, "ts_init": TS}}))
    assert wrapped["body"] == one(ORDER_EVENTS, ("events.order.S-1", FILL))["body"]


def test_ready_makes_a_component_row_and_a_run() -> None:
    result = made(("events.system.T-1", READY))
    assert result.datasets[RUNS] == [("T-1", 42, 10 << 20)]
    assert len(result.datasets[COMPONENTS]) == 1


@pytest.mark.parametrize(
    ("topic", "data"),
    [
        ("data.quotes.A.B", QUOTE | {"bid_price": "NaN"}),
        ("data.quotes.A.B", QUOTE | {"bid_price": "1.0000000001"}),
        ("data.quotes.A.B", QUOTE | {"bid_price": "99999999999.0"}),
        ("data.quotes.A.B", QUOTE | {"bid_price": "1e400000"}),
        ("data.quotes.A.B", QUOTE | {"bid_size": "many"}),
        ("data.quotes.A.B", QUOTE | {"bid_size": "inf"}),
        ("data.quotes.A.B", QUOTE | {"bid_price": "1" * 1_000}),
        ("data.bars.x", BAR | {"bar_type": "nonsense"}),
        ("data.bars.x", BAR | {"bar_type": "A" * 1_000 + "-1-MINUTE-LAST-EXTERNAL"}),
        ("data.bars.x", BAR | {"close": ""}),
        ("events.order.S", FILL | {"last_px": None}),
        ("events.order.S", FILL | {"commission": "free"}),
        ("events.order.S", FILL | {"last_qty": "1e999999"}),
        ("events.position.S", POSITION | {"realized_pnl": "NaN USD"}),
        ("events.account.A", ACCOUNT | {"balances": [ACCOUNT["balances"][0] | {"total": "lots"}]}),
        ("data.quotes.A.B", {"type": "QuoteTick"}),
    ],
)
def test_what_makes_no_row_is_garbage_and_the_rest_goes_on(topic, data) -> None:
    result = made((topic, data), ("data.quotes.SIM.GBP/USD", QUOTE))
    assert len(result.datasets[QUOTES]) == 1
    [(message, reason)] = result.garbage
    assert message.topic == topic
    assert reason


def test_negative_prices_and_trailing_zeros_are_exact() -> None:
    row = one(QUOTES, ("data.quotes.A.B", QUOTE | {"bid_price": "-0.05", "ask_price": "37.6300000000000"}))
    assert (row["bid_price"], row["ask_price"]) == (-50_000_000, 37_630_000_000)


@pytest.mark.parametrize("name", recordings.STREAMS)
def test_rows_of_real_streams_fit_their_datasets(name) -> None:
    reader, read = Reader(), []
    for stream, entry, fields in recordings.entries(name):
        flat = [part for key, value in fields.items() for part in (key.encode(), value)]
        read += reader.read(stream, "T-1", [[entry.encode(), flat]])
    result = rows(read, lambda trader_id, entry: 1)
    assert result.garbage == []
    for dataset, found in result.datasets.items():
        dataset.conform(pd.DataFrame(found, columns=list(dataset.columns)))
    assert len({row[2] for row in result.datasets[FILLS]}) == len(result.datasets[FILLS])
    if name.startswith("1"):
        assert {QUOTES, TRADES, INSTRUMENTS, POSITIONS, BALANCES, RUNS} <= result.datasets.keys()
