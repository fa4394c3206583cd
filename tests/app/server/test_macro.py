"""REST of macro, on a store of its own, and with a loopback FRED."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from fastapi.testclient import TestClient
from pyarrow import parquet

from nautilus_data import Workspace, load_settings, open_workspace, to_ns
from nautilus_data.core.macro_series import observations_of
from nautilus_data.services.macro import NOTICE
from tests.loopback_fred import API_KEY, LoopbackFred, loopback_fred, too_many
from tests.macro_store import RATE, put_rate, put_recession, put_release, put_yields

ROOT = "/api/v1/macro"
NOTED = NOTICE.replace("®", "(R)")


@pytest.fixture
def fred() -> Iterator[LoopbackFred]:
    with loopback_fred({"UNRATE": RATE}) as server:
        yield server


@pytest.fixture
def workspace(request: pytest.FixtureRequest, data_dir: Path) -> Iterator[Workspace]:
    """Without a key of FRED, unless the test asks for `fred`."""
    found = {}
    if "fred" in request.fixturenames:
        found = {"fred_base_url": request.getfixturevalue("fred").url, "fred_api_key": API_KEY}
    opened = open_workspace(load_settings(nautilus_data_dir=data_dir, demo="off", fred_store=True, **found))
    put_rate(opened.store)
    put_yields(opened.store)
    yield opened
    opened.close()


def arrow(answer: Any) -> pa.Table:
    """The rows of an answer in Arrow or Parquet."""
    if "parquet" in answer.headers["content-type"]:
        return parquet.read_table(io.BytesIO(answer.content))
    return pa.ipc.open_stream(answer.content).read_all()


def test_series_are_listed_as_they_were_known(client: TestClient) -> None:
    answer = client.get(f"{ROOT}/series", params={"as_of": "2024-01-10"})
    assert (answer.headers["X-As-Of"], answer.headers["X-Notice"]) == ("2024-01-10T00:00:00.000000000Z", NOTED)
    assert "FRED_API_KEY" in answer.headers["X-Refusal"]
    rows = {one["series_id"]: one for one in answer.json()}
    rate = rows["UNRATE"]
    assert (rate["value"], rate["ts_event"]) == (3.7, "2023-12-01T00:00:00.000000000Z")
    assert (rate["ts_init"], rate["source"], rate["is_kept"]) == ("2024-01-05T13:30:00.000000000Z", "fred", True)
    assert (rows["GDP"]["value"], rows["GDP"]["ts_event"], rows["GDP"]["state"]) == (None, None, "unavailable")


def test_how_macro_stands_is_told_without_asking(client: TestClient) -> None:
    told = client.get(f"{ROOT}/status").json()
    assert "FRED_API_KEY" in told["refusal"] and told["notice"] == NOTICE
    assert "UNRATE" in told["kept"] and told["first_known_at"] == "1970-02-06T13:30:00.000000000Z"
    assert {row["how"] for row in client.get(f"{ROOT}/transforms").json()} == {
        "level", "change", "year_change", "yoy", "z",
    }  # fmt: skip


def test_what_was_known_in_january_1970_is_about_1970(client: TestClient) -> None:
    rows = client.get(f"{ROOT}/series", params={"as_of": "1970-03-01"}).json()
    rate = next(one for one in rows if one["series_id"] == "UNRATE")
    assert (rate["value"], rate["ts_event"]) == (3.9, "1970-01-01T00:00:00.000000000Z")
    table = arrow(client.get(f"{ROOT}/series/UNRATE", params={"format": "arrow"}))
    assert table.column("ts_event").cast("int64").to_pylist()[0] == 0


def test_a_series_is_given_as_of_a_time_by_a_transform_and_in_a_span(client: TestClient) -> None:
    then = client.get(f"{ROOT}/series/unrate", params={"as_of": "2024-01-10T00:00Z"}).json()
    assert [one["value"] for one in then] == [3.9, 3.7, 3.7]
    now = client.get(f"{ROOT}/series/UNRATE.FRED", params={"start": "2023-12-01"}).json()
    assert [(one["ts_event"][:10], one["value"]) for one in now] == [
        ("2023-12-01", 3.8), ("2024-01-01", 3.7), ("2024-02-01", None),
    ]  # fmt: skip
    asked = {"how": "change", "start": "2023-12-01", "end": "2024-01-02"}
    changed = client.get(f"{ROOT}/series/UNRATE", params=asked)
    assert [round(one["value"], 9) for one in changed.json()] == [0.1, -0.1]
    assert (changed.headers["X-Source"], changed.headers["X-Notice"]) == ("fred", NOTED)


def test_a_series_comes_a_page_at_a_time_in_each_format_alike(client: TestClient) -> None:
    whole = client.get(f"{ROOT}/series/UNRATE").json()
    answer, paged = client.get(f"{ROOT}/series/UNRATE", params={"limit": 2}), []
    while True:
        paged += answer.json()
        if "next" not in answer.links:
            break
        answer = client.get(answer.links["next"]["url"])
    assert paged == whole and len(whole) > 2
    for form in ("arrow", "parquet"):
        table = arrow(client.get(f"{ROOT}/series/UNRATE", params={"format": form}))
        assert table.column("value").to_pylist() == [one["value"] for one in whole]
    lines = client.get(f"{ROOT}/series/UNRATE", headers={"Accept": "text/csv"}).text.splitlines()
    assert lines[0] == "ts_event,ts_init,value,known_by" and len(lines) == 1 + len(whole)


def test_several_series_are_compared_by_one_transform(client: TestClient) -> None:
    asked = {"series": ["DGS10", "UNRATE", "DGS10"], "as_of": "2024-01-10"}
    rows = client.get(f"{ROOT}/compare", params=asked).json()
    assert list(dict.fromkeys(row["series_id"] for row in rows)) == ["DGS10", "UNRATE"]
    alone = client.get(f"{ROOT}/series/DGS10", params={"as_of": "2024-01-10"}).json()
    mine = [row["value"] for row in rows if row["series_id"] == "DGS10"]
    assert mine == [row["value"] for row in alone]
    assert client.get(f"{ROOT}/compare").status_code == 422
    sparks = client.get(f"{ROOT}/sparks", params={"as_of": "2024-01-10"}).json()
    assert [row["value"] for row in sparks if row["series_id"] == "DGS10"] == mine


def test_versions_are_those_known_by_then(client: TestClient) -> None:
    path = f"{ROOT}/series/UNRATE/vintages"
    told = client.get(path, params={"date": "2023-12-01"}).json()
    assert [(one["ts_init"][:10], one["value"]) for one in told] == [("2024-01-05", 3.7), ("2024-02-02", 3.8)]
    told = client.get(path, params={"date": "2023-12-01", "as_of": "2024-01-10"}).json()
    assert [one["value"] for one in told] == [3.7]
    assert client.get(path, params={"date": "2023-12-01", "as_of": "2023-12-10"}).json() == []


def test_the_curve_of_days_and_the_one_there_is_now(client: TestClient) -> None:
    told = client.get(f"{ROOT}/curve", params={"days": ["2024-01-02", "2024-01-04"]}).json()
    assert [(one["ts_day"][:10], one["ts_event"][:10], one["series_id"], one["value"]) for one in told] == [
        ("2024-01-02", "2024-01-02", "DGS3MO", 5.4), ("2024-01-02", "2024-01-02", "DGS2", 4.3),
        ("2024-01-02", "2024-01-02", "DGS10", 3.9), ("2024-01-04", "2024-01-03", "DGS3MO", 5.3),
        ("2024-01-04", "2024-01-03", "DGS2", 4.2), ("2024-01-04", "2024-01-03", "DGS10", 4.0),
    ]  # fmt: skip
    then = client.get(f"{ROOT}/curve", params={"as_of": "2024-01-04"}).json()
    assert [one["value"] for one in then] == [5.4, 4.3, 3.9]
    now = client.get(f"{ROOT}/curve")
    assert now.json() == [] and "X-Notice" not in now.headers


def test_factors_are_defined_scored_and_have_a_history(client: TestClient) -> None:
    defined = {one["key"]: one for one in client.get(f"{ROOT}/factors").json()}
    assert defined["curve_slope"]["inputs"] == ["DGS10", "DGS3MO"]
    assert defined["volatility_regime"]["states"][0] == "calm"
    scored = {one["key"]: one for one in client.get(f"{ROOT}/scores").json()}
    assert round(scored["curve_slope"]["value"], 9) == -1.3
    assert (scored["oil_shock"]["value"], scored["oil_shock"]["missing"]) == (None, ["DCOILWTICO"])
    told = client.get(f"{ROOT}/factors/curve_slope", params={"as_of": "2024-01-04"})
    assert [(one["ts_init"], round(one["value"], 9)) for one in told.json()] == [
        ("2024-01-03T21:15:00.000000000Z", -1.5)
    ]
    assert told.headers["X-Notice"] == NOTED


def test_macro_factors_are_those_of_research_data_too(client: TestClient) -> None:
    path, then = "/api/v1/nautilus-data", {"as_of": "2024-01-04"}
    rows = client.get(f"{path}/fred/macro-factors", params=then).json()
    assert rows == client.get(f"{ROOT}/scores", params=then).json()
    assert [row["name"] for row in client.get(f"{path}/status").json()] == ["alpha_vantage", "fred"]
    found = client.get(f"{path}/health").json()
    assert found["status"] == "disabled"
    assert {name: one["status"] for name, one in found["sources"].items()} == {
        "alpha_vantage": "disabled", "fred": "disabled",
    }  # fmt: skip


def test_regimes_recessions_and_releases(client: TestClient, workspace: Workspace) -> None:
    put_recession(workspace.store)
    told = client.get(f"{ROOT}/recessions").json()
    assert told == [{"ts_start": "2020-03-01T00:00:00.000000000Z", "ts_end": "2020-05-01T00:00:00.000000000Z"}]
    assert client.get(f"{ROOT}/recessions", params={"as_of": "2020-06-01"}).json() == []
    assert client.get(f"{ROOT}/regimes").json() == []
    put_rate(workspace.store, "VIXCLS")
    (calm,) = client.get(f"{ROOT}/regimes", params={"as_of": "2024-01-10", "key": "volatility_regime"}).json()
    assert (calm["label"], calm["ts_end"]) == ("calm", "2024-01-10T00:00:00.000000000Z")
    assert client.get(f"{ROOT}/calendar").json() == []
    put_release(workspace.store)
    (release,) = client.get(f"{ROOT}/calendar", params={"start": "2024-01-01", "end": "2024-02-01"}).json()
    assert (release["release"], release["series"], release["is_out"]) == ("Employment Situation", ["UNRATE"], True)
    assert release["ts_event"] == "2024-01-05T13:30:00.000000000Z"


@pytest.mark.parametrize(
    ("method", "path", "code", "words"),
    [
        ("get", "series?as_of=yesterweek", 422, "not a time: 'yesterweek'"),
        ("get", "series/UNRATE?how=cubed", 422, "'level', 'change'"),
        ("get", "series/UNRATE?start=2024-02-01&end=2024-01-01", 409, "a span ends before it starts"),
        ("get", "series/UNRATE?limit=0", 422, "limit"),
        ("get", "series/NOBODYS", 404, "there is no series NOBODYS"),
        ("get", "series/GDP", 409, "nothing is stored of GDP: no key: set FRED_API_KEY"),
        ("get", "series/UNRATE/vintages", 422, "date"),
        ("get", "series/UNRATE/vintages?date=2023-12-02", 404, "no value of UNRATE is dated 2023-12-02"),
        ("get", "factors/luck", 404, "there is no factor 'luck'"),
        ("get", "calendar?start=soon", 422, "not a time: 'soon'; write 2024-05-31"),
        ("get", "calendar?end=2001-01-01", 409, "a span ends before it starts"),
        ("get", "series?as_of=1677-12-31", 422, "from 1678 to 2261"),
        ("get", "series?as_of=2262-01-01", 422, "from 1678 to 2261"),
        ("get", "series?as_of=2023-02-29", 422, "not a time"),
        ("get", "series?cursor=W10", 404, "no rows after this cursor"),
        ("get", "series?cursor=WyJOT0JPRFkiXQ", 404, "ask for the first rows again"),
        ("get", "series/A%00B", 422, "not the id of a series"),
        ("get", "search?text=a%00b", 422, "not words to look for"),
        ("get", "factors/LUCK", 422, "not the key of a factor"),
        ("get", "compare?series=NOBODYS", 404, "there is no series NOBODYS"),
        ("get", "search?text=rate", 409, "FRED can't be asked: no key"),
        ("post", "series/TEDRATE/keep", 409, "TEDRATE can't be had: it ended in January 2022"),
        ("post", "series/no such id!/keep", 422, "not the id of a series"),
        ("post", "series/ABCDEFGHIJKLMNOPQRSTUVWXYZ/keep", 409, "write its id"),
        ("post", "series/AAA/remove", 404, "AAA is not kept up to date"),
        ("post", "series/UNRATE/update", 409, "no key: set FRED_API_KEY"),
    ],
)
def test_what_is_not_possible_says_why(client: TestClient, method: str, path: str, code: int, words: str) -> None:
    answer = getattr(client, method)(f"{ROOT}/{path}")
    assert (answer.status_code, words in answer.json()["detail"]) == (code, True), answer.text


def test_a_series_is_searched_kept_asked_for_and_removed(
    fred: LoopbackFred, client: TestClient, workspace: Workspace
) -> None:
    (hit,) = client.get(f"{ROOT}/search", params={"text": "unemployment"}).json()
    assert (hit["series_id"], hit["name"], hit["frequency"]) == ("UNRATE", "Unemployment Rate", "Monthly")
    assert client.post(f"{ROOT}/series/aaa/keep").json()["series_id"] == "AAA"
    rows = client.get(f"{ROOT}/series").json()
    assert next(one for one in rows if one["series_id"] == "AAA")["state"] == "not asked"
    asked = client.post(f"{ROOT}/series/AAA/update")
    assert asked.status_code == 202
    (job_id,) = asked.json()["job_ids"]
    assert workspace.store.job(job_id).title == str(observations_of("AAA"))
    assert client.post(f"{ROOT}/series/AAA/remove").json() == {
        "series_id": "AAA", "is_kept": False, "message": "what is stored stays",
    }  # fmt: skip
    assert "AAA" not in workspace.macro.kept()


def test_a_fred_that_wants_to_be_left_alone_is_asked_again_later(fred: LoopbackFred, client: TestClient) -> None:
    fred.faults.extend([too_many("600")] * 5)
    answer = client.get(f"{ROOT}/search", params={"text": "rate"})
    assert (answer.status_code, answer.json()["title"]) == (503, "Service Unavailable"), answer.text


def test_every_route_is_described(client: TestClient) -> None:
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    mine = [route for path, methods in paths.items() if path.startswith(ROOT) for route in methods.values()]
    assert len(mine) == 19
    assert all(route["tags"] == ["macro"] and route["description"] for route in mine)


def test_no_answer_knows_more_than_was_known(client: TestClient) -> None:
    at = to_ns("2024-01-10")
    for path in ("series/UNRATE", "factors/curve_slope"):
        told = client.get(f"{ROOT}/{path}", params={"as_of": "2024-01-10"}).json()
        assert told and all(to_ns(one["ts_init"]) <= at for one in told)
