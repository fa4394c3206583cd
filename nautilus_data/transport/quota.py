"""Quota: what each source was asked lately, how it answered, and whether it may be asked now; one file a machine.

Every process of the machine shares the file: a request is noted there before it leaves, so that neither a second
process nor a restart after a kill goes past a limit. Reading it spends nothing.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock
from pyrate_limiter import Rate, RateItem, SQLiteBucket

from nautilus_data.errors import FatalError, RetryableError

_NS_PER_MS, _NS_PER_S, _NS_PER_DAY = 1_000_000, 1_000_000_000, 86_400_000_000_000
_FILE = "quota.sqlite"
_RETRY_S = 30.0
_TABLES = """
CREATE TABLE IF NOT EXISTS limits (source TEXT, calls INTEGER, per_ms INTEGER, PRIMARY KEY (source, per_ms));
CREATE TABLE IF NOT EXISTS pauses (source TEXT PRIMARY KEY, until_ns INTEGER, reason TEXT);
CREATE TABLE IF NOT EXISTS health (
    source TEXT PRIMARY KEY, ts_last INTEGER, error TEXT, latency_ms REAL, ts_error INTEGER, last_error TEXT,
    ts_ok INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS tallies (
    source TEXT, day INTEGER, asked INTEGER, failed INTEGER, cached INTEGER, PRIMARY KEY (source, day));
"""


@dataclass(frozen=True)
class RateLimit:
    """At most `calls` in any `per_s` seconds."""

    calls: int
    per_s: float

    def __str__(self) -> str:
        return f"{self.calls} requests in {say_span(self.per_s)}"


@dataclass(frozen=True)
class Quota:
    """One limit of a source, and how much of it the last `window_s` seconds used."""

    limit: int
    used: int
    window_s: float

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)


@dataclass(frozen=True)
class Health:
    """The last real request of a source; times are UTC nanoseconds, 0 = never.

    `error` is that request's, '' when it went well; `last_error` is the latest there was, kept until the next one;
    `ts_ok` is the last that went well.
    """

    ts_last: int
    error: str
    latency_ms: float
    ts_error: int = 0
    last_error: str = ""
    ts_ok: int = 0

    @property
    def is_ok(self) -> bool:
        return not self.error


@dataclass(frozen=True)
class Tally:
    """Requests of a source: those that left, how many of them failed; those answered by what was kept."""

    asked: int = 0
    failed: int = 0
    cached: int = 0


@dataclass(frozen=True)
class Pause:
    """A source asked to be left alone until then."""

    until_ns: int
    reason: str


class Ledger:
    """The file all processes share; without a folder, memory of this object alone."""

    def __init__(self, folder: Path | None = None, clock: Callable[[], int] = time.time_ns) -> None:
        self._path = folder and folder / _FILE
        self._clock = clock
        self._buckets: dict[tuple[str, tuple[RateLimit, ...]], SQLiteBucket] = {}
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
        # The lock pyrate-limiter takes for the file; in memory a thread's lock is enough.
        self._lock = FileLock(f"{self._path}.lock", thread_local=False) if self._path else threading.RLock()
        self._threads = threading.RLock()
        try:
            self._connection = self._open()
        except (sqlite3.Error, OSError) as error:
            raise FatalError(f"can't open {self._path}: {error}. Move it away, or set NAUTILUS_DATA_DIR") from None

    def close(self) -> None:
        with self._threads:
            self._connection.close()

    def take(self, source: str, limits: tuple[RateLimit, ...], keep: int = 0) -> tuple[float, str]:
        """Note one request; or the seconds until there is room, and why, when there is none now.

        `keep` calls of the longest limit are left for what is more urgent.
        """
        with self._threads, self._lock, self._told():
            now = self._clock()
            if (pause := self.pause(source)) and pause.until_ns > now:
                return (pause.until_ns - now) / _NS_PER_S, pause.reason
            if not limits:
                return 0.0, ""
            if keep and (wait_s := self._wait_s(source, _kept_back(limits, keep), 1)):
                return wait_s, f"{max(limits, key=_window)} are spent but for {keep}, kept for what is more urgent"
            bucket, item = self._bucket(source, limits), RateItem(source, now // _NS_PER_MS)
            bucket.leak(item.timestamp)
            if bucket.put(item):
                return 0.0, ""
            full = bucket.failing_rate
            # A millisecond more: the window's edge still counts.
            return (bucket.waiting(item) + 1) / 1000, f"{RateLimit(full.limit, full.interval / 1000)} are spent"

    def take_back(self, source: str) -> None:
        """Forget the latest request noted: it never left."""
        table = _table(source)
        self._write(
            f"DELETE FROM {table} WHERE rowid = (SELECT rowid FROM {table} ORDER BY item_timestamp DESC LIMIT 1)"
        )

    def wait_s(self, source: str, limits: tuple[RateLimit, ...], calls: int, keep: int = 0) -> float:
        """Seconds until so many calls, one as soon as the other may, have been let through; notes nothing."""
        if not limits or calls <= 0:
            return 0.0
        return self._wait_s(source, (*limits, *_kept_back(limits, keep)), calls)

    def _wait_s(self, source: str, limits: tuple[RateLimit, ...], calls: int) -> float:
        now_ms = self._clock() // _NS_PER_MS
        since = now_ms - int(max(limit.per_s for limit in limits) * 1000)
        times = [row[0] for row in self._calls("item_timestamp", source, since, "ORDER BY item_timestamp")]
        at = now_ms
        for _ in range(calls):
            earliest = (times[-limit.calls] + limit.per_s * 1000 for limit in limits if len(times) >= limit.calls)
            at = max([at, *earliest])
            times.append(at)
        return (at - now_ms) / 1000

    def quota(self, source: str) -> list[Quota]:
        """Each limit of a source with what is used of it, the shortest window first; empty for one never asked."""
        now_ms = self._clock() // _NS_PER_MS
        rows = self._rows("SELECT calls, per_ms FROM limits WHERE source = ? ORDER BY per_ms", source)
        return [
            Quota(calls, self._calls("count(*)", source, now_ms - per_ms)[0][0], per_ms / 1000)
            for calls, per_ms in rows
        ]

    def recent(self, source: str, window_s: float) -> list[int]:
        """When the requests of the last seconds were noted (ns), the oldest first."""
        since_ms = self._clock() // _NS_PER_MS - int(window_s * 1000)
        rows = self._calls("item_timestamp", source, since_ms, "ORDER BY item_timestamp")
        return [row[0] * _NS_PER_MS for row in rows]

    def health(self, source: str) -> Health | None:
        """How the last real request went, whichever process made it; None when there was none."""
        columns = "ts_last, error, latency_ms, ts_error, last_error, ts_ok"
        rows = self._rows(f"SELECT {columns} FROM health WHERE source = ?", source)
        return Health(*rows[0]) if rows else None

    def pause(self, source: str) -> Pause | None:
        """How long a source is left alone; None when it may be asked."""
        rows = self._rows("SELECT until_ns, reason FROM pauses WHERE source = ?", source)
        return Pause(*rows[0]) if rows and rows[0][0] > self._clock() else None

    def note(self, source: str, error: str, latency_ms: float) -> None:
        """Keep how a request went."""
        now = self._clock()
        self._write(
            "INSERT INTO health (source, ts_last, error, latency_ms, ts_error, last_error, ts_ok)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source) DO UPDATE SET"
            " ts_last = excluded.ts_last, error = excluded.error, latency_ms = excluded.latency_ms,"
            " ts_error = CASE excluded.error WHEN '' THEN ts_error ELSE excluded.ts_error END,"
            " last_error = CASE excluded.error WHEN '' THEN last_error ELSE excluded.last_error END,"
            " ts_ok = max(ts_ok, excluded.ts_ok)",
            (source, now, error, latency_ms, now if error else 0, error, 0 if error else now),
        )
        self._count(source, Tally(asked=1, failed=int(bool(error))))

    def note_cached(self, source: str) -> None:
        """Keep that a request was answered without asking."""
        self._count(source, Tally(cached=1))

    def tally(self, source: str, days: int = 1) -> Tally:
        """The requests of so many days of UTC, today the last."""
        query = "SELECT sum(asked), sum(failed), sum(cached) FROM tallies WHERE source = ? AND day > ?"
        (row,) = self._rows(query, source, self._clock() // _NS_PER_DAY - days)
        return Tally(*(count or 0 for count in row))

    def leave_alone(self, source: str, seconds: float, reason: str) -> None:
        """Nobody asks the source for so long; a longer pause that stands already is kept."""
        until = self._clock() + int(seconds * _NS_PER_S)
        self._write(
            "INSERT INTO pauses VALUES (?, ?, ?) ON CONFLICT (source) DO UPDATE SET until_ns = excluded.until_ns,"
            " reason = excluded.reason WHERE excluded.until_ns > until_ns",
            (source, until, reason),
        )

    def resume(self, source: str) -> None:
        """End a pause: a person asked to try now."""
        self._write("DELETE FROM pauses WHERE source = ?", (source,))

    def _count(self, source: str, more: Tally) -> None:
        self._write(
            "INSERT INTO tallies VALUES (?, ?, ?, ?, ?) ON CONFLICT (source, day) DO UPDATE SET"
            " asked = asked + excluded.asked, failed = failed + excluded.failed, cached = cached + excluded.cached",
            (source, self._clock() // _NS_PER_DAY, more.asked, more.failed, more.cached),
        )

    def _bucket(self, source: str, limits: tuple[RateLimit, ...]) -> SQLiteBucket:
        if (source, limits) not in self._buckets:
            table = _table(source)
            for statement in (
                f"CREATE TABLE IF NOT EXISTS {table} (name VARCHAR, item_timestamp INTEGER)",
                f"CREATE INDEX IF NOT EXISTS idx_{table} ON {table} (item_timestamp)",
            ):
                self._connection.execute(statement)
            self._connection.execute("DELETE FROM limits WHERE source = ?", (source,))
            rows = [(source, limit.calls, int(limit.per_s * 1000)) for limit in limits]
            self._connection.executemany("INSERT INTO limits VALUES (?, ?, ?)", rows)
            rates = [Rate(calls, per_ms) for _, calls, per_ms in rows]
            self._buckets[source, limits] = SQLiteBucket(rates, self._connection, table)
        return self._buckets[source, limits]

    def _calls(self, what: str, source: str, since_ms: int, order: str = "") -> list[tuple]:
        """Of the requests noted since; nothing for a source never asked."""
        table = _table(source)
        if not self._rows("SELECT 1 FROM sqlite_master WHERE name = ?", table):
            return []
        return self._rows(f"SELECT {what} FROM {table} WHERE item_timestamp >= ? {order}", since_ms)

    def _rows(self, query: str, *given: object) -> list[tuple]:
        with self._threads, self._told(), closing(self._connection.execute(query, given)) as cursor:
            return cursor.fetchall()

    def _write(self, statement: str, row: Iterable[object] = ()) -> None:
        with self._threads, self._told():
            self._connection.execute(statement, tuple(row))

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path or ":memory:", timeout=10, check_same_thread=False, isolation_level=None
        )
        with self._threads, self._lock:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")
            connection.executescript(_TABLES)
            if "ts_ok" not in {row[1] for row in connection.execute("PRAGMA table_info(health)")}:
                # A file of before this column.
                connection.execute("ALTER TABLE health ADD COLUMN ts_ok INTEGER NOT NULL DEFAULT 0")
        return connection

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise RetryableError(f"the ledger of requests can't be used: {error}", _RETRY_S) from None


def _kept_back(limits: tuple[RateLimit, ...], keep: int) -> tuple[RateLimit, ...]:
    """The longest limit without the calls kept for others; one is always left."""
    longest = max(limits, key=_window)
    return (RateLimit(max(1, longest.calls - keep), longest.per_s),) if keep else ()


def _window(limit: RateLimit) -> float:
    return limit.per_s


def _table(source: str) -> str:
    if not source.isidentifier():
        raise ValueError(f"not the name of a source: {source!r}")
    return f"calls_{source}"


def say_span(seconds: float) -> str:
    for name, length in (("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.0f} {name}"
    return f"{seconds:.3g} s"
