"""The file of log lines: several processes write it, it stays small, and it stops nobody."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from nautilus_data.logs.lines import LineFile

_WRITER = """
import sys
from pathlib import Path
from nautilus_data.logs.lines import LineFile
file = LineFile(Path(sys.argv[1]), size=20_000, files=50)
for number in range(400):
    file.write(f"{sys.argv[2]} {number} " + "x" * 100)
"""


def all_lines(path: Path) -> list[str]:
    found = sorted(path.parent.glob(f"{path.name}*"))
    return [line for one in found for line in one.read_text().splitlines()]


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "logs" / "a.jsonl"
    assert LineFile(path).write("{}")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_nothing_is_made_before_there_is_a_line(tmp_path: Path) -> None:
    LineFile(tmp_path / "logs" / "a.jsonl").close()
    assert not (tmp_path / "logs").exists()


def test_it_turns_over_and_keeps_so_many_files(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    file = LineFile(path, size=100, files=3)
    for number in range(100):
        file.write(f"line {number:04d} " + "x" * 20)
    names = sorted(one.name for one in tmp_path.glob("a.jsonl*"))
    assert names == ["a.jsonl", "a.jsonl.1", "a.jsonl.2"]
    assert all(one.stat().st_size <= 100 for one in tmp_path.glob("a.jsonl*"))
    assert path.read_text().split()[-2] == "0099"


def test_processes_that_share_it_lose_no_line_and_mix_none(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    writers = [subprocess.Popen([sys.executable, "-c", _WRITER, str(path), name]) for name in "abc"]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0]
    lines = all_lines(path)
    assert sorted(lines) == sorted(f"{name} {number} " + "x" * 100 for name in "abc" for number in range(400))
    assert len(list(tmp_path.glob("a.jsonl*"))) > 3


def test_a_file_that_was_deleted_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    file = LineFile(path)
    file.write("one")
    path.unlink()
    file.write("two")
    assert path.read_text() == "two\n"


def test_what_was_left_half_written_stays_a_line_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"half')
    LineFile(path).write("{}")
    assert path.read_text() == '{"half\n{}\n'


def test_a_folder_that_can_not_be_written_costs_lines_until_it_can(tmp_path: Path) -> None:
    now = [0.0]
    (tmp_path / "logs").write_text("a file where the folder should be")
    file = LineFile(tmp_path / "logs" / "a.jsonl", clock=lambda: now[0])
    assert not file.write("lost")
    (tmp_path / "logs").unlink()
    assert not file.write("lost too: it rests")
    now[0] = 5.0
    assert file.write("kept")
    assert file.lost == 2
    assert (tmp_path / "logs" / "a.jsonl").read_text() == "kept\n"


def test_a_full_disk_costs_lines_and_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    file = LineFile(tmp_path / "a.jsonl", clock=lambda: now[0])
    real = os.write

    def full(descriptor: int, data: bytes) -> int:
        if now[0] < 1:
            return real(descriptor, data[:3])
        if now[0] < 7:
            raise OSError(errno.ENOSPC, "no space left on device")
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", full)
    assert not file.write("half of it")
    now[0] = 6.0
    assert not file.write("nothing of it")
    now[0] = 12.0
    assert file.write("all of it")
    assert (tmp_path / "a.jsonl").read_text() == "hal\nall of it\n"


def test_letters_that_are_none_are_written_all_the_same(tmp_path: Path) -> None:
    assert LineFile(tmp_path / "a.jsonl").write("half a pair: \ud800")
