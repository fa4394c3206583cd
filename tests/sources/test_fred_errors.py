"""What bad input gets of FRED: the right kind of error, a message that says what to do, and nowhere the key."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import fredapi
import pytest
import stamina

from nautilus_data.core.dataset import OBSERVATIONS, Series
from nautilus_data.core.macro_series import observations_of, releases_of
from nautilus_data.core.timerange import NS_PER_S, TimeRange
from nautilus_data.errors import FatalError, RetryableError, SkippableError
from nautilus_data.sources.fred import Fred
from nautilus_data.transport import Access, Ledger
from tests import loopback_fred as faults
from tests.loopback_fred import API_KEY, Line, LoopbackFred, loopback_fred
from tests.sources.fred_asked import ALL, NOW, fetched, fred, serving

RATE = Line({"units": "Percent", "frequency_short": "M"}, [("2024-02-02", {"2024-01-01": 3.7})])
UNRATE = observations_of("UNRATE")


@pytest.fixture(autouse=True)
def quick_retries() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def server() -> Iterator[LoopbackFred]:
    with loopback_fred({"UNRATE": RATE}, clock=lambda: NOW / NS_PER_S) as made:
        yield made


@pytest.fixture
def source(server: LoopbackFred) -> Iterator[Fred]:
    made = fred(server)
    yield made
    made.close()


def extract(source: Fred, series: Series = UNRATE) -> object:
    return asyncio.run(source.extract(series, ALL))


def test_without_a_key_it_says_where_one_is_made_and_asks_nothing(server: LoopbackFred) -> None:
    source = fred(server, api_key="")
    assert source.refusal() == source.unavailable_reason()
    assert "set FRED_API_KEY" in source.refusal() and "https://fred.stlouisfed.org/docs/api/api_key" in source.refusal()
    for ask in (lambda: extract(source), lambda: asyncio.run(source.search("rate"))):
        with pytest.raises(FatalError, match="no key: set FRED_API_KEY"):
            ask()
    assert not server.requests
    source.close()


@pytest.mark.parametrize("key", ["x" * 32, "TOO-SHORT", "A" * 32])
def test_a_key_that_is_refused_stops_everything(server: LoopbackFred, key: str) -> None:
    source = fred(server, api_key=key)
    with pytest.raises(FatalError, match=r"FRED: refused the key .*Check FRED_API_KEY") as caught:
        extract(source)
    assert key not in str(caught.value) and len(server.requests) == 1
    source.close()


@pytest.mark.parametrize(
    ("fault", "kind", "words", "requests"),
    [
        (faults.html, RetryableError, "web page instead of data; it says: Maintenance", 3),
        (faults.truncated, RetryableError, "cut short or damaged", 3),
        (faults.drops, RetryableError, "FRED can't be reached", 3),
        (faults.says(b""), RetryableError, "the answer is empty", 3),
        (faults.says('{"seriess": []}'), RetryableError, "JSON instead of XML", 3),
        (faults.says("<seriess/>"), RetryableError, "No info exists", 1),
        (faults.says("<!DOCTYPE a [<!ENTITY b 'c'>]><seriess/>"), RetryableError, "declares a document type", 3),
        (faults.says("<html><title>502</title></html>", 502, "text/html"), RetryableError, "error of its own", 3),
        (faults.says("<html>Denied</html>", 403, "text/html"), RetryableError, "a web page .403.", 3),
        (faults.errs("Internal Server Error", 500), RetryableError, "it says: Internal Server Error", 3),
        (faults.errs("Locked", 423), RetryableError, "is locked for now .423.", 1),
        (faults.errs("Not Found.", 404), SkippableError, "it says: Not Found", 1),
        (faults.errs("Bad Request.  Something.", 400), SkippableError, "it says: Bad Request. Something", 1),
    ],
)
def test_each_bad_answer_is_told_for_what_it_is(
    server: LoopbackFred, source: Fred, fault: faults.Fault, kind: type, words: str, requests: int
) -> None:
    server.faults.extend([fault] * 3)
    with pytest.raises(kind, match=words) as caught:
        extract(source)
    assert "FRED" in str(caught.value) and len(server.requests) == requests
    if not source.interruption():
        server.faults.clear()
        assert len(fetched(source, "UNRATE")) == 1


@pytest.mark.parametrize(("header", "wait_s"), [("120", 120.0), ("", 60.0)])
def test_too_many_requests_leave_it_alone_as_long_as_it_says(server: LoopbackFred, header: str, wait_s: float) -> None:
    source = Fred(Access(base_url=server.url, api_key=API_KEY), Ledger(), clock=lambda: NOW)
    server.faults.append(faults.too_many(header))
    with pytest.raises(RetryableError, match="too many requests") as caught:
        extract(source)
    assert caught.value.retry_after == wait_s and len(server.requests) == 1
    assert "FRED is left alone until" in source.interruption()
    source.close()


def test_an_answer_that_is_late_may_come_in_time_later(server: LoopbackFred) -> None:
    source = fred(server, timeout_s=0.3)
    server.faults.extend([faults.slow(0.8)] * 3)
    started = time.monotonic()
    with pytest.raises(RetryableError, match="no answer in time"):
        extract(source)
    assert time.monotonic() - started < 5
    source.close()


def test_a_trouble_that_passes_is_not_noticed(server: LoopbackFred, source: Fred) -> None:
    server.faults.extend([faults.html, faults.truncated])
    assert len(fetched(source, "UNRATE")) == 1
    assert source.health().is_ok and "cut short" in source.health().last_error


def test_an_unknown_series_says_so_and_to_search(source: Fred) -> None:
    with pytest.raises(
        SkippableError, match=r"NOSUCH.FRED: FRED: knows nothing of that name; .*does not exist.*Search"
    ):
        extract(source, observations_of("NOSUCH"))
    with pytest.raises(SkippableError, match=r"999999.FRED: FRED: knows nothing of that name"):
        extract(source, releases_of("999999"))


@pytest.mark.parametrize(
    ("series", "words"),
    [
        (observations_of("TEDRATE"), "TEDRATE is not asked for: it ended in January 2022"),
        (observations_of("goldamgbd228nlbm"), "NASDAQQGLDI"),
        (observations_of("A B"), "write its id, as UNRATE.FRED"),
        (observations_of("GDP&api_key=x"), "write its id, as UNRATE.FRED"),
        (observations_of("X" * 26), "write its id, as UNRATE.FRED"),
        (observations_of(""), "write its id, as UNRATE.FRED"),
        (
            Series(dataset="observations", instrument_id="AAPL.NASDAQ", source="fred"),
            "no series of FRED's: AAPL.NASDAQ",
        ),
        (releases_of("GDP"), "write its number, as 10.FRED"),
        (Series(instrument_id="UNRATE.FRED", source="fred"), "FRED has no bars"),
        (Series(dataset="observations", instrument_id="GDP.FRED", source="fred", price_type="BID"), "has no BID"),
    ],
)
def test_what_it_cannot_have_is_refused_before_anything_is_asked(
    server: LoopbackFred, source: Fred, series: Series, words: str
) -> None:
    with pytest.raises(SkippableError, match=words):
        source.check(series)
    with pytest.raises(SkippableError, match=words):
        extract(source, series)
    assert not server.requests


def test_a_span_to_come_is_refused(server: LoopbackFred, source: Fred) -> None:
    with pytest.raises(SkippableError, match="lies in the future"):
        asyncio.run(source.extract(UNRATE, TimeRange(NOW, NOW + 1)))
    assert not server.requests


@pytest.mark.parametrize("info", [{"units": "Index 2012=100"}, {"frequency_short": "W"}])
def test_a_series_of_other_units_or_frequency_is_not_used(info: dict[str, str]) -> None:
    line = Line({**RATE.info, **info}, RATE.vintages)
    with (
        serving({"UNRATE": line}) as (server, source),
        pytest.raises(SkippableError, match=r"UNRATE.FRED: expected were"),
    ):
        try:
            extract(source)
        finally:
            assert not server.asked("series/observations")


def test_pages_that_end_too_early_are_no_answer(server: LoopbackFred, source: Fred) -> None:
    server.documents["series/observations"] = b'<observations count="5"></observations>'
    with pytest.raises(RetryableError, match="the answer ends after 0 of 5 rows"):
        extract(source)


def test_a_series_without_a_release_has_values(server: LoopbackFred, source: Fred) -> None:
    server.lines["UNRATE"] = replace(RATE, release=None)
    answer = extract(source)
    assert answer.info.release == ""
    assert len(OBSERVATIONS.conform(source.normalize(answer, UNRATE))) == 1


def test_the_key_is_on_the_wire_and_nowhere_else(
    server: LoopbackFred, tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    source = fred(server, tmp_path, cache_s=60.0)
    shown = [repr(source), repr(source.access), str(source.spec), repr(extract(source))]
    for fault in (
        faults.errs(f"The value for variable api_key={API_KEY} is not registered."),
        faults.says(f"<html>{API_KEY}</html>", 500, "text/html"),
        faults.says(f"<seriess>{API_KEY}"),
    ):
        server.faults.extend([fault] * 3)
        with pytest.raises((FatalError, RetryableError)) as caught:
            extract(source, observations_of("OTHER"))
        server.faults.clear()
        shown += ["".join(traceback.format_exception(caught.value)), str(source.health())]
    source.close()
    assert all(query["api_key"] == API_KEY for _, query in server.requests)
    out, err = capfd.readouterr()
    assert API_KEY not in "".join([*shown, caplog.text, out, err])
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files and all(API_KEY.encode() not in path.read_bytes() for path in files)


def test_neither_the_environment_nor_the_process_is_touched(
    server: LoopbackFred, source: Fred, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRED_API_KEY", "of-somebody-else")
    monkeypatch.setattr(urllib.request, "install_opener", lambda opener: pytest.fail("an opener for the whole process"))
    monkeypatch.setattr(fredapi.fred, "urlopen", lambda url: pytest.fail("past our own client"))
    assert len(fetched(source, "UNRATE")) == 1
    asyncio.run(source.search("rate"))
    assert {query["api_key"] for _, query in server.requests} == {API_KEY}


def test_nothing_is_kept_on_disk_where_no_age_is_set(server: LoopbackFred, tmp_path: Path) -> None:
    source = fred(server, tmp_path)
    fetched(source, "UNRATE")
    fetched(source, "UNRATE")
    source.close()
    assert len(server.asked("series/observations")) == 2 and not (tmp_path / "cache").exists()


def test_the_limits_are_those_freds_key_has(server: LoopbackFred) -> None:
    source = Fred(Access(base_url=server.url, api_key=API_KEY), Ledger(), clock=lambda: NOW)
    started = time.monotonic()
    fetched(source, "UNRATE")
    # Three requests, two a second.
    assert time.monotonic() - started >= 0.9
    assert [(quota.limit, quota.used) for quota in source.quota()] == [(2, 1), (120, 3)]
    source.close()
