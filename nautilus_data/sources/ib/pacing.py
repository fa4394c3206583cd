"""Pacing: what was asked of Interactive Brokers, so that no limit is broken, by any process, also after a crash."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from nautilus_data.errors import RetryableError
from nautilus_data.transport import Health, Ledger, RateLimit

SOURCE = "interactive_brokers"
_FILE = "ib_requests.sqlite"
_BUSY_S, _AGAIN_S = 5.0, 0.01
_EDGE_S = 0.01
_TABLE = "CREATE TABLE IF NOT EXISTS ib_requests (at REAL NOT NULL, cost INTEGER NOT NULL, line TEXT, request TEXT)"


@dataclass(frozen=True)
class Limits:
    """The vendor's limits of historical requests, each window longer by what clock and wire may differ."""

    calls: int = 60
    window_s: float = 601.0
    calls_per_line: int = 5  # "six or more" of one contract, exchange and tick type are too many
    line_window_s: float = 2.2
    same_window_s: float = 15.5


# What the ledger of all sources shows.
RATES = (RateLimit(Limits.calls, Limits.window_s),)


@dataclass(frozen=True)
class Request:
    """A historical request: `line` is contract, exchange and tick type; `text` all of it."""

    line: str
    text: str
    cost: int = 1  # BID_ASK counts twice


class Pacing:
    """One SQLite file per machine; a request is written down before it is sent.

    What a ledger of all sources can't say is kept here: which request, of which contract. That ledger is told too, so
    that pages show this source's quota and health as any other's.
    """

    def __init__(
        self,
        folder: Path,
        ledger: Ledger | None = None,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path, self._limits, self._clock = str(folder / _FILE), limits or Limits(), clock
        self._given_ledger, self._ledger = ledger, ledger or Ledger()
        self._rates = (RateLimit(self._limits.calls, self._limits.window_s),)

    def close(self) -> None:
        """Let go of what it keeps open; a ledger it was given stays."""
        if self._given_ledger is None:
            self._ledger.close()

    @property
    def quota(self) -> int:
        return self._limits.calls

    def used(self) -> int:
        """Calls that count at this moment."""
        with self._open() as file:
            return self._used(file, self._clock())

    def left(self) -> int:
        return max(0, self._limits.calls - self.used())

    def estimate_s(self, calls: int) -> float:
        """Seconds until so many further calls have been sent, if nobody else asks."""
        with self._open() as file:
            since = self._clock() - self._limits.window_s
            rows = file.execute("SELECT at, cost FROM ib_requests WHERE at > ? ORDER BY at", (since,)).fetchall()
        sent = [at for at, cost in rows for _ in range(cost)]
        start = self._clock()
        pause = self._ledger.pause(SOURCE)
        now = max(start, pause.until_ns / 1e9) if pause else start
        for _ in range(calls):
            if len(sent) >= self._limits.calls:
                now = max(now, sent[-self._limits.calls] + self._limits.window_s)
            sent.append(now)
        return now - start

    def reserve(self, request: Request) -> float:
        """Write a request down and return 0, or the seconds after which to try again."""
        if pause := self._ledger.pause(SOURCE):
            return max(0.0, pause.until_ns / 1e9 - self._clock()) or _EDGE_S
        with self._open() as file:
            file.execute("BEGIN IMMEDIATE")
            now = self._clock()
            file.execute("DELETE FROM ib_requests WHERE at <= ? OR at > ?", (now - self._limits.window_s, now + 1.0))
            wait_s = max(self._waits(file, request, now))
            if wait_s <= 0:
                for _ in range(request.cost):
                    self._ledger.take(SOURCE, self._rates)
                row = (now, request.cost, request.line, request.text)
                file.execute("INSERT INTO ib_requests VALUES (?, ?, ?, ?)", row)
            file.commit()
        return max(0.0, wait_s)

    def leave_alone(self, seconds: float, reason: str) -> None:
        """Somebody else spends the quota of this login too: nothing is asked for so long."""
        self._ledger.leave_alone(SOURCE, seconds, reason)

    def note(self, error: str, latency_ms: float) -> None:
        """Keep how a request went, for the health of the source."""
        self._ledger.note(SOURCE, error, latency_ms)

    def health(self) -> Health | None:
        """How the last real request went, whichever process made it."""
        return self._ledger.health(SOURCE)

    async def wait_turn(self, request: Request, longest_s: float) -> None:
        """Return when the request may be sent; RetryableError when that is more than `longest_s` away."""
        until = time.monotonic() + longest_s
        while wait_s := await asyncio.to_thread(self.reserve, request):
            if time.monotonic() + wait_s > until:
                raise RetryableError(
                    f"the limit of {self._limits.calls} historical requests in {self._limits.window_s / 60:.0f} minutes"
                    f" is used up: wait {wait_s:.0f} s",
                    wait_s,
                )
            await asyncio.sleep(wait_s)

    def _waits(self, file: sqlite3.Connection, request: Request, now: float) -> Iterator[float]:
        limits = self._limits
        over = self._used(file, now) + request.cost - limits.calls
        yield self._until_free(file, "1 = 1", (), over, limits.window_s, now)
        yield self._until_free(file, "request = ?", (request.text,), 1, limits.same_window_s, now, newest=True)
        recent = "line = ? AND at > ?"
        chosen = (request.line, now - limits.line_window_s)
        (count,) = file.execute(f"SELECT COUNT(*) FROM ib_requests WHERE {recent}", chosen).fetchone()
        yield self._until_free(file, recent, chosen, count + 1 - limits.calls_per_line, limits.line_window_s, now)

    def _until_free(
        self,
        file: sqlite3.Connection,
        where: str,
        values: tuple,
        over: int,
        window_s: float,
        now: float,
        newest: bool = False,
    ) -> float:
        """Seconds until calls that cost `over` have left the window."""
        order = "DESC" if newest else "ASC"
        for at, cost in file.execute(f"SELECT at, cost FROM ib_requests WHERE {where} ORDER BY at {order}", values):
            if over <= 0:
                break
            over -= cost
            if over <= 0:
                return at + window_s - now
        return 0.0

    def _used(self, file: sqlite3.Connection, now: float) -> int:
        since = now - self._limits.window_s
        return file.execute("SELECT COALESCE(SUM(cost), 0) FROM ib_requests WHERE at > ?", (since,)).fetchone()[0]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(self._connect()) as file:
                yield file
        except sqlite3.Error as error:
            raise RetryableError(
                f"can't read the request ledger {self._path} ({error}): nothing is asked", 5.0
            ) from None

    def _connect(self) -> sqlite3.Connection:
        """While another opens or closes the file SQLite refuses the log at once, whatever the timeout: tried again."""
        until = time.monotonic() + _BUSY_S
        while True:
            file = sqlite3.connect(self._path, timeout=_BUSY_S, isolation_level=None)
            try:
                # Nothing written is lost by a kill; after a power cut quotas are fresh anyway.
                file.execute("PRAGMA journal_mode=WAL")
                file.execute("PRAGMA synchronous=OFF")
                file.execute(_TABLE)
                return file
            except sqlite3.Error as error:
                file.close()
                if "locked" not in str(error) or time.monotonic() > until:
                    raise
            time.sleep(_AGAIN_S)
