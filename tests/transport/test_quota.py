"""The ledger: limits hold across threads, processes and kills; reading it spends nothing."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from nautilus_data.errors import FatalError, RetryableError
from nautilus_data.transport import Ledger, Meter, Quota, RateLimit, Tally

LIMITS = (RateLimit(3, 1), RateLimit(5, 60))
_S = 1_000_000_000


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1_700_000_000 * _S

    def __call__(self) -> int:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += int(seconds * _S)


def meter(ledger: Ledger, clock: Clock, limits: tuple[RateLimit, ...] = LIMITS, patience_s: float = 6.0) -> Meter:
    return Meter(ledger, "yahoo", "Yahoo Finance", limits, patience_s, clock.sleep)


@pytest.fixture(params=["memory", "file"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Ledger:
    made = Ledger(tmp_path if request.param == "file" else None, clock)
    yield made
    made.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_short_wait_is_waited_for_and_a_long_one_is_told(ledger: Ledger, clock: Clock) -> None:
    source, start = meter(ledger, clock), clock.now
    for _ in range(5):
        source.enter()
    assert 1.0 < (clock.now - start) / _S < 1.1
    with pytest.raises(RetryableError, match=r"Yahoo Finance is not asked .* 5 requests in 1 min are spent") as caught:
        source.enter()
    assert 58 < caught.value.retry_after < 60


def test_the_quota_is_what_the_last_window_saw(ledger: Ledger, clock: Clock) -> None:
    source = meter(ledger, clock)
    assert ledger.quota("yahoo") == []
    source.enter()
    source.enter()
    assert ledger.quota("yahoo") == [Quota(3, 2, 1.0), Quota(5, 2, 60.0)]
    assert [entry.left for entry in ledger.quota("yahoo")] == [1, 3]
    clock.sleep(2)
    assert [entry.used for entry in ledger.quota("yahoo")] == [0, 2]
    clock.sleep(60)
    assert [entry.used for entry in ledger.quota("yahoo")] == [0, 0]


def test_the_time_many_requests_take_is_told_without_spending_any(ledger: Ledger, clock: Clock) -> None:
    source = meter(ledger, clock)
    source.enter()
    assert (source.wait_s(2), source.wait_s(3)) == (0.0, 1.0)
    assert source.wait_s(5) == 60.0
    assert ledger.quota("yahoo")[1].used == 1


def test_sources_do_not_share_their_limits(ledger: Ledger, clock: Clock) -> None:
    other = Meter(ledger, "fred", "FRED", (RateLimit(1, 1),), 0.0, clock.sleep)
    for _ in range(3):
        meter(ledger, clock).enter()
    other.enter()
    assert ledger.quota("fred") == [Quota(1, 1, 1.0)]


def test_a_pause_holds_for_all_and_a_shorter_one_does_not_end_it(ledger: Ledger, clock: Clock) -> None:
    source = meter(ledger, clock)
    source.leave_alone(900, "too many requests (429)")
    source.leave_alone(10, "later")
    with pytest.raises(RetryableError, match=r"15 min: too many requests \(429\)") as caught:
        meter(ledger, clock).enter()
    assert caught.value.retry_after == 900
    assert ledger.quota("yahoo") == []
    ledger.resume("yahoo")
    source.enter()
    source.leave_alone(5, "again")
    source.enter()
    assert ledger.pause("yahoo") is None


def test_health_is_the_last_request_and_keeps_the_last_error(ledger: Ledger, clock: Clock) -> None:
    source = meter(ledger, clock)
    assert ledger.health("yahoo") is None
    source.note("no answer in time", 10_000.0)
    failed_at = clock.now
    clock.sleep(5)
    source.note("", 12.5)
    health = ledger.health("yahoo")
    assert health.is_ok and (health.ts_last, health.latency_ms) == (clock.now, 12.5)
    assert (health.ts_error, health.last_error) == (failed_at, "no answer in time")
    source.note("refused", 1.0)
    assert not ledger.health("yahoo").is_ok and ledger.health("yahoo").last_error == "refused"


def test_when_a_source_last_answered_outlives_the_errors_after_it_and_the_process(tmp_path: Path, clock: Clock) -> None:
    with closing(Ledger(tmp_path, clock)) as ledger:
        ledger.note("yahoo", "", 5.0)
        went_well = clock.now
        clock.sleep(10)
        ledger.note("yahoo", "busy", 5.0)
    with closing(Ledger(tmp_path, clock)) as ledger:
        health = ledger.health("yahoo")
    assert (health.ts_ok, health.ts_error, health.is_ok) == (went_well, clock.now, False)


def test_a_ledger_of_before_is_used_on(tmp_path: Path, clock: Clock) -> None:
    with closing(sqlite3.connect(tmp_path / "quota.sqlite")) as old:
        columns = "ts_last INTEGER, error TEXT, latency_ms REAL, ts_error INTEGER, last_error TEXT"
        old.execute(f"CREATE TABLE health (source TEXT PRIMARY KEY, {columns})")
        old.execute("INSERT INTO health VALUES ('yahoo', 7, '', 5.0, 3, 'busy')")
        old.commit()
    with closing(Ledger(tmp_path, clock)) as ledger:
        assert (ledger.health("yahoo").ts_last, ledger.health("yahoo").ts_ok) == (7, 0)
        ledger.note("yahoo", "", 5.0)
        assert ledger.health("yahoo").ts_ok == clock.now


def test_changed_limits_count_what_was_asked_before(tmp_path: Path, clock: Clock) -> None:
    first = Ledger(tmp_path, clock)
    for _ in range(3):
        meter(first, clock).enter()
    first.close()
    second = Ledger(tmp_path, clock)
    with pytest.raises(RetryableError):
        meter(second, clock, (RateLimit(3, 60),)).enter()
    assert second.quota("yahoo") == [Quota(3, 3, 60.0)]
    second.close()


def test_a_clock_set_back_never_lets_more_through(ledger: Ledger, clock: Clock) -> None:
    source = meter(ledger, clock, (RateLimit(2, 60),), 0.0)
    source.enter()
    source.enter()
    clock.sleep(-3600)
    with pytest.raises(RetryableError):
        source.enter()


def test_threads_of_one_process_keep_to_the_limit(tmp_path: Path) -> None:
    ledger, times = Ledger(tmp_path), []
    source = Meter(ledger, "yahoo", "Yahoo Finance", (RateLimit(4, 0.5),))

    def ask() -> None:
        for _ in range(3):
            source.enter()
            times.append(time.time())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(times) == 12 and max(times) - min(times) > 0.95
    ledger.close()


def test_a_ledger_that_is_no_database_is_told_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "quota.sqlite").write_bytes(b"this is no database" * 100)
    with pytest.raises(FatalError, match=r"can't open .*quota\.sqlite: .*Move it away"):
        Ledger(tmp_path)
    assert (tmp_path / "quota.sqlite").read_bytes().startswith(b"this is no")


def test_a_ledger_that_is_gone_is_retryable_and_no_request_leaves(tmp_path: Path, clock: Clock) -> None:
    ledger = Ledger(tmp_path, clock)
    source = meter(ledger, clock)
    ledger.close()
    for use in (source.enter, lambda: ledger.quota("yahoo"), lambda: ledger.health("yahoo")):
        with pytest.raises(RetryableError, match="ledger of requests can't be used"):
            use()


ASKING = """
import sys, time
from pathlib import Path
from nautilus_data.transport import Ledger, Meter, RateLimit
source = Meter(Ledger(Path(sys.argv[1])), "yahoo", "Yahoo", (RateLimit(4, 1), RateLimit(1000, 3600)), 60.0)
while True:
    source.enter()
    print(time.time_ns(), flush=True)
