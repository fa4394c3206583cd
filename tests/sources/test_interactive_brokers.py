"""Interactive Brokers as a source: its promises, its limits and what bad input gets, at a gateway on loopback."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from nautilus_data.core.dataset import DATASETS
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, TimeRange, to_ns
from nautilus_data.errors import DisconnectedError, RetryableError, SkippableError
from nautilus_data.sources.base import LatestPrice
from nautilus_data.sources.ib import Gateway, Limits
from nautilus_data.sources.interactive_brokers import InteractiveBrokers
from nautilus_data.transport import State
from tests.conftest import free_port, wait_until
from tests.loopback_gateway import LoopbackGateway
from tests.sources.ib.connected import DAY, NO_LIMITS, await_state, connected, fetch, run, series, started

_HMDS = "Historical Market Data Service error message:"


@pytest.fixture
def loopback() -> Iterator[LoopbackGateway]:
    with LoopbackGateway() as made:
        yield made


@pytest.fixture
def gateway(loopback: LoopbackGateway) -> Iterator[Gateway]:
    with connected(loopback) as made:
        yield made


def test_its_spec_is_whole() -> None:
    spec = InteractiveBrokers.spec
    assert {capability.dataset for capability in spec.capabilities} <= set(DATASETS)
    for timeframe in ("1-MINUTE", "5-MINUTE", "15-MINUTE", "1-HOUR", "4-HOUR", "1-DAY"):
        assert spec.capability(series(timeframe=timeframe)).max_span_ns > 0
    with pytest.raises(SkippableError, match="Interactive Brokers"):
        spec.capability(series(timeframe="7-SECOND"))


def test_pieces_of_a_span_make_the_whole(loopback: LoopbackGateway) -> None:
    wanted, span = series(), TimeRange.of("2026-11-16", "2026-11-21")
    loopback.checks_pacing = False
    with connected(loopback, limits=NO_LIMITS) as gateway:
        whole = fetch(gateway, wanted, span)
        pieces = [fetch(gateway, wanted, part) for part in span.split(2 * NS_PER_DAY + 11 * NS_PER_S)]
    assert [time for piece in pieces for time in piece["ts_event"]] == whole["ts_event"].tolist()
    assert len(whole) == 5 * 7


def test_rows_outside_the_span_are_left_out(gateway: Gateway) -> None:
    whole = fetch(gateway, series("SPY.ARCA"))
    first, last = (int(whole["ts_event"].iloc[place]) for place in (1, -2))
    inner = fetch(gateway, series("SPY.ARCA"), TimeRange(first, last))
    assert inner["ts_event"].tolist() == whole["ts_event"].tolist()[1:-2]


def test_adjusted_and_traded_prices_are_different_requests(loopback: LoopbackGateway, gateway: Gateway) -> None:
    span = TimeRange.of("2026-11-02", "2026-11-21")
    for adjustment in ("split", "total"):
        assert len(fetch(gateway, series(timeframe="1-DAY", adjustment=adjustment), span)) == 15
    assert [fields[19] for fields in loopback.asked(20)] == ["TRADES", "ADJUSTED_LAST"]


def test_a_continuation_is_given_up_to_now_in_one_request(loopback: LoopbackGateway, gateway: Gateway) -> None:
    source, now = InteractiveBrokers(gateway=gateway), time.time_ns()
    daily, hourly = series("ES.CME", "1-DAY"), series("ES.CME")
    span = TimeRange(now - 400 * NS_PER_DAY, now - 300 * NS_PER_DAY)
    assert source.chunks(daily, span) == [span]
    assert 60 < len(run(source.fetch(daily, span))) < 75
    recent = TimeRange(now - 3 * NS_PER_DAY, now)
    assert run(source.fetch(hourly, recent))["ts_event"].between(recent.start, recent.end).all()
    with pytest.raises(SkippableError, match="up to now only"):
        run(source.fetch(hourly, span))
    assert {fields[15] for fields in loopback.asked(20)} == {""}


def test_trades_of_coins_and_expired_futures_are_asked_for_as_they_must_be(
    loopback: LoopbackGateway, gateway: Gateway
) -> None:
    assert len(fetch(gateway, series("BTC/USD.PAXOS"))) == 24
    fetch(gateway, series("ESZ6.CME"))
    coin, future = loopback.asked(20)
    assert (coin[19], future[14]) == ("AGGTRADES", "1")


def test_a_weekend_and_a_time_before_the_listing_have_no_bars_and_no_error(gateway: Gateway) -> None:
    assert fetch(gateway, series(), TimeRange.of("2026-11-21", "2026-11-22")).empty
    assert fetch(gateway, series("PLTR.NASDAQ"), TimeRange.of("2019-03-04", "2019-03-08")).empty
    assert run(gateway.head(series("PLTR.NASDAQ"))) == to_ns("2020-09-30")


def test_the_forming_bar_is_not_there() -> None:
    """10:30 New York: an hour's bar and the day's still form."""
    now = to_ns("2026-11-25T15:30")
    with (
        LoopbackGateway(clock=lambda: now / NS_PER_S) as loopback,
        connected(loopback, clock=lambda: now, limits=NO_LIMITS) as gateway,
    ):
        span = TimeRange.of("2026-11-24", "2026-11-26")
        assert fetch(gateway, series(), span)["ts_event"].iloc[-1] == to_ns("2026-11-25T15:00")
        assert fetch(gateway, series(timeframe="1-DAY"), span)["ts_event"].tolist() == [to_ns("2026-11-24T21:00")]
        minutes = fetch(gateway, series(timeframe="1-MINUTE"), TimeRange.of("2026-11-25T12:00", "2026-11-26T00:00"))
        assert minutes["ts_event"].iloc[-1] == now


@pytest.mark.parametrize(
    ("code", "text", "kind", "said"),
    [
        (162, f"{_HMDS}No market data permissions for NASDAQ STK", SkippableError, "permissions"),
        (354, "Requested market data is not subscribed.", SkippableError, "needs a market data subscription"),
        (10089, "Requested market data requires additional subscription for API.", SkippableError, "subscription"),
        (162, f"{_HMDS}HMDS connection attempt failed.", RetryableError, "HMDS connection"),
        (366, "No historical data query found for ticker id:4", RetryableError, "cancelled"),
        (10197, "No market data during competing live session", RetryableError, "end that session"),
        (321, "Error validating request:-'bN' : cause - Invalid step", SkippableError, "Invalid step"),
        (987654, "Something new", RetryableError, "Something new"),
    ],
)
def test_a_refusal_says_why_and_what_to_do(
    loopback: LoopbackGateway, gateway: Gateway, code: int, text: str, kind: type, said: str
) -> None:
    loopback.next_history.append((code, text))
    with pytest.raises(kind, match=said) as caught:
        fetch(gateway, series())
    assert f"({code})" in str(caught.value)
    assert gateway.connection.state is State.CONNECTED
    assert len(fetch(gateway, series("SPY.ARCA"))) == 7


def test_a_pacing_error_has_everybody_wait(loopback: LoopbackGateway, gateway: Gateway) -> None:
    """The same login is used by another program: our own count can't know."""
    loopback.next_history.append((162, f"{_HMDS}Historical data request pacing violation"))
    with pytest.raises(RetryableError, match="pacing") as caught:
        fetch(gateway, series())
    assert caught.value.retry_after == 60
    assert gateway.pacing.estimate_s(1) > 55


