"""Live: one clock per server process that pushes new values to every open page."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from panel.io.callbacks import PeriodicCallback
from panel.io.document import unlocked
from panel.io.state import set_curdoc, state

from nautilus_data.core.redaction import hide

_LOG = logging.getLogger(__name__)
PERIOD_MS = 250
# Between two ticks a page that wants the newest price at once is asked this often.
PROMPT_MS = 50
# Ages are counted in the browser; it needs to hear that the server is there.
_BEAT_S = 1.0
_GATHER_S = 1.0


@dataclass(frozen=True)
class Snapshot:
    """What every page shows of the whole: `bus` is new at each tick, `status` (all records) once a second."""

    beat: int
    bus: Any
    status: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    # What names each login or link that has ended while a page of it is open.
    ended: frozenset[str] = frozenset()


class Listener(Protocol):
    """A page of one session; one with `is_prompt` hears of new prices between two ticks, too."""

    is_prompt: bool
    ref: str

    def prompt(self) -> None: ...
    def take(self, snapshot: Snapshot) -> None: ...
    def fail(self, error: Exception) -> None: ...


class Session:
    """Pushes to one document; a tick that comes while one is pending is dropped."""

    def __init__(self, doc: Any, listener: Listener) -> None:
        self.doc = doc
        self.is_behind = False
        self.ref = listener.ref
        self._listener = listener
        self._snapshot: Snapshot | None = None
        self._is_pending = self._is_prompted = False
        self._last_error = ""

    def push(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        if self._is_pending:
            return
        self._is_pending = True
        on_loop(self.doc, self._take)

    def prompt(self) -> None:
        """A price is new."""
        if self._listener.is_prompt and not self._is_prompted:
            self._is_prompted = True
            on_loop(self.doc, self._take_price)

    def _take(self) -> None:
        self._is_pending = False
        self._patch(lambda: self._listener.take(self._snapshot))

    def _take_price(self) -> None:
        self._is_prompted = False
        self._patch(self._listener.prompt)

    def _patch(self, action: Callable[[], None]) -> None:
        if _is_gone(self.doc):
            return
        # Bokeh 3.10 runs a person's clicks in threads: never patch beside one.
        self.is_behind = _is_locked(self.doc)
        if self.is_behind:
            return
        with set_curdoc(self.doc), unlocked():
            try:
                action()
                self._last_error = ""
            except Exception as error:
                self._tell(error)

    def _tell(self, error: Exception) -> None:
        """The page boundary: one page that fails says so, the others go on."""
        if repr(error) != self._last_error:
            _LOG.exception("page could not be updated page=%s", type(self._listener).__name__)
        self._last_error = repr(error)
        self._listener.fail(error)


class Hub:
    """Reads the workspace once for all sessions, at most four times a second."""

    def __init__(self, workspace: Any, clock: Callable[[], int] = time.time_ns) -> None:
        self._workspace = workspace
        self._clock = clock
        self._sessions: dict[int, Session] = {}
        self._timer: PeriodicCallback | None = None
        self._gathering: asyncio.Task | None = None
        self._status: dict[str, Any] = {}
        self._problem = ""
        self._ended: frozenset[str] = frozenset()
        self._seen: tuple | None = None
        self._prompted: int | None = None
        self._runs = 0
        self._gathered_at = 0
        self._pushed_at = 0

    def __len__(self) -> int:
        return len(self._sessions)

    def join(self, doc: Any, listener: Listener) -> None:
        """Push to this document until its session ends."""
        session = Session(doc, listener)
        self._sessions[id(doc)] = session
        doc.on_session_destroyed(lambda _: self.leave(doc))
        on_loop(doc, self._start)
        session.push(self.snapshot())

    def leave(self, doc: Any) -> None:
        self._sessions.pop(id(doc), None)

    def snapshot(self) -> Snapshot:
        return Snapshot(self._clock(), self._workspace.overview.bus(), self._status, self._problem, self._ended)

    def tick(self) -> None:
        """Push when a value or the status changed, or a second went by."""
        snapshot = self.snapshot()
        bus = snapshot.bus
        told = (bus.state, bus.messages_received, bus.incidents, bus.trouble)
        seen = (self._workspace.market.version, *told, self._gathered_at)
        is_new = seen != self._seen or snapshot.beat - self._pushed_at >= _BEAT_S * 1e9
        if is_new:
            self._seen, self._pushed_at = seen, snapshot.beat
        for session in list(self._sessions.values()):
            if is_new or session.is_behind:
                self._tell(session, partial(session.push, snapshot))

    def prompt(self) -> None:
        """Tell the pages that want it when a price changed."""
        version = self._workspace.market.version
        if version != self._prompted:
            self._prompted = version
            for session in list(self._sessions.values()):
                self._tell(session, session.prompt)

    def _tell(self, session: Session, push: Callable[[], None]) -> None:
        try:
            push()
        except Exception:
            _LOG.exception("session dropped: its document takes nothing any more")
            self.leave(session.doc)

    async def gather(self) -> None:
        """Read the slower part of the status in a thread: it asks the database."""
        try:
            self._status = await asyncio.to_thread(self._workspace.overview.status)
            self._ended = await asyncio.to_thread(self._find_ended)
            self._problem = ""
        except Exception as error:
            if not self._problem:
                _LOG.exception("status could not be read")
            self._problem = hide(f"the status could not be read: {error}")
        self._gathered_at = self._clock()

    def _find_ended(self) -> frozenset[str]:
        refs = {session.ref for session in list(self._sessions.values())}
        return frozenset(ref for ref in refs if not self._workspace.users.is_live(ref))

    def _start(self) -> None:
        if self._timer is None:
            # In the background: else each tick would light every page's busy indicator.
            self._timer = PeriodicCallback(callback=self._run, period=PROMPT_MS, session_scoped=False, background=True)
            self._timer.start()

    def _run(self) -> None:
        """While a page is open."""
        if not self._sessions:
            timer, self._timer = self._timer, None
            timer.stop()
            return
        self._runs += 1
        is_tick = self._runs % (PERIOD_MS // PROMPT_MS) == 0
        if is_tick:
            self._gather_if_due()
        try:
            # A price waits for nothing else that a page shows.
            self.prompt()
            if is_tick:
                self.tick()
        except Exception:
            _LOG.exception("live values could not be pushed")

    def _gather_if_due(self) -> None:
        is_busy = self._gathering is not None and not self._gathering.done()
        if not is_busy and self._clock() - self._gathered_at >= _GATHER_S * 1e9:
            self._gathering = asyncio.get_running_loop().create_task(self.gather())


def on_loop(doc: Any, action: Callable[[], None]) -> None:
    """Run on the server's loop soon, without the document's lock; may be called from any thread."""

    # A coroutine: Bokeh 3.10 runs plain functions in a thread of their own.
    async def run() -> None:
        action()

    run.nolock = True
    doc.add_next_tick_callback(run)


def _is_gone(doc: Any) -> bool:
    """Has its session ended? Then the page's module is emptied, and nothing in it can run."""
    return bool(getattr(doc.session_context, "destroyed", False))


def _is_locked(doc: Any) -> bool:
    session = getattr(doc.session_context, "session", None)
    # Before Bokeh 3.10 the lock can't be asked, and clicks run on the loop.
    is_locked = getattr(getattr(session, "_lock", None), "locked", None)
    return is_locked is not None and is_locked()


def hub_of(workspace: Any) -> Hub:
    """The one hub of this process."""
    if "hub" not in state.cache:
        state.cache["hub"] = Hub(workspace)
    return state.cache["hub"]
