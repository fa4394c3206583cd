"""Files between parent and child."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from nautilus_data.core.instrument import Instrument
from nautilus_data.engine.config import Control, EngineState, RunConfig, Status
from nautilus_data.engine.folder import RunFolder


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    folder = RunFolder(tmp_path / "run")
    folder.create()
    return folder


def test_an_empty_folder_tells_of_a_stopped_engine(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "nowhere")
    assert folder.load_state().status is Status.STOPPED
    assert folder.load_control() == Control()
    assert folder.log_tail(10) == []


def test_only_the_owner_reads_the_password(folder: RunFolder) -> None:
    folder.save_config(RunConfig(run_id="r", redis_password="secret"))
    assert (folder.path / "config.json").stat().st_mode & 0o077 == 0
    assert folder.path.stat().st_mode & 0o077 == 0
    assert folder.load_config().redis_password == "secret"


def test_no_draft_is_left_behind(folder: RunFolder) -> None:
    for number in range(3):
        folder.save_state(EngineState(bars_sent=number))
    assert [path.name for path in folder.path.iterdir()] == ["state.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"status": "RUNNING"', '{"status": "ODD"}', '{"later": 1}'])
def test_a_state_file_that_can_not_be_read_tells_nothing(folder: RunFolder, text: str) -> None:
    (folder.path / "state.json").write_text(text)
    assert folder.load_state() == EngineState()


def test_the_market_survives_the_way_through_the_files(
    folder: RunFolder, instruments: list[Instrument], bars: dict[str, pd.DataFrame]
) -> None:
    folder.save_market(instruments, bars)
    assert folder.load_instruments() == instruments
    rows = folder.load_bars()
    for name, frame in bars.items():
        mine = rows[rows["instrument_id"] == name].drop(columns="instrument_id").reset_index(drop=True)
        pd.testing.assert_frame_equal(mine, frame)


def test_the_log_tail_reaches_over_the_turn_of_the_log(folder: RunFolder) -> None:
    folder.old_log.write_text("one\ntwo\n")
    folder.log.write_text("\x1b[1mthree\x1b[0m\n")
    assert folder.log_tail(2) == ["two", "three"]


@pytest.mark.parametrize(
    ("log", "error"),
    [
        ("a [INFO] fine\nb [ERROR] D.X: broken\nc [INFO] went on\n", "b [ERROR] D.X: broken"),
        ("thread 'x' panicked at a.rs:1:\nno way\nstack backtrace:\n 0: f\n", "thread 'x' panicked at a.rs:1: no way"),
        ("Traceback (most recent call last):\n  File x\nKeyError: 'AAPL'\n", "KeyError: 'AAPL'"),
        ("a [INFO] last words\n\n", "a [INFO] last words"),
        ("", ""),
    ],
)  # fmt: skip
def test_the_last_error_is_found_in_the_log(folder: RunFolder, log: str, error: str) -> None:
    folder.log.write_text(log)
    assert folder.last_error() == error
