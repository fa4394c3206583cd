"""A real child, started, steered, killed, orphaned and adopted."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import psutil
import pytest

from nautilus_data.core.instrument import Instrument
from nautilus_data.engine import EngineProcess, Identity, RunConfig, Status
from nautilus_data.errors import ConfigError, SkippableError
from tests.conftest import RedisServer, free_port, wait_until
from tests.engine.conftest import reach

Bars = dict[str, pd.DataFrame]
Config = Callable[..., RunConfig]
_PARENT = """
import pickle, sys, time
from nautilus_data.engine import EngineProcess, Identity
from dataclasses import replace
folder, config, instruments, bars = pickle.load(open(sys.argv[1], "rb"))
if not config.supervisor.pid:
    config = replace(config, supervisor=Identity.of())
EngineProcess(folder).start(config, instruments, bars)
time.sleep(600)
"""


def running(state: object) -> bool:
    return state.status is Status.RUNNING and state.bars_sent > 0


def test_a_run_is_paused_resumed_hurried_and_stopped(
    engine: EngineProcess, run_config: Config, instruments: list[Instrument], bars: Bars
) -> None:
    engine.start(run_config(pace=0.01), instruments, bars)
    with pytest.raises(SkippableError, match="already"):
        engine.start(run_config(), instruments, bars)
    sent = reach(engine, running).bars_sent
    engine.set_pace(2.0)
    reach(engine, lambda state: state.bars_sent > sent + len(instruments), 10)
    engine.pause()
    paused = reach(engine, lambda state: state.is_paused)
    time.sleep(1.2)
    assert engine.state().bars_sent <= paused.bars_sent + len(instruments)
    held = engine.state().bars_sent
    engine.set_pace(200.0)
    reach(engine, lambda state: state.pace == 200.0)
    assert engine.state().bars_sent == held
    engine.resume()
    reach(engine, lambda state: state.is_finished and not state.is_paused, 10)
    engine.stop()
    assert engine.state().status is Status.STOPPED
    assert not engine.is_alive()
    with pytest.raises(SkippableError, match="not running"):
        engine.pause()


def test_a_killed_node_is_told_as_failed(
    engine: EngineProcess, run_config: Config, instruments: list[Instrument], bars: Bars
) -> None:
    engine.start(run_config(), instruments, bars)
    os.kill(reach(engine, running).pid, signal.SIGKILL)
    state = wait_until(lambda: (now := engine.state()).status is Status.FAILED and now, what="FAILED")
    assert state.error
    engine.stop()
    assert engine.state().status is Status.FAILED


def test_a_run_that_can_not_be_built_says_why(
    engine: EngineProcess, run_config: Config, instruments: list[Instrument], bars: Bars
) -> None:
    engine.start(run_config(), [replace(instruments[0], price_precision=40)], bars)
    state = wait_until(lambda: (now := engine.state()).status is Status.FAILED and now, 30, "FAILED")
    assert "precision" in state.error
    assert not engine.is_alive()


def test_a_node_that_hangs_is_killed_and_another_run_starts_in_its_folder(
    engine: EngineProcess, run_config: Config, instruments: list[Instrument], bars: Bars
) -> None:
    engine.start(run_config(), instruments, bars)
    pid = reach(engine, running).pid
    os.kill(pid, signal.SIGSTOP)
    engine.stop(timeout=0.5)
    assert engine.state().status is Status.STOPPED
    assert not psutil.pid_exists(pid)
    engine.start(run_config(run_id="run-2", pace=1.0), instruments, bars)
    assert engine.state().status is Status.STARTING
    assert engine.state().bars_sent == 0
    assert reach(engine, running).run_id == "run-2"


def test_a_signal_stops_the_node_in_good_order(
    engine: EngineProcess, run_config: Config, instruments: list[Instrument], bars: Bars
) -> None:
    engine.start(run_config(), instruments, bars)
    os.kill(reach(engine, running).pid, signal.SIGTERM)
    wait_until(lambda: engine.state().status is Status.STOPPED, what="STOPPED")
    assert any("DISPOSED" in line for line in engine.log_tail(50))


def test_a_stop_while_it_starts_ends_it(
    engine: EngineProcess, run_config: Config, instruments: list[Instrument], bars: Bars
) -> None:
    engine.start(run_config(), instruments, bars)
    engine.stop()
    assert engine.state().status is Status.STOPPED
    assert not engine.is_alive()


def test_without_redis_the_node_starts_and_stops_in_time(
    engine: EngineProcess, instruments: list[Instrument], bars: Bars
) -> None:
    config = RunConfig(run_id="r", redis_port=free_port(), fast=2, slow=4, pace=50.0, supervisor=Identity.of())
    engine.start(config, instruments, bars)
    reach(engine, running)
    began = time.monotonic()
    engine.stop(timeout=8.0)
    assert time.monotonic() - began < 6
    assert engine.state().status is Status.STOPPED


def test_a_node_goes_on_when_its_redis_dies(
    engine: EngineProcess, run_config: Config, redis_server: RedisServer, instruments: list[Instrument], bars: Bars
) -> None:
    engine.start(run_config(pace=10.0), instruments, bars)
    sent = reach(engine, running).bars_sent
    redis_server.kill()
    reach(engine, lambda state: state.bars_sent > sent + 20)
    began = time.monotonic()
    engine.stop(timeout=8.0)
    assert time.monotonic() - began < 5
    assert engine.state().status is Status.STOPPED


def orphan(tmp_path: Path, engine: EngineProcess, config: RunConfig, *market: object) -> subprocess.Popen[bytes]:
    """A process that starts the engine and waits to be killed."""
    (tmp_path / "args.pickle").write_bytes(pickle.dumps((engine.folder.path, config, *market)))
    root = Path(__file__).parents[2]
    return subprocess.Popen([sys.executable, "-c", _PARENT, str(tmp_path / "args.pickle")], cwd=root)


def test_a_node_outlives_the_worker_and_obeys_the_next_one(
    engine: EngineProcess, run_config: Config, instruments: list[Instrument], bars: Bars, tmp_path: Path
) -> None:
    parent = orphan(tmp_path, engine, run_config(pace=2.0), instruments, bars)
    pid = reach(engine, running).pid
    parent.kill()
    parent.wait()
    adopted = EngineProcess(engine.folder.path)
    assert adopted.state().status is Status.RUNNING
    assert adopted.state().pid == pid
    adopted.pause()
    reach(adopted, lambda state: state.is_paused)
    adopted.set_pace(20.0)
    adopted.resume()
    reach(adopted, lambda state: state.pace == 20.0 and not state.is_paused)
    with pytest.raises(SkippableError):
        adopted.start(run_config(), instruments, bars)
    adopted.stop()
    assert adopted.state().status is Status.STOPPED
    assert not Identity(pid, adopted.state().process.created).is_alive


def test_a_node_stops_by_itself_when_its_supervisor_is_gone(
    engine: EngineProcess, run_config: Config, instruments: list[Instrument], bars: Bars, tmp_path: Path
) -> None:
    own = replace(run_config(pace=1.0), supervisor=Identity())
    parent = orphan(tmp_path, engine, own, instruments, bars)
    reach(engine, running)
    parent.kill()
    parent.wait()
    wait_until(lambda: engine.state().status is Status.STOPPED, 5, "the node to stop")
    assert not engine.is_alive()


def test_the_log_turns_over_when_it_has_grown(
    engine: EngineProcess, run_config: Config, instruments: list[Instrument], bars: Bars
) -> None:
    engine.start(run_config(pace=1.0), instruments, bars)
    reach(engine, running)
    with engine.folder.log.open("ab") as log:
        log.write(b"x" * 99 + b"\n" + b"y" * 2_000_000 + b"\n")
    wait_until(lambda: engine.folder.old_log.exists(), what="a second log")
    wait_until(lambda: engine.folder.log.stat().st_size > 0, what="the new log to be written")
    assert engine.folder.log.stat().st_size < 100_000


def test_what_can_not_be_replayed_is_refused(engine: EngineProcess, instruments: list[Instrument], bars: Bars) -> None:
    config = RunConfig(run_id="r")
    with pytest.raises(SkippableError, match="at least one"):
        engine.start(config, [], {})
    with pytest.raises(SkippableError, match="backfill"):
        engine.start(config, instruments, {**bars, "IBM.NYSE": bars["IBM.NYSE"][:0]})
    with pytest.raises(SkippableError, match="equities"):
        engine.start(config, [replace(instruments[0], type="FuturesContract")], bars)
    with pytest.raises(ConfigError):
        engine.set_pace(0)
    assert engine.state().status is Status.STOPPED


def test_a_killed_folder_without_a_child_stays_as_it_is(engine: EngineProcess) -> None:
    engine.kill()
    engine.stop()
    assert engine.state().status is Status.STOPPED
