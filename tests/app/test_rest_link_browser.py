"""The button of REST in a real browser: by mouse, keyboard and finger; what is copied; who does not see it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from nautilus_data.core.identity import Role
from tests.app.test_shell_browser import SIZES, Visit
from tests.served import Served, served
from tests.well_filled import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served")) as found:
        yield found


def open_page(visit: Visit, server: Served, path: str) -> Page:
    """Log in, and come to a page."""
    tab = visit.tab
    tab.goto(f"{server.url}/login?next=/{path}")
    tab.fill("input[name=username]", f"{Role.OPERATOR}.person")
    tab.fill("input[name=password]", PASSWORD)
    tab.keyboard.press("Enter")
    tab.wait_for_selector("button.rest")
    return tab


def pasted(tab: Page) -> str:
    """What was copied; a page of ours may not read it, a person pastes it."""
    tab.evaluate("document.body.append(document.createElement('textarea')); document.querySelector('textarea').focus()")
    tab.keyboard.press("Control+V")
    return tab.evaluate("document.querySelector('textarea').value")


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    made = Visit(browser)
    yield made
    made.tab.close()
    assert made.wrong == []


def test_the_address_follows_what_is_chosen_and_is_copied_with_the_keyboard(server: Served, visit: Visit) -> None:
    tab = open_page(visit, server, "portfolio?trader=T-1")
    button = tab.locator("button.rest[data-rest='portfolio.fills']")
    button.focus()
    tab.keyboard.press("Enter")
    dialog = tab.locator("dialog[open]")
    asked = "trader_id=T-1&sort=ts_event&descending=true&limit=200"
    expect(dialog.locator("pre").first).to_have_text(f"{server.url}/api/v1/portfolio/fills?{asked}")
    curl = dialog.get_by_role("button", name="Copy as curl")
    curl.focus()
    tab.keyboard.press("Enter")
    expect(dialog.get_by_role("button", name="Copied")).to_be_visible()
    assert "nd_" not in dialog.inner_text() and PASSWORD not in dialog.inner_text()
    tab.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()
    assert pasted(tab).startswith('curl -sS --fail-with-body -H "X-API-Key: $NAUTILUS_API_KEY"')


def test_a_link_downloads_the_rows(server: Served, visit: Visit) -> None:
    tab = open_page(visit, server, "portfolio")
    tab.locator("button.rest[data-rest='portfolio.orders']").click()
    with tab.expect_download() as download:
        tab.locator("dialog[open]").get_by_role("link", name="CSV").click()
    assert download.value.path().read_text().startswith("trader_id,")


def test_where_the_browser_has_no_clipboard_it_is_copied_by_hand(server: Served, visit: Visit) -> None:
    tab = open_page(visit, server, "portfolio")
    tab.evaluate("Object.defineProperty(window, 'isSecureContext', {value: false})")
    tab.locator("button.rest[data-rest='portfolio.totals']").click()
    dialog = tab.locator("dialog[open]")
    dialog.get_by_role("button", name="Copy address").click()
    expect(dialog.get_by_role("button", name="Copied")).to_be_visible()
    tab.keyboard.press("Escape")
    assert pasted(tab).endswith("/api/v1/portfolio/totals")


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_on_a_phone_it_stays_within_the_screen(server: Served, browser: Browser, theme: str) -> None:
    visit = Visit(browser, SIZES[1], has_touch=True, is_mobile=True)
    tab = open_page(visit, server, f"portfolio?theme={theme}")
    tab.locator("button.rest[data-rest='portfolio.totals']").tap()
    dialog = tab.locator("dialog[open]")
    expect(dialog.get_by_role("button", name="Copy as Python")).to_be_visible()
    box = dialog.bounding_box()
    assert box["x"] >= 0 and box["width"] <= SIZES[1][0] and box["y"] + box["height"] <= SIZES[1][1] + 1
    dialog.get_by_role("button", name="Close").tap()
    expect(dialog).to_have_count(0)
    visit.tab.close()
    assert visit.wrong == []


def test_who_came_by_a_share_link_does_not_see_it(server: Served, browser: Browser) -> None:
    with server.client() as client:
        made = client.post("/api/v1/shares", json={"page": "portfolio"})
    assert made.status_code == 201, made.text
    visit = Visit(browser)
    tab = visit.tab
    tab.goto(server.url + made.json()["path"])
    heading = tab.locator("h2", has_text="Totals per currency")
    expect(heading).to_be_visible()
    expect(tab.locator("button.rest").first).to_be_hidden()
    assert tab.locator("button.rest:visible").count() == 0
    tab.close()
