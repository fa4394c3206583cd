"""REST of EDGAR, on a store of its own, and with a loopback SEC."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest
from fastapi.testclient import TestClient
from pyarrow import parquet

from nautilus_data import Workspace, load_settings, open_workspace, to_ns
from tests.edgar_documents import UNDECLARED, entry
from tests.filings_store import CIK, MANAGER, put_all
from tests.loopback_edgar import WHO, Company, LoopbackEdgar, loopback_edgar, says

ROOT = "/api/v1/edgar"
THEN = {"as_of": "2023-12-01"}


@pytest.fixture
def edgar() -> Iterator[LoopbackEdgar]:
    with loopback_edgar({"0000320193": Company("Apple Inc.", tickers={"AAPL": "Nasdaq"})}) as server:
        server.entries.append(entry("8-K", "APPLE INC.", "0000320193", "0000320193-24-000001",
                                    "2024-02-01T16:30:00-05:00", items="2.02"))  # fmt: skip
        yield server


@pytest.fixture
def workspace(request: pytest.FixtureRequest, data_dir: Path) -> Iterator[Workspace]:
    """Nobody says who asks, unless the test asks for `edgar`."""
    found = {}
    if "edgar" in request.fixturenames:
        found = {"edgar_base_url": request.getfixturevalue("edgar").url, "edgar_user_agent": WHO}
    opened = open_workspace(load_settings(nautilus_data_dir=data_dir, demo="off", **found))
    if "edgar" not in request.fixturenames:
        put_all(opened.store)
    yield opened
    opened.close()


@pytest.mark.parametrize("text", ["EXA", "ex.b", "1234", "CIK0000001234", "exampel", "old name"])
def test_a_company_is_found_however_it_is_written(client: TestClient, text: str) -> None:
    (hit, *_) = client.get(f"{ROOT}/companies/search", params={"text": text}).json()
    assert (hit["cik"], hit["name"], hit["tickers"]) == (CIK, "EXAMPLE CORP", ["EXA", "EX-B"])


@pytest.mark.parametrize("text", ["EXA", "EX.B", "1234", "0000001234", "CIK0000001234"])
def test_a_ticker_or_a_cik_with_or_without_zeros_means_its_company(client: TestClient, text: str) -> None:
    told = client.get(f"{ROOT}/ticker/{text}/resolve").json()
    assert (told["cik"], told["instrument_id"]) == (CIK, "CIK0000001234.SEC")
    assert client.get(f"{ROOT}/companies/{text}").json()["name"] == "EXAMPLE CORP"


def test_a_company_is_told_as_it_was_known(client: TestClient) -> None:
    then = client.get(f"{ROOT}/companies/{CIK}", params=THEN).json()
    assert (then["as_of"], then["annual"]["report_date"]) == ("2023-12-01T00:00:00.000000000Z", "2022-12-31")
    assert (then["rows"]["filings"], then["newest"]["form"], then["due"]["form"]) == (4, "10-Q", "10-K")
    now = client.get(f"{ROOT}/companies/{CIK}").json()
    assert (now["annual"]["accession"], now["rows"]["filings"]) == ("0000001234-24-000001", 6)
    states = {one["dataset"]: one["state"] for one in client.get(f"{ROOT}/companies/{CIK}/datasets").json()}
    assert (now["is_kept"], states["facts"]) == (False, "data")
    assert "EDGAR_USER_AGENT" in now["refusal"]


def test_filings_are_listed_by_form_words_and_day_with_their_links(client: TestClient) -> None:
    answer = client.get(f"{ROOT}/companies/EXA/filings", params={"form": ["10-k"]})
    told = answer.json()
    assert [one["form"] for one in told] == ["10-K/A", "10-K", "10-K"]
    counts = {one["form"]: one["filings"] for one in client.get(f"{ROOT}/companies/EXA/forms").json()}
    assert (answer.headers["X-Total-Count"], counts["10-Q"]) == ("3", 2)
    assert told[1]["link"] == ("https://www.sec.gov/Archives/edgar/data/1234/000000123424000001/report.htm")
    (event,) = client.get(f"{ROOT}/ticker/EXA/filings", params={"text": "5.02"}).json()
    assert (event["form"], event["ts_init"]) == ("8-K", "2023-06-06T14:30:00.000000000Z")
    assert client.get(f"{ROOT}/ticker/MAN/filings", params={"text": "5.02"}).json() == []
    asked = {"start": "2023-05-02", "end": "2023-05-03"}
    assert [one["form"] for one in client.get(f"{ROOT}/ticker/EXA/filings", params=asked).json()] == ["10-Q"]
    assert len(client.get(f"{ROOT}/ticker/EXA/filings", params={**THEN, "limit": 2}).json()) == 2


def test_a_statement_before_a_restatement_has_the_first_figures_and_after_it_the_new(client: TestClient) -> None:
    path = f"{ROOT}/companies/{CIK}/statements"

    def sales(**asked: str) -> dict:
        items = client.get(path, params=asked).json()
        return {one["ts_event"][:10]: one for one in items if one["concept"] == "revenue"}

    then, now = sales(**THEN), sales()
    assert (then["2022-12-31"]["value"], then["2022-12-31"]["is_restated"]) == ("1000", False)
    assert (now["2022-12-31"]["value"], now["2022-12-31"]["restated_from"]) == ("980", "1000")
    assert now["2023-12-31"]["value"] == "1200.5"
    last = sales(frequency="quarterly")["2023-12-31"]
    assert (last["value"], last["is_derived"], last["ts_start"][:10]) == ("370.5", True, "2023-10-01")
    assert "0000001234-23-000004" in last["derived_from"]
    (restated,) = client.get(f"{ROOT}/companies/{CIK}/restatements").json()
    assert (restated["before"], restated["value"], restated["difference"]) == ("1000", "980", "-20")
    assert client.get(f"{ROOT}/companies/{CIK}/restatements", params=THEN).json() == []


def test_facts_are_key_figures_or_one_concept_or_tag_with_its_versions(client: TestClient) -> None:
    path = f"{ROOT}/companies/{CIK}/facts"
    figures = {one["concept"]: one for one in client.get(f"{ROOT}/companies/{CIK}/figures").json()}
    assert [one["value"] for one in client.get(path).json()] == [one["value"] for one in figures.values()]
    assert (figures["revenue"]["value"], figures["revenue"]["year_before"]) == ("1200.5", "980")
    assert {"tag": "us-gaap:Assets"} in client.get(f"{ROOT}/companies/{CIK}/tags").json()
    years = client.get(path, params={"concept": "revenue", "frequency": "annual"}).json()
    assert [(one["ts_event"][:10], one["value"]) for one in years] == [("2022-12-31", "980"), ("2023-12-31", "1200.5")]
    tag = client.get(f"{ROOT}/ticker/EXA/facts", params={"concept": "us-gaap:Assets", **THEN}).json()
    assert [(one["ts_start"], one["value"], one["unit"]) for one in tag] == [(None, "2000", "USD")]
    asked = {"concept": "revenue", "start": "2022-01-01", "end": "2022-12-31"}
    versions = client.get(f"{path}/versions", params=asked).json()
    assert [(one["value"], one["is_current"]) for one in versions] == [("1000", False), ("980", True)]
    assert len(client.get(f"{path}/versions", params={**asked, **THEN}).json()) == 1


def test_insiders_and_holdings(client: TestClient) -> None:
    sale, purchase = client.get(f"{ROOT}/companies/{CIK}/insiders").json()
    quarters = client.get(f"{ROOT}/companies/{CIK}/insiders/quarters").json()
    assert (purchase["code"], purchase["price"], purchase["held_after"]) == ("P", "10.25", "1100")
    assert (sale["price"], sale["is_planned"], sale["ts_event"][:10]) == (None, True, "2024-03-11")
    assert [(one["quarter"], one["net"], one["unpriced"]) for one in quarters] == [
        ("2023Q2", "1025.00", 0), ("2024Q1", "0", 1),
    ]  # fmt: skip
    assert client.get(f"{ROOT}/companies/{CIK}/insiders", params=THEN).headers["X-Total-Count"] == "1"
    held = client.get(f"{ROOT}/companies/{MANAGER}/holdings")
    assert held.headers["X-Day"] == "2023-12-31"
    days = client.get(f"{ROOT}/companies/{MANAGER}/holdings/quarters").json()
    assert days == [{"quarter": "2023-12-31"}, {"quarter": "2023-09-30"}]
    assert [(one["issuer"], one["amount"], one["before"], one["change"]) for one in held.json()] == [
        ("EXAMPLE CORP", "150", "100", "50"), ("OTHER", "10", "0", "10"),
    ]  # fmt: skip
    earlier = client.get(f"{ROOT}/companies/MAN/holdings", params={"quarter": "2023-09-30"}).json()
    assert [(one["value"], one["before"]) for one in earlier] == [("1200", None)]


def test_factors_are_defined_scored_and_have_a_history(client: TestClient) -> None:
    defined = {one["key"]: one for one in client.get(f"{ROOT}/factors").json()}
    assert len(defined) >= 25 and all(one["formula"] and one["reference"] for one in defined.values())
    told = client.get(f"{ROOT}/companies/{CIK}/factors")
    scored = {one["key"]: one for one in told.json()}
    assert scored["asset_growth"]["value"] == pytest.approx(0.1)
    assert scored["o_score"]["value"] is None and "X-Notice" not in told.headers and scored["o_score"]["reason"]
    then = {one["key"]: one for one in client.get(f"{ROOT}/companies/{CIK}/factors", params=THEN).json()}
    assert then["asset_growth"]["value"] is None and then["asset_growth"]["reason"]
    history = client.get(f"{ROOT}/companies/EXA/factors/asset_growth").json()
    assert history[-1]["value"] == pytest.approx(0.1) and history[-1]["ts_init"][:10] == "2024-02-21"


def test_freds_notice_is_told_beside_factors_made_of_its_lines(workspace: Workspace) -> None:
    assert workspace.filings.uses_fred(["asset_growth", "o_score"])
    others = [one.key for one in workspace.filings.factors() if one.key != "o_score"]
    assert not workspace.filings.uses_fred(others)


def test_forms_statistics_and_health_without_asking_anybody(client: TestClient) -> None:
    forms = {one["form"]: one["title"] for one in client.get(f"{ROOT}/filing-types").json()}
    assert {"10-K", "10-Q", "8-K", "DEF 14A", "S-1", "13F-HR", "3", "4", "5", "SC 13D", "SC 13G"} <= set(forms)
    told = client.get(f"{ROOT}/statistics").json()
    assert (told["stored"]["facts"], told["companies"], told["last_at"], told["latency_ms"]) == (1, 2, None, None)
    found = client.get(f"{ROOT}/health").json()
    assert "EDGAR_USER_AGENT" in found["reason"] and found["companies"] == 2


@pytest.mark.parametrize(
    ("method", "path", "code", "words"),
    [
        ("get", "companies/NOBODY", 404, "lists no company 'NOBODY'"),
        ("get", "companies/99", 404, "nothing is known of the company with the CIK 0000000099: nobody to write to"),
        ("get", f"companies/{CIK}?as_of=yesterweek", 422, "not a time: 'yesterweek'"),
        ("get", f"companies/{CIK}/statements?kind=poem", 422, "'income', 'balance' or 'cash_flow'"),
        ("get", f"companies/{CIK}/statements?frequency=hourly", 422, "'annual', 'quarterly' or 'ttm'"),
        ("get", f"companies/{CIK}/facts?concept=us-gaap:Luck", 409, "nothing is known of 'us-gaap:Luck'"),
        ("get", f"companies/{CIK}/facts?concept=revenue&frequency=hourly", 422, "'annual', 'quarterly' or 'ttm'"),
        ("get", f"companies/{CIK}/facts/versions?concept=revenue&end=2001-01-01", 404, "no revenue of 0000001234"),
        ("get", f"companies/{CIK}/filings?start=2024-02-01&end=2024-01-01", 409, "a span ends before it starts"),
        ("get", f"companies/{CIK}/filings?limit=0", 422, "limit"),
        ("get", f"companies/{MANAGER}/holdings?quarter=2001-03-31", 404, "there are: 2023-12-31, 2023-09-30"),
        ("get", f"companies/{CIK}/factors/luck", 404, "there is no factor 'luck'"),
        ("get", "companies/search", 422, "text"),
        ("get", "companies/A%00B", 422, "not a CIK or a ticker"),
        ("get", "ticker/%3Cb%3E/resolve", 422, "not a CIK or a ticker"),
        ("get", f"companies/{CIK}/facts?concept=%27%20OR%201", 422, "not a concept or a tag"),
        ("get", f"companies/{CIK}/holdings?quarter=2300-01-01", 422, "from 1678 to 2261"),
        ("get", f"companies/{CIK}/filings?form=10-K%0A", 422, "not a form"),
        ("get", "feed", 409, "set EDGAR_USER_AGENT"),
        ("post", "companies/NOBODY/keep", 404, "lists no company"),
        ("post", f"companies/{CIK}/remove", 404, "is not kept up to date"),
        ("post", f"companies/{CIK}/update", 409, "set EDGAR_USER_AGENT"),
        ("post", "companies/refresh", 409, "set EDGAR_USER_AGENT"),
    ],
)
def test_what_is_not_possible_says_why(client: TestClient, method: str, path: str, code: int, words: str) -> None:
    answer = getattr(client, method)(f"{ROOT}/{path}")
    assert (answer.status_code, words in answer.json()["detail"]) == (code, True), answer.text


def test_a_company_is_listed_kept_asked_for_and_removed(
    edgar: LoopbackEdgar, client: TestClient, workspace: Workspace
) -> None:
    assert "No list of companies is kept yet" in client.get(f"{ROOT}/ticker/AAPL/resolve").json()["detail"]
    assert client.post(f"{ROOT}/companies/refresh").json() == {"companies": 1}
    assert client.post(f"{ROOT}/companies/aapl/keep").json() == {
        "cik": "0000320193", "is_kept": True, "message": "the worker asks for it",
    }  # fmt: skip
    (kept,) = client.get(f"{ROOT}/companies").json()
    assert (kept["name"], kept["state"]) == ("Apple Inc.", "not asked")
    asked = client.post(f"{ROOT}/companies/AAPL/update")
    assert asked.status_code == 202
    titles = [workspace.store.job(job_id).title for job_id in asked.json()["job_ids"]]
    assert "CIK0000320193.SEC filings from edgar" in titles and len(titles) == 3
    assert client.post(f"{ROOT}/companies/320193/remove").json()["is_kept"] is False
    assert workspace.filings.kept() == []
    assert set(edgar.agents) == {WHO}


def test_the_feed_has_filings_of_all_companies_and_is_asked_once_a_minute(
    edgar: LoopbackEdgar, client: TestClient
) -> None:
    for _ in range(2):
        (filing,) = client.get(f"{ROOT}/feed", params={"form": "8-k"}).json()
    assert (filing["company"], filing["form"], filing["items"]) == ("APPLE INC.", "8-K", "2.02")
    assert filing["ts_event"] == "2024-02-01T21:30:00.000000000Z"
    assert len(edgar.asked("browse-edgar")) == 1
    told = client.get(f"{ROOT}/statistics").json()
    assert told["ok_at"] and told["error"] is None and told["limits"][0]["limit"] == 5


def test_an_sec_that_refuses_who_asks_says_what_to_set(edgar: LoopbackEdgar, client: TestClient) -> None:
    edgar.faults.append(says(UNDECLARED, 403))
    answer = client.get(f"{ROOT}/feed")
    assert (answer.status_code, "EDGAR_USER_AGENT" in answer.json()["detail"]) == (409, True), answer.text


def test_every_route_is_described(client: TestClient) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    mine = [route for path, methods in paths.items() if path.startswith(ROOT) for route in methods.values()]
    assert len(mine) == 31
    assert all(route["tags"] == ["edgar"] and route["description"] for route in mine)


def test_no_answer_knows_more_than_was_known(client: TestClient) -> None:
    at = to_ns(THEN["as_of"])
    for path in ("filings", "facts?concept=revenue", "figures", "insiders", "factors/asset_growth", "statements"):
        mark = "&" if "?" in path else "?"
        told = client.get(f"{ROOT}/companies/{CIK}/{path}{mark}as_of={THEN['as_of']}").json()
        assert told and all(to_ns(one.get("ts_init") or one["ts_known"]) <= at for one in told), path


TABLES = (
    "filings", "forms", "facts", "figures", "tags", "statements", "restatements", "insiders", "insiders/quarters",
    "factors", "factors/asset_growth", "datasets",
)  # fmt: skip


def test_every_table_comes_in_each_format_alike(client: TestClient) -> None:
    for path in (*(f"{CIK}/{one}" for one in TABLES), f"{MANAGER}/holdings", f"{MANAGER}/holdings/quarters"):
        rows = client.get(f"{ROOT}/companies/{path}").json()
        arrow = client.get(f"{ROOT}/companies/{path}", params={"format": "arrow"})
        table = pa.ipc.open_stream(arrow.content).read_all()
        assert table.num_rows == len(rows) > 0, path
        assert table.column_names == list(rows[0]), path
        parquet_ = client.get(f"{ROOT}/companies/{path}", params={"format": "parquet"})
        assert parquet.read_table(io.BytesIO(parquet_.content)).to_pylist() == table.to_pylist(), path
        lines = client.get(f"{ROOT}/companies/{path}", params={"format": "csv"}).text
        assert len(list(csv.reader(io.StringIO(lines)))) == 1 + len(rows), path


def test_a_company_nobody_asked_for_yet_has_tables_of_no_rows(client: TestClient, workspace: Workspace) -> None:
    workspace.store.choose_series("CIK0000000099.SEC", True)
    for path in TABLES:
        answer = client.get(f"{ROOT}/companies/99/{path}")
        assert answer.status_code == 200, answer.text
        if path not in ("factors", "datasets"):
            assert answer.json() == [], path
    assert client.get(f"{ROOT}/companies/99").json()["newest"] is None
