"""The shell in a real browser: sizes, themes, zones, and a server that falls silent."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import free_port, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
ROOT = Path(__file__).parents[2]
_PATIENCE_MS = 60_000
SIZES = ((1440, 900), (390, 844))


class Server:
    """`python -m app.server` on a free port with a data folder of its own; the demo unless told otherwise."""

    def __init__(self, python: str, folder: Path, **more: str) -> None:
        self.port, self.folder = free_port(), folder
        settings = {"DASHBOARD_PORT": str(self.port), "NAUTILUS_DATA_DIR": str(folder / "data"), "DEMO": "on", **more}
        with (folder / "server.log").open("wb") as log:
            self.process = subprocess.Popen(
                [python, "-m", "app.server"], cwd=ROOT, env=os.environ | settings, stdout=log, stderr=log
            )

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def log(self) -> str:
        return (self.folder / "server.log").read_text()

    def is_up(self) -> bool:
        assert self.process.poll() is None, self.log()
        return f"Dashboard: {self.address}/" in self.log()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=40)


@pytest.fixture(scope="module")
def server(python: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(python, tmp_path_factory.mktemp("server"))
    try:
        wait_until(server.is_up, 60, "the server to listen")
        yield server
    finally:
        server.process.send_signal(signal.SIGCONT)
        server.stop()


class Visit:
    """A tab that remembers what went wrong in it."""

    def __init__(self, browser: Browser, size: tuple[int, int] = SIZES[0], **more: bool) -> None:
        self.tab: Page = browser.new_page(viewport={"width": size[0], "height": size[1]}, **more)
        self.tab.set_default_timeout(_PATIENCE_MS)
        self.wrong: list[str] = []
        self.tab.on("console", lambda line: self._note("console", line.text) if line.type == "error" else None)
        self.tab.on("pageerror", lambda error: self._note("exception", str(error)))
        self.tab.on("request", lambda request: self._see(request.url))

    def open(self, server: Server, path: str) -> Page:
        self.tab.goto(f"{server.address}/{path}")
        self.tab.wait_for_selector(".pill.ok")
        return self.tab

    def _see(self, url: str) -> None:
        if not url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:")):
            self._note("left this machine", url)

    def _note(self, kind: str, text: str) -> None:
        self.wrong.append(f"{kind}: {text}")


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    visit = Visit(browser)
    yield visit
    visit.tab.close()


def figure_color(tab: Page) -> str:
    """Background of the first Bokeh figure."""
    return tab.evaluate(
        "[...Bokeh.documents[0]._all_models.values()].find(m => m.type.endsWith('Figure'))?.background_fill_color ?? ''"
    )


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("size", SIZES, ids=["desk", "phone"])
def test_pages_open_clean_at_every_size_and_theme(server: Server, browser: Browser, size, theme: str) -> None:
    visit = Visit(browser, size)
    for name in ("overview", "bus", "engine"):
        tab = visit.open(server, f"{name}?theme={theme}")
        tab.wait_for_selector("section[data-key] .card")
        expect(tab.locator(".demo")).to_be_visible()
        expect(tab.locator("nav a[aria-current=page]")).to_have_text(name.capitalize())
        assert tab.evaluate("document.documentElement.dataset.ndTheme") == theme
        assert tab.evaluate("document.documentElement.scrollWidth") <= size[0]
        for link in tab.locator("nav a").all():
            expect(link).to_be_in_viewport()
    visit.tab.close()
    assert visit.wrong == []


def test_the_address_alone_leads_to_the_overview(server: Server, visit: Visit) -> None:
    visit.open(server, "")
    assert visit.tab.url.startswith(f"{server.address}/overview")


def test_values_move_and_ages_are_counted(server: Server, visit: Visit) -> None:
    tab = visit.open(server, "overview")
    received = tab.locator(".card[data-key=received] .v")
    before = received.inner_text()
    expect(received).not_to_have_text(before)
    age = tab.locator(".card[data-key=age] .v")
    expect(age).to_contain_text(" s")


def test_the_theme_toggle_reaches_figures_and_url_and_comes_along(server: Server, visit: Visit) -> None:
    tab = visit.open(server, "overview?theme=dark")
    tab.wait_for_selector(".bk-Figure")
    dark = figure_color(tab)
    tab.locator("button.theme").click()
    tab.wait_for_url("**theme=light**")
    wait_until(lambda: tab.wait_for_timeout(50) or figure_color(tab) != dark, 15, "the figure to turn light")
    tab.locator("nav a", has_text="Engine").click()
    tab.wait_for_url("**/engine**theme=light**")
    tab.wait_for_selector(".pill.ok")
    assert tab.evaluate("document.documentElement.dataset.ndTheme") == "light"


def test_a_chosen_zone_is_named_and_kept_in_the_url(server: Server, visit: Visit) -> None:
    tab = visit.open(server, "overview")
    tab.locator("select[aria-label='Time zone']").select_option("Asia/Tokyo")
    expect(tab.locator(".card[data-key=age] .n")).to_contain_text("Asia/Tokyo")
    expect(tab).to_have_url(re.compile("tz=Asia"))


def test_a_silent_server_cannot_look_live(server: Server, visit: Visit) -> None:
    tab = visit.open(server, "overview")
    server.process.send_signal(signal.SIGSTOP)
    try:
        expect(tab.locator(".lost")).to_be_visible(timeout=6_000)
        expect(tab.locator(".lost")).to_contain_text("No word from the server")
        expect(tab.locator(".pill.bad .state")).to_have_text("no server")
    finally:
        server.process.send_signal(signal.SIGCONT)
    expect(tab.locator(".lost")).to_be_hidden(timeout=15_000)


def test_the_docs_need_nothing_from_elsewhere(server: Server, visit: Visit) -> None:
    visit.tab.goto(f"{server.address}/docs")
    visit.tab.wait_for_selector(".opblock")
    assert visit.wrong == []


def test_a_second_server_on_the_same_port_ends_with_2_and_says_so(server: Server, python: str, tmp_path: Path) -> None:
    settings = {"DASHBOARD_PORT": str(server.port), "NAUTILUS_DATA_DIR": str(tmp_path)}
    ended = subprocess.run(
        [python, "-m", "app.server"], cwd=ROOT, env=os.environ | settings, capture_output=True, text=True, timeout=60
    )
    assert ended.returncode == 2 and f"port {server.port}" in ended.stderr and "DASHBOARD_PORT" in ended.stderr


def test_panel_serve_by_hand_on_all_interfaces_is_refused(python: str, tmp_path: Path) -> None:
    command = [python, "-m", "panel", "serve", "app/pages/overview.py", "--setup", "app/server/setup.py"]
    ended = subprocess.run(
        [*command, "--plugins", "app.server.api", "--port", str(free_port())], cwd=ROOT, capture_output=True, text=True,
        env=os.environ | {"NAUTILUS_DATA_DIR": str(tmp_path)}, timeout=60,
    )  # fmt: skip
    assert ended.returncode == 2 and "listen on 127.0.0.1" in ended.stderr
