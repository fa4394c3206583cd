"""The command line: what it answers, and with which exit code."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from nautilus_data.__main__ import main
from nautilus_data.core.job import Status
from nautilus_data.services.backfill import Backfill
from nautilus_data.services.overview import WORKER_LEASE
from nautilus_data.settings import Settings, child_environment
from nautilus_data.sources.sample import Sample
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
    found = {one["name"]: one for one in json.loads(command("sources", "--json", settings=settings).stdout)}
    assert (found["yahoo"]["quota_left"], found["yahoo"]["quota_limit"], found["yahoo"]["last_error"]) == (5, 5, "")
    assert found["interactive_brokers"]["available"] == "switched off on /sources"


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
    assert "Sample data has no raw 1m bars" in the_one_line(done.stderr)


def test_without_a_worker_the_node_s_commands_say_so_and_end(settings: Settings) -> None:
    done = command("engine", "stop", settings=settings)
    assert done.returncode == 1
    assert "no worker runs" in done.stderr


def test_without_a_worker_a_backfill_brings_its_own_for_as_long_as_it_lasts(settings: Settings) -> None:
    asked = ("backfill", "--instrument", "IBM.NYSE", "--end", "2001-01-01", "--every")
    done = command(*asked, "86400", settings=settings)
    assert (done.returncode, done.stderr) == (0, "")
    assert "job 1; go on with it later: python -m nautilus_data backfill --resume 1" in done.stdout
    assert "bars stored in 1 request" in done.stdout
    store = Store(settings.store_url)
    assert store.lease(WORKER_LEASE) is None
    assert [one.every_s for one in store.schedules()] == [86_400]
    again = command(*asked, "0", settings=settings)
    assert (again.returncode, again.stdout.splitlines()[-1]) == (0, "nothing is missing")
    assert [one.every_s for one in store.schedules()] == [0]
    store.close()


def test_a_plan_and_its_outcome_are_told_as_json(settings: Settings) -> None:
    asked = ("backfill", "--instrument", "IBM.NYSE", "--end", "2002-01-01", "--json")
    plan = json.loads(command(*asked, "--dry-run", settings=settings).stdout)
    assert [one["state"] for one in plan["requests"]] == ["NOT_ASKED"] * 2
    assert (plan["cost"], plan["bars"], plan["mode"]) == (2, 460, "missing")
    done = json.loads(command(*asked, settings=settings).stdout)
    assert (done["status"], done["whole"], done["job"]) == ("SUCCEEDED", True, 1)
    assert [(one["state"], one["rows"], one["attempts"]) for one in done["requests"]] == [
        ("DONE", 253, 1), ("DONE", 207, 1),
    ]  # fmt: skip
    gaps = command("coverage", "--gaps", "--json", settings=settings)
    assert json.loads(gaps.stdout) == []
    (row,) = json.loads(command("coverage", "--source", "sample", "--json", settings=settings).stdout)
    assert (row["rows"], row["missing"]) == (460, 0)


def test_observations_are_planned_fetched_and_listed_by_the_name_of_their_series(settings: Settings) -> None:
    pytest.importorskip("arch", reason="the package arch, of the demo, is not installed")
    asked = ("backfill", "cpilfesl", "--source", "arch")
    plan = command(*asked, "--dry-run", settings=settings)
    assert plan.stdout.startswith("CPILFESL.FRED observations from arch: 1919-01-31 to 2019-02-01 UTC, 1 request, cost")
    done = command(*asked, settings=settings)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (
        0,
        "CPILFESL.FRED observations from arch: SUCCEEDED 743 observations stored in 1 request",
    )
    assert "1919-01-31 │ 2019-02-01" in command("coverage", "--source", "arch", settings=settings).stdout
    told = command("coverage", "--dataset", "observations", "--json", settings=settings)
    (row,) = json.loads(told.stdout)
    assert (row["instrument_id"], row["rows"], row["missing"], row["gaps"]) == ("CPILFESL.FRED", 743, 0, 0)
    assert json.loads(command("coverage", "--timeframe", "1d", "--json", settings=settings).stdout) == []


def test_a_job_that_was_stopped_is_resumed_by_its_number(settings: Settings) -> None:
    store = Store(settings.store_url)
    backfill = Backfill({"sample": Sample()}, store)
    job_id = backfill.start(backfill.plan("IBM.NYSE", end="2001-01-01"))
    backfill.cancel(job_id)
    done = command("backfill", "--resume", str(job_id), settings=settings)
    assert done.returncode == 0, done.stderr + done.stdout
    assert store.job(job_id).status is Status.SUCCEEDED
    again = command("backfill", "--resume", str(job_id), settings=settings)
    assert (again.returncode, "nothing left to ask" in again.stderr) == (1, True)
    assert "there is no job 404" in command("backfill", "--retry", "404", settings=settings).stderr
    store.close()


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--instrument", "NOBODY"], 1, "no instrument is called 'NOBODY'"),
        (["--start", "2002-01-01"], 1, "name an instrument"),
        (["--instrument", "IBM.NYSE", "--source", "elsewhere"], 1, "no source is called 'elsewhere'"),
        (["--instrument", "IBM.NYSE", "--timeframe", "5m"], 1, "Sample data has no raw 5m bars"),
        (["--instrument", "IBM.NYSE", "--start", "2002-01-01", "--end", "2001-01-01"], 1, "the span is reversed"),
        (["--instrument", "IBM.NYSE", "--start", "2100-01-01"], 1, "in the future"),
        (["--instrument", "IBM.NYSE", "--start", "1980-01-01", "--end", "1981-01-01"], 1, "choose a span inside"),
        (["--instrument", "IBM.NYSE", "--start", "soon"], 1, "soon"),
        (["--instrument", "IBM.NYSE", "--mode", "some"], 1, "there is no mode 'some'"),
        (["--instrument", "IBM.NYSE", "--every", "-1"], 2, "every"),
    ],
)
def test_a_backfill_that_makes_no_sense_is_told(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    code: int,
    told: str,
) -> None:
    for name, value in child_environment(settings).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["nautilus_data", "backfill", *words])
    assert main() == code
    said = capsys.readouterr()
    assert told in said.err + said.out


def test_instruments_are_found_and_named(settings: Settings) -> None:
    found = json.loads(command("instruments", "search", "palantir", "--json", settings=settings).stdout)
    assert [one["instrument_id"] for one in found] == ["PLTR.NASDAQ"]
    assert command("instruments", "search", "nothing like it", settings=settings).returncode == 1
    assert command("instruments", "alias", "PLTR.NASDAQ", "yahoo", "PLTR1", settings=settings).returncode == 0
    found = json.loads(command("instruments", "search", "PLTR1", "--json", settings=settings).stdout)
    assert found[0]["aliases"]["yahoo"] == "PLTR1"


def test_history_is_exported_backed_up_and_restored(settings: Settings, tmp_path: Path) -> None:
    assert command("backfill", "IBM.NYSE", "--end", "2001-01-01", settings=settings).returncode == 0
    asked = ("export", "--instrument", "IBM.NYSE", "--output", str(tmp_path / "bars.csv"))
    assert "bars written to" in command(*asked, settings=settings).stdout
    assert len((tmp_path / "bars.csv").read_text().splitlines()) > 200
    assert command(*asked, "--format", "xls", settings=settings).returncode == 1
    assert command("backup", str(tmp_path / "copy"), settings=settings).returncode == 0
    assert command("backup", str(tmp_path / "copy"), settings=settings).returncode == 2
    assert command("restore", str(tmp_path / "nothing"), settings=settings).returncode == 2
    done = command("restore", str(tmp_path / "copy"), settings=settings)
    assert done.returncode == 0
    assert "before-restore" in done.stdout


def test_the_layout_of_the_store_is_told_and_only_postgresql_is_cut(settings: Settings) -> None:
    assert command("store", "layout", settings=settings).stdout.strip() == "SQLite, clustered"
    refused = command("store", "partition", settings=settings)
    assert refused.returncode == 2
    assert "only PostgreSQL's tables are partitioned" in the_one_line(refused.stderr)


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
