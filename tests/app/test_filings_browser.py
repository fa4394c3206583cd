"""Page `filings` in a real browser: a company as known on a day, without an address, and beside an SEC on loopback."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from nautilus_data import Settings, open_workspace
from nautilus_data.core.dataset import COMPANIES
from tests.app.test_shell_browser import SIZES, Server, Visit
from tests.conftest import wait_until
from tests.edgar_documents import entry, fact, report, trade
from tests.loopback_edgar import WHO, Company, Filing, LoopbackEdgar, loopback_edgar
from tests.services.filings.seeded import ACME, companies, company, seed

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
_SOON_MS, _LONG_MS = 15_000, 90_000
_VIEWS = ("overview", "statements", "filings", "facts", "insiders", "holdings", "feed")
APPLE = "0000320193"
_REVENUE = "RevenueFromContractWithCustomerExcludingAssessedTax"
_YEAR = {"start": "2022-09-25", "form": "10-K"}


def fill_store(folder: Path) -> None:
    workspace = open_workspace(Settings(_env_file=None, nautilus_data_dir=folder / "data", demo="off"))
    seed(workspace.store)
    others = [
        company(APPLE, "Apple Inc.", ["AAPL"]),
        company("0001067983", "BERKSHIRE HATHAWAY INC", ["BRK-A", "BRK-B"]),
    ]
    workspace.store.write_rows({COMPANIES: companies(others)})
    workspace.filings.add(ACME)
    workspace.close()


@pytest.fixture(scope="module")
def server(python: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Without an address to write to; what is stored was stored before."""
    folder = tmp_path_factory.mktemp("server")
    fill_store(folder)
    server = Server(python, folder, DEMO="off", EDGAR_BASE_URL="http://127.0.0.1:1")
    try:
        wait_until(server.is_up, 60, "the server to listen")
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def edgar() -> Iterator[LoopbackEdgar]:
    filings = [
        Filing("0000320193-23-000106", "10-K", "2023-11-03", "2023-09-30", document="aapl.htm", description="10-K"),
        Filing("0000320193-24-000004", "4", "2024-02-05", document="form4.xml", body=report(trade("S", 500, "180.5"))),
    ]
    filed = ("0000320193-23-000106", "2023-11-03")
    told = {
        _REVENUE: {"USD": [fact("2023-09-30", 383285000000, *filed, **_YEAR)]},
        "Assets": {"USD": [fact("2023-09-30", 352583000000, *filed)]},
    }
    apple = Company("Apple Inc.", {"AAPL": "Nasdaq"}, filings, {"us-gaap": told}, ["APPLE COMPUTER INC"])
    bank = Company("BERKSHIRE HATHAWAY INC", {"BRK-A": "NYSE", "BRK-B": "NYSE"})
    with loopback_edgar({APPLE: apple, "0001067983": bank}) as made:
        made.entries = [entry("8-K", "Apple Inc.", APPLE, "0000320193-24-000009", "2024-02-07T09:00:00-05:00")]
        yield made


