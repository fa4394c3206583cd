"""Page system and the header's account menu in a real browser: what each role sees, a key shown once, a shared page."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from nautilus_data.core.identity import Role
from tests.app.server.gated import PASSWORD, Gated
from tests.app.test_shell_browser import SIZES, Visit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
_VIEWS = ("overview", "account", "users", "keys", "links", "jobs", "audit", "logs", "settings")
# The browser is building rows for that long; a click meanwhile may get lost.
_BUILD_MS = 4_000


@pytest.fixture(scope="module", autouse=True)
def patience() -> Iterator[None]:
    """A loaded machine takes its time."""
    expect.set_options(timeout=60_000)
    yield
    expect.set_options(timeout=5_000)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gated]:
    made = Gated(tmp_path_factory.mktemp("server"))
    with made.workspace() as workspace:
        workspace.users.add("ada", PASSWORD, Role.ADMIN)
        workspace.users.add("vera", PASSWORD, Role.VIEWER)
    try:
        yield made.start()
    finally:
        made.stop()


@pytest.fixture(scope="module")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gated]:
    """Nobody needs to log in."""
    made = Gated(tmp_path_factory.mktemp("open"))
    try:
        yield made.start()
    finally:
        made.stop()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    made = Visit(browser)
    yield made
    made.tab.close()


def log_in(tab: Page, server: Gated, name: str, path: str) -> None:
    tab.goto(f"http://{server.address}/{path}")
    tab.get_by_label("Name").fill(name)
    tab.get_by_label("Password").fill(PASSWORD)
    tab.get_by_role("button", name="Log in").click()
    expect(tab.locator(".account-button")).to_be_visible()


def settled(tab: Page, text: str) -> None:
    """A row is there, and the browser is done with it."""
    expect(tab.locator(".tabulator-row", has_text=text).first).to_be_visible()
    tab.wait_for_timeout(_BUILD_MS)


@pytest.mark.parametrize(("size", "theme"), [(SIZES[0], "dark"), (SIZES[1], "light")], ids=["desk", "phone"])
def test_all_views_fit_and_every_page_is_reached(server: Gated, browser: Browser, size, theme: str) -> None:
    visit = Visit(browser, size)
    tab = visit.tab
    log_in(tab, server, "ada", f"system?theme={theme}")
    for view in _VIEWS:
        tab.goto(f"http://{server.address}/system?view={view}&theme={theme}")
        expect(tab.get_by_role("tab", selected=True)).to_be_in_viewport()
        assert tab.evaluate("document.documentElement.scrollWidth") <= size[0], view
        assert tab.evaluate("document.documentElement.dataset.ndTheme") == theme
    shown = tab.locator("nav a").all_inner_texts()
    more = tab.locator(".more-button")
    if more.is_visible():
        more.click()
        shown += tab.locator(".menu.more a").all_inner_texts()
        for link in tab.locator(".menu.more a").all():
            expect(link).to_be_in_viewport(ratio=1)
        tab.keyboard.press("Escape")
        expect(tab.locator(".menu.more")).to_be_hidden()
    assert len(shown) == len(set(shown)) == 11
    expect(tab.locator(".account-button")).to_be_in_viewport(ratio=1)
    tab.close()
    assert visit.wrong == []


def test_the_header_fits_at_every_width_between(server: Gated, visit: Visit) -> None:
    tab = visit.tab
    log_in(tab, server, "ada", "engine")
    for width in (1920, 1300, 1000, 800, 721, 720, 360):
        tab.set_viewport_size({"width": width, "height": 800})
        expect(tab.locator(".account-button")).to_be_in_viewport(ratio=1)
        expect(tab.locator("nav a[aria-current=page]")).to_be_in_viewport(ratio=1)
        count = tab.locator("nav a").count() + tab.locator(".menu.more a").count()
        assert count == 11 and tab.locator(".more-button").is_visible() == (tab.locator("nav a").count() < 11)
    assert visit.wrong == []


def test_a_key_is_shown_once_copied_and_revoked(server: Gated, visit: Visit) -> None:
    tab = visit.tab
    log_in(tab, server, "vera", "system?view=keys")
    tab.get_by_label("What it is for").fill("nightly report")
    tab.get_by_role("button", name="Make the key").click()
    code = tab.locator(".once code")
    expect(code).to_have_text(re.compile("^nd_k"))
    secret = code.inner_text()
    tab.get_by_role("button", name="Copy", exact=True).click()
    expect(tab.get_by_role("button", name="Copied")).to_be_visible()
    tab.get_by_role("button", name="Done, hide it").click()
    expect(code).to_be_hidden()
    settled(tab, "nightly report")
    assert secret not in tab.content()
    tab.reload()
    settled(tab, "nightly report")
    assert secret not in tab.content()
    tab.locator(".tabulator-row").first.click()
    tab.get_by_role("button", name=re.compile("^Revoke")).click()
    tab.get_by_role("button", name=re.compile("^Really revoke")).click()
    expect(tab.get_by_text("No key yet.")).to_be_visible()
    assert visit.wrong == []


def test_a_viewer_has_neither_users_nor_audit_nor_logs_and_can_log_out(server: Gated, visit: Visit) -> None:
    tab = visit.tab
    log_in(tab, server, "vera", "system?view=audit")
    expect(tab.get_by_role("tab")).to_have_text(["Overview", "Account", "API keys", "Share links", "Jobs"])
    tab.locator(".account-button").click()
    menu = tab.locator(".menu.account")
    expect(menu).to_contain_text("vera")
    expect(menu.get_by_role("link")).to_have_text(["Change password", "API keys"])
    menu.get_by_role("link", name="Change password").click()
    expect(tab.get_by_role("tab", name="Account")).to_have_attribute("aria-selected", "true")
    tab.locator(".account-button").click()
    tab.get_by_role("button", name="Log out").click()
    expect(tab.get_by_text("You are logged out.")).to_be_visible()
    tab.goto(f"http://{server.address}/system")
    expect(tab.get_by_role("button", name="Log in")).to_be_visible()
    assert visit.wrong == []


def test_a_page_is_shared_with_what_is_chosen_on_it_and_nothing_else(server: Gated, browser: Browser) -> None:
    visit = Visit(browser)
    tab = visit.tab
    log_in(tab, server, "ada", "portfolio?tz=Asia/Tokyo")
    tab.locator(".account-button").click()
    tab.get_by_role("link", name="Share this page").click()
    tab.get_by_role("button", name="Make the link").click()
    code = tab.locator(".once code")
    expect(code).to_have_text(re.compile(f"^http://{server.address}/share/"))
    for size in SIZES:
        guest = Visit(browser, size)
        guest.tab.goto(code.inner_text())
        expect(guest.tab.get_by_text(re.compile("^Shared view until .* Asia/Tokyo, read only"))).to_be_in_viewport()
        assert re.search("/portfolio[?]tz=Asia(/|%2F)Tokyo$", guest.tab.url)
        expect(guest.tab.locator("nav a, .more-button")).to_have_count(0)
        expect(guest.tab.locator(".account-button")).to_be_hidden()
        assert guest.tab.evaluate("document.documentElement.scrollWidth") <= size[0]
        guest.tab.close()
        assert guest.wrong == []
    tab.close()
    assert visit.wrong == []


def test_one_request_leads_from_the_audit_log_to_the_log_lines(server: Gated, visit: Visit) -> None:
    tab = visit.tab
    log_in(tab, server, "ada", "system?view=audit")
    settled(tab, "login")
    tab.get_by_role("button", name="Verify the chain").click()
    expect(tab.locator(".card[data-key=chain] .v")).to_have_text("whole")
    settled(tab, "login")
    tab.locator(".tabulator-row", has_text="login").first.click()
    tab.get_by_role("button", name=re.compile("^All log lines of request")).click()
    expect(tab.get_by_role("tab", name="Logs")).to_have_attribute("aria-selected", "true")
    expect(tab.get_by_role("button", name=re.compile("^Show all again"))).to_be_visible()
    assert "correlation=" in tab.url
    assert visit.wrong == []


def test_the_first_user_ends_the_time_without_a_login(open_server: Gated, visit: Visit) -> None:
    tab = visit.tab
    tab.goto(f"http://{open_server.address}/portfolio")
    tab.locator(".account-button").click()
    expect(tab.locator(".menu.account")).to_contain_text("No login: this machine only")
    expect(tab.get_by_role("link", name="Share this page")).to_have_count(0)
    tab.get_by_role("link", name="Users and login").click()
    tab.get_by_label("Name", exact=True).fill("ada")
    tab.get_by_label("Password, 12 or more", exact=True).fill(PASSWORD)
    tab.get_by_role("button", name="Add the user").click()
    expect(tab.get_by_text("There are users now, so everybody logs in.")).to_be_visible()
    tab.get_by_role("link", name="Log in").click()
    expect(tab.get_by_role("button", name="Log in")).to_be_visible()
    assert visit.wrong == []
