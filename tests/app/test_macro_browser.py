"""Page `macro` in a real browser: what was known on a day, without a key, and beside a FRED on loopback."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from nautilus_data import Settings, open_workspace
from tests.app.test_shell_browser import SIZES, Server, Visit
from tests.conftest import wait_until
from tests.loopback_fred import API_KEY, Line, LoopbackFred, loopback_fred
from tests.services.macro.seeded import seed

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
_SOON_MS, _LONG_MS = 12_000, 90_000
_YIELDS = {"DGS3MO": 5.4, "DGS2": 4.7, "DGS5": 4.3, "DGS10": 4.2, "DGS30": 4.4}
# March was first said to be 4.4; a year later it was revised.
_UNRATE = {
    "2020-02-07T13:30": {"2020-01-01": 3.6},
    "2020-03-06T13:30": {"2020-02-01": 3.5},
    "2020-04-03T12:30": {"2020-03-01": 4.4},
    "2021-01-08T13:30": {"2020-03-01": 4.5, "2020-12-01": 6.7},
}
_TABS = ("Dashboard", "Series", "Curve", "Factors", "Regimes", "Calendar", "Compare")


def fill_store(folder: Path) -> None:
    settings = Settings(_env_file=None, nautilus_data_dir=folder / "data", demo="off", fred_store=True)
    workspace = open_workspace(settings)
    seed(workspace.store, "UNRATE", _UNRATE)
    for name, value in _YIELDS.items():
        seed(workspace.store, name, {f"2020-03-{day:02}T20:15": {f"2020-03-{day:02}": value} for day in range(2, 28)})
    closes = {f"2019-01-{day:02}T14:30": {f"2019-01-{day:02}": 15.0 + day} for day in range(2, 25)}
    seed(workspace.store, "VIXCLS", closes, source="arch")
    workspace.close()


@pytest.fixture(scope="module")
def server(python: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Without a key; what is stored was stored before."""
    folder = tmp_path_factory.mktemp("server")
    fill_store(folder)
    server = Server(python, folder, DEMO="off", FRED_STORE="on", FRED_BASE_URL="http://127.0.0.1:1")
    try:
        wait_until(server.is_up, 60, "the server to listen")
        yield server
    finally:
        server.stop()


def open_page(visit: Visit, server: Server, query: str = "") -> Page:
    visit.tab.goto(f"{server.address}/macro?{query}")
    visit.tab.wait_for_selector("[role=tablist]")
    return visit.tab


def row_of(tab: Page, series_id: str):
    return tab.locator(f"tr.row[data-key='{series_id}']")


def choose_day(tab: Page, day: str) -> None:
    box = tab.get_by_label("As of", exact=True)
    box.fill(day)
    box.blur()


def test_the_day_chosen_shows_what_was_known_that_day(server: Server, browser: Browser) -> None:
    visit = Visit(browser)
    tab = open_page(visit, server)
    row = row_of(tab, "UNRATE")
    expect(row.locator("[data-field=value]")).to_contain_text("6.7", timeout=_SOON_MS)
    expect(tab.get_by_text("As known now")).to_be_visible()

    choose_day(tab, "2020-04-10")
    expect(row.locator("[data-field=value]")).to_contain_text("4.4", timeout=_SOON_MS)
    expect(row.locator("[data-field=period]")).to_have_text("2020-03")
    expect(row.locator("[data-field=known]")).to_contain_text("2020-04-03")
    expect(tab.get_by_text("As known on 2020-04-10: nothing published later is shown")).to_be_visible()
    expect(tab).to_have_url(re.compile("as_of=2020-04-10"))

    tab.get_by_role("button", name="A month earlier").click()
    expect(row.locator("[data-field=value]")).to_contain_text("3.5", timeout=_SOON_MS)
    choose_day(tab, "2020-01-15")
    expect(row.locator("[data-field=state]")).to_contain_text("not known then", timeout=_SOON_MS)
    expect(row.locator("[data-field=value]")).to_have_text("")
    tab.get_by_role("button", name="Show what is known now").click()
    expect(row.locator("[data-field=value]")).to_contain_text("6.7", timeout=_SOON_MS)
    assert visit.wrong == []
    tab.close()


def test_the_slider_is_moved_and_what_came_later_is_gone(server: Server, browser: Browser) -> None:
    visit = Visit(browser)
    tab = open_page(visit, server, "as_of=2020-12-31")
    value = row_of(tab, "UNRATE").locator("[data-field=value]")
    expect(value).to_contain_text("4.4", timeout=_SOON_MS)
    slider = tab.get_by_label("As of: day whose knowledge is shown")
    # Many moves, faster than they can be drawn: the last one counts.
    slider.evaluate(
        """slider => {
          const day = Date.UTC(2020, 2, 1) / 86400000
          for (let at = day + 200; at >= day; at -= 1) {
            slider.value = at
            slider.dispatchEvent(new Event("input"))
          }
        }"""
    )
    expect(tab).to_have_url(re.compile("as_of=2020-03-01"), timeout=_SOON_MS)
    expect(value).to_contain_text("3.6", timeout=_SOON_MS)
    assert visit.wrong == []
    tab.close()


