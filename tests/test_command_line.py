"""The command line: what it answers, and with which exit code."""

from __future__ import annotations

from pathlib import Path

import pytest

from nautilus_data.settings import Settings
from nautilus_data.store import Store
from tests.conftest import wait_until
from tests.processes import command, worker, worker_pid


def the_one_line(text: str) -> str:
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    return lines[0]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DASHBOARD_PORT", "abc", "DASHBOARD_PORT"),
        ("DEMO", "perhaps", "DEMO"),
        ("REDIS_URL", "http://:hunter2@host", "write redis://"),
        ("ENV_FILE", "/nowhere/.env", "ENV_FILE names /nowhere/.env"),
        ("DATABASE_URL", "oracle://u:hunter2@host/x", "DATABASE_URL is not understood"),
        ("DATABASE_URL", "postgresql://u:hunter2@127.0.0.1:1/x", "check DATABASE_URL"),
        ("NAUTILUS_DATA_DIR", "/dev/null/folder", "NAUTILUS_DATA_DIR"),
    ],
)
def test_a_setting_that_is_wrong_ends_with_one_line_and_code_2(
    settings: Settings, name: str, value: str, words: str
) -> None:
    done = command("coverage", settings=settings, **{name: value})
    assert done.returncode == 2, done.stderr
    assert words in the_one_line(done.stderr)
    assert "hunter2" not in done.stderr + done.stdout


@pytest.mark.parametrize("verb", ["coverage", "worker"])
def test_a_damaged_database_ends_with_one_line_and_code_2_and_is_left_as_it_is(
    settings: Settings, data_dir: Path, verb: str
) -> None:
    damaged = data_dir / "nautilus.sqlite"
    damaged.write_bytes(b"this is no database" * 100)
    done = command(verb, settings=settings)
    assert done.returncode == 2
    assert str(damaged) in the_one_line(done.stderr)
    assert damaged.read_bytes() == b"this is no database" * 100


def test_an_unknown_option_ends_with_code_2(settings: Settings) -> None:
    done = command("coverage", "--nonsense", settings=settings)
    assert done.returncode == 2
    assert "nonsense" in done.stderr
    assert "Traceback" not in done.stderr


def test_sources_are_listed(settings: Settings) -> None:
    done = command("sources", settings=settings)
    assert done.returncode == 0
    assert "sample" in done.stdout
    assert "yes" in done.stdout


def test_a_plan_is_shown_and_nothing_queued(settings: Settings) -> None:
    done = command("backfill", "IBM.NYSE", "--end", "2002-01-01", "--dry-run", settings=settings)
    assert done.returncode == 0
    assert "2 requests" in done.stdout
    store = Store(settings.store_url)
    assert store.jobs() == []
    store.close()


def test_what_a_source_does_not_have_is_refused_with_code_1(settings: Settings) -> None:
    done = command("backfill", "IBM.NYSE", "--timeframe", "1m", settings=settings)
    assert done.returncode == 1
    assert "Sample data has no raw 1-MINUTE bars" in the_one_line(done.stderr)


def test_without_a_worker_it_says_so_and_ends(settings: Settings) -> None:
    done = command("backfill", "IBM.NYSE", "--end", "2001-01-01", settings=settings)
    assert done.returncode == 1
    assert "no worker runs" in done.stderr


def test_a_backfill_is_followed_to_its_end(settings: Settings) -> None:
    store = Store(settings.store_url)
    with worker(settings) as process:
        wait_until(lambda: worker_pid(store) == process.pid, 30)
        done = command("backfill", "IBM.NYSE", "--end", "2002-01-01", settings=settings)
        assert (done.returncode, done.stderr) == (0, "")
        assert "bars stored in 2 requests" in done.stdout
        failed = command("backfill", "IBM.NASDAQ", "--end", "2001-01-01", settings=settings)
        assert failed.returncode == 1
        assert "FAILED" in failed.stdout
        stopped = command("engine", "stop", settings=settings)
        assert stopped.returncode == 1
        assert "no node runs" in stopped.stdout
    store.close()
    shown = command("coverage", settings=settings)
    assert "IBM.NYSE 1d" in shown.stdout
    assert "2002-01-01" in shown.stdout


def test_an_empty_store_has_no_coverage_and_no_error(settings: Settings) -> None:
    assert command("coverage", settings=settings).returncode == 0
