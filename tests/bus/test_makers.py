"""Messages that need no more than themselves and their run become rows."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from nautilus_data.bus.message import Reader
from nautilus_data.bus.rows import Rows, rows
from nautilus_data.core.dataset import (
    COMMANDS,
    EXECUTION_REPORTS,
    INSTRUMENT_CLOSES,
    INSTRUMENT_STATUS,
    OPTION_GREEKS,
    POSITION_ADJUSTMENTS,
    PRICE_UPDATES,
    RAW_MESSAGES,
    SNAPSHOTS,
    TRADING_STATES,
    Dataset,
)
from tests.bus.wire import ADJUSTED, FUNDING, GREEKS, INDEX, MARK, MASS_STATUS, PORTFOLIO, TS, pack

STATUS = {
    "type": "InstrumentStatus",
    "instrument_id": "GBP/USD.SIM",
    "action": "HALT",
    "is_trading": False,
    "ts_event": TS,
}
CLOSE = {"type": "InstrumentClose", "instrument_id": "B.X", "close_price": "1.5", "close_type": "END_OF_SESSION"}
RISK = {"type": "TradingStateChanged", "trader_id": "T-1", "state": "HALTED", "config": {"a": 1}, "event_id": "e-1"}
SHUTDOWN = {"type": "ShutdownSystem", "component_id": "RiskEngine", "reason": "x", "command_id": "c-1", "ts_init": "5"}
SUBMIT = {"type": "SubmitOrder", "trader_id": "T-2", "strategy_id": "S-1", "command_id": "c-2", "ts_init": TS}


def made(topic: str, value: Any) -> Rows:
    payload = value if isinstance(value, bytes) else pack(value)
    read = Reader().read("trader-T-1:stream", "T-1", [[b"10-3", [b"topic", topic.encode(), b"payload", payload]]])
    return rows(read, lambda trader_id, entry: 42)


def all_of(dataset: Dataset, topic: str, value: Any) -> list[dict[str, Any]]:
    result = made(topic, value)
    assert result.garbage == []
    return [dict(zip(dataset.columns, row, strict=True)) for row in result.datasets[dataset]]


def one(dataset: Dataset, topic: str, value: Any) -> dict[str, Any]:
    [row] = all_of(dataset, topic, value)
    assert row["trader_id"] in ("T-1", "T-2")
    assert row["entry"] == (10 << 20) + 3
    return row


def test_a_status_says_what_is_known_and_what_is_not() -> None:
    row = one(INSTRUMENT_STATUS, "data.status.SIM.GBP/USD", STATUS)
    assert (row["action"], row["is_trading"], row["is_quoting"], row["ts_event"]) == ("HALT", "no", "", TS)


def test_a_close_has_its_exact_price() -> None:
    row = one(INSTRUMENT_CLOSES, "data.close.X.B", CLOSE)
    assert (row["close_price"], row["close_type"]) == ("1.5", "END_OF_SESSION")


@pytest.mark.parametrize(
    ("data", "kind", "value"), [(MARK, "MARK", "1.57600"), (INDEX, "INDEX", "1.57601"), (FUNDING, "FUNDING", "0.0001")]
)
def test_prices_that_nobody_traded_are_kept_by_kind(data, kind, value) -> None:
    row = one(PRICE_UPDATES, "x", data)
    assert (row["instrument_id"], row["kind"], row["value"], row["ts_event"]) == ("GBP/USD.SIM", kind, value, TS)


def test_greeks_are_floats_and_nan_where_not_known() -> None:
    row = one(OPTION_GREEKS, "data.option_greeks.SIM.GBP/USD", GREEKS)
    assert (row["delta"], row["theta"], row["mark_iv"]) == (0.5, -0.1, 0.3)
    assert math.isnan(row["bid_iv"])


def test_a_trading_state_has_its_configuration() -> None:
    row = one(TRADING_STATES, "events.risk", RISK)
    assert (row["run_id"], row["state"], json.loads(row["config"])) == (42, "HALTED", {"a": 1})


def test_a_mass_status_has_a_row_of_each_report_with_names_for_numbers() -> None:
    found = all_of(EXECUTION_REPORTS, "reports.execution.SIM", MASS_STATUS)
    assert [(row["report_id"], row["type"]) for row in found] == [
        ("r-0", "ExecutionMassStatus"), ("r-1", "OrderStatusReport"), ("r-2", "FillReport"),
        ("r-3", "PositionStatusReport"),
    ]  # fmt: skip
    mass, order, fill, position = (json.loads(row["body"]) for row in found)
    assert mass["order_reports"] == 1
    assert (order["order_side"], order["order_status"], order["ts_init"]) == ("BUY", "PARTIALLY_FILLED", str(TS))
    assert (fill["liquidity_side"], position["position_side"]) == ("TAKER", "LONG")
    assert (found[1]["venue"], found[1]["instrument_id"], found[1]["venue_order_id"]) == ("SIM", "GBP/USD.SIM", "V-1")


def test_commands_are_kept_whoever_gives_them() -> None:
    row = one(COMMANDS, "commands.system.shutdown", SHUTDOWN)
    assert (row["type"], row["component_id"], row["reason"], row["ts_init"]) == ("ShutdownSystem", "RiskEngine", "x", 5)
    row = one(COMMANDS, "commands.trading.EXT", SUBMIT)
    assert (row["trader_id"], row["type"], row["command_id"]) == ("T-2", "SubmitOrder", "c-2")


@pytest.mark.parametrize(
    ("topic", "data", "kind", "subject_id", "ts_init"),
    [
        ("snapshots:orders:O-1", {"client_order_id": "O-1", "type": "LIMIT", "ts_last": str(TS)}, "order", "O-1", TS),
        ("snapshots:positions:P-1", {"position_id": "P-1", "ts_snapshot": "7", "ts_init": "5"}, "position", "P-1", 7),
        ("snapshots:orders:O-2", {}, "order", "O-2", 0),
        ("events.portfolio.SIM-001", PORTFOLIO, "portfolio", "SIM-001", TS),
    ],
)
def test_snapshots_are_kept_by_their_subject(topic, data, kind, subject_id, ts_init) -> None:
    row = one(SNAPSHOTS, topic, data)
    assert (row["kind"], row["subject_id"], row["ts_init"], row["run_id"]) == (kind, subject_id, ts_init, 42)
    assert json.loads(row["body"]).keys() == data.keys()


def test_an_adjustment_has_its_money_and_currency() -> None:
    row = one(POSITION_ADJUSTMENTS, "events.position.S-1", {"PositionAdjusted": ADJUSTED})
    assert (row["type"], row["pnl_change"], row["currency"], row["quantity_change"]) == ("FUNDING", "-1.50", "USD", "")


@pytest.mark.parametrize(
    ("value", "kind", "body"),
    [({"type": "Signal", "x": 1}, "Signal", '{"type":"Signal","x":1}'), (b"\x07", "", "7"),
     (b"\xff\xfe", "", "\\xff\\xfe"), (b'"text"', "", '"text"'),
     ({1: 2}, "", '{"1":2}'), (b"\x81\xc0\xc0", "", "{None: None}")],
)  # fmt: skip
def test_what_is_not_known_is_kept_raw(value, kind, body) -> None:
    row = one(RAW_MESSAGES, "data.Mine", value)
    assert (row["stream"], row["topic"], row["type"], row["ts_entry"]) == (
        "trader-T-1:stream",
        "data.Mine",
        kind,
        10_000_000,
    )
    assert row["body"] == body


def test_what_is_kept_raw_is_cut() -> None:
    assert len(one(RAW_MESSAGES, "x", {"a": "x" * 9_000})["body"]) == 4_096
    assert len(one(RAW_MESSAGES, "x", b"\xff" * 9_000)["body"]) == 4_096
    assert one(RAW_MESSAGES, "x", {"a": "é" * 9_000})["body"].endswith("é")


@pytest.mark.parametrize(
    ("topic", "data"),
    [
        ("x", MARK | {"value": "NaN"}),
        ("x", FUNDING | {"rate": "1e99"}),
        ("data.close.X.B", CLOSE | {"close_price": "1_0"}),
        ("commands.trading.X", SUBMIT | {"ts_init": "soon"}),
        ("commands.trading.X", SUBMIT | {"ts_init": -5}),
        ("commands.trading.X", SUBMIT | {"ts_init": [1]}),
        ("snapshots:orders:O", {"ts_last": 2**63}),
        ("snapshots:orders:O", {"ts_last": math.nan}),
        ("events.position.S-1", {"PositionAdjusted": ADJUSTED | {"pnl_change": "much USD"}}),
    ],
)
def test_what_makes_no_row_is_garbage_with_a_reason(topic, data) -> None:
    result = made(topic, data)
    assert not any(result.datasets.values())
    [(message, reason)] = result.garbage
    assert message.topic == topic
    assert reason
