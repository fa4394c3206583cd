"""EDGAR's companies: which one a text means, the feed of what they file, and words in what they filed."""

from __future__ import annotations

import asyncio

import pytest

from nautilus_data.core.timerange import TimeRange, to_ns
from nautilus_data.errors import SkippableError
from tests.edgar_documents import entry, hit
from tests.loopback_edgar import Company
from tests.sources.edgar_asked import APPLE, serving, when

A, B, C, D = (f"0000320193-24-00000{place}" for place in range(1, 5))
BERKSHIRE = Company("BERKSHIRE HATHAWAY INC", {"BRK-B": "NYSE", "BRK-A": "NYSE"})
LISTED = {
    APPLE: Company("Apple Inc.", {"AAPL": "Nasdaq"}), "0001067983": BERKSHIRE,
    "0001418135": Company("Apple Hospitality REIT, Inc.", {"APLE": "NYSE"}),
    "0000001750": Company("AAR CORP /DE/", {"AIR": "NYSE"}),
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "cik"),
    [
        ("AAPL", "0000320193"), ("aapl", "0000320193"), (" AAPL.NASDAQ ", "0000320193"), ("$AAPL", "0000320193"),
        ("320193", "0000320193"), ("0000320193", "0000320193"), ("cik320193", "0000320193"),
        ("CIK0000320193.SEC", "0000320193"), ("1750000", "0001750000"), ("BRK.B", "0001067983"),
        ("BRK-A", "0001067983"), ("brk/b", "0001067983"), ("BRK.B.NYSE", "0001067983"), ("BRK", "0001067983"),
        ("Apple Inc.", "0000320193"), ("apple", "0000320193"), ("AAR Corp", "0000001750"), ("Berkshire", "0001067983"),
    ],
)  # fmt: skip
def test_a_ticker_a_cik_and_a_name_mean_a_company(text: str, cik: str) -> None:
    with serving(LISTED) as (_, source):
        assert asyncio.run(source.resolve(text)) == f"CIK{cik}.SEC"


@pytest.mark.parametrize("text", ["NOSUCH", "", "0", "CIK", "12345678901", "Inc", "appl"])
def test_a_text_that_means_no_company_says_what_to_write(text: str) -> None:
    with serving(LISTED) as (_, source), pytest.raises(SkippableError, match="search for its name, or write its CIK"):
        asyncio.run(source.resolve(text))


def test_a_name_that_means_several_names_them() -> None:
    twins = {
        "0000000001": Company("First Bank Corp", {"FBA": "NYSE"}),
        "0000000002": Company("FIRST BANK INC", {"FBB": ""}),
    }
    with serving(twins) as (_, source), pytest.raises(SkippableError, match=r"FBA \(First Bank Corp\), FBB"):
        asyncio.run(source.resolve("First Bank"))


@pytest.mark.parametrize("has_exchanges", [True, False])
def test_the_list_of_companies_has_one_row_a_ticker(has_exchanges: bool) -> None:
    with serving(LISTED) as (server, source):
        server.has_exchanges = has_exchanges
        frame = asyncio.run(source.company_list())
        found = asyncio.run(source.search("brk"))
        named = asyncio.run(source.search("apple"))
    assert frame["ticker"].tolist() == ["AAPL", "BRK-B", "BRK-A", "APLE", "AIR"]
    assert frame["exchange"][0] == ("Nasdaq" if has_exchanges else "")
    assert {one.instrument_id for one in found} == {"CIK0001067983.SEC"} and len(found) == 2
    assert [one.symbol for one in named] == ["AAPL", "APLE"]


def test_the_feed_tells_of_new_filings_of_all_companies() -> None:
    with serving() as (server, source):
        server.entries += [
            entry("4", "Cook Timothy", "0001214156", A, "2024-11-01T18:30:00-04:00", role="Reporting"),
            entry("4", "Apple Inc.", "0000320193", A, "2024-11-01T18:30:00-04:00", role="Issuer"),
            entry("424B2", "Bank & Co (The)", "0000000009", B, "2024-11-01T17:00:00-04:00"),
            entry("4/A", "Any Inc", "0000000008", C, "2024-11-01T16:00:00-04:00", filed="2024-11-01", role="Issuer"),
            entry("8-K", "News Inc", "0000000007", D, "2024-11-01T06:00:00-04:00", items="2.02,9.01"),
            "<entry><title>nothing known</title></entry>",
        ]
        frame = asyncio.run(source.current())
        fours = asyncio.run(source.current("4"))
        assert [query["type"] for _, query in server.requests] == ["", "4"]
    assert frame["accession"].tolist() == [A, A, B, C, D]
    assert frame["company"].tolist()[2] == "Bank & Co (The)" and frame["role"].tolist()[:2] == ["Reporting", "Issuer"]
    assert fours["form"].tolist() == ["4", "4", "4/A"]
    assert frame["ts_event"][0] == to_ns("2024-11-01T22:30") and set(when(frame["ts_init"])) == {"2024-11-04 09:30"}
    assert (frame["items"][4], frame["size"][4]) == ("2.02,9.01", 5 * 1024)
    assert frame["link"][1].startswith("https://www.sec.gov/Archives/edgar/data/320193/")


def test_more_of_the_feed_is_asked_for_page_by_page() -> None:
    with serving() as (server, source):
        server.entries += [
            entry("8-K", "News Inc", "0000000007", f"0000000007-24-{place:06d}", "2024-11-01T16:00:00-04:00")
            for place in range(250)
        ]
        assert len(asyncio.run(source.current("8-K", 220))) == 220
        assert [query["start"] for _, query in server.requests] == ["0", "100", "200"]
        assert len(asyncio.run(source.current("10-K"))) == 0


def test_documents_of_all_companies_are_searched_for_words() -> None:
    apple = hit(A, "ex991.htm", APPLE, "Apple Inc.  (AAPL)", "8-K", "2024-05-02", type="EX-99.1", period="2024-05-02")
    nobody = hit(B, "x.htm", "0000000009", "Nobody", "10-K", "2024-02-02")
    with serving() as (server, source):
        server.texts += [("Buyback of shares announced", apple), ("no buyback of shares", nobody), ("else", nobody)]
        server.texts += [
            ("many", hit(f"0000000007-24-{place:06d}", "d.htm", "7", "Many", "8-K", "2024-01-02"))
            for place in range(130)
        ]
        frame = asyncio.run(source.full_text('"buyback of shares"'))
        lately = asyncio.run(source.full_text("buyback", ["8-K", "10-K"], TimeRange.of("2024-05-01", "2024-05-03")))
        query = server.requests[-1][1]
        many = asyncio.run(source.full_text("many", count=120))
        assert asyncio.run(source.full_text("nowhere")).empty
        with pytest.raises(SkippableError, match="wants words to look for"):
            asyncio.run(source.full_text(" "))
    assert frame["accession"].tolist() == [A, B] and frame.attrs["total"] == 2
    assert frame.loc[0, ["cik", "company", "form", "type", "document"]].tolist() == [
        APPLE, "Apple Inc. (AAPL)", "8-K", "EX-99.1", "ex991.htm",
    ]  # fmt: skip
    assert when(frame["ts_init"])[0] == "2024-05-03 09:30" and frame["report_date"][1] == 0
    assert lately["accession"].tolist() == [A]
    assert (query["forms"], query["startdt"], query["enddt"]) == ("8-K,10-K", "2024-05-01", "2024-05-02")
    assert len(many) == 120 and many.attrs["total"] == 130 and many["cik"][0] == "0000000007"
