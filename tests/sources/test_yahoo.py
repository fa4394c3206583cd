"""Yahoo Finance against a loopback server that speaks its protocol: what is asked, what it becomes, what goes wrong."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Iterator
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import stamina

from nautilus_data.core.dataset import Series, to_float
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, TimeRange, to_ns
from nautilus_data.errors import RetryableError, SkippableError
from nautilus_data.sources.yahoo import Yahoo
from nautilus_data.transport import Access, Ledger
from tests import loopback_yahoo as faults
from tests.loopback_yahoo import CRUMB, LoopbackYahoo, loopback_yahoo

# A Wednesday, noon in New York.
NOW = to_ns("2024-05-15T16:00")
WEEK = TimeRange(NOW - 7 * NS_PER_DAY, NOW)
SPLIT = TimeRange.of("2020-08-26", "2020-09-04")
CHART = "/v8/finance/chart/AAPL"


@pytest.fixture(scope="module")
def running() -> Iterator[LoopbackYahoo]:
    with loopback_yahoo(clock=lambda: NOW / NS_PER_S) as server:
        yield server


@pytest.fixture
def server(running: LoopbackYahoo) -> LoopbackYahoo:
    running.requests.clear()
    running.faults.clear()
    running.documents.clear()
    running.redirected.clear()
    running.lacks.clear()
    return running


@pytest.fixture
def yahoo(server: LoopbackYahoo, tmp_path: Path) -> Iterator[Yahoo]:
    made = make(server, tmp_path)
    yield made
    made.close()


@pytest.fixture(autouse=True)
def quick_retries() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python's sockets reach nothing but this machine; curl's are seen by what the loopback server was asked."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        assert not isinstance(address, tuple) or address[0] in ("127.0.0.1", "::1"), address
        real(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


def make(server: LoopbackYahoo, folder: Path | None, ledger: Ledger | None = None, **access: Any) -> Yahoo:
    # A ledger whose clock leaps, so that nobody waits for the limits.
    ticks = count(NOW, 10 * NS_PER_S)
    reach = Access(folder=folder, base_url=server.url, **{"timeout_s": 15.0, **access})
    return Yahoo(reach, ledger or Ledger(clock=lambda: next(ticks)), clock=lambda: NOW)


def line(instrument_id: str = "AAPL.NASDAQ", timeframe: str = "1-DAY", adjustment: str = "raw", **more: str) -> Series:
    return Series(instrument_id=instrument_id, source="yahoo", timeframe=timeframe, adjustment=adjustment, **more)


def fetch(yahoo: Yahoo, series: Series, span: TimeRange = WEEK) -> pd.DataFrame:
    return asyncio.run(yahoo.fetch(series, span))


def closes(frame: pd.DataFrame) -> list[str]:
    return [f"{at:%a %m-%d %H:%M}" for at in pd.to_datetime(frame["ts_event"], utc=True)]


@pytest.mark.parametrize(
    ("instrument_id", "expected"),
    [
        (
            "AAPL.NASDAQ",
            ["Wed 05-08 20:00", "Thu 05-09 20:00", "Fri 05-10 20:00", "Mon 05-13 20:00", "Tue 05-14 20:00"],
        ),
        (
            "EUR/USD.IDEALPRO",
            ["Wed 05-08 21:00", "Thu 05-09 21:00", "Fri 05-10 21:00", "Mon 05-13 21:00", "Tue 05-14 21:00"],
        ),
        ("ES.CME", ["Wed 05-08 21:00", "Thu 05-09 21:00", "Fri 05-10 21:00", "Mon 05-13 21:00", "Tue 05-14 21:00"]),
        ("SAP.IBIS", ["Thu 05-09 15:30", "Fri 05-10 15:30", "Mon 05-13 15:30", "Tue 05-14 15:30"]),
        ("^SPX.CBOE", ["Wed 05-08 20:00", "Thu 05-09 20:00", "Fri 05-10 20:00", "Mon 05-13 20:00", "Tue 05-14 20:00"]),
    ],
)
def test_a_daily_bar_is_stamped_with_the_close_of_its_session(
    yahoo: Yahoo, instrument_id: str, expected: list[str]
) -> None:
    assert closes(fetch(yahoo, line(instrument_id))) == expected


def test_a_day_of_fx_is_known_only_when_it_ends_in_london(yahoo: Yahoo) -> None:
    frame = fetch(yahoo, line("EUR/USD.IDEALPRO"))
    assert ((frame["ts_init"] - frame["ts_event"]) == 2 * 3600 * NS_PER_S).all()


def test_crypto_has_every_day(yahoo: Yahoo) -> None:
    assert len(fetch(yahoo, line("BTC/USD.PAXOS"))) == 7


@pytest.mark.parametrize(
    ("timeframe", "last", "rows"),
    [
        ("1-MINUTE", "Wed 05-15 15:29", 389 - 30 + 4 * 390 + 240),
        ("5-MINUTE", "Wed 05-15 15:25", 71 + 0 + 4 * 78 + 48),
        ("1-HOUR", "Wed 05-15 14:30", 1 + 4 * 7 + 5),
        ("4-HOUR", "Tue 05-14 20:00", 10),
    ],
)
def test_an_intraday_bar_ends_with_its_session_and_the_forming_one_is_left_out(
    yahoo: Yahoo, timeframe: str, last: str, rows: int
) -> None:
    frame = fetch(yahoo, line(timeframe=timeframe))
    assert closes(frame)[-1] == last
    step = pd.Timedelta(timeframe.replace("-MINUTE", "min").replace("-HOUR", "h"))
    for _, day in frame.groupby(pd.to_datetime(frame["ts_event"], utc=True).dt.date):
        ends = pd.to_datetime(day["ts_event"], utc=True)
        assert (ends.diff().dropna() <= step).all()
    assert {"Fri 05-10 20:00", "Mon 05-13 20:00"} <= set(closes(frame))


def test_raw_prices_are_those_traded_and_adjusted_ones_stay_apart(yahoo: Yahoo) -> None:
    raw, split, total = (fetch(yahoo, line(adjustment=kind), SPLIT) for kind in ("raw", "split", "total"))
    before = raw["ts_event"] < to_ns("2020-08-31")
    assert before.sum() == 3 and (~before).sum() == 4
    ratio = to_float(raw["close"]) / to_float(split["close"])
    assert ratio[before] == pytest.approx([4] * 3, rel=1e-5) and (ratio[~before] == 1).all()
    assert all(int(ticks) % 10_000_000 == 0 for name in ("open", "close") for ticks in raw[name])
    assert (raw["volume"][before] * 4).tolist() == split["volume"][before].tolist()
    # One dividend of 0.205 comes after.
    assert to_float(total["close"]) / to_float(split["close"]) == pytest.approx([1 - 0.00205] * 7, rel=1e-6)


def test_raw_prices_of_an_old_span_cost_a_look_at_later_splits_once(yahoo: Yahoo, server: LoopbackYahoo) -> None:
    assert (yahoo.cost(line(), SPLIT), yahoo.cost(line(adjustment="split"), SPLIT), yahoo.cost(line(), WEEK)) == (
        2,
        1,
        1,
    )
    for part in SPLIT.split(3 * NS_PER_DAY):
        fetch(yahoo, line(), part)
    asked = [query["interval"] for _, path, query in server.requests if path == CHART]
    assert asked == ["1d", "3mo", "1d", "1d"]


def test_splits_and_dividends_are_a_dataset_of_their_own(yahoo: Yahoo) -> None:
    span = TimeRange.of("2020-01-01", "2021-01-01")
    raw = fetch(yahoo, line(dataset="corporate_actions"), span)
    assert raw["kind"].tolist() == ["dividend", "split", "dividend"]
    assert raw["amount"].tolist() == ["0.82", "", "0.205"]
    assert raw[["numerator", "denominator"]].to_numpy().tolist() == [["", ""], ["4", "1"], ["", ""]]
    adjusted = fetch(yahoo, line(dataset="corporate_actions", adjustment="split"), span)
    assert adjusted["amount"].tolist() == ["0.205", "", "0.205"]
    assert fetch(yahoo, line(dataset="corporate_actions"), TimeRange.of("2020-08-31", "2020-09-01"))[
        "kind"
    ].tolist() == ["split"]


def test_latest_prices_need_the_crumb_and_come_as_decimals(yahoo: Yahoo, server: LoopbackYahoo) -> None:
    found = asyncio.run(yahoo.latest(["AAPL.NASDAQ", "^SPX.CBOE", "NOBODY.NYSE"]))
    assert [one.instrument_id for one in found] == ["AAPL.NASDAQ", "^SPX.CBOE"]
    assert all(isinstance(one.price, Decimal) and one.bid < one.price < one.ask for one in found)
    assert found[0].ts_event == NOW - NS_PER_S and found[0].currency == "USD"
    assert [query["crumb"] for _, path, query in server.requests if path == "/v7/finance/quote"] == [CRUMB]


def test_a_stale_crumb_is_fetched_anew(yahoo: Yahoo, server: LoopbackYahoo) -> None:
    asyncio.run(yahoo.latest(["AAPL.NASDAQ"]))
    server.faults.append(
        faults.says({"finance": {"error": {"code": "Unauthorized", "description": "Invalid Crumb"}}}, 401)
    )
    assert len(asyncio.run(yahoo.latest(["SPY.ARCA"]))) == 1
    assert server.paths().count("/v1/test/getcrumb") == 2


def test_search_tells_instruments_by_nautilus_names(yahoo: Yahoo) -> None:
    found = asyncio.run(yahoo.search("S&P"))
    assert [(one.instrument_id, one.symbol) for one in found] == [
        ("SPY.ARCA", "SPY"), ("ES.CME", "ES=F"), ("^SPX.CBOE", "^GSPC"),
    ]  # fmt: skip
    assert asyncio.run(yahoo.search("nothing like it")) == []


def test_an_alias_wins_over_the_name(yahoo: Yahoo, server: LoopbackYahoo) -> None:
    yahoo.aliases = {"SPX.XCBO": "^GSPC"}
    assert len(fetch(yahoo, line("SPX.XCBO"))) == 5
    assert server.paths()[-1].endswith("/chart/%5EGSPC")


def test_one_cookie_and_one_crumb_serve_all_requests(yahoo: Yahoo, server: LoopbackYahoo) -> None:
    for timeframe in ("1-DAY", "1-HOUR", "5-MINUTE"):
        fetch(yahoo, line(timeframe=timeframe))
    assert server.paths() == ["/", "/v1/test/getcrumb", CHART, CHART, CHART]


def chart_error(code: str, description: str) -> dict[str, Any]:
    return {"chart": {"result": None, "error": {"code": code, "description": description}}}


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (faults.too_many(), RetryableError, "too many requests"),
        (faults.html, RetryableError, "a web page instead of data"),
        (faults.truncated, RetryableError, "cut short"),
        (faults.drops, RetryableError, "can't be reached"),
        (faults.says(""), RetryableError, "the answer is empty"),
        (faults.says({"chart": {"result": None, "error": None}}), None, ""),
        (faults.says({"chart": {}}), RetryableError, "not a chart"),
        (faults.says({"other": 1}), RetryableError, "not a chart"),
        (faults.says([]), RetryableError, "not one of Yahoo's documents"),
        (faults.says(chart_error("Not Found", "gone")), SkippableError, "gone"),
        (faults.says(chart_error("Internal", "oops")), RetryableError, "oops"),
        (faults.says("<h1>Internal</h1>", 500, "text/html"), RetryableError, r"error of its own \(500\)"),
        (faults.says("Edge: Too Many Requests", 429), RetryableError, "too many requests"),
        (faults.says(chart_error("Bad Request", "Data doesn't exist for startDate = 1, endDate = 2"), 400), None, ""),
    ],
)
def test_each_fault_is_told_apart(
    yahoo: Yahoo, server: LoopbackYahoo, fault: faults.Fault, kind: type | None, words: str
) -> None:
    server.faults.extend([fault] * 3)
    if kind is None:
        assert fetch(yahoo, line()).empty
        return
    with pytest.raises(kind, match=words):
        fetch(yahoo, line())
    server.faults.clear()
    yahoo.meter.ledger.resume("yahoo")
    assert len(fetch(yahoo, line())) == 5


def test_values_of_another_kind_are_told_and_not_read(yahoo: Yahoo, server: LoopbackYahoo) -> None:
    search, quote = "/v1/finance/search", "/v7/finance/quote"
    for path, document, ask in (
        (search, {"quotes": ["x"]}, lambda: yahoo.search("apple")),
        (quote, {"quoteResponse": {}}, lambda: yahoo.latest(["AAPL.NASDAQ"])),
        (quote, {"quoteResponse": {"result": [{"symbol": "JPM", "regularMarketPrice": "x"}]}},
         lambda: yahoo.latest(["JPM.NYSE"])),
    ):  # fmt: skip
        server.documents[path] = document
        with pytest.raises(RetryableError, match="the answer can't be read"):
            asyncio.run(ask())
    server.documents[quote] = {"quoteResponse": {"result": None, "error": None}}
    assert asyncio.run(yahoo.latest(["SPY.ARCA"])) == []


def test_a_fault_that_passes_is_not_noticed_above(yahoo: Yahoo, server: LoopbackYahoo) -> None:
    server.faults.extend([faults.truncated, faults.html])
    assert len(fetch(yahoo, line())) == 5
    assert yahoo.health().is_ok and "web page" in yahoo.health().last_error


def test_a_server_that_hangs_is_given_up_in_time(server: LoopbackYahoo) -> None:
    yahoo = make(server, None, timeout_s=3.0)
    fetch(yahoo, line())
    server.faults.append(faults.hangs(9.0))
    started = time.monotonic()
    with stamina.set_testing(True, attempts=1), pytest.raises(RetryableError, match="no answer in time"):
        fetch(yahoo, line())
    assert time.monotonic() - started < 8
    yahoo.close()


def test_too_many_requests_leave_yahoo_alone_also_in_another_process(server: LoopbackYahoo, tmp_path: Path) -> None:
    one, other = (make(server, tmp_path, Ledger(tmp_path)) for _ in "ab")
    server.faults.append(faults.too_many())
    with pytest.raises(RetryableError) as caught:
        fetch(one, line())
    assert caught.value.retry_after == 900
    asked = len(server.requests)
    with pytest.raises(RetryableError, match="too many requests"):
        fetch(other, line())
    assert len(server.requests) == asked
    assert "left alone until" in other.interruption()
    assert not other.health().is_ok and other.quota()[1].used == asked
    one.close(), other.close()


def test_bars_come_without_a_crumb_where_there_is_none(yahoo: Yahoo, server: LoopbackYahoo) -> None:
    server.documents["/v1/test/getcrumb"] = "<html>consent</html>"
    assert len(fetch(yahoo, line())) == 5
    assert "crumb" not in server.requests[-1][2]


@pytest.mark.parametrize(
    "crumb", ['<!DOCTYPE html>\n<html lang="en">consent', '{"detail":"Not Found"}', "x" * 9000, "", "Not Found"]
)
def test_what_is_no_crumb_is_not_sent_as_one(yahoo: Yahoo, server: LoopbackYahoo, crumb: str) -> None:
    server.documents["/v1/test/getcrumb"] = crumb
    assert len(fetch(yahoo, line())) == 5
    assert "crumb" not in server.requests[-1][2]


def test_a_cookie_that_only_redirects_is_gone_without(yahoo: Yahoo, server: LoopbackYahoo) -> None:
    server.redirected |= {"/": "https://guce.yahoo.com/consent", "/consent": "https://guce.yahoo.com/consent?again=1"}
    assert len(fetch(yahoo, line())) == 5
    server.redirected[CHART] = "https://guce.yahoo.com/consent"
    with pytest.raises(RetryableError, match="Yahoo Finance: redirected more than 6 times"):
        fetch(yahoo, line())


def test_raw_prices_are_had_also_where_there_are_no_quarters(yahoo: Yahoo, server: LoopbackYahoo) -> None:
    expected = fetch(yahoo, line(), SPLIT)
    server.requests.clear()
    server.lacks.add("3mo")
    again = make(server, None)
    pd.testing.assert_frame_equal(fetch(again, line(), SPLIT), expected)
    assert [query["interval"] for _, path, query in server.requests if path == CHART] == ["1d", "3mo", "1d"]
    again.close()


@pytest.mark.parametrize(
    ("series", "span", "words"),
    [
        (line("NOBODY.NASDAQ"), WEEK, r"NOBODY\.NASDAQ \(NOBODY\): .*404.*may be delisted"),
        (line("NOBODY.NOWHERE"), WEEK, "lists nothing at NOWHERE"),
        (line("AAPL.NYSE"), WEEK, r"listed at NASDAQ: use AAPL\.NASDAQ"),
        (line(), TimeRange.of("2001-01-01", "2002-01-01"), "first traded on 2015-01-02"),
        (line(), TimeRange(NOW, NOW + NS_PER_DAY), "lies in the future"),
        (line(timeframe="1-MINUTE"), TimeRange.of("2024-01-01", "2024-01-02"), "1m bars only since 2024-05-07"),
        (line(timeframe="1-HOUR"), TimeRange.of("2019-01-01", "2019-01-02"), "1h bars only since 2022-05-16"),
        (line(timeframe="2-MINUTE"), WEEK, "no raw 2m bars; choose one it lists: 1d, 1m, 5m, 15m, 1h, 4h"),
        (line(timeframe="1-HOUR", adjustment="total"), WEEK, "no total 1h bars; choose adjustment raw or split"),
        (line(price_type="BID"), WEEK, "no BID prices; it has LAST"),
    ],
)
def test_what_yahoo_does_not_have_is_refused_with_the_reason(
    yahoo: Yahoo, server: LoopbackYahoo, series: Series, span: TimeRange, words: str
) -> None:
    with pytest.raises(SkippableError, match=words):
        fetch(yahoo, series, span)
    assert server.paths().count(CHART) <= 2


@pytest.mark.parametrize("timeframe", ["1-MINUTE", "5-MINUTE", "15-MINUTE", "1-HOUR", "4-HOUR"])
def test_the_oldest_there_is_can_be_asked_for_also_a_while_after_it_was_planned(
    yahoo: Yahoo, server: LoopbackYahoo, timeframe: str
) -> None:
    series = line(timeframe=timeframe)
    first = yahoo.spec.capability(series).known(NOW).start
    planned = TimeRange(first, first + 4 * NS_PER_DAY)
    assert len(fetch(yahoo, series, planned))
    later = Yahoo(yahoo.access, yahoo.meter.ledger, clock=lambda: NOW + 30 * 3600 * NS_PER_S)
    frame = fetch(later, series, planned)
    assert len(frame) and server.faults == type(server.faults)()
    later.close()


def test_an_unknown_symbol_costs_one_request(yahoo: Yahoo, server: LoopbackYahoo) -> None:
    fetch(yahoo, line())
    asked = len(server.requests)
    with pytest.raises(SkippableError):
        fetch(yahoo, line("NOBODY.NASDAQ"))
    assert len(server.requests) == asked + 1
    with pytest.raises(SkippableError):
        fetch(yahoo, line("NOBODY.NASDAQ"), SPLIT)
    assert len(server.requests) == asked + 2


def test_a_redirect_stays_on_the_base_url(yahoo: Yahoo, server: LoopbackYahoo) -> None:
    target = f"https://query1.finance.yahoo.com{CHART}?period1=1714000000&period2=1715788800&interval=1d"
    server.faults.append(faults.redirects(target))
    assert len(fetch(yahoo, line())) == 5
    server.faults.append(faults.redirects("https://guce.yahoo.com/consent"))
    assert len(fetch(yahoo, line())) == 5
    assert "/consent" in server.paths()


def test_cookie_and_crumb_show_nowhere(
    yahoo: Yahoo, server: LoopbackYahoo, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    fetch(yahoo, line(), SPLIT)
    asyncio.run(yahoo.search("apple"))
    server.faults.append(faults.says({"chart": {"error": {"code": "Bad Request", "description": "no"}}}, 400))
    with pytest.raises(SkippableError) as caught:
        fetch(yahoo, line())
    assert CRUMB not in caplog.text + str(caught.value) + repr(yahoo.health())
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "yahoo.sqlite" for path in files)
    for path in files:
        data = path.read_bytes()
        assert CRUMB.encode() not in data and b"d=cookie" not in data, path


def test_many_at_once_keep_to_the_limit(server: LoopbackYahoo, tmp_path: Path) -> None:
    yahoo = make(server, tmp_path, Ledger(tmp_path))

    async def ask() -> list[pd.DataFrame]:
        kinds = ("raw", "split", "total")
        return await asyncio.gather(*(yahoo.fetch(line(adjustment=kind), WEEK) for kind in kinds * 2))

    assert [len(frame) for frame in asyncio.run(ask())] == [5] * 6
    times = sorted(at for at, _, _ in server.requests)
    assert len(times) == yahoo.quota()[1].used == 8
    assert times[5] - times[0] >= 4.0
    yahoo.close()


def test_stopping_does_not_wait_for_the_answer(yahoo: Yahoo, server: LoopbackYahoo) -> None:
    fetch(yahoo, line())
    server.faults.append(faults.hangs(1.0))

    async def stop_soon() -> float:
        asked = asyncio.ensure_future(yahoo.fetch(line(), WEEK))
        await asyncio.sleep(0.2)
        asked.cancel()
        started = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await asked
        return time.monotonic() - started

    assert asyncio.run(stop_soon()) < 0.5
