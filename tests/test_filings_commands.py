"""The command line's filings: on a store of its own, and with a loopback SEC."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nautilus_data.__main__ import main
from nautilus_data.settings import Settings, child_environment, load_settings
from nautilus_data.workspace import open_store
from tests.edgar_documents import entry, fact
from tests.filings_store import put_all
from tests.loopback_edgar import WHO, Company, Filing, loopback_edgar

Ask = Callable[..., tuple[int, str, str]]
_10K = "0000320193-23-000106"
APPLE = Company(
    "Apple Inc.",
    tickers={"AAPL": "Nasdaq"},
    filings=[Filing(_10K, "10-K", "2023-11-03", "2023-09-30")],
    facts={"us-gaap": {"Revenues": {"USD": [
        fact("2023-09-30", 383285000000, _10K, "2023-11-03", start="2022-09-25"),
    ]}}},
)  # fmt: skip


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    return load_settings(nautilus_data_dir=data_dir, demo="off")


@pytest.fixture
def ask(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """`python -m nautilus_data filings WORDS`: exit code and what it said."""

    def asked(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["nautilus_data", "filings", *words])
        code = main()
        said = capsys.readouterr()
        return code, said.out, said.err

    for name, value in {**child_environment(settings), "COLUMNS": "200"}.items():
        monkeypatch.setenv(name, value)
    return asked


@pytest.fixture
def seeded(settings: Settings) -> None:
    store = open_store(settings)
    put_all(store)
    store.close()


@pytest.fixture
def with_edgar(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    with loopback_edgar({"0000320193": APPLE}) as server:
        server.entries.append(
            entry("8-K", "APPLE INC.", "0000320193", "0000320193-24-000001", "2024-02-01T16:30:00-05:00")
        )
        monkeypatch.setenv("EDGAR_BASE_URL", server.url)
        monkeypatch.setenv("EDGAR_USER_AGENT", WHO)
        yield ask


@pytest.mark.usefixtures("seeded")
def test_a_company_is_searched_and_shown_as_it_was_known(ask: Ask) -> None:
    (hit,) = json.loads(ask("search", "exampel", "--json")[1])
    assert (hit["cik"], hit["tickers"], hit["why"]) == ("0000001234", ["EXA", "EX-B"], "name")
    assert ask("search", "zzzzzz")[0] == 1
    code, said, _ = ask("show", "ex.b", "--as-of", "2023-12-01")
    assert (
        code == 0 and "last annual report: 10-K of 2022-12-31" in said and "next due: 10-K of about 2023-12-3" in said
    )
    told = json.loads(ask("show", "1234", "--json")[1])
    assert told["company"]["annual"]["accession"] == "0000001234-24-000001"
    assert [one["value"] for one in told["figures"] if one["key"] == "revenue"] == ["1200.5"]


@pytest.mark.usefixtures("seeded")
def test_filings_are_listed_and_all_of_them_written_to_a_file(ask: Ask, tmp_path: Path) -> None:
    code, said, _ = ask("list", "EXA", "--form", "10-k", "--last", "2")
    assert code == 0 and "2024-02-20" in said and "2023-02-21" not in said and "2 of 3" in said
    rows = json.loads(ask("list", "EXA", "--text", "5.02", "--json")[1])
    assert [(one["form"], one["ts_init"]) for one in rows] == [("8-K", "2023-06-06T14:30:00.000Z")]
    path = tmp_path / "filings.csv"
    assert "6 rows written" in ask("list", "EXA", "--output", str(path))[1]
    assert len(path.read_text().splitlines()) == 7
    code, _, error = ask("list", "EXA", "--output", str(tmp_path / "no" / "filings.csv"))
    assert (code, "can't write" in error) == (2, True)


@pytest.mark.usefixtures("seeded")
def test_a_statement_marks_what_was_restated_and_what_was_computed(ask: Ask) -> None:
    code, said, _ = ask("statement", "EXA")
    assert code == 0 and "980*" in said and "500.5~" in said and "1,200.5" in said
    then = json.loads(ask("statement", "EXA", "--as-of", "2023-12-01", "--json")[1])
    assert [(one["value"], one["is_restated"]) for one in then if one["concept"] == "revenue"] == [("1000", False)]
    assert "nothing was known then" in ask("statement", "EXA", "cash_flow")[1]


@pytest.mark.usefixtures("seeded")
def test_facts_insiders_and_holdings(ask: Ask) -> None:
    assert "1,200.5" in ask("facts", "EXA")[1]
    rows = json.loads(ask("facts", "EXA", "revenue", "--frequency", "annual", "--json")[1])
    assert [(one["ts_event"][:10], one["value"]) for one in rows] == [("2023-12-31", "1200.5"), ("2022-12-31", "980")]
    trades = json.loads(ask("insiders", "EXA", "--json")[1])
    assert [(one["code"], one["price"], one["is_planned"]) for one in trades] == [
        ("S", "", True),
        ("P", "10.25", False),
    ]
    code, said, _ = ask("holdings", "MAN", "--quarter", "2023-09-30")
    assert code == 0 and "held on 2023-09-30" in said and "1,200" in said


@pytest.mark.usefixtures("seeded")
def test_factors_tell_value_or_reason_and_how_each_is_made(ask: Ask) -> None:
    found = {one["key"]: one for one in json.loads(ask("factors", "EXA", "--json")[1])}
    assert found["asset_growth"]["value"] == pytest.approx(0.1) and found["m_score"]["reason"]
    assert json.loads(ask("factors", "EXA", "--as-of", "2020-01-01", "--json")[1])[0]["value"] is None
    defined = json.loads(ask("factors", "--json")[1])
    assert len(defined) >= 25 and all(one["formula"] and one["reference"] for one in defined)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["show", "EXA"], 1, "No list of companies is kept yet: SEC EDGAR can't be asked: nobody to write to"),
        (["search", "apple"], 1, "set EDGAR_USER_AGENT"),
        (["update"], 1, "set EDGAR_USER_AGENT"),
        (["feed"], 1, "set EDGAR_USER_AGENT"),
        (["remove", "1234"], 1, "0000001234 is not kept up to date"),
        (["statement", "1234", "poem"], 1, "no statement is called 'poem'"),
        (["statement", "1234", "--as-of", "yesterweek"], 1, "not a time: 'yesterweek'"),
        (["facts", "1234", "us-gaap:Luck"], 1, "nothing is known of 'us-gaap:Luck'"),
        (["show"], 2, "Missing argument 'COMPANY'"),
    ],
)
def test_what_is_not_possible_says_why(ask: Ask, words: list[str], code: int, told: str) -> None:
    done, _, error = ask(*words)
    assert (done, told in error, "Traceback" in error) == (code, True, False), error


def test_with_nothing_here_each_command_says_so(ask: Ask) -> None:
    code, said, _ = ask("list")
    assert (code, "no company is kept: filings add COMPANY. SEC EDGAR can't be asked" in said) == (0, True)
    code, said, _ = ask("show", "320193")
    assert code == 0 and "not here: filings, facts, insider trades, holdings" in said
    assert "is kept. SEC EDGAR can't be asked" in ask("add", "320193")[1]
    assert "unavailable" in ask("list")[1]
    assert ask("insiders", "320193")[1].strip() == "nothing was known then"


def test_a_company_is_found_kept_and_asked_for(with_edgar: Ask) -> None:
    assert "0000320193 is kept. Have it now" in with_edgar("add", "aapl")[1]
    code, said, error = with_edgar("update", "--json")
    assert code == 0, said + error
    assert {one["status"] for one in json.loads(said)} == {"SUCCEEDED"}
    rows = json.loads(with_edgar("statement", "AAPL", "--json")[1])
    assert [(one["value"], one["accession"]) for one in rows if one["concept"] == "revenue"] == [("383285000000", _10K)]
    assert "383,285" in with_edgar("statement", "apple")[1]
    (fed,) = json.loads(with_edgar("feed", "--json")[1])
    assert (fed["company"], fed["form"]) == ("APPLE INC.", "8-K")
    assert with_edgar("remove", "AAPL")[0] == 0
    assert json.loads(with_edgar("list", "--json")[1]) == []
