"""The company report: what was known at a time, and words where nothing was."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from app.reports import company
from nautilus_data import Workspace, errors, load_settings, open_workspace, to_ns
from tests.filings_store import CIK, MANAGER, put_all

ROOT = Path(__file__).parents[3]


@pytest.fixture
def opened(data_dir: Path) -> Iterator[Workspace]:
    found = open_workspace(load_settings(nautilus_data_dir=data_dir, demo="off"))
    yield found
    found.close()


@pytest.fixture
def seeded(opened: Workspace) -> Workspace:
    put_all(opened.store)
    return opened


def text_of(workspace: Workspace, as_of: str, cik: str = CIK) -> str:
    return company.make(workspace, cik, to_ns(as_of)).html()


def told(html: str) -> str:
    """What a person reads: no scripts, no tags."""
    page = re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_statements_before_a_restatement_have_the_first_figures_and_after_it_the_new(seeded: Workspace) -> None:
    then, later = told(text_of(seeded, "2023-12-01")), told(text_of(seeded, "2024-04-01"))
    assert "As known at 2023-12-01 00:00:00 UTC" in then and "10-K of 2022-12-31 filed 2023-02-21" in then
    assert re.search(r"Item FY to 2022-12-31 Revenue 1,000 ", then) and not re.search(r"\b980\b|1,200\.5", then)
    assert re.search(r"Item FY to 2023-12-31 FY to 2022-12-31 Revenue 1,200.5 980\* ", later)
    assert re.search(r"2024-02-21 14:30 us-gaap:Revenues 2022-01-01 to 2022-12-31 1,000 980 USD", later)
    assert re.search(r"Q4 to 2023-12-31 .*Revenue 370.5~", later)


def test_factors_filings_and_insiders_say_since_when_they_are_known(seeded: Workspace) -> None:
    text = told(text_of(seeded, "2024-04-01"))
    assert re.search(r"Asset growth 0\.1 ratio - 2023-12-31 2024-02-21 14:30 39 d P2", text)
    assert re.search(r"O-score the line GNPDEF is not known", text)
    assert re.search(r"2023-06-05 8-K 2023-06-02 5.02 directors or officers, 9.01 exhibits 8-K 2023-06-06 14:30", text)
    assert re.search(r"2024-03-11 DOE JANE Director S, planned 50 – 1,050", text)
    assert "bought 1.02 k USD in 1 trades" in text or "bought 1.03 k USD in 1 trades" in text


def test_a_managers_report_has_its_holdings(seeded: Workspace) -> None:
    text = told(text_of(seeded, "2024-04-01", MANAGER))
    assert "Held on 2023-12-31" in text and re.search(r"EXAMPLE CORP 1.80 k USD 93.75 % 150 100", text)


def test_one_time_gives_one_text(seeded: Workspace) -> None:
    assert text_of(seeded, "2024-04-01") == text_of(seeded, "2024-04-01")


def test_which_companies_are_reported(seeded: Workspace) -> None:
    assert company.wanted(seeded, []) == {}
    seeded.filings.add("EXA")
    assert company.wanted(seeded, []) == {"EXA": CIK}
    assert company.wanted(seeded, ["man", "1234"]) == {"MAN": MANAGER, "1234": CIK}
    with pytest.raises(errors.SkippableError, match="lists no company 'NOBODY'"):
        company.wanted(seeded, ["NOBODY"])


def test_without_data_it_says_so_and_what_to_do(opened: Workspace) -> None:
    assert company.wanted(opened, ["AAPL"]) == {}
    text = told(company.nothing(opened, ["AAPL"]).html())
    for said in ("Of AAPL nothing is known: no list of companies is kept. To have one: set EDGAR_USER_AGENT",
                 "SEC EDGAR can&#x27;t be asked: nobody to write to", "filings add AAPL", "AT_t / AT_"):  # fmt: skip
        assert said in text, said
    html = company.make(opened, "0000320193").html()
    assert "Nothing was known of CIK 0000320193 then" in told(html) and 'class="plot"' not in html


@pytest.mark.parametrize("width", [1280, 390])
def test_everything_is_drawn_with_nothing_asked_of_anybody(
    seeded: Workspace, chromium: str, tmp_path: Path, width: int
) -> None:
    path = tmp_path / "company.html"
    path.write_text(text_of(seeded, "2024-04-01"), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(viewport={"width": width, "height": 900}, offline=True).new_page()
        asked, said = [], []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda one: said.append(one.text) if one.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(path.as_uri())
        page.wait_for_function("document.documentElement.dataset.drawn")
        assert page.locator(".plot canvas").count() >= page.locator(".plot").count() >= 3
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        browser.close()
    assert (asked, said) == ([path.as_uri()], [])


def test_a_file_for_each_company_and_one_with_words_when_none_is_kept(
    data_dir: Path, tmp_path: Path, python: str
) -> None:
    environment = {**os.environ, "NAUTILUS_DATA_DIR": str(data_dir), "DEMO": "off"}
    command = [python, "-m", "app.reports", "company", "--out", str(tmp_path / "out")]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100)
    assert (done.returncode, "nothing to report" in done.stdout) == (0, True), done.stderr
    opened = open_workspace(load_settings(nautilus_data_dir=data_dir, demo="off"))
    put_all(opened.store)
    for name in ("EXA", "MAN"):
        opened.filings.add(name)
    opened.close()
    done = subprocess.run(
        [*command, "--as-of", "2024-04-01"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "company.html", "company-EXA.html", "company-MAN.html",
    }  # fmt: skip
    one = [*command[:-1], str(tmp_path / "one.html")]
    done = subprocess.run(one, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert (done.returncode, "can hold one report" in done.stderr) == (2, True)
    done = subprocess.run([*one, "--company", "ex.b"], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and "EXAMPLE CORP" in (tmp_path / "one.html").read_text(), done.stderr