def test_a_bar_that_has_no_price_is_kept_aside(loopback: LoopbackGateway, gateway: Gateway) -> None:
    loopback.next_history.append("empty price")
    source = InteractiveBrokers(gateway=gateway)
    answer = run(source.extract(series(), DAY))
    assert len(source.refused(answer, series())) == 1
    assert len(source.normalize(answer, series())) == len(answer.bars) - 1


def test_an_alias_is_another_name_or_a_number(gateway: Gateway) -> None:
    source = InteractiveBrokers(gateway=gateway)
    source.aliases = {"ES.v.0.GLBX": "ES.CME", "TWIN.LSE": "700002"}
    assert run(source.instrument("TWIN.LSE")).quote_currency == "GBP"
    assert len(run(source.fetch(series("TWIN.LSE", adjustment="split"), DAY)))
    assert len(run(source.fetch(series("ES.v.0.GLBX"), DAY))) == 23
    assert [one.instrument_id for one in source.instruments()] == ["TWIN.LSE"]


def test_a_search_is_of_stocks_unless_said_otherwise(gateway: Gateway) -> None:
    source = InteractiveBrokers(gateway=gateway)
    (found,) = run(source.search("PLT"))
    assert (found.instrument_id, found.kind, found.symbol) == ("PLTR.NASDAQ", "Equity", "444857009")
    assert [one.kind for one in run(source.search("ES", sec_type="FUT"))] == ["FuturesContract"] * 2
    assert len(run(source.search("ES", 1, sec_type="FUT"))) == 1


