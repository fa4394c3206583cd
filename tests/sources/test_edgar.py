"""EDGAR against a loopback server: what is asked for each dataset, and what it becomes."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from nautilus_data.core.dataset import COMPANIES, FACTS
from nautilus_data.core.timerange import TimeRange, to_ns
from nautilus_data.services.backfill import Backfill
from nautilus_data.store import Store
from tests.edgar_documents import fact, held, holding, owner, report, submission, trade
from tests.loopback_edgar import Company, Filing
from tests.sources.edgar_asked import ALL, APPLE, NOW, days, fetched, refusals, series_of, serving, when

A, B, C, D = (f"0000320193-24-00000{place}" for place in range(1, 5))
QUARTERLY = Filing(
    A, "10-Q", "2024-02-02", "2023-12-30", "2024-02-02T06:01:36.000Z", "aapl-20231230.htm", size=6_700_000, is_xbrl=1
)
NEWS = Filing(B, "8-K", "2024-05-02", "2024-05-02", "2024-05-02T20:30:27.000Z", items="2.02,9.01", description="8-K")


def apple(*filings: Filing, **more: object) -> dict[str, Company]:
    return {APPLE: Company("Apple Inc.", {"AAPL": "Nasdaq"}, filings, **more)}


def insider(accession: str, filed: str, body: bytes, form: str = "4", document: str = "xslF345X05/f4.xml") -> Filing:
    return Filing(accession, form, filed, document=document, body=body)


def test_a_filing_is_known_when_the_next_session_opens() -> None:
    friday = Filing(C, "4", "2024-06-28", accepted="2024-06-28T18:30:00.000Z")
    before_a_holiday = Filing(D, "8-K", "2024-07-03")
    with serving(apple(QUARTERLY, NEWS, friday, before_a_holiday)) as (server, source):
        frame = fetched(source, "filings")
        assert server.asked() == [f"data.sec.gov/submissions/CIK{APPLE}.json"]
    assert frame["accession"].tolist() == [A, B, C, D]
    assert when(frame["ts_init"]) == ["2024-02-05 09:30", "2024-05-03 09:30", "2024-07-01 09:30", "2024-07-05 09:30"]
    assert days(frame["filed"]) == ["2024-02-02", "2024-05-02", "2024-06-28", "2024-07-03"]
    assert days(frame["report_date"])[:2] == ["2023-12-30", "2024-05-02"] and frame["report_date"].tolist()[2:] == [
        0,
        0,
    ]
    assert frame["items"].tolist() == ["", "2.02,9.01", "", ""]
    assert frame["is_xbrl"].tolist() == [True, False, False, False]
    assert frame.loc[0, ["size", "document"]].tolist() == [6_700_000, "aapl-20231230.htm"]
    assert frame["ts_event"].tolist()[:2] == [to_ns("2024-02-02T06:01:36"), to_ns("2024-05-02T20:30:27")]


def test_what_was_filed_today_is_known_to_nobody_yet() -> None:
    friday, saturday = to_ns("2024-05-03T21:00"), to_ns("2024-05-04T21:00")
    filing = Filing(A, "8-K", "2024-05-03")
    with serving(apple(filing), now=friday) as (_, source):
        assert fetched(source, "filings", TimeRange(ALL.start, friday)).empty
    with serving(apple(filing), now=to_ns("2024-05-06T14:00")) as (_, source):
        assert len(fetched(source, "filings", TimeRange(saturday, to_ns("2024-05-06T14:00")))) == 1


def test_pages_of_older_filings_are_asked_for_where_they_reach_into_the_span() -> None:
    filings = [Filing(f"0000320193-{year % 100:02d}-000001", "10-K", f"{year}-11-01") for year in range(1995, 2024)]
    with serving(apple(*filings, most_recent=10)) as (server, source):
        assert len(fetched(source, "filings")) == 29
        assert len(server.asked("submissions-0")) == 2
        server.requests.clear()
        assert len(fetched(source, "filings", TimeRange.of("2010-01-01", NOW))) == 14
        assert server.asked("submissions-0") == [f"data.sec.gov/submissions/CIK{APPLE}-submissions-001.json"]
        server.requests.clear()
        assert len(fetched(source, "filings", TimeRange.of("2022-01-01", NOW))) == 2
        assert not server.asked("submissions-0")


def test_a_page_that_has_a_filing_again_tells_it_once() -> None:
    with serving(apple(QUARTERLY, NEWS, most_recent=1)) as (server, source):
        page = f"data.sec.gov/submissions/CIK{APPLE}-submissions-001.json"
        both = {"accessionNumber": [A, B], "filingDate": ["2024-02-02", "2024-05-02"], "form": ["10-Q", "8-K"]}
        server.documents[page] = json.dumps(both).encode()
        assert fetched(source, "filings")["accession"].tolist() == [A, B]


def test_a_company_is_described_besides() -> None:
    with serving(apple(QUARTERLY, former_names=["APPLE COMPUTER INC", "APPLE INC"])) as (_, source):
        answer = asyncio.run(source.extract(series_of("filings"), ALL))
        (row,) = source.described(answer, series_of("filings"))[COMPANIES].to_dict("records")
    assert (row["cik"], row["name"], row["ts_init"]) == (APPLE, "Apple Inc.", NOW)
    assert json.loads(row["tickers"]) == ["AAPL"] and json.loads(row["exchanges"]) == ["Nasdaq"]
    assert json.loads(row["former_names"]) == ["APPLE COMPUTER INC", "APPLE INC"]
    assert row["category"] == "Large accelerated filer; Smaller reporting company"


def test_facts_of_every_taxonomy_are_exact_and_known_with_their_filing() -> None:
    facts = {
        "us-gaap": {
            "Assets": {
                "USD": [fact("2023-09-30", 352583000000, A, "2023-11-03"), fact("2023-09-30", -5, B, "2024-05-02")],
                "EUR": [fact("2023-09-30", 1, A, "2023-11-03")],
            },
            "EarningsPerShareBasic": {
                "USD/shares": [
                    fact("2023-12-30", 0.1, C, "2024-02-02", start="2023-10-01", fy=2024, fp="Q1", form="10-Q")
                ]
            },
        },
        "ifrs-full": {"Revenue": {"USD": [fact("2023-12-31", 1e21, A, "2023-11-03", fy=None, fp=None)]}},
        "dei": {"EntityCommonStockSharesOutstanding": {"shares": [fact("2024-01-19", 15441881000, C, "2024-02-02")]}},
    }
    with serving(apple(facts=facts)) as (server, source):
        frame = fetched(source, "facts")
        assert server.asked() == [f"data.sec.gov/api/xbrl/companyfacts/CIK{APPLE}.json"]
        assert not source.described(asyncio.run(source.extract(series_of("facts"), ALL)), series_of("facts"))
    told = {(row["tag"], row["unit"], row["accession"]): row for row in frame.to_dict("records")}
    assert len(told) == 6 and set(frame["known_by"]) == {"filed"}
    assert told["Assets", "USD", A]["value"] == "352583000000" and told["Assets", "USD", B]["value"] == "-5"
    assert told["Revenue", "USD", A]["value"] == "1000000000000000000000"
    assert (told["Revenue", "USD", A]["fiscal_year"], told["Revenue", "USD", A]["fiscal_period"]) == (0, "")
    earned = told["EarningsPerShareBasic", "USD/shares", C]
    assert (earned["value"], earned["fiscal_period"], earned["form"]) == ("0.1", "Q1", "10-Q")
    assert (earned["ts_start"], earned["ts_event"]) == (to_ns("2023-10-01"), to_ns("2023-12-30"))
    assert when(pd.Series([earned["ts_init"]])) == ["2024-02-05 09:30"]


def test_of_a_fact_told_twice_in_one_filing_the_one_edgar_chose_stays_and_another_value_is_told() -> None:
    twice = [
        fact("2023-09-30", 10, A, "2023-11-03", frame="CY2023Q3I"), fact("2023-09-30", 11, A, "2023-11-03"),
        fact("2022-09-30", 7, A, "2023-11-03"), fact("2022-09-30", 7, A, "2023-11-03"),
        fact("2021-09-30", 5, A, "2023-11-03"), fact("2021-09-30", 6, A, "2023-11-03"),
    ]  # fmt: skip
    with serving(apple(facts={"us-gaap": {"Assets": {"USD": twice}}})) as (_, source):
        frame = fetched(source, "facts").sort_values("ts_event")
        reasons = refusals(source, "facts")
    assert frame["value"].tolist() == ["6", "7", "10"]
    assert not frame.duplicated(list(FACTS.key)).any()
    assert reasons == ["the same filing also says 10, which is kept", "the same filing also says 6, which is kept"]


def test_an_insiders_trades_are_read_line_by_line() -> None:
    sale = trade("S", "1250.5", "172.31", acquired="D", held="98000", direct="I", notes="F1")
    option = trade("M", 400, None, kind="derivative", security="Restricted Stock Unit", held=0)
    body = report(
        trade("P", "1,000", 170), sale, trade("F", 12, "171", acquired="D"), holding("Common Stock", 77),
        derivatives=[option], footnotes={"F1": "Sold under a Rule 10b5-1 trading plan.", "F2": "Not of any plan."},
        owners=[
            owner("COOK TIMOTHY D", "1214156",
                  "<isDirector>1</isDirector><isOfficer>true</isOfficer><officerTitle>CEO</officerTitle>"),
            owner("TRUST OF COOK", "0001111111", "<isTenPercentOwner>1</isTenPercentOwner>"),
        ],
    )  # fmt: skip
    with serving(apple(insider(A, "2024-02-05", body))) as (server, source):
        frame = fetched(source, "insider_trades")
        assert server.asked("Archives") == [f"www.sec.gov/Archives/edgar/data/320193/{A.replace('-', '')}/f4.xml"]
    assert frame["sequence"].tolist() == [1, 2, 3, 4, 5] and set(frame["accession"]) == {A}
    assert frame["code"].tolist() == ["P", "S", "F", "", "M"]
    assert frame["shares"].tolist() == ["1000", "1250.5", "12", "", "400"]
    assert frame["price"].tolist() == ["170", "172.31", "171", "", ""]
    assert frame["is_acquired"].tolist() == [True, False, False, False, True]
    assert frame["held_after"].tolist() == ["1100", "98000", "1100", "77", "0"]
    assert frame["is_direct"].tolist() == [True, False, True, False, True]
    assert frame["is_derivative"].tolist() == [False, False, False, False, True]
    assert frame["is_planned"].tolist() == [False, True, False, False, False]
    assert set(frame["insider"]) == {"COOK TIMOTHY D; TRUST OF COOK"} and set(frame["insider_cik"]) == {"0001214156"}
    assert set(frame["role"]) == {"director, CEO, 10% owner"}
    assert set(when(frame["ts_init"])) == {"2024-02-06 09:30"} and set(days(frame["ts_event"])) == {"2024-02-01"}


@pytest.mark.parametrize(
    ("given", "is_planned"),
    [
        ({"planned": "1"}, True),
        ({"planned": "true"}, True),
        ({"planned": "0"}, False),
        ({"remarks": "Made pursuant to Rule 10b5-1."}, True),
        ({"remarks": "Not made under a 10b5-1 plan."}, False),
        ({"footnotes": {"F1": "A plan under Rule 10b5\u20111"}}, True),
        ({"footnotes": {"F1": "This was not pursuant to a plan under Rule 10b5-1"}}, False),
        ({"footnotes": {"F1": "A weighted average price"}, "planned": "1"}, True),
        ({"footnotes": {"F9": "Of another one: a 10b5-1 plan"}}, False),
    ],
)
def test_a_trade_is_planned_where_its_footnote_or_the_reports_box_says_so(given: dict, is_planned: bool) -> None:
    body = report(trade("S", notes="F1"), **given)
    with serving(apple(insider(A, "2024-02-05", body))) as (_, source):
        assert fetched(source, "insider_trades")["is_planned"].tolist() == [is_planned]


def test_amendments_are_kept_and_say_what_they_correct() -> None:
    first = insider(A, "2024-02-05", report(trade(shares=100)))
    corrected = insider(B, "2024-02-09", report(trade(shares=110), form="4/A", amends="2024-02-05"), "4/A")
    initial = insider(C, "2024-01-05", report(holding(), form="3", period="2024-01-02"), "3")
    annual = insider(D, "2024-02-14", report(trade("G", day="2023-03-01"), form="5"), "5")
    with serving(apple(first, corrected, initial, annual)) as (_, source):
        frame = fetched(source, "insider_trades")
    assert frame["form"].tolist() == ["3", "4", "4/A", "5"]
    assert frame["shares"].tolist() == ["", "100", "110", "100"]
    assert frame["amends"].tolist() == [0, 0, to_ns("2024-02-05"), 0]
    assert days(frame["ts_event"]) == ["2024-01-02", "2024-02-01", "2024-02-01", "2023-03-01"]


def test_what_a_company_reports_as_an_owner_of_another_is_no_trade_in_its_own() -> None:
    of_another = insider(A, "2024-02-05", report(trade(), issuer="0000797468"))
    with serving(apple(of_another, insider(B, "2024-02-06", report(trade(), issuer="320193")))) as (_, source):
        assert fetched(source, "insider_trades")["accession"].tolist() == [B]
        assert refusals(source, "insider_trades") == []


def test_only_documents_of_the_span_are_asked_for() -> None:
    filings = [
        insider(f"0000320193-{year % 100:02d}-000009", f"{year}-02-05", report(trade(day=f"{year}-02-01")))
        for year in range(2004, 2025)
    ]
    with serving(apple(*filings)) as (server, source):
        series, span = series_of("insider_trades"), TimeRange.of("2020-06-01", NOW)
        assert source.cost(series, span) == 1 + round(60 * span.duration_ns / (365 * 86_400 * 10**9))
        chunks = list(source.chunks(series, span))
        assert [(chunk.start, chunk.end) for chunk in chunks[:2]] == [
            (span.start, to_ns("2021-01-01")), (to_ns("2021-01-01"), to_ns("2022-01-01")),
        ]  # fmt: skip
        assert len(fetched(source, "insider_trades", span)) == 4 == len(server.asked("Archives"))
        # The last part of the span was asked for: now it is known what the like would cost.
        assert source.cost(series, chunks[-1]) == 2
        assert source.cost(series, TimeRange(chunks[-1].end - 1, chunks[-1].end)) == 1


def test_one_document_that_is_not_to_be_had_loses_none_of_the_others() -> None:
    filings = [
        insider(A, "2024-02-05", report(trade())),
        insider(B, "2024-02-06", b""),
        insider(C, "2024-02-07", report(trade()), document="filing.txt"),
        insider(D, "2024-02-08", b"<edgarSubmission></edgarSubmission>"),
        insider("0000320193-24-000005", "2024-02-09", b"<ownershipDocument><x></ownershipDocument>"),
        insider("0000320193-24-000006", "2024-02-12", report(trade(day="soon"), period="later")),
        insider("0000320193-24-000007", "2024-02-13", b"<!DOCTYPE a [<!ENTITY b 'c'>]><ownershipDocument/>"),
        insider("0000320193-24-000008", "2024-02-14", report(trade()), document="../../../secret.xml"),
    ]
    with serving(apple(*filings)) as (_, source):
        assert fetched(source, "insider_trades")["accession"].tolist() == [A]
        told = refusals(source, "insider_trades")
    for reason, words in zip(
        told,
        ("NoSuchKey", "no XML", "none of an insider", "XML can't be read", "of no day", "document type", "no XML"),
        strict=True,
    ):
        assert words in reason


def test_holdings_are_in_dollars_whenever_they_were_filed() -> None:
    old = Filing(A, "13F-HR", "2022-11-14", "2022-09-30", body=submission(held("IBM", "459200101", "1234.5", 10)))
    new = Filing(
        B, "13F-HR", "2023-02-14", "2022-12-31",
        body=submission(held("IBM", "459200101", 1_234_500, 10, "Put"), held("A & B", "00206r102", 7)),
    )  # fmt: skip
    late = Filing(C, "13F-HR/A", "2023-03-01", "", body=submission(
        held("IBM", "459200101", 5), period="09-30-2022", amendment="NEW HOLDINGS"))  # fmt: skip
    with serving(apple(old, new, late)) as (server, source):
        frame = fetched(source, "holdings")
        assert server.asked("Archives") == [f"www.sec.gov/Archives/edgar/data/320193/{one}.txt" for one in (A, B, C)]
    assert frame["value"].tolist() == ["1234500.0", "1234500", "7", "5"]
    assert frame["issuer"].tolist() == ["IBM", "IBM", "A & B", "IBM"]
    assert frame["cusip"].tolist() == ["459200101", "459200101", "00206R102", "459200101"]
    assert frame["put_call"].tolist() == ["", "PUT", "", ""]
    assert frame["amendment"].tolist() == ["", "", "", "NEW HOLDINGS"]
    assert days(frame["ts_event"]) == ["2022-09-30", "2022-12-31", "2022-12-31", "2022-09-30"]
    assert (frame["amount"][0], frame["amount_type"][0], frame["discretion"][0]) == ("10", "SH", "SOLE")


def test_a_13f_without_its_table_is_told_and_one_that_holds_nothing_is_empty() -> None:
    broken = submission(held("IBM", "459200101", 5)).replace(b"INFORMATION TABLE", b"OTHER")
    filings = [
        Filing(A, "13F-HR", "2024-02-14", "2023-12-31", body=broken),
        Filing(B, "13F-HR", "2024-05-14", "2024-03-31", body=submission()),
        Filing(C, "13F-NT", "2024-05-14", "2024-03-31", body=submission()),
        Filing(D, "13F-HR", "2024-08-14", "2024-06-30", body=b"<SEC-DOCUMENT>old text</SEC-DOCUMENT>"),
    ]
    with serving(apple(*filings)) as (server, source):
        assert fetched(source, "holdings").empty
        assert len(server.asked("Archives")) == 3
        assert [reason.partition(": ")[2] for reason in refusals(source, "holdings")] == [
            "it has no information table in XML", "it has no cover page in XML",
        ]  # fmt: skip


def test_a_backfill_stores_what_became_known_and_asks_next_for_what_is_new(tmp_path: Path) -> None:
    first, store = insider(B, "2024-02-05", report(trade())), Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    with closing(store), serving(apple(first, QUARTERLY)) as (_, source):
        backfill = Backfill({"edgar": source}, store, clock=lambda: NOW)
        for dataset, rows in (("filings", 2), ("insider_trades", 1)):
            plan = backfill.plan(f"CIK{APPLE}.SEC", "edgar", start="2023-06-01", dataset=dataset)
            asyncio.run(backfill.fetch(plan))
            assert len(store.read(series_of(dataset))) == rows
        assert store.read(COMPANIES)["name"].tolist() == ["Apple Inc."]
        (part,) = backfill.plan(f"CIK{APPLE}.SEC", "edgar", start="2023-06-01", dataset="insider_trades").entries
        # Filed lately, it may not have been listed yet.
        assert part.span.start == NOW - 36 * 3600 * 10**9 and part.cost == 1
