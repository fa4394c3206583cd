"""The node: asked by pages, kept by the worker; here with a process that does what it is told."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nautilus_data.core.dataset import Series
from nautilus_data.core.instrument import PRICE_SCALE
from nautilus_data.core.job import Status
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, to_ns
from nautilus_data.engine import EngineProcess, EngineState, Identity
from nautilus_data.engine import Status as RunStatus
from nautilus_data.errors import FatalError
from nautilus_data.services.engine import DEMO_TRADER, KINDS, Engine, EngineKeeper
from nautilus_data.services.live import Live
from nautilus_data.sources import SOURCES
from nautilus_data.store import Store
from tests.services.said import heartbeat

PARAMS = {"start": "2004-01-02", "warmup": 5, "pace": 2.0}


class Process:
    """A child that never was: its state is what the test says."""

    def __init__(self, folder: Path) -> None:
        self.folder = SimpleNamespace(path=folder)
        self.state_now = EngineState()
        self.is_paused, self.pace, self.config = False, 0.0, None

    def start(self, config: Any, instruments: list, bars: dict) -> None:
        self.config, self.bars = config, bars
        self.state_now = EngineState(status=RunStatus.RUNNING, run_id=config.run_id, pace=config.pace, bars_sent=1)

    def stop(self, timeout: float = 5.0) -> None:
        if self.is_alive():
            self.state_now = replace(self.state_now, status=RunStatus.STOPPED)

    def pause(self) -> None:
        self.is_paused = True

    def resume(self) -> None:
        self.is_paused = False

    def set_pace(self, pace: float) -> None:
        self.pace = pace

    def is_alive(self) -> bool:
        return self.config is not None and not self.state_now.status.is_final

    def state(self) -> EngineState:
        return self.state_now

    def log_tail(self, lines: int) -> list[str]:
        return ["first line", "last line"]


class Bench:
    """A keeper, its clock, its bus, and the processes it opened."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder, self.live = store, folder, Live(clock=lambda: self.now)
        self.now, self.bus_up_since, self.redis_problem = to_ns("2026-01-01"), 1, ""
        self.processes: dict[Path, Process] = {}
        self.started: list[Process] = []
        self.keeper = self.make()

    def make(self) -> EngineKeeper:
        return EngineKeeper(
            self.store, self.live, {name: source() for name, source in SOURCES.items()}, self.folder, self._redis,
            Identity.of(), lambda: self.bus_up_since, lambda: self.now, self._open,
        )  # fmt: skip

    @property
    def node(self) -> Process:
        return self.started[-1]

    def say(self, **fields: Any) -> None:
        self.node.state_now = replace(self.node.state_now, **fields)

    def pass_s(self, seconds: int, *, is_heard: bool = True, is_alive: bool = True) -> None:
        """Seconds go by, a tick in each."""
        for _ in range(seconds):
            self.now += NS_PER_S
            if is_alive:
                self.say(updated=self.now)
            if is_heard:
                self.live.feed([heartbeat(self.now // 1_000_000, DEMO_TRADER)])
            self.keeper.tick()

    def ask(self, verb: str, *args: Any) -> tuple[Status, str]:
        number = getattr(Engine(self.store), verb)(*args)
        self.keeper.carry_out(self.store.claim_job(KINDS))
        job = self.store.job(number)
        return job.status, job.message

    def _redis(self) -> dict[str, Any]:
        if self.redis_problem:
            raise FatalError(self.redis_problem)
        return {"redis_port": 1}

    def _open(self, folder: Path) -> Process:
        process = self.processes.setdefault(folder, Process(folder))
        if process not in self.started:
            self.started.append(process)
        return process


@pytest.fixture
def bench(store: Store, tmp_path: Path) -> Bench:
    ticks = tuple(round(price * PRICE_SCALE) for price in (1, 2, 0.5, 1.5))
    for name in ("AAPL.NASDAQ", "IBM.NYSE"):
        rows = [(at, at, *ticks, 1.0) for at in range(to_ns("2003-12-01"), to_ns("2004-03-01"), NS_PER_DAY)]
        store.write(Series(instrument_id=name, source="sample", adjustment="total"), rows)
    return Bench(store, tmp_path / "engine")


def test_a_replay_is_of_the_adjusted_bars_from_its_day_on(bench: Bench, store: Store) -> None:
    status, message = bench.ask("start", "2004-01-02", 5, 2.0)
    assert status is Status.SUCCEEDED
    assert message.endswith("started: 118 bars of 2 instruments")
    assert {name: frame["ts_event"].iloc[0] for name, frame in bench.node.bars.items()} == dict.fromkeys(
        ("AAPL.NASDAQ", "IBM.NYSE"), to_ns("2004-01-02")
    )
    assert (bench.node.config.pace, bench.node.config.warmup, bench.node.config.redis_port) == (2.0, 5, 1)
    seen = Engine(store).status()
    assert (seen.status, seen.bars_total, seen.log_tail, seen.pending) == ("RUNNING", 118, "first line\nlast line", ())


def test_commands_need_a_node(bench: Bench) -> None:
    for verb in ("pause", "resume", "stop"):
        assert bench.ask(verb) == (Status.FAILED, "no node runs: start one first")


def test_commands_reach_the_node(bench: Bench) -> None:
    bench.ask("start")
    bench.ask("pause")
    assert bench.node.is_paused
    bench.ask("resume")
    bench.ask("set_pace", 7.0)
    assert (bench.node.is_paused, bench.node.pace) == (False, 7.0)
    assert bench.ask("stop") == (Status.SUCCEEDED, "stopped")
    assert not bench.node.is_alive()


def test_a_node_that_was_stopped_stays_stopped(bench: Bench) -> None:
    bench.ask("start")
    bench.ask("stop")
    bench.pass_s(100)
    assert len(bench.started) == 1


def test_a_start_that_can_not_be_leaves_the_node_that_runs(bench: Bench) -> None:
    bench.ask("start")
    status, message = bench.ask("start", "2030-01-01")
    assert (status, message) == (
        Status.FAILED, "no adjusted daily bars are stored from that day on: backfill them first",
    )  # fmt: skip
    assert bench.node.is_alive()


def test_one_node_at_a_time(bench: Bench) -> None:
    bench.ask("start")
    bench.pass_s(1)
    bench.ask("start")
    assert [process.is_alive() for process in bench.started] == [False, True]


@pytest.mark.parametrize("pace", [0, -1, 1001, float("nan")])
def test_a_pace_out_of_bounds_is_refused_before_it_is_queued(store: Store, pace: float) -> None:
    for verb in (lambda: Engine(store).set_pace(pace), lambda: Engine(store).start(pace=pace)):
        with pytest.raises(ValueError, match="pace must be above 0"):
            verb()
    assert store.jobs() == []


def test_at_the_end_of_history_a_new_run_starts_with_the_pace_of_now(bench: Bench) -> None:
    bench.ask("start", "2004-01-02", 5, 2.0)
    bench.ask("set_pace", 9.0)
    bench.say(is_finished=True)
    bench.pass_s(1)
    assert len(bench.started) == 2
    assert (bench.node.config.pace, bench.node.config.warmup) == (9.0, 5)


def test_a_node_that_dies_is_started_again_less_and_less_often(bench: Bench) -> None:
    bench.ask("start")
    started_at = []
    for _ in range(200):
        before = len(bench.started)
        bench.say(status=RunStatus.FAILED, error="panicked")
        bench.pass_s(1, is_alive=False)
        if len(bench.started) > before:
            started_at.append(bench.now // NS_PER_S)
    gaps = [later - earlier for earlier, later in pairwise(started_at)]
    assert gaps == sorted(gaps)
    assert gaps[0] <= 4
    assert 60 <= gaps[-1] <= 62


def test_a_node_that_ran_well_for_long_is_started_at_once_again(bench: Bench) -> None:
    bench.ask("start")
    for _ in range(5):
        bench.say(status=RunStatus.FAILED)
        bench.pass_s(40, is_alive=False)
    count = len(bench.started)
    bench.say(status=RunStatus.RUNNING)
    bench.pass_s(90)
    bench.say(status=RunStatus.FAILED)
    bench.pass_s(3)
    assert len(bench.started) == count + 1


def test_a_restart_that_fails_is_tried_again(bench: Bench) -> None:
    bench.ask("start")
    bench.redis_problem = "there is no Redis"
    bench.say(is_finished=True)
    bench.pass_s(10)
    assert len(bench.started) == 1
    bench.redis_problem = ""
    bench.pass_s(20)
    assert len(bench.started) == 2
    assert bench.keeper.is_running


def test_a_node_that_fell_mute_is_started_anew_soon(bench: Bench) -> None:
    """Redis went and came back; the node writes no more and doesn't know."""
    bench.ask("start")
    bench.pass_s(30)
    bench.bus_up_since = 0
    bench.pass_s(5, is_heard=False)
    assert len(bench.started) == 1
    bench.bus_up_since = bench.now
    bench.pass_s(12, is_heard=False)
    assert len(bench.started) == 2


def test_a_node_is_given_time_for_its_first_word(bench: Bench) -> None:
    bench.ask("start")
    bench.pass_s(19, is_heard=False)
    assert len(bench.started) == 1
    bench.pass_s(5, is_heard=False)
    assert len(bench.started) == 2


def test_silence_means_nothing_while_the_bus_is_not_read(bench: Bench) -> None:
    bench.ask("start")
    bench.pass_s(5)
    bench.bus_up_since = 0
    bench.pass_s(100, is_heard=False)
    assert len(bench.started) == 1


def test_a_machine_that_slept_restarts_nothing(bench: Bench) -> None:
    bench.ask("start")
    bench.pass_s(10)
    bench.now += 3_600 * NS_PER_S
    bench.pass_s(1, is_heard=False)
    bench.pass_s(10)
    assert len(bench.started) == 1


def test_the_next_worker_adopts_the_node_and_ends_strays(bench: Bench) -> None:
    bench.ask("start", "2004-01-02", 5, 2.0)
    bench.ask("set_pace", 3.0)
    stray = bench.node
    bench.now += NS_PER_S
    stray.stop = lambda: None
    bench.ask("start", "2004-01-05")
    del stray.stop
    assert stray.is_alive()
    adopter = bench.make()
    assert adopter.adopt()
    assert adopter.is_running
    assert not stray.is_alive()
    bench.keeper = adopter
    bench.say(is_finished=True)
    bench.pass_s(1)
    assert bench.node.config.start == to_ns("2004-01-05")


def test_a_folder_with_nonsense_in_it_stops_no_worker(bench: Bench) -> None:
    bench.ask("start")
    (bench.node.folder.path / "wanted.json").write_text("{")
    assert bench.make().adopt()


def test_folders_of_old_runs_go(bench: Bench) -> None:
    for _ in range(9):
        bench.pass_s(1) if bench.started else None
        bench.now += NS_PER_S
        bench.ask("start")
    assert len(list(bench.folder.iterdir())) == 5
    assert bench.node.folder.path.exists()


def test_without_nautilus_trader_the_reason_is_told(store: Store) -> None:
    engine = Engine(store)
    assert engine.is_available is EngineProcess.is_available()
    assert bool(engine.reason) is not engine.is_available
