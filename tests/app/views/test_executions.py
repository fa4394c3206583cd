"""What is sent to the chart: on which bar, at which price, in which words."""

from __future__ import annotations

import json
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from app.views.executions import MOST_FILLS, executions_payload, life_payload
from nautilus_data.core.position import Terms
from nautilus_data.core.round_trip import Execution, PositionKey, RoundTrips, match

MINUTE = 60 * 10**9
T0 = 1_700_000_040 * 10**9
BARS = T0 + MINUTE * np.arange(10)
KEY = PositionKey("T-1", 7, "P-1", "S-1", "GBP/USD.SIM")
NONE = RoundTrips()
FILL = {
    "trader_id": "T-1", "run_id": 1_795_209_392_308_000_001, "event_id": "f-1", "strategy_id": "S-1",
    "position_id": "P-1", "client_order_id": "O-1", "venue_order_id": "V-1", "trade_id": "X-1", "side": "BUY",
    "type": "STOP_LIMIT", "liquidity_side": "TAKER", "last_qty": Decimal("4.0"), "last_px": Decimal("1.123456789"),
    "voided_qty": Decimal(0), "commission": Decimal("0.10"), "commission_currency": "USD", "order_qty": Decimal(10),
    "cum_qty": Decimal(4), "part": 1, "is_complete": False, "ts_event": T0 + 1, "ts_plot": T0 + 1,
}  # fmt: skip
MARK = {
    "trader_id": "T-1", "run_id": 7, "client_order_id": "O-1", "event_id": "e-1", "strategy_id": "S-1",
    "kind": "denied", "words": "Denied before it was sent", "side": "BUY", "type": "MARKET", "price": None,
    "from_price": None, "trigger_price": None, "quantity": Decimal(10), "reason": "too big",
    "ts_event": T0, "ts_plot": T0, "is_exact": True,
}  # fmt: skip
ORDER = {
    "trader_id": "T-1", "run_id": 7, "client_order_id": "O-1", "strategy_id": "S-1", "side": "SELL",
    "type": "STOP_LIMIT", "time_in_force": "GTC", "status": "PARTIALLY_FILLED", "quantity": Decimal(10),
    "filled_qty": Decimal(4), "left_qty": Decimal(6), "price": Decimal("1.40"), "trigger_price": Decimal("1.41"),
    "ts_since": T0, "notes": ["reduce only"],
}  # fmt: skip


def rows(row: dict, *changes: dict) -> pd.DataFrame:
    return pd.DataFrame([{**row, **change} for change in changes])


def payload(fills: pd.DataFrame | None = None, trips=NONE, marks=None, working=None, bars=BARS, zone="UTC") -> dict:
    fills = rows(FILL)[:0] if fills is None else fills
    made = executions_payload(
        fills if len(fills) else pd.DataFrame(columns=list(FILL)), trips, marks, working, bars, zone, 5
    )
    # What travels is JSON.
    told = json.loads(json.dumps(made))
    lines = told.pop("lines")
    for columns in (columns for columns in told.values() if columns and isinstance(columns, dict)):
        columns["text"] = [[lines[place] for place in text] for text in columns["text"]]
    return told


def ms(ns: int) -> float:
    return ns / 10**6


@pytest.mark.parametrize(
    ("after_ns", "bar"),
    [(0, 0), (1, 1), (MINUTE, 1), (9 * MINUTE, 9), (9 * MINUTE + 1, 10), (11 * MINUTE - 1, 11), (1 - MINUTE, 0)],
)
def test_a_fill_stands_on_the_first_bar_that_closes_at_or_after_it(after_ns: int, bar: int) -> None:
    told = payload(rows(FILL, {"ts_plot": T0 + after_ns}))["fills"]
    assert told["bar"] == [ms(T0 + bar * MINUTE)]


def test_what_is_older_than_the_first_bar_is_left_out() -> None:
    assert (
        payload(rows(FILL, {"ts_plot": T0 - MINUTE}), marks=rows(MARK, {"ts_plot": T0 - MINUTE}))["fills"]["bar"] == []
    )
    assert payload(rows(FILL, {}), bars=np.array([], "int64"))["fills"]["bar"] == []


