"""The command about logs, and that commands write their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from nautilus_data.logs.lines import LineFile
from nautilus_data.logs.outlets import say_ts
from nautilus_data.settings import Settings, child_environment
from tests.conftest import wait_until
from tests.processes import command

T0 = 1_795_000_000_000_000_000


def write(settings: Settings, role: str, number: int, **more: object) -> None:
    told = {"ts": say_ts(T0 + number), "level": "INFO", "logger": "a", "role": role, "pid": 1,
            "event": f"event {number}", "fields": {"key": number}}  # fmt: skip
    LineFile(settings.nautilus_data_dir / "logs" / f"{role}.jsonl").write(json.dumps({**told, **more}))


def test_the_newest_lines_of_all_processes_are_told_the_newest_last(settings: Settings) -> None:
    write(settings, "server", 1)
    write(settings, "worker", 2, level="ERROR", job=7, correlation="abc", exception="Traceback")
    done = command("logs", settings=settings)
    assert done.returncode == 0, done.stderr
    first, second, last = done.stdout.splitlines()
    assert first.endswith("INFO    server  a event 1 key=1")
    assert second.endswith("ERROR   worker  a event 2 key=2 job=7 correlation=abc")
    assert last == "Traceback"
    told = command("logs", "--correlation", "abc", "--json", settings=settings).stdout
    assert [json.loads(line)["event"] for line in told.splitlines()] == ["event 2"]


def test_a_level_there_is_not_is_refused_with_those_there_are(settings: Settings) -> None:
    done = command("logs", "--level", "LOUD", settings=settings)
    assert done.returncode == 1
    assert "ask for one of DEBUG, INFO" in done.stderr


def test_following_tells_each_line_once_as_it_comes(settings: Settings, tmp_path: Path) -> None:
    write(settings, "server", 1)
    shown = tmp_path / "shown"
    with shown.open("wb") as output:
        words = [sys.executable, "-m", "nautilus_data", "logs", "--follow"]
        follower = subprocess.Popen(words, env=child_environment(settings), stdout=output, stderr=output)
    try:
        wait_until(lambda: "event 1" in shown.read_text(), 20, "the line that is there")
        write(settings, "worker", 2)
        wait_until(lambda: "event 2" in shown.read_text(), 20, "the line that came")
        write(settings, "server", 3)
        wait_until(lambda: "event 3" in shown.read_text(), 20, "the next line")
    finally:
        follower.terminate()
        follower.wait(10)
    assert [line.split()[-2] for line in shown.read_text().splitlines()] == ["1", "2", "3"]
