"""Pages `backfill` and `sources` in a real browser, on a real server with its worker and the sample source."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.app.test_shell_browser import SIZES, Server, Visit
from tests.conftest import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
_FORM = "Instrument: id, name or symbol"


@pytest.fixture(scope="module")
def server(python: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    # A demo would be waited for; nothing here needs one, nor a bus.
    server = Server(python, tmp_path_factory.mktemp("server"), DEMO="off")
    try:
        wait_until(server.is_up, 60, "the server to listen")
        yield server
    finally:
        server.stop()


def opened(visit: Visit, server: Server, path: str) -> Page:
    visit.tab.goto(f"{server.address}/{path}")
    visit.tab.wait_for_selector("[role=tab]")
    return visit.tab


def test_a_backfill_goes_from_its_plan_to_the_map_and_a_cell_leads_back(server: Server, browser: Browser) -> None:
    visit = Visit(browser)
    tab = opened(visit, server, "backfill?source=sample")
    tab.get_by_role("combobox", name=_FORM).fill("apple")
    tab.get_by_text("AAPL.NASDAQ · Apple").click()
    tab.get_by_label("Mode").click()
    tab.get_by_text("all anew").click()
    tab.get_by_role("button", name="Plan", exact=True).click()
    expect(tab.locator("section[data-key=plan] .card[data-key=requests] .v")).to_have_text("13", timeout=30_000)
    tab.get_by_role("button", name="Start: 13 requests").click()
    expect(tab.locator("section[data-key=job] .card[data-key=state] .v")).to_have_text("succeeded", timeout=30_000)
    expect(tab.locator(".tabulator-row", has_text="● done").first).to_be_visible(timeout=30_000)

    tab.get_by_role("tab", name="Coverage").click()
    figure = tab.locator(".bk-Figure")
    box = figure.bounding_box()
    tab.mouse.click(box["x"] + 0.6 * box["width"], box["y"] + 50)
    tab.get_by_role("button", name="Plan a backfill of this cell").click()
    expect(tab.locator("section[data-key=plan] .card[data-key=series] .v")).to_contain_text(".N", timeout=30_000)
    assert visit.wrong == []
    visit.tab.close()


def test_a_switch_is_kept_and_every_view_fits_every_screen(server: Server, browser: Browser) -> None:
    visit = Visit(browser)
    tab = opened(visit, server, "sources?theme=light")
    tab.get_by_role("switch", name=re.compile("Yahoo Finance")).click()
    expect(tab.locator(".source[data-key=yahoo] .state")).to_have_text("switched off", timeout=30_000)
    tab.reload()
    expect(tab.get_by_role("switch", name=re.compile("Yahoo Finance"))).to_have_attribute("aria-checked", "false")
    for page in ("sources", "backfill"):
        if page not in tab.url:
            opened(visit, server, page)
        for place in range(tab.get_by_role("tab").count()):
            tab.get_by_role("tab").nth(place).click()
            for width, height in SIZES:
                tab.set_viewport_size({"width": width, "height": height})
                tab.wait_for_timeout(200)
                assert tab.evaluate("document.documentElement.scrollWidth") <= width, (page, place)
    assert visit.wrong == []
    visit.tab.close()
