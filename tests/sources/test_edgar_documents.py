"""Any bytes in place of EDGAR's documents become rows of the dataset or an error of ours, and nothing else."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nautilus_data.core.dataset import FACTS, FILINGS, HOLDINGS, INSIDER_TRADES, Dataset, Kind
from nautilus_data.core.timerange import to_ns
from nautilus_data.errors import DashboardError, RetryableError, SkippableError
from nautilus_data.sources.edgar.companies import listed, ranked, resolved
from nautilus_data.sources.edgar.days import day_of, known_from, moment_of
from nautilus_data.sources.edgar.document import amount_of, judged, problem, read_json, read_xml
from nautilus_data.sources.edgar.facts import Facts
from nautilus_data.sources.edgar.feed import read_feed
from nautilus_data.sources.edgar.fulltext import read_hits
from nautilus_data.sources.edgar.holdings import Holdings
from nautilus_data.sources.edgar.insiders import InsiderTrades
from nautilus_data.sources.edgar.reports import Filed, Report
from nautilus_data.sources.edgar.submissions import Submissions
from tests.edgar_documents import entry, fact, feed, held, hit, holding, owner, report, submission, trade
from tests.loopback_edgar import Filing, columns

NOW = to_ns("2024-11-03T15:00")
A = "0000320193-24-000001"
FILING = Filed(
    accession=A, form="4", filed=to_ns("2022-02-05"), ts_init=to_ns("2022-02-06T14:30"), report_date=0, document=""
)
DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?|")
HEAD = Submissions(cik="0000320193", asked_at=NOW, head={"filings": {"recent": columns([]), "files": []}})

LIST = json.dumps({"cik": "1", "name": "A", "filings": {"recent": columns([Filing(A, "4", "2024-02-05")])}}).encode()
SAID = json.dumps({"facts": {"us-gaap": {"Assets": {"units": {"USD": [fact("2023-09-30", 1.5, A, "2023-11-03")]}}}}})
TRADES = report(
    trade(notes="F1"), holding(), derivatives=[trade(kind="derivative")], footnotes={"F1": "10b5-1"},
    owners=[owner(), owner("B")], amends="2024-01-02",
)  # fmt: skip
TABLE = submission(held("A & B", "1", 5), held("C", "2", "6.5", 3, "Call"), amendment="RESTATEMENT")
TICKERS = json.dumps({"fields": ["cik", "name", "ticker", "exchange"], "data": [[1, "A Corp", "A", "NYSE"]]}).encode()
HITS = json.dumps({"hits": {"total": {"value": 1}, "hits": [hit(A, "x", "1", "A", "8-K", "2024-02-05")]}}).encode()
FEED = feed([entry("8-K", "A", "0000000001", A, "2024-11-01T16:00:00-04:00", items="2.02")])


def filings_of(body: bytes) -> tuple[Dataset, pd.DataFrame]:
    found = Submissions(cik="0000000001", asked_at=NOW, head=read_json(body), pages=[])
    found.company()
    _ = found.older
    return FILINGS, found.frame()


def facts_of(body: bytes) -> tuple[Dataset, pd.DataFrame]:
    return FACTS, Facts(cik="0000000001", asked_at=NOW, said=read_json(body)).frame()


def trades_of(body: bytes) -> tuple[Dataset, pd.DataFrame]:
    return INSIDER_TRADES, InsiderTrades(submissions=HEAD, reports=[Report(filing=FILING, body=body)]).frame()


def holdings_of(body: bytes) -> tuple[Dataset, pd.DataFrame]:
    return HOLDINGS, Holdings(submissions=HEAD, reports=[Report(filing=FILING, body=body)]).frame()


PARSERS = {"filings": (filings_of, LIST), "facts": (facts_of, SAID.encode()), "insider_trades": (trades_of, TRADES),
           "holdings": (holdings_of, TABLE)}  # fmt: skip


def check(dataset: Dataset, frame: pd.DataFrame) -> None:
    """Are these rows of the dataset, exact and each once?"""
    assert dataset.conform(frame).equals(frame)
    assert not frame.duplicated(list(dataset.key)).any()
    for name, kind in dataset.columns.items():
        if kind is Kind.DECIMAL:
            assert all(DECIMAL.fullmatch(text) for text in frame[name])


@pytest.mark.parametrize("name", PARSERS)
def test_what_is_whole_has_rows(name: str) -> None:
    parse, body = PARSERS[name]
    dataset, frame = parse(body)
    check(dataset, frame)
    assert len(frame) and problem(body) is None


def damaged(body: bytes) -> st.SearchStrategy[bytes]:
    """The document with some bytes replaced, cut out or doubled."""
    places = st.integers(0, len(body))
    patch = st.tuples(places, st.integers(0, 40), st.one_of(st.binary(max_size=6), st.sampled_from(WORDS)))

    def apply(patches: list[tuple[int, int, bytes]]) -> bytes:
        found = body
        for place, gone, put in patches:
            found = found[:place] + put + found[place + gone :]
        return found

    return st.lists(patch, min_size=1, max_size=4).map(apply)


WORDS = [b"null", b"-1", b"1e999999", b"NaN", b"{}", b"[]", b'""', b"</value>", b"<value>", b"9" * 70, b"0001-01-01",
         b"9999-99-99", b"\xff\xfe", b"&x;", b"]]>", b"<!--", b"true", b"2262-12-31"]  # fmt: skip


@pytest.mark.parametrize("name", PARSERS)
def test_a_document_with_any_damage_becomes_rows_or_an_error_of_ours(name: str) -> None:
    parse, whole = PARSERS[name]

    @settings(max_examples=150, deadline=None)
    @given(damaged(whole))
    def any_damage(body: bytes) -> None:
        assert problem(body) is None or isinstance(problem(body), DashboardError)
        try:
            dataset, frame = parse(body)
        except DashboardError:
            return
        check(dataset, frame)

    any_damage()


NAMES = [
    "filings", "recent", "files", "facts", "us-gaap", "units", "USD", "val", "end", "accn", "filed", "form", "name",
    "accessionNumber", "filingDate", "reportDate", "tickers", "formerNames", "fields", "data", "0", "cik_str",
    "hits", "total", "value", "_id", "_source", "ciks", "file_date", "display_names",
]  # fmt: skip
JSON = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12), st.sampled_from(["2024-02-05", A])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)
    ),
    max_leaves=25,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(JSON)
def test_any_json_becomes_rows_or_an_error_of_ours(found: Any) -> None:
    body = json.dumps(found).encode()
    for parse in (filings_of, facts_of):
        with suppress(DashboardError):
            check(*parse(body))
    with suppress(DashboardError):
        read_hits(read_json(body), NOW)
    with suppress(DashboardError):
        assert (listed(read_json(body))["cik"].str.len() == 10).all()


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.binary(max_size=300), *map(damaged, (FEED, TICKERS, HITS))))
def test_any_bytes_are_judged_and_read_without_another_error(body: bytes) -> None:
    for status in (200, 403, 404, 429, 500):
        judged(status, body)
    problem(body)
    for parse in (
        filings_of,
        facts_of,
        trades_of,
        holdings_of,
        lambda one: read_feed(one, NOW),
        lambda one: listed(read_json(one)),
        lambda one: read_hits(read_json(one), NOW),
    ):
        with suppress(DashboardError):
            parse(body)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30))
def test_any_text_means_a_company_or_says_that_it_means_none(text: str) -> None:
    companies = listed(read_json(TICKERS))
    ranked(text, companies)
    try:
        assert re.fullmatch("[0-9]{10}", resolved(text, companies))
    except SkippableError as error:
        assert "write" in str(error)


def test_entities_of_a_document_are_never_put_in() -> None:
    bomb = b"<!DOCTYPE a [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;&a;'>]><ownershipDocument>&b;</ownershipDocument>"
    with pytest.raises(SkippableError, match="document type"):
        read_xml(bomb)
    outside = b"<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><ownershipDocument>&x;</ownershipDocument>"
    with pytest.raises(SkippableError, match="document type"):
        read_xml(outside)


def test_a_document_cut_anywhere_is_never_taken_for_whole() -> None:
    for body in (TRADES, TABLE, LIST, FEED):
        whole = body.rstrip()
        for end in range(1, len(whole) - 1, 7):
            assert isinstance(problem(whole[:end]), RetryableError), whole[:end][-40:]


@pytest.mark.parametrize(
    ("text", "amount"),
    [("1", "1"), ("-1.50", "-1.50"), ("1.5E9", "1500000000"), ("1E-3", "0.001"), ("1,234", "1234"), (" 7 ", "7"),
     (".5", "0.5"), ("1e999", ""), ("9" * 61, ""), ("None", ""), ("-", ""), (".", ""), ("", ""), ("NaN", ""),
     ("1 2", ""), ("\u0663", ""), (None, ""), (5, ""), ("0x10", ""), ("1_000", "")],
)  # fmt: skip
def test_amounts_are_kept_exactly_or_not_at_all(text: object, amount: str) -> None:
    assert amount_of(text) == amount


@pytest.mark.parametrize(
    ("text", "day"),
    [("2024-02-29", "2024-02-29"), ("2003-07-01-05:00", "2003-07-01"), ("2024-02-05T18:30:00.000Z", "2024-02-05"),
     ("2023-02-29", None), ("1699-12-31", None), ("2200-01-01", None), ("20240205", None), ("2024-2-5", None),
     (None, None), (20240205, None), ("\u0662024-02-05", None)],
)  # fmt: skip
def test_days_are_days_or_nothing(text: object, day: str | None) -> None:
    assert day_of(text) == (day and to_ns(day))


def test_moments_name_their_zone_or_are_of_utc() -> None:
    assert moment_of("2024-11-01T18:30:00-04:00") == moment_of("2024-11-01T22:30:00.000Z") == to_ns("2024-11-01T22:30")
    assert moment_of("2024-11-01T22:30:00") == to_ns("2024-11-01T22:30")
    assert moment_of("2024-11-01T25:30:00") is None and moment_of("soon") is None


def test_nothing_is_known_before_the_next_session_in_new_york_opens() -> None:
    filed = [to_ns(day) for day in ("1993-02-26", "2001-09-10", "2012-10-26", "2024-07-03", "2024-12-24", "2025-01-08")]
    known = pd.to_datetime(known_from(np.array(filed)), utc=True).tz_convert("America/New_York")
    assert known.strftime("%Y-%m-%d %H:%M").tolist() == [
        # After attacks and a storm it stayed closed for days; in 2025 for one of mourning.
        "1993-03-01 09:30", "2001-09-17 09:30", "2012-10-31 09:30", "2024-07-05 09:30", "2024-12-26 09:30",
        "2025-01-10 09:30",
    ]  # fmt: skip
