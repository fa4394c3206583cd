"""Replay: the tape, played into the node at a pace; runs in the child only."""

from __future__ import annotations

import asyncio
import time

from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.data import Bar

from nautilus_data.engine.config import Control
from nautilus_data.engine.feed import ReplayClient, Tape
from nautilus_data.engine.node import is_idle
from nautilus_data.engine.recorder import Recorder

# The node's queues are filled by a callback of the loop's next turn: one look at empty queues proves nothing.
_QUIET_TURNS = 3


class Replay:
    """Feed the node session by session: the warmup as fast as it takes them, the rest at the pace."""

    def __init__(self, node: TradingNode, client: ReplayClient, tape: Tape, recorder: Recorder) -> None:
        self._node = node
        self._client = client
        self._tape = tape
        self._recorder = recorder
        self._control = Control(pace=recorder.state.pace)
        self._steered = asyncio.Event()

    def steer(self, control: Control) -> None:
        """Take effect and confirm it."""
        self._control = control
        self._steered.set()
        self._recorder.tell(is_paused=control.is_paused, pace=control.pace, seq=control.seq)

    async def run(self, warmup: int) -> None:
        """Return at the end of history; the node lives on."""
        due = 0.0
        for number, bars in enumerate(self._tape.sessions(self._node.kernel.clock)):
            if number >= warmup or self._control.is_paused:
                due = await self._wait_turn(due)
            for bar in bars:
                await self._send(bar)
        self._recorder.tell(is_finished=True)

    async def _send(self, bar: Bar) -> None:
        # The sandbox fills at the last bar it was given, so no bar may overtake an order.
        self._client.push(bar)
        quiet = 0
        while quiet < _QUIET_TURNS:
            await asyncio.sleep(0)
            quiet = quiet + 1 if is_idle(self._node) else 0
        self._recorder.note(replayed_to=bar.ts_event, bars_sent=self._recorder.state.bars_sent + 1)

    async def _wait_turn(self, last: float) -> float:
        """Wait until a session's time has passed since `last`, however pace and pause change meanwhile."""
        while True:
            self._steered.clear()
            period = 1 / self._control.pace
            left = None if self._control.is_paused else last + period - time.monotonic()
            if left is not None and left <= 0:
                # A little delay is made good; that of a pause is not.
                return last + period if -left < period else time.monotonic()
            try:
                await asyncio.wait_for(self._steered.wait(), left)
            except TimeoutError:
                continue