@pytest.fixture(scope="module")
def asking(python: str, edgar: LoopbackEdgar, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(python, tmp_path_factory.mktemp("asking"), DEMO="off", EDGAR_BASE_URL=edgar.url,
                    EDGAR_USER_AGENT=WHO)  # fmt: skip
    try:
        wait_until(server.is_up, 60, "the server to listen")
        yield server
    finally:
        server.stop()


def open_page(visit: Visit, server: Server, query: str = "") -> Page:
    visit.tab.goto(f"{server.address}/filings?{query}")
    visit.tab.wait_for_selector("[role=tablist]")
    return visit.tab


def cell(tab: Page, field: str, text: str, row: int = 0):
    return tab.locator(f"td[data-field='{field}']", has_text=text).nth(row)


def choose_day(tab: Page, day: str) -> None:
    box = tab.get_by_label("As of", exact=True)
    box.fill(day)
    box.blur()


def test_before_the_restatement_the_first_value_is_shown_and_after_it_the_new_one(
    server: Server, browser: Browser
) -> None:
    visit = Visit(browser)
    tab = open_page(visit, server, "view=statements")
    expect(tab.get_by_text("Acme Corp")).to_be_visible(timeout=_SOON_MS)
    revenue = tab.locator("tr.row", has_text="Revenue").first
    expect(revenue).to_contain_text("85,000", timeout=_SOON_MS)
    expect(revenue).to_contain_text("was 90,000")
    choose_day(tab, "2023-12-31")
    expect(revenue).not_to_contain_text("85,000", timeout=_SOON_MS)
    expect(revenue).to_contain_text("90,000")
    expect(tab).to_have_url(re.compile("as_of=2023-12-31"))
    tab.get_by_role("button", name="Show what is known now").click()
    value = revenue.locator("td.press", has_text="was 90,000")
    value.focus()
    value.press("Enter")
    versions = tab.locator(".frame", has_text="Versions of Revenue")
    expect(versions).to_contain_text("90,000,000", timeout=_SOON_MS)
    expect(versions).to_contain_text("−5,000,000")
    assert visit.wrong == []
    tab.close()


def test_a_company_is_found_as_one_types_and_a_typo_finds_it_too(server: Server, browser: Browser) -> None:
    visit = Visit(browser)
    tab = open_page(visit, server)
    expect(tab.get_by_text("set EDGAR_USER_AGENT")).to_be_visible(timeout=_SOON_MS)
    box = tab.get_by_label("Company: name, ticker or CIK")
    box.press_sequentially("berkshrie", delay=30)
    hit = tab.locator("tr.row[data-key='0001067983']").first
    expect(hit).to_contain_text("BRK-A", timeout=_SOON_MS)
    hit.click()
    expect(tab).to_have_url(re.compile("cik="), timeout=_SOON_MS)
    expect(tab.locator("h2", has_text="BERKSHIRE HATHAWAY INC")).to_be_visible(timeout=_SOON_MS)
    box.fill("AAPL")
    box.press("Enter")
    expect(tab.locator("h2", has_text="Apple Inc.")).to_be_visible(timeout=_SOON_MS)
    assert visit.wrong == []
    tab.close()


def test_links_open_at_the_sec_in_a_tab_of_their_own_and_nothing_is_asked_by_itself(
    server: Server, browser: Browser
) -> None:
    visit = Visit(browser)
    tab = open_page(visit, server, "view=filings&form=10-K")
    link = cell(tab, "document", "10-K report").locator("a")
    expect(link).to_have_attribute(
        "href", re.compile(r"^https://www\.sec\.gov/Archives/edgar/data/42/"), timeout=_SOON_MS
    )
    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", re.compile("noopener"))
    expect(tab.locator("td[data-field='form']", has_text="8-K")).to_have_count(0)
    assert visit.wrong == []
    tab.close()


@pytest.mark.parametrize(("size", "theme"), list(zip(SIZES, ("light", "dark"), strict=True)), ids=["desk", "phone"])
def test_every_view_is_whole_at_both_sizes(server: Server, browser: Browser, size: tuple[int, int], theme: str) -> None:
    visit = Visit(browser, size)
    for view in _VIEWS:
        tab = open_page(visit, server, f"view={view}&theme={theme}")
        expect(tab.locator("h2", has_text="Acme Corp")).to_be_visible(timeout=_SOON_MS)
        expect(tab.locator(".frame tbody tr").first).to_be_visible(timeout=_SOON_MS)
        assert tab.evaluate("document.documentElement.scrollWidth") <= size[0], view
        expect(tab.get_by_text("could not be read")).to_have_count(0)
    visit.tab.close()
    assert visit.wrong == []


def test_beside_an_sec_a_company_is_searched_kept_loaded_and_followed(
    asking: Server, edgar: LoopbackEdgar, browser: Browser
) -> None:
    visit = Visit(browser)
    tab = open_page(visit, asking)
    expect(tab.get_by_text("No company chosen")).to_be_visible(timeout=_SOON_MS)
    # The worker asks for the list by itself.
    wait_until(lambda: edgar.asked("company_tickers"), 60, "the list of companies to be asked for")
    box = tab.get_by_label("Company: name, ticker or CIK")
    hit = tab.locator(f"tr.row[data-key='{APPLE}']").first

    def is_found() -> bool:
        box.fill("")
        box.press_sequentially("apple", delay=30)
        tab.wait_for_timeout(1_500)
        return hit.is_visible()

    wait_until(is_found, 60, "Apple to be found")
    hit.click()
    tab.get_by_role("button", name="Keep", exact=True).click()
    expect(tab.get_by_text("383 bn USD")).to_be_visible(timeout=_LONG_MS)
    expect(tab.get_by_role("button", name="Keep no longer")).to_be_visible()
    tab.get_by_role("tab", name="Insiders").click()
    expect(cell(tab, "code", "sale")).to_be_visible(timeout=_LONG_MS)
    tab.get_by_role("tab", name="Feed").click()
    expect(cell(tab, "company", "Apple Inc.")).to_be_visible(timeout=_SOON_MS)
    assert all("@" in agent for agent in edgar.agents) and edgar.refusals == 0
    assert visit.wrong == []
    tab.close()