def test_after_a_weekend_without_bars_a_fill_stands_on_the_next_one() -> None:
    bars = np.append(BARS[:5], BARS[5:] + 2_880 * MINUTE)
    told = payload(rows(FILL, {"ts_plot": int(BARS[4]) + 60 * MINUTE}), bars=bars)["fills"]
    assert told["bar"] == [ms(int(bars[5]))]


def test_prices_are_exact_in_words_and_a_run_keeps_all_its_digits() -> None:
    told = payload(rows(FILL, {}))["fills"]
    assert told["text"][0][0] == "BUY 4 at 1.123456789"
    assert (told["price"], told["run"], told["order"]) == ([1.123456789], ["1795209392308000001"], ["O-1"])
    assert "fill 1 of its order, 4 of 10 filled" in told["text"][0]
    assert "commission 0.10 USD" in told["text"][0]


def test_a_part_a_whole_and_a_void_are_told_apart_and_the_largest_is_the_measure() -> None:
    told = payload(rows(FILL, {}, {"is_complete": True, "last_qty": Decimal(16)}, {"voided_qty": Decimal(4)}))["fills"]
    assert (told["state"], told["share"]) == (["part", "whole", "void"], [0.25, 1.0, 0.25])
    assert "voided: 4 of it counts no more" in told["text"][2]


def test_a_replayed_fill_says_its_bar_and_when_it_was_replayed() -> None:
    told = payload(rows(FILL, {"ts_event": T0 + 10**15}))["fills"]
    assert told["text"][0][1] == "bar 2023-11-14 22:14:00 UTC, replayed at 2023-11-26 12:00:40.000 UTC"


def trips(*fills: tuple[int, str, str, str], terms: Terms | None = Terms()) -> RoundTrips:  # noqa: B008
    told = [
        Execution(f"f-{at}", side, Decimal(qty), Decimal(px), T0 + at, T0 + at, Decimal("0.10"), "USD")
        for at, side, qty, px in fills
    ]
    return RoundTrips(tuple(match(KEY, told, terms, "USD")))


def test_partial_fills_of_one_bar_make_one_link_at_their_average() -> None:
    made = trips((1, "BUY", "4", "1.50"), (2, "BUY", "6", "1.55"), (MINUTE + 1, "SELL", "10", "1.60"))
    links = payload(trips=made)["links"]
    assert (links["from"], links["to"]) == ([ms(T0 + MINUTE)], [ms(T0 + 2 * MINUTE)])
    assert links["from_price"] == [pytest.approx(1.53)]
    assert (links["label"], links["sign"]) == (["+0.70 USD"], [1])
    assert links["text"][0][0] == "10 long: 1.53000 → 1.60000, +0.70 USD before commissions"
    assert "commissions 0.30 USD" in links["text"][0]


def test_a_loss_is_a_loss_and_without_an_instrument_there_is_no_amount() -> None:
    lost = ((1, "SELL", "10", "1.5"), (MINUTE + 1, "BUY", "10", "1.6"))
    links = payload(trips=trips(*lost))["links"]
    assert (links["label"], links["sign"]) == (["\N{MINUS SIGN}1.00 USD"], [-1])
    unknown = payload(trips=trips(*lost, terms=None))["links"]
    assert (unknown["label"], unknown["sign"]) == ([""], [0])


def test_a_trip_that_began_before_the_chart_is_drawn_from_where_it_began() -> None:
    made = trips((-50 * MINUTE, "BUY", "1", "1.5"), (1, "SELL", "1", "1.6"))
    links = payload(trips=made)["links"]
    assert (links["from"], links["to"]) == ([ms(T0 - 50 * MINUTE)], [ms(T0 + MINUTE)])


def test_what_is_still_held_is_told() -> None:
    lots = payload(trips=trips((1, "BUY", "10", "1.5"), (2, "SELL", "4", "1.6")))["lots"]
    assert (lots["from_price"], lots["side"], lots["text"][0][0]) == ([1.5], ["LONG"], "6 long since")


