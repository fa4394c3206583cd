from __future__ import annotations

import pytest

from nautilus_data.services.filings.matching import Index, Known

COMPANIES = [
    Known("0000320193", "Apple Inc.", ("AAPL",), ("Nasdaq",), ("APPLE COMPUTER INC",)),
    Known("0001418121", "Apple Hospitality REIT, Inc.", ("APLE",)),
    Known("0000789019", "MICROSOFT CORP", ("MSFT",)),
    Known("0001067983", "BERKSHIRE HATHAWAY INC", ("BRK-A", "BRK-B")),
    Known("0000732717", "AT&T INC.", ("T", "T-PA")),
    Known("0001326801", "Meta Platforms, Inc.", ("META",), (), ("Facebook Inc",)),
    Known("0000019617", "JPMORGAN CHASE & CO", ("JPM",)),
    Known("0000021344", "COCA COLA CO", ("KO",)),
    Known("0001090872", "AGILENT TECHNOLOGIES, INC.", ("A",)),
]


@pytest.fixture(scope="module")
def index() -> Index:
    return Index(COMPANIES)


@pytest.mark.parametrize(
    ("text", "name", "why"),
    [
        ("AAPL", "Apple Inc.", "ticker"), ("aapl", "Apple Inc.", "ticker"), ("$msft", "MICROSOFT CORP", "ticker"),
        ("a", "AGILENT TECHNOLOGIES, INC.", "ticker"), ("BRK.B", "BERKSHIRE HATHAWAY INC", "ticker"),
        ("brk b", "BERKSHIRE HATHAWAY INC", "ticker"), ("BRK", "BERKSHIRE HATHAWAY INC", "ticker"),
        ("320193", "Apple Inc.", "CIK"), ("0000320193", "Apple Inc.", "CIK"),
        ("CIK0000320193.SEC", "Apple Inc.", "CIK"),
        ("apple", "Apple Inc.", "name"), ("mircosoft", "MICROSOFT CORP", "name"), ("micro", "MICROSOFT CORP", "name"),
        ("berkshire hathway", "BERKSHIRE HATHAWAY INC", "name"), ("facebook", "Meta Platforms, Inc.", "former name"),
        ("at&t", "AT&T INC.", "name"), ("Microsoft Cor", "MICROSOFT CORP", "name"),
        ("coca-cola", "COCA COLA CO", "name"),
        ("hospitality apple", "Apple Hospitality REIT, Inc.", "name"),
    ],
)  # fmt: skip
def test_the_first_found_is_the_one_that_was_meant(index: Index, text: str, name: str, why: str) -> None:
    first = index.search(text)[0]
    assert (first.company.name, first.why) == (name, why)


@pytest.mark.parametrize("text", ["", "   ", "zzqqxx", "\x00", "(((", "9" * 300, "🙂", "%_'\";--"])
def test_what_is_like_nothing_finds_nothing(index: Index, text: str) -> None:
    assert index.search(text) == []


def test_so_many_are_told_as_asked_for_each_company_once(index: Index) -> None:
    assert len(index.search("a", limit=2)) == 2
    found = [hit.company.cik for hit in index.search("brk")]
    assert len(found) == len(set(found))


def test_one_company_by_its_ticker_or_number_only(index: Index) -> None:
    assert index.of_ticker("BRK/A").cik == "0001067983"
    assert index.of_ticker("BRK") is None and index.of_ticker("") is None
    assert index.of_cik("00320193").name == "Apple Inc."
    assert index.of_cik("7") is None and index.of_cik("apple") is None


def test_a_list_without_companies_finds_nothing() -> None:
    assert Index([]).search("apple") == [] and Index([]).of_ticker("A") is None
    assert Index([Known("0000000001", "", ())]).search("x") == []
