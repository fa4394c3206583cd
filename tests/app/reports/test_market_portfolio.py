"""The report of a store, as text."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import subprocess
from pathlib import Path

import pytest

from app.reports import market_portfolio
from nautilus_data import Workspace
from tests.app.reports.conftest import INSTRUMENT, opened, put_history, put_run

ROOT = Path(__file__).parents[3]
# What a browser follows by itself: attributes, style sheets and the ways a script fetches.
_LOADED = re.compile(
    r"""(?:src|href|srcset|action|poster|data)\s*=\s*["']?(?!\#|data:)[^"'\s>]*//|url\(\s*["']?(?!data:)[a-z]*:?//|@import"""
)


def text_of(workspace: Workspace) -> str:
    return market_portfolio.make(workspace).html()


def write(folder: Path, out: Path, python: str, seed: str) -> str:
    """Run the command in a process of its own; the file's digest."""
    environment = {**os.environ, "NAUTILUS_DATA_DIR": str(folder), "DEMO": "on", "PYTHONHASHSEED": seed}
    command = [python, "-m", "app.reports", "--out", str(out)]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=100)
    return hashlib.sha256(out.read_bytes()).hexdigest()


def test_the_report_shows_bars_run_and_where_they_are_from(workspace: Workspace) -> None:
    text = text_of(workspace)
    for shown in ("AAPL.NASDAQ", "IBM.NYSE", "EMACross-000", "1,010.00", "+10.00", "DEMO", "2026-01-05 10:00:02 UTC",
                  "Data fingerprint", "1 fills at their price"):  # fmt: skip
        assert shown in text, shown


def test_charts_are_drawn_with_two_indicators_and_what_is_missing_is_hatched(workspace: Workspace) -> None:
    plan = workspace.backfill.plan("IBM.NYSE", start="2006-01-01", end="2006-12-31", adjustment="total")
    asyncio.run(workspace.backfill.fetch(plan))
    text = text_of(workspace)
    for shown in ("EMA 20", "RSI 14", "vstrip", "bars missing, @text",
                  "hatched where bars are missing"):  # fmt: skip
        assert shown.lower() in text.lower(), shown


def test_what_came_over_the_bus_is_escaped(workspace: Workspace) -> None:
    text = text_of(workspace)
    assert "&lt;script&gt;alert(1)" in text
    assert "<script>alert(1)" not in text


def test_the_file_names_nothing_a_browser_would_load(workspace: Workspace) -> None:
    text = text_of(workspace)
    page = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    assert not _LOADED.findall(page)
    assert "http" not in page.replace("http-equiv", "")


def test_one_store_read_twice_gives_the_same_text(workspace: Workspace) -> None:
    assert text_of(workspace) == text_of(workspace)


def test_a_fresh_folder_gets_real_bars_without_a_server_and_the_same_bytes_in_each_process(
    tmp_path: Path, python: str
) -> None:
    """Both processes start with an empty folder, backfill it, and hash in an order of their own."""
    folders = (tmp_path / "one", tmp_path / "two")
    digests = {
        write(folder, tmp_path / f"{seed}.html", python, seed) for seed, folder in zip("12", folders, strict=True)
    }
    assert len(digests) == 1
    text = (tmp_path / "1.html").read_text()
    assert "3,270" in text and "2013-03-01" in text
    assert "No node has published to this store yet" in text


def test_other_data_gives_another_fingerprint(data_dir: Path) -> None:
    workspace = opened(data_dir)
    put_history(workspace)
    before = market_portfolio.make(workspace)
    put_run(workspace)
    workspace.close()
    workspace = opened(data_dir)
    after = market_portfolio.make(workspace)
    workspace.close()
    assert before.sections[-1] != after.sections[-1]


def test_only_what_is_asked_for_is_shown(workspace: Workspace) -> None:
    text = market_portfolio.make(workspace, "DEMO-001", [INSTRUMENT], "Europe/Berlin").html()
    assert 'id="chart-AAPL.NASDAQ"' in text
    assert 'id="chart-IBM.NYSE"' not in text
    assert "2026-01-05 11:00:02 Europe/Berlin" in text


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--zone", "Nowhere/Here"], 2, "no time zone is called"),
        (["--trader", "NOBODY-001"], 1, "no run of NOBODY-001 is stored"),
        (["--instrument", "XXXX.NOWHERE"], 1, "no bars of XXXX.NOWHERE are stored; there are: AAPL.NASDAQ"),
    ],
)
def test_what_can_not_be_reported_is_said_in_one_line(
    workspace: Workspace, tmp_path: Path, python: str, arguments: list[str], code: int, said: str
) -> None:
    environment = {**os.environ, "NAUTILUS_DATA_DIR": str(workspace.settings.nautilus_data_dir), "DEMO": "on"}
    command = [python, "-m", "app.reports", "--out", str(tmp_path / "no.html"), *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == code
    assert said in done.stderr and len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "no.html").exists()


def test_an_empty_store_of_ones_own_says_what_is_missing(data_dir: Path, tmp_path: Path, python: str) -> None:
    environment = {**os.environ, "NAUTILUS_DATA_DIR": str(data_dir), "DEMO": "off"}
    command = [python, "-m", "app.reports", "--out", str(tmp_path / "no.html")]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == 1
    assert "nothing to report" in done.stderr
