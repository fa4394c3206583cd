"""What bad input gets of EDGAR: the right kind of error, a message that says what to do, and nothing claimed."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina

from nautilus_data.core.dataset import Series
from nautilus_data.core.timerange import TimeRange
from nautilus_data.errors import FatalError, RetryableError, SkippableError
from nautilus_data.sources.edgar import Edgar
from nautilus_data.transport import Access, Ledger
from tests import loopback_edgar as faults
from tests.edgar_documents import NOT_THERE, TOO_FAST, UNDECLARED, fact, report, submission, trade
from tests.loopback_edgar import WHO, Company, Filing, LoopbackEdgar, loopback_edgar
from tests.sources.edgar_asked import ALL, APPLE, NOW, edgar, fetched, series_of

A = "0000320193-24-000001"
LIST = f"data.sec.gov/submissions/CIK{APPLE}.json"
FACTS = f"data.sec.gov/api/xbrl/companyfacts/CIK{APPLE}.json"
TRADE = Filing(A, "4", "2024-02-05", document="xslF345X05/f4.xml", body=report(trade()))
COMPANY = Company("Apple Inc.", {"AAPL": "Nasdaq"}, [TRADE])


@pytest.fixture(autouse=True)
def quick_retries() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture
def server() -> Iterator[LoopbackEdgar]:
    with loopback_edgar({APPLE: COMPANY}, most_per_s=10_000) as made:
        yield made


@pytest.fixture
def source(server: LoopbackEdgar) -> Iterator[Edgar]:
    made = edgar(server)
    yield made
    made.close()


def extract(source: Edgar, dataset: str = "filings", cik: str = APPLE) -> object:
    return asyncio.run(source.extract(series_of(dataset, cik), ALL))


def test_without_who_asks_it_says_what_to_set_and_asks_nothing(server: LoopbackEdgar) -> None:
    source = edgar(server, user_agent="")
    assert source.refusal() == source.unavailable_reason()
    assert "set EDGAR_USER_AGENT" in source.refusal() and "name name@example.com" in source.refusal()
    for ask in (
        lambda: extract(source),
        lambda: asyncio.run(source.company_list()),
        lambda: asyncio.run(source.resolve("AAPL")),
        lambda: asyncio.run(source.search("apple")),
        lambda: asyncio.run(source.current()),
    ):
        with pytest.raises(FatalError, match="SEC EDGAR: nobody to write to: set EDGAR_USER_AGENT"):
            ask()
    assert not server.requests
    source.close()


def test_who_asks_is_told_to_edgar_and_to_nobody_else(
    server: LoopbackEdgar, source: Edgar, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    extract(source)
    assert server.agents == [WHO]
    assert "trader@example.com" not in caplog.text + repr(source.access) + repr(source) + str(source.health())


@pytest.mark.parametrize("status", [403, 200])
def test_who_is_refused_as_undeclared_is_told_which_setting_to_correct(
    server: LoopbackEdgar, source: Edgar, status: int
) -> None:
    server.faults.append(faults.says(UNDECLARED, status))
    with pytest.raises(FatalError, match=r"SEC EDGAR: refused who asks as undeclared .*Set EDGAR_USER_AGENT"):
        extract(source)
    assert len(server.requests) == 1 and not source.interruption()


@pytest.mark.parametrize("status", [403, 429])
def test_a_rate_that_was_exceeded_leaves_it_alone_for_ten_minutes(server: LoopbackEdgar, status: int) -> None:
    source = Edgar(Access(base_url=server.url, user_agent=WHO), Ledger(), clock=lambda: NOW)
    server.faults.append(faults.says(TOO_FAST, status))
    with pytest.raises(RetryableError, match="its request rate was exceeded") as caught:
        extract(source)
    assert caught.value.retry_after == 600.0 and len(server.requests) == 1
    assert "SEC EDGAR is left alone until" in source.interruption()
    with pytest.raises(RetryableError, match="is not asked for another 10 min"):
        extract(source, "facts")
    assert len(server.requests) == 1
    source.close()


@pytest.mark.parametrize(
    ("fault", "kind", "words", "requests"),
    [
        (faults.says(b"<html><title>Maintenance</title></html>"), RetryableError, "web page .*says: Maintenance", 3),
        (faults.says(b"<!DOCTYPE html>\n<html lang='en'>x"), RetryableError, "a web page instead of data", 3),
        (faults.cut(json.dumps({"cik": "320193", "filings": {"recent": {}}}).encode()), RetryableError, "cut short", 3),
        (faults.drops, RetryableError, "SEC EDGAR can't be reached", 3),
        (faults.says(b""), RetryableError, "the answer is empty", 3),
        (faults.says(b"[" * 100_000), RetryableError, "nested too deep", 3),
        (faults.says(b"{}"), RetryableError, "no list of filings", 1),
        (faults.says(b"[]"), RetryableError, "it is no object", 1),
        (faults.says(b'{"filings": {"recent": null}}'), RetryableError, "no recent filings", 1),
        (faults.says(b'{"filings": {"recent": {"form": ["4"]}}}'), RetryableError, "has no accessionNumber", 1),
        (faults.says(b"<html>Busy</html>", 503), RetryableError, "an error of its own .503.", 3),
        (faults.says(b"<html><title>Denied</title></html>", 403), RetryableError, "refused this address.*Denied", 1),
        (faults.says(NOT_THERE, 404), SkippableError, "NoSuchKey.; it says: The specified key does not exist", 1),
        (faults.says(NOT_THERE.replace(b"NoSuchKey", b"AccessDenied"), 403), SkippableError, "AccessDenied", 1),
        (faults.says(b"Bad Request", 400), SkippableError, "it says: Bad Request", 1),
    ],
)  # fmt: skip
def test_each_bad_answer_is_told_for_what_it_is(
    server: LoopbackEdgar, source: Edgar, fault: faults.Fault, kind: type, words: str, requests: int
) -> None:
    server.faults.extend([fault] * 3)
    with pytest.raises(kind, match=words) as caught:
        source.normalize(extract(source), series_of("filings"))
    assert "EDGAR" in str(caught.value) or requests == 1
    assert len(server.requests) == requests
    if not source.interruption():
        server.faults.clear()
        assert len(fetched(source, "filings")) == 1


@pytest.mark.parametrize("dataset", ["facts", "filings", "insider_trades", "holdings"])
def test_an_unknown_cik_is_skipped_and_one_without_xbrl_has_no_facts(source: Edgar, dataset: str) -> None:
    what = dataset.replace("_", " ")
    with pytest.raises(SkippableError, match=f"CIK0000000007.SEC: no {what} are had of it: .*NoSuchKey"):
        extract(source, dataset, "0000000007")
    if dataset == "facts":
        with pytest.raises(SkippableError, match=f"CIK{APPLE}.SEC: no facts are had of it"):
            extract(source, dataset)


def test_a_document_that_was_cut_short_is_asked_for_again_and_never_kept(server: LoopbackEdgar, tmp_path: Path) -> None:
    source = edgar(server, tmp_path)
    extract(source)
    for body in (TRADE.body, submission(), b"<a/>", b"<a><b/>"):
        server.faults.append(faults.cut(body))
        assert len(fetched(source, "insider_trades")) == 1
        (tmp_path / "cache" / "edgar.sqlite").unlink()
        source.close()
        source = edgar(server, tmp_path)
    source.close()


def test_a_trouble_that_passes_is_not_noticed(server: LoopbackEdgar, source: Edgar) -> None:
    server.faults.extend([faults.says(b"<html></html>", 500), faults.says(b'{"cik": ')])
    assert len(fetched(source, "filings")) == 1
    assert source.health().is_ok and "cut short" in source.health().last_error


def test_an_answer_that_is_late_may_come_in_time_later(server: LoopbackEdgar) -> None:
    source = edgar(server, timeout_s=0.3)
    server.faults.extend([faults.slow(0.8)] * 3)
    with pytest.raises(RetryableError, match="no answer in time"):
        extract(source)
    source.close()


@pytest.mark.parametrize(
    ("series", "words"),
    [
        (series_of("filings", "320193"), r"write its CIK in ten digits, as CIK0000320193.SEC"),
        (series_of("filings", "0000000000"), "no company of SEC EDGAR's: CIK0000000000.SEC"),
        (series_of("facts", "00003201930"), "write its CIK in ten digits"),
        (series_of("facts", "../../etc/passwd"), "write its CIK in ten digits"),
        (Series(dataset="facts", instrument_id="AAPL.NASDAQ", source="edgar"), "no company of SEC EDGAR's: AAPL"),
        (Series(instrument_id=f"CIK{APPLE}.SEC", source="edgar"), "has no bars; it has filings, facts, insider trades"),
        (Series(dataset="facts", instrument_id=f"CIK{APPLE}.SEC", source="edgar", price_type="BID"), "has no BID"),
    ],
)  # fmt: skip
def test_what_it_cannot_have_is_refused_before_anything_is_asked(
    server: LoopbackEdgar, source: Edgar, series: Series, words: str
) -> None:
    with pytest.raises(SkippableError, match=words):
        source.check(series)
    with pytest.raises(SkippableError, match=words):
        asyncio.run(source.extract(series, ALL))
    assert not server.requests


def test_a_span_to_come_is_refused(server: LoopbackEdgar, source: Edgar) -> None:
    with pytest.raises(SkippableError, match="lies in the future"):
        asyncio.run(source.extract(series_of("filings"), TimeRange(NOW, NOW + 1)))
    assert not server.requests


def test_filings_that_cannot_be_read_are_told_and_the_others_kept(server: LoopbackEdgar, source: Edgar) -> None:
    found = {
        "accessionNumber": [A, "x", None, "0000320193-24-000002", "0000320193-24-000003", "0000320193-24-000004"],
        "filingDate": ["2024-02-05", "2024-02-05", "2024-02-05", "someday", "1889-02-05", "2024-02-06"],
        "form": ["4", "4", "4", "4", "4", None],
        "size": ["many", 1, 1, 1, 1, 1],
        "reportDate": ["None", "-", None, "", "", ""],
    }
    server.documents[LIST] = json.dumps({"filings": {"recent": found, "files": None}}).encode()
    answer = extract(source)
    frame, refused = source.normalize(answer, series_of("filings")), source.refused(answer, series_of("filings"))
    assert frame["accession"].tolist() == [A] and frame[["size", "report_date"]].values.tolist() == [[0, 0]]
    assert len(refused) == 5 and "no accession number" in refused["reason"][0] and "no day" in refused["reason"][2]


def test_facts_that_cannot_be_read_are_told_and_the_others_kept(server: LoopbackEdgar, source: Edgar) -> None:
    said = [
        fact("2023-09-30", "352583000000", A, "2023-11-03"),
        *(fact("2023-09-30", value, A, "2023-11-03") for value in ("None", "-", ".", None, True, [], float("nan"))),
        fact("2023-13-30", 1, A, "2023-11-03"), fact("2023-09-30", 1, "none", "2023-11-03"),
        fact("2023-09-30", 1, A, "2030-11-03"), fact("2023-09-30", 1, A, "2023-11-03", start=5), 7, None,
    ]  # fmt: skip
    server.documents[FACTS] = json.dumps({"facts": {"us-gaap": {"Assets": {"units": {"USD": said}}}}}).encode()
    answer = extract(source, "facts")
    assert source.normalize(answer, series_of("facts"))["value"].tolist() == ["352583000000"]
    assert len(source.refused(answer, series_of("facts"))) == len(said) - 1
    for said in ('{"facts": []}', '{"facts": {"x": 1}}', '{"facts": {"x": {"y": {"units": {"USD": 1}}}}}'):
        server.documents[FACTS] = said.encode()
        with pytest.raises(RetryableError, match="SEC EDGAR"):
            source.normalize(extract(source, "facts"), series_of("facts"))


def test_what_was_answered_is_used_again_as_long_as_it_stays_the_same(server: LoopbackEdgar, tmp_path: Path) -> None:
    source = edgar(server, tmp_path, cache_s=0.5)
    server.documents[FACTS] = b'{"facts": {}}'

    def ask() -> list[str]:
        server.requests.clear()
        for dataset in ("filings", "facts", "insider_trades"):
            fetched(source, dataset)
        asyncio.run(source.company_list())
        asyncio.run(source.current())
        return sorted({path.rpartition("/")[2] for path in server.asked()})

    assert ask() == ["CIK0000320193.json", "browse-edgar", "company_tickers_exchange.json", "f4.xml"]
    time.sleep(0.6)
    assert ask() == ["CIK0000320193.json", "browse-edgar"]
    assert server.asked("submissions") and not server.asked("companyfacts")
    assert source.tally().failed == 0 < source.tally().asked and source.tally().cached >= 3
    source.close()
    # A restart forgets nothing.
    source = edgar(server, tmp_path, cache_s=600)
    server.requests.clear()
    assert len(fetched(source, "insider_trades")) == 1 and not server.asked("Archives")
    source.close()


def test_nothing_is_used_again_where_no_age_is_set(server: LoopbackEdgar, tmp_path: Path) -> None:
    source = edgar(server, tmp_path, cache_s=0)
    fetched(source, "filings")
    fetched(source, "filings")
    source.close()
    assert len(server.requests) == 2 and not (tmp_path / "cache").exists()


def test_five_a_second_over_all_hosts_and_all_processes(tmp_path: Path) -> None:
    with loopback_edgar({APPLE: COMPANY}, most_per_s=10) as server:
        ledgers = [Ledger(tmp_path), Ledger(tmp_path)]
        first, second = (Edgar(Access(base_url=server.url, user_agent=WHO), ledger) for ledger in ledgers)
        started = time.monotonic()
        for _ in range(3):
            asyncio.run(first.extract(series_of("filings"), ALL))
            asyncio.run(second.company_list())
            asyncio.run(first.current())
            asyncio.run(second.current())
        # Twelve requests of two hosts, five a second.
        assert time.monotonic() - started >= 1.9 and server.refusals == 0
        hosts = [path.partition("/")[0] for path in server.asked()]
        assert hosts.count("data.sec.gov") == 3 and hosts.count("www.sec.gov") == 9
        assert [(quota.limit, quota.window_s) for quota in first.quota()] == [(5, 1.0)]
        for one, ledger in zip((first, second), ledgers, strict=True):
            one.close()
            ledger.close()