"""


def test_processes_that_are_killed_and_started_again_together_keep_to_the_limit(tmp_path: Path) -> None:
    command, times = [sys.executable, "-c", ASKING, str(tmp_path)], []
    for _ in range(2):
        running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in "ab"]
        times += [int(process.stdout.readline()) for process in running]
        time.sleep(1.2)
        for process in running:
            process.send_signal(signal.SIGKILL)
        for process in running:
            times += [int(line) for line in process.communicate()[0].split() if len(line) == 19]
    with closing(sqlite3.connect(tmp_path / "quota.sqlite")) as file:
        noted = sorted(row[0] for row in file.execute("SELECT item_timestamp FROM calls_yahoo"))
    # What was done had been noted before, and no more than four in any second ever were.
    assert len(noted) >= len(times) >= 8
    assert all(later - earlier >= 1000 for earlier, later in zip(noted, noted[4:], strict=False))
    ledger = Ledger(tmp_path)
    assert ledger.quota("yahoo")[1].used == len(noted)
    ledger.close()


def test_some_calls_of_the_longest_limit_are_kept_for_what_is_more_urgent(ledger: Ledger, clock: Clock) -> None:
    day = (RateLimit(1, 1.5), RateLimit(10, 86_400))
    source, start = meter(ledger, clock, day), clock.now
    for _ in range(7):
        source.enter(keep=3)
    assert 9.0 <= (clock.now - start) / _S < 9.1
    with pytest.raises(RetryableError, match="10 requests in 24 h are spent but for 3, kept") as caught:
        source.enter(keep=3)
    assert 86_380 < caught.value.retry_after < 86_400
    assert source.wait_s(1, keep=3) == pytest.approx(caught.value.retry_after, abs=1)
    assert source.wait_s(1) < 2 and source.wait_s(4) > 86_000
    for _ in range(3):
        source.enter()
    assert ledger.quota("yahoo")[1].left == 0
    clock.sleep(86_400 - 12)
    source.enter(keep=3)


def test_a_request_that_never_left_is_taken_back(ledger: Ledger, clock: Clock) -> None:
    source = meter(ledger, clock)
    source.enter()
    source.enter()
    source.take_back()
    assert [quota.used for quota in ledger.quota("yahoo")] == [1, 1]
    Meter(ledger, "unlimited", "Unlimited").take_back()


def test_requests_are_counted_by_day_for_all_processes(tmp_path: Path, clock: Clock) -> None:
    first, second = Ledger(tmp_path, clock), Ledger(tmp_path, clock)
    assert first.tally("edgar") == Tally()
    for error in ("", "late", ""):
        first.note("edgar", error, 1.0)
    second.note_cached("edgar")
    second.note("yahoo", "", 1.0)
    assert first.tally("edgar") == second.tally("edgar") == Tally(asked=3, failed=1, cached=1)
    clock.now += 86_400 * _S
    first.note("edgar", "", 1.0)
    assert first.tally("edgar") == Tally(asked=1)
    assert second.tally("edgar", days=2) == Tally(asked=4, failed=1, cached=1)
    first.close()
    second.close()
