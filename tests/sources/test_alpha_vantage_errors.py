"""What bad input gets of Alpha Vantage: the right kind of error, what to do, nowhere the key, and no request twice."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import stamina

from nautilus_data.core.dataset import Series
from nautilus_data.core.timerange import NS_PER_S
from nautilus_data.errors import DashboardError, FatalError, RetryableError, SkippableError
from nautilus_data.sources.alpha_vantage import AlphaVantage
from nautilus_data.transport import Access, Ledger
from tests import loopback_alpha_vantage as faults
from tests.loopback_alpha_vantage import API_KEY, LoopbackAlphaVantage, loopback_alpha_vantage
from tests.sources.alpha_vantage_asked import NOW, asking, last, of


@pytest.fixture(autouse=True)
def quick_retries() -> Iterator[None]:
    with stamina.set_testing(True, attempts=2, cap=True):
        yield


@pytest.fixture
def server() -> Iterator[LoopbackAlphaVantage]:
    with loopback_alpha_vantage(clock=lambda: NOW / NS_PER_S) as made:
        yield made


@pytest.fixture
def source(server: LoopbackAlphaVantage) -> Iterator[AlphaVantage]:
    made = asking(server)
    yield made
    made.close()


def extract(source: AlphaVantage, series: Series | None = None) -> object:
    return asyncio.run(source.extract(series or of(), last(30)))


@pytest.mark.parametrize(
    ("key", "words"), [("", "no key: set ALPHA_VANTAGE_API_KEY"), ("demo", "the demo key answers")]
)
def test_without_a_key_of_ones_own_nothing_is_asked(server: LoopbackAlphaVantage, key: str, words: str) -> None:
    source = asking(server, api_key=key)
    assert words in source.refusal() and "alphavantage.co/support/#api-key" in source.refusal()
    asks: list[Callable[[], object]] = [
        lambda: extract(source), lambda: asyncio.run(source.search("ibm")),
        lambda: asyncio.run(source.latest(["IBM.NYSE"])), lambda: asyncio.run(source.indicator("IBM.NYSE", "SMA")),
    ]  # fmt: skip
    for ask in asks:
        with pytest.raises(FatalError, match=words):
            ask()
    assert not server.requests
    source.close()


def test_a_key_that_is_refused_stops_everything(server: LoopbackAlphaVantage) -> None:
    source = asking(server, api_key="ANOTHERKEYOFNOBODY")
    with pytest.raises(
        FatalError, match=r"refused the key; it says: the parameter apikey is invalid.*ALPHA_VANTAGE_API"
    ):
        extract(source)
    assert len(server.requests) == 1
    source.close()


@pytest.mark.parametrize(
    ("fault", "kind", "words", "requests"),
    [
        (faults.html, RetryableError, "web page instead of data; it says: Maintenance", 2),
        (faults.truncated, RetryableError, "was cut short after", 2),
        (faults.drops, RetryableError, "can't be reached", 2),
        (faults.says(b""), RetryableError, "the answer is empty", 2),
        (faults.says(b"[]"), RetryableError, "it is a list", 2),
        (faults.says(b"\xff\xfe\x00"), RetryableError, "it is no text", 2),
        (faults.says(b"timestamp,open,high\n2024-05-14,1\n"), RetryableError, "was cut short after 2 lines", 2),
        (faults.says(b'{"a":' * 5000), RetryableError, "nested too deeply|cut short", 2),
        (faults.says({}, 503), RetryableError, "error of its own", 2),
        (faults.says({}), SkippableError, "knows nothing of that symbol", 1),
        (faults.notice(faults.INVALID.format("SMA"), "Error Message"), SkippableError, "or has no such data of it", 1),
        (faults.notice("Nobody knows these words."), RetryableError, "answered with a notice; it says: Nobody", 2),
        (faults.notice(faults.MINUTE, "Note"), RetryableError, "too often in a minute", 1),
        (faults.notice(faults.PREMIUM), SkippableError, "not in your plan; it says: Thank you", 1),
        (faults.notice(faults.FULL), SkippableError, "not in your plan", 1),
    ],
)  # fmt: skip
def test_each_answer_that_is_no_data_gets_its_kind_of_error(
    server: LoopbackAlphaVantage, source: AlphaVantage, fault: faults.Fault, kind: type[DashboardError], words: str,
    requests: int,
) -> None:  # fmt: skip
    server.faults.extend([fault] * 2)
    with pytest.raises(kind, match=words) as caught:
        extract(source)
    assert len(server.requests) == requests
    assert "Alpha Vantage" in str(caught.value) and API_KEY not in str(caught.value)
    # What may pass says when to come back, so that nobody spends the day's requests on it.
    assert kind is SkippableError or caught.value.retry_after >= 60


def test_what_comes_too_fast_is_asked_once_more(server: LoopbackAlphaVantage, source: AlphaVantage) -> None:
    server.faults.append(faults.notice(faults.BURST))
    extract(source)
    assert len(server.requests) == 2


def test_each_failure_is_followed_by_a_longer_rest_and_an_answer_ends_it(server: LoopbackAlphaVantage) -> None:
    source = asking(server)
    rests = []
    for _ in range(7):
        server.faults.extend([faults.html] * 2)
        with pytest.raises(RetryableError) as caught:
            extract(source)
        rests.append(caught.value.retry_after)
        source.meter.ledger.resume("alpha_vantage")
    assert rests == [60, 120, 240, 480, 960, 1800, 1800]
    extract(source)
    server.faults.extend([faults.html] * 2)
    with pytest.raises(RetryableError) as caught:
        extract(source)
    assert caught.value.retry_after == 60
    source.close()


def test_a_day_that_is_spent_elsewhere_is_over_at_midnight_in_new_york(
    server: LoopbackAlphaVantage, source: AlphaVantage
) -> None:
    server.faults.append(faults.notice(faults.DAILY.format(key=API_KEY, daily=25)))
    with pytest.raises(RetryableError, match=r"the requests of the day are spent.*API key as …") as caught:
        extract(source)
    # Noon in New York, and five minutes more.
    assert caught.value.retry_after == 12 * 3_600 + 300
    assert API_KEY not in str(caught.value)
    assert source.interruption() == ""
    with pytest.raises(RetryableError, match="is not asked for another"):
        extract(source)
    assert len(server.requests) == 1


def test_what_a_plan_has_not_is_not_asked_again_today(server: LoopbackAlphaVantage) -> None:
    source = asking(server, daily=1_000)
    series = of(timeframe="5-MINUTE")
    for _ in range(3):
        with pytest.raises(SkippableError, match="not in your plan"):
            extract(source, series)
    assert len(server.asked("TIME_SERIES_INTRADAY")) == 1
    extract(source)
    source.close()


def test_the_key_is_on_the_wire_and_nowhere_else(
    server: LoopbackAlphaVantage, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    reach = Access(folder=tmp_path, base_url=server.url, api_key=API_KEY, cache_s=86_400)
    source = AlphaVantage(reach, Ledger(tmp_path), clock=lambda: NOW)
    extract(source)
    assert server.requests[0]["apikey"] == API_KEY
    told = []
    for text in (API_KEY, API_KEY.lower(), "another KEY AS WELL"):
        server.faults.append(faults.notice(faults.DAILY.format(key=text, daily=25)))
        source.meter.ledger.resume("alpha_vantage")
        with pytest.raises(RetryableError) as caught:
            extract(source, of(timeframe="1-WEEK"))
        told += traceback.format_exception(caught.value)
    health = source.health()
    source.close()
    source.meter.close()
    for text in [*told, caplog.text, repr(source.access), str(health)]:
        assert API_KEY.lower() not in text.lower()
    for file in tmp_path.rglob("*.sqlite*"):
        assert API_KEY.encode().lower() not in file.read_bytes().lower()
    (cache,) = (tmp_path / "cache").glob("*.sqlite")
    with sqlite3.connect(cache) as database:
        assert database.execute("SELECT count(*) FROM entries").fetchone() == (1,)
