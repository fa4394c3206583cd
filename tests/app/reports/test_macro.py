"""The macro report: what was known at a time, with source and age, and words where nothing was."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from app.reports import macro
from app.reports.__main__ import places_of
from nautilus_data import Workspace, errors, load_settings, open_workspace, to_ns
from nautilus_data.services.macro import NOTICE
from tests.macro_store import put_rate, put_recession, put_release, put_yields

ROOT = Path(__file__).parents[3]


@pytest.fixture
def opened(data_dir: Path) -> Iterator[Workspace]:
    found = open_workspace(load_settings(nautilus_data_dir=data_dir, demo="off", fred_store=True))
    yield found
    found.close()


@pytest.fixture
def seeded(opened: Workspace) -> Workspace:
    for put in (put_rate, put_yields, put_recession, put_release):
        put(opened.store)
    put_rate(opened.store, "VIXCLS")
    return opened


def text_of(workspace: Workspace, as_of: str) -> str:
    return macro.make(workspace, to_ns(as_of)).html()


def told(html: str) -> str:
    """What a person reads: no scripts, no tags."""
    page = re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_it_shows_what_was_known_with_source_date_and_age(seeded: Workspace) -> None:
    text = told(text_of(seeded, "2024-01-10"))
    assert "As known at 2024-01-10 00:00:00 UTC" in text and NOTICE in text
    assert re.search(r"Unemployment rate UNRATE 3\.7 % 0(\.0)? – 2023-12 2024-01-05 13:30 4 d FRED vintage", text)
    assert "Yield curve: slope, 10 years − 3 months −1.3 pp 2024-01-03 2024-01-04 21:15" in text
    assert "Volatility regime: by levels calm" in text
    assert "in 24 d Employment Situation UNRATE" in text


def test_a_later_revision_is_not_in_the_report_of_an_earlier_day(seeded: Workspace) -> None:
    assert "3.8" not in told(text_of(seeded, "2024-01-10"))
    later = told(text_of(seeded, "2024-02-10"))
    assert re.search(r"Unemployment rate UNRATE 3\.7 % −0\.1 – 2024-01 2024-02-02 13:30", later)


def test_recessions_are_shaded_as_they_had_been_dated(seeded: Workspace) -> None:
    assert "shaded: recessions as NBER" in text_of(seeded, "2024-01-10")
    assert "shaded: recessions as NBER" not in text_of(seeded, "2020-06-01")


def test_one_time_gives_one_text(seeded: Workspace) -> None:
    assert text_of(seeded, "2024-01-10") == text_of(seeded, "2024-01-10")


def test_without_data_it_says_so_and_what_to_do(opened: Workspace) -> None:
    html = macro.make(opened).html()
    text = told(html)
    for said in ("Nothing is stored of any series. Set FRED_API_KEY", "FRED can&#x27;t be asked: no key", "No curve:",
                 "No factor has the series it needs", "No regime has the series", "No release is known"):  # fmt: skip
        assert said in text, said
    assert NOTICE not in text and 'class="plot"' not in html


@pytest.mark.parametrize("width", [1280, 390])
def test_everything_is_drawn_with_nothing_asked_of_anybody(
    seeded: Workspace, chromium: str, tmp_path: Path, width: int
) -> None:
    path = tmp_path / "macro.html"
    path.write_text(text_of(seeded, "2024-01-10"), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(viewport={"width": width, "height": 900}, offline=True).new_page()
        asked, said = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda one: said.append(one.text) if one.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(path.as_uri())
        page.wait_for_function("document.documentElement.dataset.drawn")
        assert page.locator(".plot canvas").count() >= page.locator(".plot").count() >= 4
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        browser.close()
    assert (asked, said) == ([path.as_uri()], [])


def test_where_each_report_goes(tmp_path: Path) -> None:
    assert places_of([], Path("reports")) == {
        "market_portfolio": Path("reports/market_portfolio.html"), "macro": Path("reports/macro.html"),
        "company": Path("reports/company.html"),
    }  # fmt: skip
    assert places_of(["macro"], Path("mine.html")) == {"macro": Path("mine.html")}
    assert places_of([], Path("mine.html")) == {"market_portfolio": Path("mine.html")}
    for names, out, words in ((["macr"], "reports", "no report is called 'macr'"),
                              (["macro", "market_portfolio"], "one.html", "can hold one report")):  # fmt: skip
        with pytest.raises(errors.ConfigError, match=words):
            places_of(names, Path(out))


def test_a_fresh_demo_gets_real_series_of_the_arch_package(tmp_path: Path, python: str) -> None:
    pytest.importorskip("arch")
    environment = {**os.environ, "NAUTILUS_DATA_DIR": str(tmp_path / "data"), "DEMO": "on"}
    command = [python, "-m", "app.reports", "macro", "--out", str(tmp_path / "out")]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["macro.html"]
    text = told((tmp_path / "out" / "macro.html").read_text())
    assert "VIX VIXCLS 25.45 index" in text and "Oil shock" in text and NOTICE not in text


def test_a_store_without_bars_still_gets_its_macro_report(data_dir: Path, tmp_path: Path, python: str) -> None:
    environment = {**os.environ, "NAUTILUS_DATA_DIR": str(data_dir), "DEMO": "off"}
    command = [python, "-m", "app.reports", "--out", str(tmp_path), "--as-of", "2020-03-01"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100)
    assert (done.returncode, "nothing to report" in done.stderr) == (1, True), done.stderr
    assert (tmp_path / "macro.html").exists() and not (tmp_path / "market_portfolio.html").exists()
    done = subprocess.run([*command, "--as-of", "then"], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (done.returncode, "not a time: 'then'" in done.stderr) == (2, True)
