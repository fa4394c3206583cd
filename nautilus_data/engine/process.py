"""EngineProcess: the parent's end of a NautilusTrader node in a child process."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from nautilus_data.core.instrument import Instrument
from nautilus_data.engine.config import Control, EngineState, RunConfig, Status, checked_pace
from nautilus_data.engine.folder import RunFolder
from nautilus_data.engine.identity import Identity
from nautilus_data.errors import FatalError, RetryableError, SkippableError

_log = logging.getLogger(__name__)
_MODULE = "nautilus_data.engine.runner"
# A child writes its first state as soon as Python is up.
_SPAWN_S = 30.0
_POLL_S = 0.05


class EngineProcess:
    """Start, steer and watch the one child of `folder`; whoever opens the folder next adopts it."""

    def __init__(self, folder: Path) -> None:
        self.folder = RunFolder(folder)
        self._child: subprocess.Popen[bytes] | None = None

    @staticmethod
    def is_available() -> bool:
        """Is nautilus_trader installed? It is never imported here."""
        return find_spec("nautilus_trader") is not None

    def start(self, config: RunConfig, instruments: list[Instrument], bars: Mapping[str, pd.DataFrame]) -> None:
        """Spawn the child and return; `state` tells how it goes."""
        self._refuse_start(instruments, bars)
        self.folder.create()
        self.folder.save_config(config)
        self.folder.save_market(instruments, bars)
        self.folder.save_control(Control(pace=config.pace))
        now = time.time_ns()
        state = EngineState(status=Status.STARTING, run_id=config.run_id, trader_id=config.trader_id)
        self.folder.save_state(replace(state, pace=config.pace, started=now, updated=now))
        self._child = self._spawn()
        _log.info("Engine started run_id=%s pid=%s", config.run_id, self._child.pid)

    def pause(self) -> None:
        self._steer(is_paused=True)

    def resume(self) -> None:
        self._steer(is_paused=False)

    def set_pace(self, pace: float) -> None:
        """Sessions a second from the next one on."""
        self._steer(pace=checked_pace(pace))

    def stop(self, timeout: float = 5.0) -> None:
        """Ask the node to stop, wait, and kill it if it did not; positions are left open."""
        if not self.is_alive():
            return
        self.folder.save_control(self.folder.load_control().change(should_stop=True))
        if not self.wait_gone(timeout):
            _log.warning("Engine did not stop in time, killing it pid=%s", self._pid())
            self.kill()

    def kill(self) -> None:
        """End the child at once, without a goodbye on the bus."""
        if not self.is_alive():
            return
        self.folder.save_control(self.folder.load_control().change(should_stop=True))
        # A child that has not told its pid yet is waited for: pid 0 would be this process's own group.
        with contextlib.suppress(ProcessLookupError):
            if pid := self._pid():
                os.kill(pid, signal.SIGKILL)
        if not self.wait_gone(5.0):
            raise RetryableError(f"the engine process {self._pid()} can't be ended; end it by hand and try again")

    def wait_gone(self, timeout: float) -> bool:
        deadline = time.monotonic() + timeout
        while self.is_alive():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_S)
        return True

    def is_alive(self) -> bool:
        return self._is_alive(self.folder.load_state())

    def state(self) -> EngineState:
        """What the child told, set right by whether it lives."""
        state = self.folder.load_state()
        was_told_to_stop = self.folder.load_control().should_stop
        if self._is_alive(state):
            is_stopping = was_told_to_stop or state.status.is_final
            status = Status.STOPPING if is_stopping else state.status
            return replace(state, status=status, process=state.process if state.pid else Identity.of(self._pid()))
        # It may have written its last words between the two looks.
        state = self.folder.load_state()
        if state.status.is_final:
            return state
        if was_told_to_stop or state.status is Status.STOPPING:
            return replace(state, status=Status.STOPPED)
        error = self.folder.last_error() or "the engine process ended without a word; start it again"
        return replace(state, status=Status.FAILED, error=error)

    def log_tail(self, lines: int = 200) -> list[str]:
        return self.folder.log_tail(lines)

    def _refuse_start(self, instruments: list[Instrument], bars: Mapping[str, pd.DataFrame]) -> None:
        if not self.is_available():
            raise FatalError("nautilus_trader is not installed: pip install nautilus_trader")
        if self.is_alive():
            raise SkippableError(f"the engine is running already (pid {self._pid()}); stop it first")
        if not instruments:
            raise SkippableError("there is nothing to replay: name at least one instrument")
        for instrument in instruments:
            if instrument.type != "Equity":
                raise SkippableError(f"the replay trades equities only; leave out {instrument.instrument_id}")
            if not len(bars.get(instrument.instrument_id, ())):
                raise SkippableError(f"no bars of {instrument.instrument_id} to replay; backfill it first")

    def _spawn(self) -> subprocess.Popen[bytes]:
        if self.folder.log.exists():
            self.folder.log.replace(self.folder.old_log)
        descriptor = os.open(self.folder.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            return subprocess.Popen(
                [sys.executable, "-m", _MODULE, str(self.folder.path.absolute())],
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                cwd=Path(__file__).parents[2],
                start_new_session=True,
            )
        finally:
            os.close(descriptor)

    def _steer(self, **fields: object) -> None:
        if not self.is_alive():
            raise SkippableError("the engine is not running; start it first")
        self.folder.save_control(self.folder.load_control().change(**fields))

    def _is_alive(self, state: EngineState) -> bool:
        if self._child is not None and self._child.poll() is None:
            return True
        if state.process.pid:
            return state.process.is_alive
        is_fresh = time.time_ns() - state.updated < _SPAWN_S * 1e9
        return self._child is None and state.status is Status.STARTING and is_fresh

    def _pid(self) -> int:
        if self._child is not None and self._child.poll() is None:
            return self._child.pid
        return self.folder.load_state().pid
