"""Alpha Vantage's requests of a day: never one too many, the urgent ones first, and who waits is told until when."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest

from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S
from nautilus_data.errors import RetryableError
from nautilus_data.sources.alpha_vantage import AlphaVantage
from nautilus_data.sources.alpha_vantage.call import Priority, priority_of
from nautilus_data.transport import Access, Ledger, Meter
from tests.loopback_alpha_vantage import API_KEY, LoopbackAlphaVantage, loopback_alpha_vantage
from tests.sources.alpha_vantage_asked import NOW, last, of

HOUR = 3_600 * NS_PER_S


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += int(seconds * NS_PER_S)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> Iterator[LoopbackAlphaVantage]:
    with loopback_alpha_vantage(clock=lambda: clock.now / NS_PER_S, daily=25, per_s=1.0) as made:
        yield made


def opened(server: LoopbackAlphaVantage, folder: Path, clock: Clock, **access: object) -> AlphaVantage:
    """As a process that was just started."""
    reach = Access(folder=folder, base_url=server.url, api_key=API_KEY, **{"cache_s": 0, **access})
    source = AlphaVantage(reach, Ledger(folder, clock), clock=clock)
    source.__dict__["meter"] = Meter(
        source.meter.ledger, "alpha_vantage", "Alpha Vantage", source.spec.limits, sleep=clock.sleep
    )
    return source


def ask(source: AlphaVantage, dataset: str = "bars") -> str:
    """How an attempt went: '' or until when it has to wait."""
    series = of(dataset, "CPI.ALPHAVANTAGE") if dataset == "observations" else of(dataset)
    try:
        asyncio.run(source.extract(series, last(30)))
    except RetryableError as error:
        return str(error)
    return ""


def test_over_restarts_and_days_no_day_sees_more_than_its_requests(
    server: LoopbackAlphaVantage, tmp_path: Path, clock: Clock
) -> None:
    for _ in range(60):
        source = opened(server, tmp_path, clock)
        asyncio.run(source.latest(["IBM.NYSE"])) if not _is_spent(source) else None
        ask(source)
        source.close()
        clock.now += HOUR
    times = server.served
    assert len(times) == len(server.requests) > 45
    assert all(sum(0 <= at - other < 86_400 for other in times) <= 25 for at in times)


def _is_spent(source: AlphaVantage) -> bool:
    return source.quota()[-1].left == 0


def test_two_processes_at_once_share_a_day(server: LoopbackAlphaVantage, tmp_path: Path, clock: Clock) -> None:
    """Real processes, which ask as fast as they may; the limit of a second and a half is left out."""
    script = textwrap.dedent(
        f"""
        import asyncio, sys
        from dataclasses import replace
        from pathlib import Path
        from nautilus_data.errors import RetryableError
        from nautilus_data.sources.alpha_vantage import AlphaVantage
        from nautilus_data.transport import Access, Ledger
        source = AlphaVantage(Access(base_url={server.url!r}, api_key={API_KEY!r}), Ledger(Path(sys.argv[1])))
        source.spec = replace(source.spec, limits=source.spec.limits[1:])
        answered = 0
        for _ in range(20):
            try:
                asyncio.run(source.latest(["IBM.NYSE"]))
                answered += 1
            except RetryableError:
                break
        print(answered)
        """
    )
    server.per_s, server.daily = 0.0, 0
    both = [
        subprocess.Popen([sys.executable, "-c", script, tmp_path], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    answered = [int(process.communicate(timeout=60)[0]) for process in both]
    assert sum(answered) == len(server.requests) == 25


def test_the_urgent_have_some_of_the_day_left(server: LoopbackAlphaVantage, tmp_path: Path, clock: Clock) -> None:
    source = opened(server, tmp_path, clock)
    assert [priority.kept(25) for priority in Priority] == [0, 2, 7, 9]
    while not (why := ask(source, "observations")):
        pass
    assert len(server.requests) == 16
    assert "is not asked for another 24 h: 25 requests in 24 h are spent but for 9, kept for what is more urgent" in why
    while not ask(source):
        pass
    assert len(server.requests) == 18
    assert ask(source, "facts") == ""
    assert len(server.requests) == 23
    assert "are spent but for 2" in ask(source, "facts")
    for _ in range(2):
        asyncio.run(source.latest(["IBM.NYSE"]))
    with pytest.raises(RetryableError, match="25 requests in 24 h are spent") as caught:
        asyncio.run(source.latest(["IBM.NYSE"]))
    assert 80_000 < caught.value.retry_after <= 86_400
    source.close()


def test_a_plan_says_what_today_buys_and_until_when_the_rest_waits(
    server: LoopbackAlphaVantage, tmp_path: Path, clock: Clock
) -> None:
    source = opened(server, tmp_path, clock)
    companies = [of("facts", f"{name}.NYSE") for name in ("IBM", "GE", "KO", "XOM", "MMM")]
    wanted = [of("observations", "CPI.ALPHAVANTAGE"), of(), *companies]
    turns = source.planned(wanted)
    assert [turn.priority for turn in turns] == [Priority.FUNDAMENTALS] * 5 + [Priority.BARS, Priority.MACRO]
    assert [turn.calls for turn in turns] == [5] * 5 + [1, 1]
    assert [turn.waits for turn in turns] == [False] * 4 + [True] * 3
    assert turns[3].ts_due < NOW + 60 * NS_PER_S
    assert NOW + NS_PER_DAY <= turns[4].ts_due <= turns[6].ts_due < NOW + 2 * NS_PER_DAY
    assert not server.requests and source.quota()[-1].used == 0
    for _ in range(4):
        ask(source, "facts")
    clock.now += HOUR
    again = source.planned([companies[4], of()])
    assert [turn.waits for turn in again] == [True, True]
    assert again[0].ts_due < NOW + NS_PER_DAY + 10 * NS_PER_S
    source.close()


def test_a_job_is_told_until_when_in_seconds(server: LoopbackAlphaVantage, tmp_path: Path, clock: Clock) -> None:
    source = opened(server, tmp_path, clock)
    for _ in range(18):
        assert ask(source) == ""
    with pytest.raises(RetryableError) as caught:
        asyncio.run(source.extract(of(), last(30)))
    assert caught.value.retry_after == pytest.approx((NOW + NS_PER_DAY - clock.now) / NS_PER_S, abs=2)
    clock.now += int(caught.value.retry_after * NS_PER_S) + NS_PER_S
    assert ask(source) == ""
    source.close()


def test_a_paid_plan_has_its_own_day() -> None:
    source = AlphaVantage(Access(api_key=API_KEY, daily=5_000))
    assert [limit.calls for limit in source.spec.limits] == [1, 5_000]
    assert source.is_paid and not AlphaVantage(Access(api_key=API_KEY)).is_paid
    source.check(of(timeframe="1-MINUTE"))
    assert source.spec.capability(of()).depth_ns is None


def test_statements_go_before_bars_and_those_before_macro() -> None:
    asked = [priority_of(of(name)) for name in ("facts", "bars", "news", "corporate_actions", "observations")]
    assert asked == [1, 2, 2, 2, 3]
