"""Run: one plan carried out, request after request, through retries, pauses and restarts."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from nautilus_data.core.answer import Taken, restated, say_factor, sift
from nautilus_data.core.dataset import DATASETS
from nautilus_data.core.plan import Mode, Plan, Request, State, entries_of, failed, missing
from nautilus_data.core.timerange import NOTHING, NS_PER_S, TimeRange
from nautilus_data.errors import DisconnectedError, FatalError, RetryableError, SkippableError
from nautilus_data.sources import Source
from nautilus_data.store import Store
from nautilus_data.transport import delays, until_stopped

_LOG = logging.getLogger(__name__)
# So many requests in a row that failed for good: the source is down, the others need not be tried.
_IN_A_ROW = 3
# A source may ask to come back later so often; then the request has failed.
_TOLD_TO_WAIT = 50
_JUMP_NS = 30 * NS_PER_S
_LOOK_S = 0.5
# A source that wants to be left alone for longer is not waited for: others get the turn.
_LONGEST_SLEEP_S = 900.0
Tell = Callable[[int, int, str], None]


@dataclass(frozen=True, kw_only=True)
class Tools:
    """What every run uses; tests put in their own clock and waits."""

    store: Store
    clock: Callable[[], int] = time.time_ns
    monotonic: Callable[[], float] = time.monotonic
    waits: Callable[[], Iterable[float]] = lambda: delays(1.0, 60.0, 5)
    pauses: Callable[[], Iterator[float]] = lambda: delays(1.0, 30.0, 1_000_000)


class PostponedError(RetryableError):
    """The source says when it may be asked again, and that is too long to wait for."""


class Run:
    """Every answer is stored with its request's state in one transaction, so a run that dies goes on where it was."""

    def __init__(self, plan: Plan, source: Source, tools: Tools, job_id: int = 0, tell: Tell | None = None) -> None:
        self._plan, self._series, self._source, self._tools = plan, plan.series, source, tools
        self._store, self._job_id, self._tell = tools.store, job_id, tell
        self.note = plan.note
        self.requests = {entry.ordinal: entry for entry in plan.entries}
        self.row, self.are_bars = DATASETS[plan.series.dataset].row, plan.series.dataset == "bars"
        self._open = deque(entry for entry in plan.entries if entry.state.is_open)

    async def carry_out(self) -> None:
        """Ask everything that was not asked yet.

        FatalError or RetryableError when it must stop before the end; PostponedError when it goes on later.
        """
        await self._patiently(self._skip_what_came_meanwhile)
        in_a_row = 0
        while self._open:
            taken = await self._ask(self._open[0])
            await self._keep(self._open.popleft(), taken)
            in_a_row = in_a_row + 1 if taken.state is State.FAILED else 0
            if in_a_row == _IN_A_ROW:
                raise RetryableError(f"{in_a_row} requests failed one after another, the last: {taken.error}")

    async def _ask(self, entry: Request) -> Taken:
        """What a request brings, after as many tries as it takes."""
        waits, told = iter(self._tools.waits()), 0
        while True:
            await self._while_interrupted()
            await self._note(entry, message=f"asking for {entry.span}")
            try:
                return await self._try(entry)
            except SkippableError as error:
                holes = [(entry.span, str(error))]
                return Taken(state=State.REFUSED, covered=entry.span, holes=holes, error=str(error))
            except DisconnectedError as error:
                await self._pause(entry, error)
            except RetryableError as error:
                wait_s = next(waits, None) if error.retry_after is None else error.retry_after
                told += 1
                if wait_s is None or told > _TOLD_TO_WAIT:
                    return Taken(state=State.FAILED, error=str(error))
                if wait_s > _LONGEST_SLEEP_S:
                    await self._note(entry, str(error), f"put off: {error}")
                    raise PostponedError(str(error), wait_s) from error
                _LOG.warning("source failed, trying again series=%s span=%s reason=%s", self._series, entry.span, error)
                await self._note(entry, str(error), f"trying again in {wait_s:.0f} s: {error}")
                await asyncio.sleep(wait_s)
            except FatalError as error:
                await self._keep(entry, Taken(state=State.FAILED, error=str(error)))
                raise
            except Exception as error:
                # A fault in one source's answer or adapter fails its request and nothing else.
                _LOG.exception("request failed series=%s span=%s", self._series, entry.span)
                return Taken(state=State.FAILED, error=f"the answer could not be used: {error!r}")

    async def _try(self, entry: Request) -> Taken:
        # Asked before the source answers: what happens meanwhile may not be in the answer.
        asked_at, started = self._tools.clock(), self._tools.monotonic()
        payload = await until_stopped(
            self._source.extract(self._series, entry.span), self._source.interruption, DisconnectedError, _LOOK_S
        )
        frame = await asyncio.to_thread(self._source.normalize, payload, self._series)
        drift = self._tools.clock() - asked_at - int((self._tools.monotonic() - started) * NS_PER_S)
        if abs(drift) > _JUMP_NS:
            raise RetryableError(f"the clock jumped by {drift / NS_PER_S:+.0f} s meanwhile: asked again", 0.0)
        settles = self._source.spec.capability(self._series).settles_ns
        more = await asyncio.to_thread(self._source.refused, payload, self._series)
        if described := await asyncio.to_thread(self._source.described, payload, self._series):
            await self._patiently(self._store.write_rows, described)
        refused = list(zip(more["ts_event"].tolist(), more["reason"], more["row"], strict=True))
        return await asyncio.to_thread(sift, self._series, entry.span, frame, asked_at, settles, refused)

    async def _keep(self, entry: Request, taken: Taken) -> None:
        """Store an answer with its request's state."""
        done = len(self.requests) - len(self._open)
        message = f"{done} of {len(self.requests)} requests answered"
        await self._patiently(self._look_for_restatement, entry, taken)
        await self._patiently(self._store.settle, self._series, taken, self._job_id, entry.ordinal, message)
        self._mark(entry, taken.state, taken.error, taken.count)
        if self._tell:
            await self._patiently(self._tell, done, len(self.requests), message)

    async def _while_interrupted(self) -> None:
        is_told = False
        while reason := self._source.interruption():
            if not is_told:
                await self._say(f"paused: {reason}; goes on by itself")
            is_told = True
            await asyncio.sleep(_LOOK_S)

    async def _pause(self, entry: Request, error: DisconnectedError) -> None:
        """Wait for the other side, without counting it as a try."""
        for wait_s in self._tools.pauses():
            await self._note(entry, str(error), f"paused: {error}; goes on by itself")
            await asyncio.sleep(wait_s if error.retry_after is None else error.retry_after)
            if self._source.interruption():
                continue
            return

    async def _note(self, entry: Request, error: str = "", message: str = "") -> None:
        if self._job_id:
            await self._patiently(self._store.note_attempt, self._job_id, entry.ordinal, error, message)

    async def _say(self, message: str) -> None:
        _LOG.warning("backfill waits series=%s reason=%s", self._series, message)
        if self._job_id:
            await self._patiently(partial(self._store.update_job, self._job_id, message=message))

    async def _patiently(self, action: Callable[..., object], *given: object) -> None:
        await patiently(action, *given, waits=self._tools.pauses)

    def _skip_what_came_meanwhile(self) -> None:
        """What another job stored since the plan was made is not asked again."""
        if self._plan.mode is Mode.ALL:
            return
        answers, span = self._store.answers(self._series), self._plan.span
        if self._plan.mode is Mode.MISSING_FAILED:
            refused = failed(answers)
            answers = [(part, why) for part, why in answers if part not in refused]
        left = missing(self._series, span, answers, self._store.times(self._series, span))
        taken = Taken(state=State.DONE, error="stored by another job meanwhile")
        for entry in [one for one in self._open if not any(one.span.overlaps(part) for part in left)]:
            self._store.settle(self._series, taken, self._job_id, entry.ordinal)
            self._mark(entry, taken.state, taken.error, 0)
            self._open.remove(entry)

    def _look_for_restatement(self, entry: Request, taken: Taken) -> None:
        """Compare what is stored with the same bars now; where one factor lies between, ask for the whole again."""
        overlap = self._plan.overlap
        if self.note or not overlap or not taken.count or not entry.span.overlaps(overlap):
            return
        names = ["ts_event", "close"]
        factor = restated(self._store.read(self._series, overlap, columns=names), taken.rows[names])
        if factor is None:
            return
        note = f"{say_factor(factor)}: what was stored before is asked for again"
        _LOG.warning("history was restated series=%s reason=%s", self._series, note)
        again = self._all_stored(entry)
        first = max(self.requests) + 1
        more = entries_of(self._series, again, self._source.cost, first)
        forgotten = TimeRange(again[0].start, again[-1].end) if again else NOTHING
        self._store.extend_backfill(self._job_id, self._series, more, note, forgotten)
        self.note = note
        self.requests.update({one.ordinal: one for one in more})
        self._open.extend(more)

    def _all_stored(self, entry: Request) -> list[TimeRange]:
        """Requests for everything stored but what this one brings."""
        covered = self._store.coverage(self._series)
        left = (part for span in covered for part in span.subtract([entry.span]))
        return [chunk for part in left for chunk in self._source.chunks(self._series, part)]

    def _mark(self, entry: Request, state: State, error: str, rows: int) -> None:
        self.requests[entry.ordinal] = Request(
            ordinal=entry.ordinal, span=entry.span, expected=entry.expected, cost=entry.cost, state=state,
            error=error, rows=rows,
        )  # fmt: skip


async def patiently(action: Callable[..., object], *given: object, waits: Callable[[], Iterable[float]]) -> object:
    """What a blocking action on the store returns; a database that is away is waited for."""
    for wait_s in waits():
        try:
            return await asyncio.to_thread(action, *given)
        except RetryableError as error:
            _LOG.warning("the store is away, trying again reason=%s", error)
            await asyncio.sleep(wait_s)
    return await asyncio.to_thread(action, *given)
