"""REST of macro, on a store of its own, and with a loopback FRED."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import panel as pn
import pytest
from fastapi.testclient import TestClient

from nautilus_data import Workspace, load_settings, open_workspace, to_ns
from nautilus_data.core.macro_series import observations_of
from nautilus_data.services.macro import NOTICE
from tests import rest
from tests.loopback_fred import API_KEY, LoopbackFred, loopback_fred, too_many
from tests.macro_store import RATE, put_rate, put_recession, put_release, put_yields

ROOT = "/api/v1/macro"


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


@pytest.fixture
def client(workspace: Workspace) -> Iterator[TestClient]:
    pn.state.cache["workspace"] = workspace
    yield rest.client()
    del pn.state.cache["workspace"]


def test_series_are_listed_as_they_were_known(client: TestClient) -> None:
    told = client.get(f"{ROOT}/series", params={"as_of": "2024-01-10"}).json()
    assert (told["as_of"], told["notice"]) == ("2024-01-10T00:00:00.000+00:00", NOTICE)
    assert "FRED_API_KEY" in told["refusal"]
    rows = {one["series_id"]: one for one in told["series"]}
    rate = rows["UNRATE"]
    assert (rate["value"], rate["ts_event"]) == (3.7, "2023-12-01T00:00:00.000+00:00")
    assert (rate["ts_init"], rate["source"], rate["is_kept"]) == ("2024-01-05T13:30:00.000+00:00", "fred", True)
    assert (rows["GDP"]["value"], rows["GDP"]["ts_event"], rows["GDP"]["state"]) == (None, None, "unavailable")


def test_what_was_known_in_january_1970_is_about_1970(client: TestClient) -> None:
    rows = client.get(f"{ROOT}/series", params={"as_of": "1970-03-01"}).json()["series"]
    rate = next(one for one in rows if one["series_id"] == "UNRATE")
    assert (rate["value"], rate["ts_event"]) == (3.9, "1970-01-01T00:00:00.000+00:00")


def test_a_series_is_given_as_of_a_time_by_a_transform_and_in_a_span(client: TestClient) -> None:
    then = client.get(f"{ROOT}/series/unrate", params={"as_of": "2024-01-10T00:00Z"}).json()
    assert [one["value"] for one in then["observations"]] == [3.9, 3.7, 3.7]
    now = client.get(f"{ROOT}/series/UNRATE.FRED", params={"limit": 3}).json()
    assert [(one["ts_event"][:10], one["value"]) for one in now["observations"]] == [
        ("2023-12-01", 3.8), ("2024-01-01", 3.7), ("2024-02-01", None),
    ]  # fmt: skip
    asked = {"how": "change", "start": "2023-12-01", "end": "2024-01-02"}
    changed = client.get(f"{ROOT}/series/UNRATE", params=asked).json()
    assert [round(one["value"], 9) for one in changed["observations"]] == [0.1, -0.1]
    assert (changed["source"], changed["how"], changed["notice"]) == ("fred", "change", NOTICE)


def test_versions_are_those_known_by_then(client: TestClient) -> None:
    path = f"{ROOT}/series/UNRATE/vintages"
    told = client.get(path, params={"date": "2023-12-01"}).json()
    assert [(one["ts_init"][:10], one["value"]) for one in told["versions"]] == [
        ("2024-01-05", 3.7), ("2024-02-02", 3.8),
    ]  # fmt: skip
    told = client.get(path, params={"date": "2023-12-01", "as_of": "2024-01-10"}).json()
    assert [one["value"] for one in told["versions"]] == [3.7]


def test_the_curve_of_days_and_the_one_there_is_now(client: TestClient) -> None:
    told = client.get(f"{ROOT}/curve", params={"days": ["2024-01-02", "2024-01-04"]}).json()
    assert [(one["day"][:10], one["ts_event"][:10], one["series_id"], one["value"]) for one in told["yields"]] == [
        ("2024-01-02", "2024-01-02", "DGS3MO", 5.4), ("2024-01-02", "2024-01-02", "DGS2", 4.3),
        ("2024-01-02", "2024-01-02", "DGS10", 3.9), ("2024-01-04", "2024-01-03", "DGS3MO", 5.3),
        ("2024-01-04", "2024-01-03", "DGS2", 4.2), ("2024-01-04", "2024-01-03", "DGS10", 4.0),
    ]  # fmt: skip
    then = client.get(f"{ROOT}/curve", params={"as_of": "2024-01-04"}).json()
    assert [one["value"] for one in then["yields"]] == [5.4, 4.3, 3.9]
    now = client.get(f"{ROOT}/curve").json()
    assert (now["yields"], now["notice"]) == ([], None)


def test_factors_are_defined_scored_and_have_a_history(client: TestClient) -> None:
    defined = {one["key"]: one for one in client.get(f"{ROOT}/factors").json()}
    assert defined["curve_slope"]["inputs"] == ["DGS10", "DGS3MO"]
    assert defined["volatility_regime"]["states"][0] == "calm"
    scored = {one["key"]: one for one in client.get(f"{ROOT}/scores").json()["scores"]}
    assert round(scored["curve_slope"]["value"], 9) == -1.3
    assert (scored["oil_shock"]["value"], scored["oil_shock"]["missing"]) == (None, ["DCOILWTICO"])
    told = client.get(f"{ROOT}/factors/curve_slope", params={"as_of": "2024-01-04"}).json()
    assert [(one["ts_init"], round(one["value"], 9)) for one in told["history"]] == [
        ("2024-01-03T21:15:00.000+00:00", -1.5)
    ]
    assert told["notice"] == NOTICE


def test_regimes_recessions_and_releases(client: TestClient, workspace: Workspace) -> None:
    put_recession(workspace.store)
    told = client.get(f"{ROOT}/recessions").json()
    assert told["recessions"] == [{"start": "2020-03-01T00:00:00.000+00:00", "end": "2020-05-01T00:00:00.000+00:00"}]
    assert client.get(f"{ROOT}/recessions", params={"as_of": "2020-06-01"}).json()["recessions"] == []
    assert client.get(f"{ROOT}/regimes").json()["regimes"] == []
    put_rate(workspace.store, "VIXCLS")
    (calm,) = client.get(f"{ROOT}/regimes", params={"as_of": "2024-01-10", "key": "volatility_regime"}).json()[
        "regimes"
    ]
    assert (calm["label"], calm["end"]) == ("calm", "2024-01-10T00:00:00.000+00:00")
    assert client.get(f"{ROOT}/calendar").json()["releases"] == []
    put_release(workspace.store)
    told = client.get(f"{ROOT}/calendar", params={"start": "2024-01-01", "end": "2024-02-01"}).json()
    (release,) = told["releases"]
    assert (release["release"], release["series"], release["is_out"]) == ("Employment Situation", ["UNRATE"], True)
    assert release["ts_event"] == "2024-01-05T13:30:00.000+00:00"


@pytest.mark.parametrize(
    ("method", "path", "code", "words"),
    [
        ("get", "series?as_of=yesterweek", 422, "not a time: 'yesterweek'"),
        ("get", "series/UNRATE?how=cubed", 422, "there is no transform 'cubed'; write level"),
        ("get", "series/UNRATE?start=2024-02-01&end=2024-01-01", 422, "a span ends before it starts"),
        ("get", "series/UNRATE?limit=0", 422, "limit"),
        ("get", "series/NOBODYS", 404, "there is no series NOBODYS"),
        ("get", "series/GDP", 409, "nothing is stored of GDP: no key: set FRED_API_KEY"),
        ("get", "series/UNRATE/vintages", 422, "date"),
        ("get", "series/UNRATE/vintages?date=2023-12-02", 404, "no value of UNRATE is dated 2023-12-02"),
        ("get", "factors/luck", 404, "there is no factor 'luck'"),
        ("get", "calendar?start=soon", 422, "not a time"),
        ("get", "search?text=rate", 409, "FRED can't be asked: no key"),
        ("post", "series/TEDRATE/keep", 409, "TEDRATE can't be had: it ended in January 2022"),
        ("post", "series/no such id!/keep", 409, "write its id"),
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
    (hit,) = client.get(f"{ROOT}/search", params={"text": "unemployment"}).json()["series"]
    assert (hit["series_id"], hit["name"], hit["frequency"]) == ("UNRATE", "Unemployment Rate", "Monthly")
    assert client.post(f"{ROOT}/series/aaa/keep").json()["series_id"] == "AAA"
    rows = client.get(f"{ROOT}/series").json()["series"]
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
    assert len(mine) == 15
    assert all(route["tags"] == ["macro"] and route["description"] for route in mine)


def test_no_answer_knows_more_than_was_known(client: TestClient) -> None:
    at = to_ns("2024-01-10")
    for path in ("series/UNRATE", "factors/curve_slope"):
        told = client.get(f"{ROOT}/{path}", params={"as_of": "2024-01-10"}).json()
        rows = told.get("observations") or told["history"]
        assert rows and all(to_ns(one["ts_init"]) <= at for one in rows)
