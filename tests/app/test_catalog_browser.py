"""Page `catalog` in a real browser, on a real server whose worker exports and imports with NautilusTrader."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from nautilus_data import load_settings, open_workspace
from tests.app.test_shell_browser import SIZES, Server, Visit
from tests.conftest import wait_until
from tests.services.catalogs import NAME, keep

pytest.importorskip("nautilus_trader")
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def server(python: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    workspace = open_workspace(load_settings(nautilus_data_dir=folder / "data", demo="off"))
    keep(workspace.store)
    workspace.close()
    server = Server(python, folder, DEMO="off")
    try:
        wait_until(server.is_up, 60, "the server to listen")
        yield server
    finally:
        server.stop()


def test_bars_are_exported_shown_beside_the_store_and_imported_again(server: Server, browser: Browser) -> None:
    visit = Visit(browser)
    tab = visit.tab
    tab.goto(f"{server.address}/catalog")
    tab.get_by_text("There is no catalog yet").wait_for()
    tab.get_by_role("tab", name="Export").click()
    expect(tab.locator(".card[data-key=fitting] .v")).to_have_text("1", timeout=30_000)
    tab.get_by_role("button", name="Export", exact=True).click()
    state = tab.locator("section[data-key=job] .card[data-key=state] .v")
    expect(state).to_have_text("succeeded", timeout=60_000)
    tab.get_by_role("tab", name="Catalogs").click()
    tab.locator(".tabulator-row", has_text="bar, equity").first.click()
    expect(tab.locator(".tabulator-row", has_text=NAME)).to_contain_text("● up to date", timeout=30_000)
    expect(tab.locator("section[data-key=catalog] .card[data-key=state] .v")).to_have_text("up to date")
    tab.locator(".tabulator-row", has_text=NAME).click()
    expect(tab.locator(".tabulator-row", has_text="2024-03-04 14:30").last).to_contain_text("covered", timeout=30_000)
    tab.get_by_role("button", name="Import its bars").click()
    tab.get_by_role("button", name="Import", exact=True).click()
    expect(tab.locator("section[data-key=job] .card[data-key=state]")).to_contain_text(
        "300 bars in 1 file", timeout=60_000
    )
    for place in range(tab.get_by_role("tab").count()):
        tab.get_by_role("tab").nth(place).click()
        for width, height in SIZES:
            tab.set_viewport_size({"width": width, "height": height})
            tab.wait_for_timeout(300)
            assert tab.evaluate("document.documentElement.scrollWidth") <= width, place
    assert visit.wrong == []
    tab.close()