def test_latest_prices_say_how_late_they_are(loopback: LoopbackGateway, gateway: Gateway) -> None:
    async def ask() -> list[LatestPrice]:
        source = InteractiveBrokers(gateway=gateway)
        asking = asyncio.ensure_future(source.latest(["AAPL.NASDAQ", "SPY.ARCA", "NOPE.NASDAQ"]))
        while sum(len(client.lines) for client in loopback.clients) < 2:
            await asyncio.sleep(0.01)
        for symbol in ("AAPL", "SPY"):
            await asyncio.to_thread(loopback.quote, symbol, 10.0, 11.0, 10.5)
        return await asking

    loopback.without_permission = {"SPY"}
    apple, spy = run(ask())
    assert (apple.instrument_id, apple.price, apple.delay_s) == ("AAPL.NASDAQ", Decimal("10.5"), 0)
    assert (spy.instrument_id, spy.delay_s) == ("SPY.ARCA", 1200)


def test_rows_out_of_order_and_double_are_handed_on_to_be_judged(loopback: LoopbackGateway, gateway: Gateway) -> None:
    loopback.next_history.append("shuffled")
    source = InteractiveBrokers(gateway=gateway)
    frame = source.normalize(run(source.extract(series(), DAY)), series())
    assert len(frame) == frame["ts_event"].nunique() + 1
    assert not frame["ts_event"].is_monotonic_increasing


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (series("NOPE.NASDAQ"), "check symbol"),
        (series("TWIN.LSE", adjustment="split"), "ambiguous"),
        (series(adjustment="raw"), "choose adjustment split"),
        (series("EUR/USD.IDEALPRO"), "choose price type MID"),
        (series(timeframe="1-WEEK"), "choose one it lists"),
    ],
)
def test_a_series_that_is_not_there_is_refused(gateway: Gateway, wanted: object, said: str) -> None:
    with pytest.raises(SkippableError, match=said):
        fetch(gateway, wanted)


def test_a_future_span_is_refused_before_anything_is_asked(loopback: LoopbackGateway, gateway: Gateway) -> None:
    ahead = to_ns("2126-01-05")
    with pytest.raises(SkippableError, match="future"):
        fetch(gateway, series(), TimeRange(ahead, ahead + NS_PER_DAY))
    assert not loopback.asked(20)
    assert gateway.pacing.used() == 0


def test_many_requests_at_once_break_no_limit(loopback: LoopbackGateway, gateway: Gateway) -> None:
    """Twelve of one contract: no six within two seconds, by the gateway's own count."""
    days = list(TimeRange.of("2026-11-01", "2026-11-13").split(NS_PER_DAY))

    async def ask() -> list[object]:
        source = InteractiveBrokers(gateway=gateway)
        return await asyncio.gather(*(source.fetch(series(), day) for day in days))

    began = time.monotonic()
    assert sum(map(len, run(ask()))) == 9 * 7
    assert time.monotonic() - began > 4
    assert len(loopback.asked(20)) == 12
    assert not loopback.violations


