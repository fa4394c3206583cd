"""REST of bars and latest values."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pandas as pd
import pytest
from fastapi.testclient import TestClient
from pyarrow import ipc, parquet

from nautilus_data.core.dataset import Series
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange, to_ns
from nautilus_data.workspace import Workspace
from tests.services.said import T0, bar, instrument, quote, ready

BARS = "/api/v1/market-data/historical/bars"
FIRST = to_ns("2012-01-03T21:00Z")


def store_bars(
    workspace: Workspace, source: str = "sample", adjustment: str = "raw", close: int = 101_000_000_001, count: int = 3,
    instrument_id: str = "AAPL.NASDAQ",
) -> Series:  # fmt: skip
    series = Series(instrument_id=instrument_id, source=source, adjustment=adjustment)
    times = [FIRST + day * NS_PER_DAY for day in range(count)]
    volumes = [float("nan") if day == 2 else day + 1.0 for day in range(count)]
    prices = {"open": 100 * 10**9, "high": 102 * 10**9, "low": -(10**9), "close": close}
    frame = pd.DataFrame({"ts_event": times, "ts_init": times, **prices, "volume": volumes})
    workspace.store.write(series, frame, TimeRange(FIRST - NS_PER_DAY, times[-1] + 1))
    return series


def test_bars_are_exact_and_name_their_source(client: TestClient, workspace: Workspace) -> None:
    store_bars(workspace)
    answer = client.get(BARS, params={"symbol": "AAPL"})
    found = answer.json()
    assert (found["instrument_id"], found["source"], found["adjustment"], len(found["bars"])) == (
        "AAPL.NASDAQ", "sample", "raw", 3,
    )  # fmt: skip
    assert found["bars"][0] == {
        "ts_event": "2012-01-03T21:00:00.000000000Z", "open": "100", "high": "102", "low": "-1",
        "close": "101.000000001", "volume": 1.0,
    }  # fmt: skip
    assert found["bars"][2]["volume"] is None
    assert (answer.headers["x-source"], answer.headers["x-adjustment"]) == ("sample", "raw")


def test_every_format_has_the_same_bars_and_names_the_source(client: TestClient, workspace: Workspace) -> None:
    store_bars(workspace)
    told = {name: client.get(BARS, params={"symbol": "AAPL", "format": name}) for name in ("csv", "arrow", "parquet")}
    assert {answer.headers["x-source"] for answer in told.values()} == {"sample"}
    closes = [Decimal("101.000000001")] * 3
    arrow = ipc.open_stream(told["arrow"].content).read_all()
    assert arrow.equals(parquet.read_table(io.BytesIO(told["parquet"].content)))
    assert arrow.column("close").to_pylist() == closes
    rows = list(csv.DictReader(io.StringIO(told["csv"].text)))
    assert [Decimal(row["close"]) for row in rows] == closes
    as_json = client.get(BARS, params={"symbol": "AAPL"}).json()["bars"]
    assert [row["ts_event"] for row in rows] == [row["ts_event"] for row in as_json]


def test_bars_of_two_sources_are_never_mixed(client: TestClient, workspace: Workspace) -> None:
    store_bars(workspace)
    store_bars(workspace, "yahoo", close=103 * 10**9)
    asked = {"instrument_id": "AAPL.NASDAQ"}
    workspace.desk.set_priority(["yahoo", "sample"])
    assert {row["close"] for row in client.get(BARS, params=asked).json()["bars"]} == {"103"}
    found = client.get(BARS, params={**asked, "source": "sample", "start": "2012-01-04", "end": "2012-01-05"}).json()
    assert [row["close"] for row in found["bars"]] == ["101.000000001"]
    answer = client.get(BARS, params={**asked, "adjustment": "total"})
    assert answer.status_code == 409 and "raw from yahoo, raw from sample" in answer.json()["detail"]


def test_pages_lead_from_the_newest_bars_to_the_first_and_none_is_lost(client, workspace) -> None:
    series = store_bars(workspace, count=25)
    path, seen = f"{BARS}?symbol=AAPL.NASDAQ&limit=7&start=2012-01-05", []
    while path:
        answer = client.get(path)
        times = [row["ts_event"] for row in answer.json()["bars"]]
        assert times == sorted(times)
        seen = [*times, *seen]
        path = answer.links["next"]["url"] if "next" in answer.links else ""
        # Newer ones come meanwhile.
        newest = workspace.store.ends(series)[1] + NS_PER_DAY
        frame = pd.DataFrame({"ts_event": [newest], "ts_init": newest, "open": 1, "high": 1, "low": 1, "close": 1,
                              "volume": 1.0})  # fmt: skip
        workspace.store.write(series, frame)
    assert len(seen) == len(set(seen)) == 23 and seen == sorted(seen)


def test_a_span_says_which_bars(client: TestClient, workspace: Workspace) -> None:
    store_bars(workspace, count=10)
    asked = {"symbol": "AAPL.NASDAQ", "start": "2012-01-05T21:00Z", "end": "2012-01-07T21:00Z"}
    found = [row["ts_event"][:10] for row in client.get(BARS, params=asked).json()["bars"]]
    assert found == ["2012-01-05", "2012-01-06"]
    assert client.get(BARS, params={**asked, "end": "2012-01-01"}).status_code == 409
    assert client.get(BARS, params={**asked, "start": "2090-01-01", "end": "2091-01-01"}).json()["bars"] == []


def test_a_symbol_of_several_is_told_apart_by_its_exchange(client: TestClient, workspace: Workspace) -> None:
    store_bars(workspace, instrument_id="EUR/USD.SIM", close=2 * 10**9)
    found = client.get(BARS, params={"symbol": "EUR/USD.SIM"}).json()
    assert found["bars"][0]["close"] == "2"
    told = client.get("/api/v1/instruments", params={"match": "AAPL"}).json()[0]
    store_bars(workspace)
    asked = {"symbol": "aapl", "exchange": "nasdaq", "asset_class": told["kind"], "currency": told["currency"]}
    assert client.get(BARS, params=asked).json()["instrument_id"] == "AAPL.NASDAQ"
    answer = client.get(BARS, params={**asked, "exchange": "XETRA"})
    assert answer.status_code == 409 and "AAPL" in answer.json()["detail"].upper()


@pytest.mark.parametrize(
    ("asked", "status", "word"),
    [
        ({}, 409, "symbol=AAPL.NASDAQ"), ({"symbol": "NOBODY"}, 409, "SYMBOL.VENUE"),
        ({"symbol": "AAPL.NASDAQ"}, 409, "backfill"), ({"symbol": "AAPL.NASDAQ", "timeframe": "7q"}, 422, "timeframe"),
        ({"symbol": "AAPL.NASDAQ", "timeframe": "0d"}, 422, "timeframe"),
        ({"symbol": "AAPL.NASDAQ", "start": "soon"}, 422, "not a time"),
        ({"symbol": "AAPL.NASDAQ", "limit": 100_001}, 422, "limit"),
        ({"symbol": "AAPL.NASDAQ", "adjustment": "most"}, 422, "adjustment"), ({"symbol": "a b"}, 422, "instrument"),
    ],
)  # fmt: skip
def test_what_can_not_be_answered_says_what_to_do(client: TestClient, asked: dict, status: int, word: str) -> None:
    answer = client.get(BARS, params=asked)
    assert (answer.status_code, word in answer.json()["detail"]) == (status, True), answer.json()


@pytest.mark.parametrize("cursor", ["WyJ4Il0", "WzEuNV0", "W10", "WzEsMl0", "WzFlMzBd"])
def test_a_cursor_of_something_else_is_not_found(client: TestClient, workspace: Workspace, cursor: str) -> None:
    store_bars(workspace)
    assert client.get(BARS, params={"symbol": "AAPL", "cursor": cursor}).status_code == 404


def test_stored_bars_of_yahoo_have_an_address_of_their_own(client: TestClient, workspace: Workspace) -> None:
    path = "/api/v1/yfinance/historical/AAPL"
    missing = client.get(path)
    assert missing.status_code == 409 and "/backfill" in missing.json()["detail"]
    store_bars(workspace, "sample")
    store_bars(workspace, "yahoo", adjustment="split", close=103 * 10**9)
    found = client.get(path).json()
    assert (found["source"], found["adjustment"], found["bars"][0]["close"]) == ("yahoo", "split", "103")
    assert client.get("/api/v1/yfinance/historical/EUR%2FUSD.IDEALPRO").status_code == 409


def test_latest_values_are_those_of_the_bus(client: TestClient, feed) -> None:
    feed(ready(), instrument("GBP/USD.SIM"), quote("GBP/USD.SIM", "1.25", "1.27"), bar("AAPL.NASDAQ", "101.5"))
    rows = {row["instrument_id"]: row for row in client.get("/api/v1/market-data/latest").json()}
    assert (rows["GBP/USD.SIM"]["bid"], rows["GBP/USD.SIM"]["ask"]) == (1.25, 1.27)
    assert (rows["AAPL.NASDAQ"]["price"], rows["AAPL.NASDAQ"]["is_stale"]) == (101.5, True)
    assert rows["AAPL.NASDAQ"]["ts_event"] == f"{pd.Timestamp(T0, unit='ms').isoformat()}.000000000Z"
    assert client.get("/api/v1/market-data/latest", params={"trader_id": "T-2"}).json() == []
