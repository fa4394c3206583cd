"""What a whole run leaves on the real bus."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pandas as pd
import pytest

from nautilus_data.core.instrument import Instrument
from nautilus_data.engine import EngineProcess, EngineState, Identity, RunConfig, Status
from tests.conftest import RedisServer
from tests.engine.conftest import reach

_PASSWORD = "a-secret-of-this-test"


@dataclass(frozen=True)
class Record:
    """Everything one run wrote, by topic, and how it ended."""

    topics: dict[str, list[dict]]
    finished: EngineState
    stopped: EngineState
    log: str

    def of(self, prefix: str) -> list[dict]:
        return [body for topic, bodies in self.topics.items() if topic.startswith(prefix) for body in bodies]


@pytest.fixture(scope="module")
def record(
    redis_binary: Path,
    tmp_path_factory: pytest.TempPathFactory,
    instruments: list[Instrument],
    bars: dict[str, pd.DataFrame],
) -> Iterator[Record]:
    """One run to the end of history: half of it warmup, half paced."""
    pytest.importorskip("nautilus_trader")
    server = RedisServer(redis_binary, tmp_path_factory.mktemp("redis"))
    server.start()
    engine = EngineProcess(tmp_path_factory.mktemp("engine"))
    client = server.client()
    client.config_set("requirepass", _PASSWORD)
    client = server.client(password=_PASSWORD)
    config = RunConfig(
        run_id="whole", redis_port=server.port, redis_password=_PASSWORD, fast=2, slow=4, warmup=40, pace=100.0,
        supervisor=Identity.of(),
    )  # fmt: skip
    try:
        engine.start(config, instruments, bars)
        finished = reach(engine, lambda state: state.is_finished)
        engine.stop()
        topics = {}
        for key in client.scan_iter(_type="stream"):
            topic = key.decode().partition(":stream:")[2] or key.decode()
            topics[topic] = [_decode(fields[b"payload"]) for _, fields in client.xrange(key)]
        yield Record(topics, finished, engine.state(), "\n".join(engine.log_tail(10**6)))
    finally:
        engine.kill()
        server.kill()


def _decode(payload: bytes) -> dict:
    try:
        return msgspec.msgpack.decode(payload)
    except msgspec.DecodeError:
        return {"type": "Heartbeat", "text": payload.decode()}


def test_every_bar_is_on_the_bus_once_and_in_order(record: Record, bars: dict[str, pd.DataFrame]) -> None:
    for name, frame in bars.items():
        sent = record.topics[f"data.bars.{name}-1-DAY-LAST-EXTERNAL"]
        assert [int(bar["ts_event"]) for bar in sent] == frame["ts_event"].tolist()
        known_at = [int(bar["ts_init"]) for bar in sent]
        assert known_at == sorted(set(known_at))


def test_no_quotes_or_trades_are_invented(record: Record) -> None:
    assert {topic.split(".")[1] for topic in record.topics if topic.startswith("data.")} == {"bars", "instrument"}


def test_a_fill_is_at_the_close_of_the_bar_that_caused_it_and_before_the_next(record: Record) -> None:
    fills = record.of("events.fills.")
    assert len(fills) > 30
    for fill in fills:
        bars = record.topics[f"data.bars.{fill['instrument_id']}-1-DAY-LAST-EXTERNAL"]
        order = next(
            event
            for event in record.of("events.order.")
            if event["type"] == "OrderInitialized" and event["client_order_id"] == fill["client_order_id"]
        )
        cause = [bar for bar in bars if int(bar["ts_init"]) <= int(order["ts_init"])][-1]
        after = [bar for bar in bars if int(bar["ts_init"]) > int(cause["ts_init"])]
        assert float(fill["last_px"]) == float(cause["close"])
        assert int(fill["ts_event"]) >= int(cause["ts_init"])
        assert not after or int(fill["ts_event"]) < int(after[0]["ts_init"])


def test_all_that_a_bar_sets_off_is_done_before_the_next_one(record: Record) -> None:
    for name in ("AAPL.NASDAQ", "MSFT.NASDAQ", "IBM.NYSE"):
        bars = [int(bar["ts_init"]) for bar in record.topics[f"data.bars.{name}-1-DAY-LAST-EXTERNAL"]]
        for change in (event for event in record.of("events.position.") if event["instrument_id"] == name):
            cause = int(change["ts_event"] if change["type"] == "PositionOpened" else change["ts_closed"])
            after = [ts for ts in bars if ts > cause]
            assert not after or int(change["ts_init"]) < after[0]


def test_every_order_is_filled_whole(record: Record) -> None:
    events = record.of("events.order.")
    assert {event["type"] for event in events} == {"OrderInitialized", "OrderSubmitted", "OrderFilled"}
    ordered = {e["client_order_id"]: int(e["quantity"]) for e in events if e["type"] == "OrderInitialized"}
    filled = {e["client_order_id"]: int(e["last_qty"]) for e in events if e["type"] == "OrderFilled"}
    assert filled == ordered


def test_a_position_is_worth_what_was_asked_at_the_first_close(record: Record) -> None:
    quantities = {event["instrument_id"]: event["quantity"] for event in record.of("events.position.")
                  if event["type"] == "PositionOpened"}  # fmt: skip
    assert quantities["AAPL.NASDAQ"] == "500"
    assert set(quantities) == {"AAPL.NASDAQ", "MSFT.NASDAQ", "IBM.NYSE"}


def test_each_venue_has_its_own_account(record: Record) -> None:
    accounts = {topic: bodies[0] for topic, bodies in record.topics.items() if topic.startswith("events.account.")}
    assert set(accounts) == {"events.account.NASDAQ-001", "events.account.NYSE-001"}
    for first in accounts.values():
        assert first["account_type"] == "MARGIN"
        assert first["balances"][0]["total"] == "1000000.00"


def test_instruments_are_announced(record: Record, instruments: list[Instrument]) -> None:
    announced = {body["id"]: body["price_precision"] for body in record.of("data.instrument.")}
    assert announced == {instrument.instrument_id: 4 for instrument in instruments}


def test_the_node_says_hello_and_goodbye_and_has_a_heartbeat(record: Record) -> None:
    states = [body["state"] for body in record.topics["events.system.DEMO-001"]]
    assert states[0] == "READY"
    assert {"RUNNING", "STOPPED"} <= set(states)
    assert record.topics["health:heartbeat"]


def test_what_is_open_at_the_stop_stays_open(record: Record) -> None:
    assert record.stopped.status is Status.STOPPED
    for strategy in ("000", "001", "002"):
        assert record.topics[f"events.position.EMACross-{strategy}"][-1]["type"] == "PositionOpened"


def test_the_state_tells_how_far_the_replay_came(record: Record, bars: dict[str, pd.DataFrame]) -> None:
    total = sum(len(frame) for frame in bars.values())
    assert record.finished.bars_sent == record.finished.bars_total == total
    assert record.finished.replayed_to == max(frame["ts_event"].max() for frame in bars.values())
    assert record.finished.status is Status.RUNNING
    assert record.stopped.is_finished


def test_the_password_is_not_in_the_log(record: Record) -> None:
    assert "TradingNode" in record.log
    assert _PASSWORD not in record.log
