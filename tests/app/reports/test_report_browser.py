"""The report in a real Chromium without a network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from app.reports import market_portfolio
from nautilus_data import Workspace

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]


@pytest.fixture
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        yield found
        found.close()


@pytest.fixture
def report(workspace: Workspace, tmp_path: Path) -> Path:
    path = tmp_path / "report.html"
    path.write_text(market_portfolio.make(workspace).html(), encoding="utf-8")
    return path


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (390, "dark")])
def test_everything_is_drawn_with_nothing_asked_of_anybody(
    report: Path, browser: Browser, width: int, scheme: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme, offline=True)
    page = context.new_page()
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(report.as_uri())
    page.wait_for_function("document.documentElement.dataset.drawn")
    page.wait_for_timeout(300)
    assert asked == [report.as_uri()]
    assert said == []
    assert_drawn(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


def assert_drawn(page: Page) -> None:
    """Each figure is as wide as its place and has painted something."""
    plots = page.locator(".plot")
    assert plots.count() == int(page.evaluate("document.documentElement.dataset.drawn")) == 5
    for number in range(plots.count()):
        plot = plots.nth(number)
        canvas = plot.locator("canvas").first
        assert canvas.bounding_box()["width"] > 0.9 * plot.bounding_box()["width"]
        painted = (
            "(canvas) => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean)"
        )
        assert canvas.evaluate(painted)
