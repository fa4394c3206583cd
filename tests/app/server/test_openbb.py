"""OpenBB Workspace, which can't be run here: what it would be told, against what OpenBB documents."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import panel as pn
import pytest
from fastapi.testclient import TestClient

from app.server import doors
from app.server.openbb_widgets import WIDGETS
from nautilus_data.core.identity import Door, Identity, Role
from nautilus_data.settings import load_settings
from nautilus_data.workspace import open_workspace
from tests import rest
from tests.openbb_shape import APPS
from tests.openbb_shape import WIDGETS as SHAPE
from tests.well_filled import fill_all

EMPTY_HERE = {
    "latest", "equity", "trips", "curve", "regimes", "calendar", "holdings", "streams", "incidents", "jobs",
}  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Of a viewer: nothing of it needs more."""
    folder = tmp_path_factory.mktemp("openbb")
    opened = open_workspace(load_settings(nautilus_data_dir=folder, demo="off", fred_store=True))
    filled = fill_all(opened)
    pn.state.cache["workspace"] = opened
    yield rest.client(opened.keys.identity(filled.keys[Role.VIEWER], "127.0.0.1"))
    del pn.state.cache["workspace"]
    opened.close()


@pytest.fixture(scope="module")
def told(client: TestClient) -> dict[str, Any]:
    return client.get("/widgets.json").json()


def chosen(widget: dict[str, Any]) -> dict[str, Any]:
    """As Workspace asks: what is not chosen is empty."""
    return {one["paramName"]: "" if one["value"] is None else one["value"] for one in widget["params"]}


def test_widgets_and_apps_have_the_documented_shape(client: TestClient, told: dict[str, Any]) -> None:
    SHAPE.validate_json(json.dumps(told))
    APPS.validate_json(client.get("/apps.json").text)


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda one: one.name)
def test_every_widget_answers_flat_rows_of_the_columns_it_says(
    client: TestClient, told: dict[str, Any], widget
) -> None:
    said = told[widget.key]
    assert widget.key == said["endpoint"].replace("/", "_")
    answer = client.get(f"/{said['endpoint']}", params={**chosen(said), "raw": "true", "theme": "light"})
    assert answer.status_code == 200, answer.text
    rows = answer.json()
    assert bool(rows) is (widget.name not in EMPTY_HERE)
    columns = {
        one["field"]: one["cellDataType"] for one in said.get("data", {}).get("table", {}).get("columnsDefs", [])
    }
    for row in rows:
        assert not columns or list(row) == list(columns)
        for name, value in row.items():
            assert value is None or is_of(value, columns.get(name)), (name, value)


def is_of(value: Any, kind: str | None) -> bool:
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 2**53
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "dateString":
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", value))
    return isinstance(value, str) if kind == "text" else not isinstance(value, list | dict)


def test_the_rows_are_those_of_rest(client: TestClient, told: dict[str, Any]) -> None:
    mine = client.get("/api/v1/openbb/positions", params=chosen(told["api_v1_openbb_positions"])).json()
    theirs = client.get("/api/v1/portfolio/positions").json()
    assert [row["position_id"] for row in mine] == [row["position_id"] for row in theirs] == ["P-1"]
    assert mine[0]["signed_qty"] == float(theirs[0]["signed_qty"]) == -16081.5
    assert mine[0]["ts_last"] == f"{theirs[0]['ts_last'][:23]}Z"


def test_candles_are_a_figure_of_plotly_in_the_theme_that_is_shown(client: TestClient, told: dict[str, Any]) -> None:
    said = told["api_v1_openbb_candles"]
    assert said["type"] == "chart" and said["raw"] is True
    found = {
        theme: client.get("/api/v1/openbb/candles", params={**chosen(said), "theme": theme}).json()
        for theme in ("dark", "light")
    }
    trace = found["dark"]["data"][0]
    assert trace["type"] == "candlestick" and len(trace["x"]) == len(trace["close"]) == 300
    assert (trace["open"][0], trace["high"][0], trace["low"][0], trace["close"][0]) == (100.0, 101.5, 98.5, 100.5)
    assert found["dark"]["layout"]["paper_bgcolor"] != found["light"]["layout"]["paper_bgcolor"]