def test_the_quota_outlives_the_connection_and_is_waited_for_by_itself(
    loopback: LoopbackGateway, tmp_path: Path
) -> None:
    limits = Limits(calls=2, window_s=3.0)
    for _ in range(2):
        with connected(loopback, folder=tmp_path, limits=limits) as gateway:
            fetch(gateway, series(("SPY.ARCA", "PLTR.NASDAQ")[gateway.pacing.used()]))
    with connected(loopback, folder=tmp_path, limits=limits) as gateway:
        source = InteractiveBrokers(gateway=gateway)
        assert gateway.status().calls_left == 0
        assert 0 < source.wait_s(1) <= 3
        assert len(run(source.fetch(series(), DAY))) == 7
    sent = [at for at, fields in loopback.requests if fields[0] == "20"]
    # On the wire they may come nearer to each other than they left: the windows are longer than the vendor's.
    assert sent[2] - sent[0] > 2.9


def test_a_lost_connection_ends_the_wait_for_a_turn(loopback: LoopbackGateway, tmp_path: Path) -> None:
    async def wait_and_lose(gateway: Gateway) -> float:
        waiting = asyncio.ensure_future(InteractiveBrokers(gateway=gateway).fetch(series("SPY.ARCA"), DAY))
        await asyncio.sleep(0.3)
        began = time.monotonic()
        await asyncio.to_thread(loopback.drop)
        with pytest.raises(DisconnectedError):
            await waiting
        return time.monotonic() - began

    with connected(loopback, folder=tmp_path, limits=Limits(calls=1)) as gateway:
        fetch(gateway, series())
        assert run(wait_and_lose(gateway)) < 1.0


def test_the_health_is_that_of_the_last_real_request(loopback: LoopbackGateway, gateway: Gateway) -> None:
    fetch(gateway, series())
    assert gateway.pacing.health().is_ok
    loopback.next_history.append((162, f"{_HMDS}HMDS connection attempt failed."))
    with pytest.raises(RetryableError):
        fetch(gateway, series("SPY.ARCA"))
    assert "HMDS connection" in gateway.pacing.health().error
    # A wrong question is not the source's trouble.
    with pytest.raises(SkippableError):
        fetch(gateway, series("NOPE.NASDAQ"))
    assert gateway.pacing.health().is_ok
    assert "HMDS connection" in gateway.pacing.health().last_error


def test_a_source_without_a_connection_says_what_to_do() -> None:
    assert "the worker holds the connection" in InteractiveBrokers().unavailable_reason()
    with pytest.raises(RetryableError, match="worker"):
        run(InteractiveBrokers().extract(series(), DAY))
    with started(free_port()) as gateway:
        source = InteractiveBrokers(gateway=gateway)
        wait_until(lambda: "no gateway at" in source.unavailable_reason())
        assert ":" in source.unavailable_reason()
        assert source.interruption() == source.unavailable_reason()


def test_an_outage_interrupts_and_its_end_goes_on(loopback: LoopbackGateway, gateway: Gateway) -> None:
    source = InteractiveBrokers(gateway=gateway)
    assert source.interruption() == ""
    loopback.say(1100, "Connectivity between IB and Trader Workstation has been lost.")
    wait_until(source.interruption)
    loopback.say(1101, "Connectivity between IB and Trader Workstation has been restored - data lost.")
    wait_until(lambda: not source.interruption())
    await_state(gateway, State.CONNECTED)
    assert len(fetch(gateway, series())) == 7


_ASKER = """
import sys
from pathlib import Path
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange
from nautilus_data.transport import State
from tests.sources.ib.connected import await_state, fetch, series, started

with started(int(sys.argv[1]), Path(sys.argv[2])) as gateway:
    await_state(gateway, State.CONNECTED)
    for day in TimeRange.of("2026-11-01", "2026-11-21").split(NS_PER_DAY):
        fetch(gateway, series(timeframe="1-MINUTE"), day)
        print(day.start, flush=True)
"""


def test_no_limit_is_broken_over_kills(loopback: LoopbackGateway, tmp_path: Path) -> None:
    """Each start asks for the same days at once, as a backfill that lost its place would."""
    root = Path(__file__).parents[2]
    for asked in (4, 2):
        command = [sys.executable, "-c", _ASKER, str(loopback.port), str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as asker:
            for _ in range(asked):
                assert asker.stdout.readline()
            os.kill(asker.pid, signal.SIGKILL)
    assert len(loopback.asked(20)) >= 6
    assert not loopback.violations