def test_versions_of_a_period_are_those_known_on_the_day(server: Server, browser: Browser) -> None:
    visit = Visit(browser)
    tab = open_page(visit, server)
    row_of(tab, "UNRATE").click()
    expect(tab).to_have_url(re.compile("view=series"))
    period = tab.locator("tr.row", has_text="2020-03").first
    expect(period.locator("[data-field=value]")).to_have_text("4.5 %", timeout=_SOON_MS)
    period.click()
    versions = tab.locator("tr.row [data-field=change]")
    expect(versions).to_have_text(["–", "+0.1"], timeout=_SOON_MS)
    choose_day(tab, "2020-04-10")
    expect(versions).to_have_text(["–"], timeout=_SOON_MS)
    with tab.expect_download() as file:
        tab.get_by_role("button", name="Export CSV").click()
    assert "as_of_2020-04-10" in file.value.suggested_filename
    text = Path(file.value.path()).read_text()
    assert "2020-04-10" in text.splitlines()[2] and text.splitlines()[-1].startswith(
        "2020-03-01,2020-04-03T12:30:00Z,4.4"
    )
    assert visit.wrong == []
    tab.close()


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES, ids=["desk", "phone"])
def test_each_tab_is_whole_without_a_key_and_says_what_is_missing(
    server: Server, browser: Browser, size: tuple[int, int], theme: str
) -> None:
    visit = Visit(browser, size)
    tab = open_page(visit, server, f"theme={theme}")
    expect(tab.locator(".calm")).to_contain_text("FRED can’t be asked: no key: set FRED_API_KEY")
    expect(tab.get_by_text("not endorsed or certified by the Federal Reserve Bank of St. Louis")).to_have_count(1)
    expect(row_of(tab, "GDP").locator("[data-field=state]")).to_contain_text("unavailable", timeout=_SOON_MS)
    expect(row_of(tab, "VIXCLS").locator("[data-field=source]")).to_contain_text("arch package")
    for name in _TABS[1:]:
        tab.get_by_role("tab", name=name, exact=True).click()
        expect(tab.locator(".look.loading")).to_have_count(0, timeout=_LONG_MS)
        expect(tab.locator(".look.error")).to_have_count(0)
        assert tab.evaluate("document.documentElement.scrollWidth") <= size[0], name
    assert visit.wrong == []
    tab.close()


def test_a_curve_is_of_the_days_asked_for(server: Server, browser: Browser) -> None:
    visit = Visit(browser)
    tab = open_page(visit, server, "view=curve&as_of=2020-03-31&days=2020-03-10")
    ten_years = tab.locator("tr.row", has_text="DGS10")
    expect(ten_years.locator("[data-field=day0]")).to_contain_text("4.20 %2020-03-27", timeout=_SOON_MS)
    expect(ten_years).to_contain_text("2020-03-10 · 0 bp since")
    tab.get_by_role("button", name="2020-03-10 ×").click()
    expect(tab).not_to_have_url(re.compile("2020-03-10"))
    assert visit.wrong == []
    tab.close()


def test_a_page_that_stays_open_shows_what_comes(server: Server, browser: Browser) -> None:
    visit = Visit(browser)
    tab = open_page(visit, server)
    expect(row_of(tab, "PAYEMS").locator("[data-field=state]")).to_contain_text("unavailable", timeout=_SOON_MS)
    settings = Settings(_env_file=None, nautilus_data_dir=server.folder / "data", demo="off", fred_store=True)
    workspace = open_workspace(settings)
    seed(workspace.store, "PAYEMS", {"2024-01-05T13:30": {"2023-12-01": 157_232.0}})
    workspace.close()
    expect(row_of(tab, "PAYEMS").locator("[data-field=value]")).to_contain_text("157,232", timeout=_SOON_MS)
    assert visit.wrong == []
    tab.close()


@pytest.fixture
def fred() -> Iterator[LoopbackFred]:
    info = {"title": "Unemployment Rate", "units": "Percent", "frequency_short": "M"}
    by_day = [(known[:10], changes) for known, changes in _UNRATE.items()]
    lines = {
        "UNRATE": Line(info, vintages=by_day, release=(50, "Employment Situation")),
        "TOTALSA": Line({"title": "Total Vehicle Sales", "units": "Millions of Units"}, vintages=by_day[:2]),
    }
    with loopback_fred(lines, releases={50: ["2020-04-03", "2021-01-08"]}) as made:
        yield made


def test_a_series_is_searched_added_asked_for_and_shown_as_it_was_known(
    python: str, fred: LoopbackFred, browser: Browser, tmp_path: Path
) -> None:
    server = Server(python, tmp_path, DEMO="off", FRED_BASE_URL=fred.url, FRED_API_KEY=API_KEY)
    try:
        wait_until(server.is_up, 60, "the server to listen")
        visit = Visit(browser)
        tab = open_page(visit, server, "view=series&series_id=UNRATE")
        tab.get_by_role("button", name="Ask now").click()
        expect(tab.locator("tr.row", has_text="2020-12")).to_contain_text("6.7", timeout=_LONG_MS)
        choose_day(tab, "2020-04-10")
        march = tab.locator("tr.row", has=tab.locator("[data-field=period]", has_text="2020-03"))
        expect(march.locator("[data-field=value]")).to_have_text("4.4 %", timeout=_SOON_MS)
        expect(tab.get_by_text("kept in memory only")).to_be_visible()

        tab.get_by_label("Id, or words to search FRED by").fill("vehicle sales")
        tab.get_by_role("button", name="Search FRED").click()
        tab.locator("tr.row", has_text="Total Vehicle Sales").click()
        expect(tab).to_have_url(re.compile("series_id=TOTALSA"), timeout=_LONG_MS)
        tab.get_by_label("Id, or words to search FRED by").fill("TEDRATE")
        tab.get_by_role("button", name="Add by id").click()
        expect(tab.get_by_text("BAA10Y is a credit spread")).to_be_visible(timeout=_SOON_MS)
        assert visit.wrong == []
        tab.close()
    finally:
        server.stop()