def test_what_is_drawn_is_a_column_of_numbers_over_one_of_times_or_numbers(told: dict[str, Any]) -> None:
    for widget in WIDGETS:
        table = told[widget.key].get("data", {}).get("table", {})
        if widget.chart is None or widget.is_figure:
            assert "chartView" not in table
            continue
        columns = {one["field"]: one for one in table["columnsDefs"]}
        assert all(columns[name]["cellDataType"] == "number" for name in widget.chart.y), widget.name
        assert columns[widget.chart.x]["chartDataType"] in ("time", "category")
        assert table["chartView"]["cellRangeCols"] == {widget.chart.kind: [widget.chart.x, *widget.chart.y]}


def test_lists_to_choose_from_have_what_is_there(client: TestClient, told: dict[str, Any]) -> None:
    asked = {one["optionsEndpoint"] for widget in told.values() for one in widget["params"] if "optionsEndpoint" in one}
    found = {path: client.get(path).json() for path in asked}
    assert all(set(one) == {"label", "value"} for options in found.values() for one in options)
    assert {"label": "EXAMPLE CORP", "value": "0000001234"} in found["/api/v1/openbb/options/cik"]
    assert {"label": "T-1", "value": "T-1"} in found["/api/v1/openbb/options/trader_id"]
    assert client.get("/api/v1/openbb/options/nothing").status_code == 404


def test_apps_place_every_widget_once_and_none_over_another(client: TestClient, told: dict[str, Any]) -> None:
    apps = client.get("/apps.json").json()
    assert [app["name"] for app in apps] == [
        f"Nautilus · {name}" for name in ("Trading", "Macro", "Filings", "Operations")
    ]
    placed = [one["i"] for app in apps for tab in app["tabs"].values() for one in tab["layout"]]
    assert sorted(placed) == sorted(told)
    for app in apps:
        taken: set[tuple[int, int]] = set()
        for one in app["tabs"]["overview"]["layout"]:
            cells = {(x, y) for x in range(one["x"], one["x"] + one["w"]) for y in range(one["y"], one["y"] + one["h"])}
            assert not cells & taken and max(x for x, _ in cells) < 40
            taken |= cells


def test_widgets_about_the_same_thing_change_together(client: TestClient, told: dict[str, Any]) -> None:
    filings = next(app for app in client.get("/apps.json").json() if app["name"].endswith("Filings"))
    (group,) = filings["groups"]
    assert (group["paramName"], group["defaultValue"]) == ("cik", "0000001234")
    for key in group["widgetIds"]:
        assert "cik" in chosen(told[key])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("nothing", 404),
        ("filings", 422),
        ("filings?cik=", 422),
        ("filings?cik=..%2F..%2F..%2Fusers", 422),
        ("observations?series_id=UNRATE%2Fvintages", 422),
        ("observations?series_id=NOSUCH", 404),
        ("orders?limit=0", 422),
        ("orders?cursor=AAAA&format=csv", 200),
    ],
)
def test_what_can_not_be_shown_is_told_as_a_problem(client: TestClient, path: str, status: int) -> None:
    answer = client.get(f"/api/v1/openbb/{path}")
    assert answer.status_code == status
    assert status == 200 or answer.headers["content-type"] == "application/problem+json"


def test_nobody_is_told_anything_without_being_known() -> None:
    stranger = rest.client(None)
    for path in ("/widgets.json", "/apps.json", "/api/v1/openbb/orders", "/api/v1/openbb/options/cik"):
        assert stranger.get(path).status_code in (401, 503)


@pytest.mark.parametrize(("area", "opens"), [("openbb", True), ("macro", False), ("", True)])
def test_a_key_for_workspace_needs_no_other_area(area: str, opens: bool) -> None:
    key = Identity("viewer.person", Role.VIEWER, Door.KEY, "k1", frozenset({area} - {""}))
    for path in ("/widgets.json", "/apps.json", "/api/v1/openbb/orders"):
        request = SimpleNamespace(path=path, headers={}, method="GET")
        assert (doors.reach(key, request) == "") is opens, path
