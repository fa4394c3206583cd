"""The login in a real browser, and that no page does what its policy forbids."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from nautilus_data.core.identity import Role
from tests.app.server.gated import PASSWORD, ROOT, Gated

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
PAGES = sorted(path.stem for path in (ROOT / "app" / "pages").glob("*.py"))
_TELL = """
window.broken = [];
document.addEventListener('securitypolicyviolation', e => window.broken.push(`${e.violatedDirective} ${e.blockedURI}`));
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gated]:
    made = Gated(tmp_path_factory.mktemp("server"))
    with made.workspace() as workspace:
        workspace.users.add("ada", PASSWORD, Role.ADMIN)
    try:
        yield made.start()
    finally:
        made.stop()


def log_in(page: Page, server: Gated, path: str) -> None:
    page.goto(f"http://{server.address}/{path}")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").press("Enter")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_login_works_without_scripts_on_a_phone(server: Gated, browser: Browser, scheme: str) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, color_scheme=scheme, java_script_enabled=False
    )  # fmt: skip
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"http://{server.address}/market?trader=A")
    assert page.url.endswith("/login?next=%2Fmarket%3Ftrader%3DA")
    assert {url.split("?")[0] for url in asked} <= {
        f"http://{server.address}/{path}" for path in ("market", "login", "favicon.ico")
    }
    box = page.locator("main").bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 390
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("ada")
    assert page.get_by_label("Password").input_value() == ""
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(re.compile(r"/market\?trader=A"))
    context.close()


def test_no_page_does_what_its_policy_forbids_and_logging_out_ends_it(server: Gated, browser: Browser) -> None:
    context = browser.new_context()
    context.add_init_script(_TELL)
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda line: wrong.append(line.text) if line.type == "error" else None)
    log_in(page, server, PAGES[0])
    for name in PAGES:
        page.goto(f"http://{server.address}/{name}")
        page.wait_for_selector(".pill", timeout=60_000)
        assert page.evaluate("window.broken") == [] and not wrong, f"{name}: {wrong}"
    for name in ("docs", "redoc"):
        page.goto(f"http://{server.address}/{name}")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.broken") == [] and not wrong, f"{name}: {wrong}"
    cookies = {cookie["name"]: cookie for cookie in context.cookies()}
    assert cookies["nd_session"]["httpOnly"] and cookies["nd_session"]["sameSite"] == "Lax"
    assert page.evaluate("document.cookie") == ""
    page.goto(f"http://{server.address}/logout")
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_text("You are logged out.")).to_be_visible()
    page.goto(f"http://{server.address}/market")
    assert "/login" in page.url
    context.close()
