"""Child: one run, from the node's start to its stop; runs in the child only."""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import gc
import logging
import os
import signal
import time

from nautilus_data.engine.config import Control, RunConfig, Status
from nautilus_data.engine.feed import Tape, equity_of
from nautilus_data.engine.folder import RunFolder
from nautilus_data.engine.node import build_node
from nautilus_data.engine.recorder import Recorder
from nautilus_data.engine.replay import Replay
from nautilus_data.errors import FatalError

_log = logging.getLogger(__name__)
_POLL_S = 0.1
_SUPERVISOR_S = 1.0
_START_S = 60.0
_STOP_S = 4.0
_HANG_S = 10.0
_LOG_BYTES = 2_000_000


class Child:
    """Run the node, obey the control file and signals, end with the supervisor."""

    def __init__(self, folder: RunFolder, config: RunConfig, recorder: Recorder) -> None:
        self._folder = folder
        self._config = config
        self._recorder = recorder
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        self._stop = asyncio.Event()
        self._seen = Control(pace=config.pace)
        self._looked_at_supervisor = time.monotonic()
        instruments = folder.load_instruments()
        equities = tuple(equity_of(instrument, time.time_ns()) for instrument in instruments)
        tape = Tape.of(equities, config.timeframe, folder.load_bars(), config.start)
        recorder.tell(bars_total=len(tape.rows))
        self._node, client = build_node(config, tape, self._loop)
        self._replay = Replay(self._node, client, tape, recorder)

    def run(self) -> None:
        """Return when the node has stopped; raise when it could not go on."""
        for number in (signal.SIGTERM, signal.SIGINT):
            # In place of the node's own, so that the feed stops before the node does.
            self._loop.add_signal_handler(number, self._stop.set)
        try:
            self._loop.run_until_complete(self._live())
        finally:
            self._recorder.tell(status=Status.STOPPING)
            faulthandler.dump_traceback_later(_HANG_S, exit=True)
            self._node.dispose()
            faulthandler.cancel_dump_traceback_later()

    async def _live(self) -> None:
        node, play = asyncio.create_task(self._node.run_async()), asyncio.create_task(self._play())
        try:
            while not self._stop.is_set():
                self._look_around()
                if play.done():
                    play.result()
                if node.done():
                    node.result()
                    raise FatalError("the node ended by itself; see the log, and start it again")
                await self._sleep(_POLL_S)
        finally:
            _log.info("Stopping bars_sent=%s", self._recorder.state.bars_sent)
            self._recorder.tell(status=Status.STOPPING)
            play.cancel()
            await asyncio.wait_for(self._node.stop_async(), _STOP_S)

    async def _play(self) -> None:
        deadline = time.monotonic() + _START_S
        while not self._node.trader.is_running:
            if time.monotonic() > deadline:
                raise FatalError(f"the node did not start within {_START_S:.0f} s; see the log")
            await asyncio.sleep(0.02)
        _settle_memory()
        self._recorder.tell(status=Status.RUNNING)
        await self._replay.run(self._config.warmup)

    def _look_around(self) -> None:
        control = self._folder.load_control()
        if control.should_stop:
            self._stop.set()
        if control != self._seen:
            self._seen = control
            self._replay.steer(control)
        if time.monotonic() - self._looked_at_supervisor >= _SUPERVISOR_S:
            self._looked_at_supervisor = time.monotonic()
            self._leave_with_supervisor()
            turn_over(self._folder)
        self._recorder.keep_fresh()

    def _leave_with_supervisor(self) -> None:
        supervisor = self._config.supervisor
        if supervisor.pid and not supervisor.is_alive:
            _log.warning("Supervisor is gone, stopping supervisor=%s", supervisor.pid)
            self._stop.set()

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)


def turn_over(folder: RunFolder) -> None:
    """Begin a new log once this one has grown, by giving standard output and error a new file."""
    if os.fstat(1).st_size < _LOG_BYTES:
        return
    folder.log.replace(folder.old_log)
    descriptor = os.open(folder.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(descriptor, stream)
    os.close(descriptor)


def _settle_memory() -> None:
    # What start-up made stays: the collector need not walk it each time, nor pause the replay often.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
