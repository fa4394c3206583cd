"""The log tail: the newest lines of all processes, whatever state their files are in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nautilus_data.logs.lines import LineFile
from nautilus_data.logs.outlets import say_ts
from nautilus_data.services.log_tail import Logs

T0 = 1_795_000_000_000_000_000


def line(number: int, **more: object) -> str:
    told = {"ts": say_ts(T0 + number), "level": "INFO", "logger": "a.b", "role": "server", "pid": 1,
            "event": f"event {number}", "fields": {}}  # fmt: skip
    return json.dumps({**told, **more}, ensure_ascii=False)


def write(folder: Path, role: str, *lines: str, name: str = "") -> Path:
    path = folder / f"{role}.jsonl{name}"
    with path.open("a") as file:
        file.writelines(f"{one}\n" for one in lines)
    return path


def numbers(frame) -> list[int]:
    return [int(ts) - T0 for ts in frame["ts"]]


def test_without_files_there_is_an_empty_table(tmp_path: Path) -> None:
    found = Logs(tmp_path / "nowhere").tail()
    assert len(found) == 0
    assert list(found.columns) == [
        "ts", "level", "role", "logger", "event", "fields", "exception", "correlation", "job", "pid",
    ]  # fmt: skip
    assert str(found["ts"].dtype) == "int64"


def test_the_newest_lines_of_all_roles_come_first(tmp_path: Path) -> None:
    write(tmp_path, "server", *(line(number) for number in (1, 4, 6)))
    write(tmp_path, "worker", *(line(number, role="worker") for number in (2, 3, 5)))
    logs = Logs(tmp_path)
    assert numbers(logs.tail()) == [6, 5, 4, 3, 2, 1]
    assert numbers(logs.tail(2)) == [6, 5]
    assert list(logs.tail(2)["role"]) == ["server", "worker"]
    assert numbers(logs.tail(role="worker")) == [5, 3, 2]
    assert logs.roles() == ["server", "worker"]


def test_a_line_is_told_with_all_it_has(tmp_path: Path) -> None:
    more = {"fields": {"key": "x y", "n": 3}, "correlation": "abc", "job": 7, "exception": "Traceback"}
    write(tmp_path, "server", line(1, **more))
    found = Logs(tmp_path).tail().iloc[0]
    assert (found["fields"], found["correlation"], found["job"], found["exception"]) == (
        "key=x y n=3", "abc", 7, "Traceback",
    )  # fmt: skip


def test_lines_are_chosen_by_level_text_and_correlation(tmp_path: Path) -> None:
    write(
        tmp_path, "server", line(1, level="DEBUG"), line(2, level="WARNING", fields={"reason": 'the "Wörd" is'}),
        line(3, level="ERROR", correlation="abc"), line(4, level="CRITICAL", correlation="abcd"),
        line(5, exception="ValueError: Wörd"), line(6, fields={"abc": "abc"}),
    )  # fmt: skip
    logs = Logs(tmp_path)
    assert numbers(logs.tail(level="warning")) == [4, 3, 2]
    assert numbers(logs.tail(correlation="abc")) == [3]
    assert numbers(logs.tail(text="wörd")) == [5, 2]
    assert numbers(logs.tail(text='"WÖRD"')) == [2]
    assert numbers(logs.tail(text="reason=the")) == [2]
    assert numbers(logs.tail(level="INFO", text="wörd", limit=1)) == [5]


def test_older_pages_follow_by_the_time_of_the_last_line(tmp_path: Path) -> None:
    write(tmp_path, "server", *(line(number) for number in range(10)))
    logs, seen, before = Logs(tmp_path), [], None
    while len(page := logs.tail(3, before=before)):
        seen += numbers(page)
        before = int(page["ts"].iloc[-1])
    assert seen == list(range(9, -1, -1))


def test_what_is_new_is_told_alone(tmp_path: Path) -> None:
    write(tmp_path, "server", *(line(number) for number in range(10)))
    assert numbers(Logs(tmp_path).tail(after=T0 + 7)) == [9, 8]


def test_lines_that_are_none_are_left_out(tmp_path: Path) -> None:
    path = write(tmp_path, "server", line(1), '{"half', "", "[]", "7", '{"ts": "never"}', "\x00\x01", line(2))
    with path.open("ab") as file:
        file.write(b"\xff\xfe\n" + line(3).encode()[:40])
    assert numbers(Logs(tmp_path).tail()) == [2, 1]


def test_files_that_were_turned_over_are_read_on_into(tmp_path: Path) -> None:
    file = LineFile(tmp_path / "server.jsonl", size=1_000, files=4)
    for number in range(200):
        file.write(line(number))
    kept = sum(len(one.read_text().splitlines()) for one in tmp_path.glob("server.jsonl*"))
    assert numbers(Logs(tmp_path).tail()) == list(range(199, 199 - kept, -1))


def test_a_file_that_is_missing_between_two_renames_ends_nothing(tmp_path: Path) -> None:
    write(tmp_path, "server", line(1), name=".1")
    assert numbers(Logs(tmp_path).tail()) == [1]


def test_another_name_than_a_role_reads_no_file(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    write(tmp_path, "secret", line(1))
    assert len(Logs(tmp_path / "logs").tail(role="../secret")) == 0


@pytest.mark.parametrize("asked", [{"level": "LOUD"}, {"limit": 0}, {"limit": 10_001}])
def test_what_can_not_be_asked_is_refused_with_what_can(tmp_path: Path, asked: dict) -> None:
    with pytest.raises(ValueError, match="ask for"):
        Logs(tmp_path).tail(**asked)


@settings(max_examples=30)
@given(lengths=st.lists(st.integers(0, 150_000), min_size=1, max_size=6))
def test_lines_of_any_length_are_read_whole_from_the_end(tmp_path_factory, lengths: list[int]) -> None:
    folder = tmp_path_factory.mktemp("logs")
    write(folder, "server", *(line(number, event="é" * length) for number, length in enumerate(lengths)))
    found = Logs(folder).tail()
    assert [len(event) for event in found["event"]] == lengths[::-1]
