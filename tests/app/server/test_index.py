"""The first address and the viewers of the description."""

from __future__ import annotations

from importlib.metadata import version

import panel as pn
import pytest

from app.server.index import index_page
from tests import rest


@pytest.fixture
def client(stand_in):
    pn.state.cache["workspace"] = stand_in
    yield rest.client()
    del pn.state.cache["workspace"]


def test_the_index_links_to_every_page_and_leads_to_the_overview() -> None:
    page = index_page(["market", "overview"])
    assert 'href="market"' in page and 'href="overview"' in page and "url=overview" in page


@pytest.mark.parametrize("accept", ["", "*/*", "text/html,application/xhtml+xml,application/json;q=0.9,*/*;q=0.8"])
def test_a_browser_gets_a_page(client, accept: str) -> None:
    answer = client.get("/", headers={"Accept": accept})
    assert answer.headers["content-type"].startswith("text/html") and answer.headers["vary"] == "Accept"


def test_a_program_gets_links_that_lead_somewhere(client) -> None:
    found = client.get("/", headers={"Accept": "application/json"}).json()
    assert found["version"] == version("nautilus-dashboard")
    assert found["pages"]["overview"] == "/overview"
    for path in found["rest"].values():
        assert client.get(path).status_code == 200, path


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_viewers_fetch_nothing_from_elsewhere(client, path: str) -> None:
    page = client.get(path).text
    assert "http://" not in page and "https://" not in page
    assert "/api/v1/openapi.json" in page


def test_files_of_the_viewers_are_served_and_no_others(client) -> None:
    for name in ("swagger-ui.css", "swagger-ui-bundle.js", "redoc.standalone.js", "favicon.png"):
        assert client.get(f"/docs-assets/{name}").status_code == 200
    assert client.get("/docs-assets/..%2Fcore.py").status_code == 404


def test_the_description_is_at_its_old_address_too(client) -> None:
    assert client.get("/openapi.json").json() == client.get("/api/v1/openapi.json").json()