def test_marks_say_what_happened_why_and_whether_their_bar_is_estimated() -> None:
    told = payload(marks=rows(MARK, {}, {"event_id": "e-2", "is_exact": False, "price": Decimal("1.5")}))["marks"]
    assert (told["kind"], told["price"]) == (["denied", "denied"], [None, 1.5])
    assert told["text"][0][:2] == ["Denied before it was sent", "too big"]
    assert "estimated" in " ".join(told["text"][1]) and "estimated" not in " ".join(told["text"][0])


def test_a_working_order_has_a_line_at_its_limit_and_one_at_its_trigger() -> None:
    told = payload(working=rows(ORDER, {}, {"client_order_id": "O-2", "price": None, "trigger_price": None}))["working"]
    assert (told["kind"], told["price"]) == (["limit", "trigger"], [1.4, 1.41])
    assert told["label"] == ["SELL 6 LMT 1.40", "SELL 6 STP 1.41"]
    assert told["text"][0][1:3] == ["4 of 10 filled", "partially filled · GTC · reduce only"]


def test_many_fills_are_summed_up_for_each_bar_and_side() -> None:
    count = MOST_FILLS + 1
    many = pd.DataFrame(
        {
            "ts_plot": np.full(count, T0 + 1),
            "side": ["BUY", "SELL", "BUY"] * 667,
            "last_qty": 1.0,
            "last_px": [1.0, 2.0, 4.0] * 667,
        }
    )
    told = payload(many)
    assert (told["fills"]["bar"], told["links"]["from"]) == ([], [])
    assert (told["sums"]["side"], told["sums"]["price"]) == (["BUY", "SELL"], [2.5, 2.0])
    assert told["sums"]["text"][0] == ["1,334 buys", "1,334 at 2.50000 on average"]
    assert told["note"] == "2,001 fills, summed up per bar: zoom in to see each"


def test_what_was_cut_is_said() -> None:
    fills, marks = rows(FILL, {}), rows(MARK, {})
    fills.attrs["cut"] = marks.attrs["cut"] = True
    note = payload(fills, RoundTrips((), True), marks)["note"]
    assert note == "the newest 1 fills only; the newest 0 round trips only; the newest 1 order events only"


def test_what_many_say_travels_once() -> None:
    fills = rows(FILL, {}, {"event_id": "f-2"})
    made = executions_payload(fills, NONE, None, None, BARS, "UTC", 5)
    assert made["fills"]["text"][0] == made["fills"]["text"][1] == list(range(len(made["lines"])))


def test_nothing_traded_is_nothing_to_draw() -> None:
    told = payload()
    assert all(not any(columns.values()) for name, columns in told.items() if name != "note") and told["note"] == ""


def test_an_orders_life_has_a_heading_and_a_row_for_each_event() -> None:
    life = pd.DataFrame(
        [
            {"ts_event": T0, "ts_plot": T0, "words": "Created", "reason": ""},
            {"ts_event": T0 + 5 * 10**6, "ts_plot": T0 - 10**15, "words": "Change refused", "reason": "too late"},
        ]
    )
    life.attrs.update(
        trader_id="T-1", run_id=7, client_order_id="O-1", side="BUY", type="LIMIT", quantity="10.0", filled_qty="4",
        status="PARTIALLY_FILLED", avg_px=1.5, notes=["post only"],
    )  # fmt: skip
    told = json.loads(json.dumps(life_payload(life, "Europe/Berlin", 2)))
    assert (told["title"], told["status"]) == ("BUY 10 limit", "partially filled")
    assert told["notes"] == ["4 of 10 filled at 1.50", "post only"]
    assert told["rows"][1]["time"] == "2023-11-14 23:14:00.005 Europe/Berlin"
    assert (told["rows"][0]["bar"], told["rows"][1]["reason"]) == ("", "too late")
    assert told["rows"][1]["bar"].startswith("2023-11-03")


def test_an_order_nobody_knows_says_so() -> None:
    told = life_payload(pd.DataFrame(columns=["ts_event", "ts_plot", "words", "reason"]), "UTC", 2)
    assert (told["status"], told["rows"]) == ("unknown order", [])
