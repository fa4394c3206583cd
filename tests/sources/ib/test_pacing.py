"""The limits of historical requests, on a clock of the test's own; and after a kill, on the real one."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nautilus_data.errors import RetryableError
from nautilus_data.sources.ib.pacing import SOURCE, Limits, Pacing, Request
from nautilus_data.transport import Ledger


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pacing(tmp_path: Path, clock: Clock) -> Pacing:
    return Pacing(tmp_path, clock=clock)


def request(number: int, line: str = "") -> Request:
    return Request(line or f"line {number}", f"{line} {number}")


def send(pacing: Pacing, clock: Clock, wanted: Request) -> float:
    """Wait as told until it may be sent; the time it was sent."""
    while wait_s := pacing.reserve(wanted):
        clock.now += wait_s
    return clock.now


def test_sixty_in_ten_minutes_and_then_one_as_each_grows_old(pacing: Pacing, clock: Clock) -> None:
    began = clock.now
    for number in range(60):
        assert send(pacing, clock, request(number)) == began + number
        clock.now += 1
    assert pacing.left() == 0
    assert send(pacing, clock, request(60)) == pytest.approx(began + 601)
    assert send(pacing, clock, request(61)) == pytest.approx(began + 602)


def test_the_same_request_waits_fifteen_seconds(pacing: Pacing, clock: Clock) -> None:
    began = send(pacing, clock, request(1))
    assert send(pacing, clock, request(1)) == pytest.approx(began + 15.5)
    assert send(pacing, clock, request(1)) == pytest.approx(began + 31)


def test_five_of_one_contract_in_two_seconds(pacing: Pacing, clock: Clock) -> None:
    began = clock.now
    sent = [send(pacing, clock, request(number, "AAPL")) for number in range(7)]
    assert sent[:5] == [began] * 5
    assert sent[5] == pytest.approx(began + 2.2)
    assert send(pacing, clock, request(1, "SPY")) == clock.now


def test_what_counts_twice_is_counted_twice(pacing: Pacing) -> None:
    assert pacing.reserve(Request("line", "text", cost=2)) == 0
    assert pacing.used() == 2


def test_no_rule_is_broken_whatever_is_asked(tmp_path: Path, clock: Clock) -> None:
    """Against the vendor's words, counted anew."""
    pacing, chance, sent = Pacing(tmp_path, clock=clock), random.Random(4), []
    for _ in range(250):
        wanted = request(chance.randrange(40), chance.choice(("AAPL", "SPY", "ES")))
        sent.append((send(pacing, clock, wanted), wanted))
        clock.now += chance.choice((0, 0, 0, 0.3, 5))
    for place, (at, wanted) in enumerate(sent):
        before = sent[:place]
        assert sum(at - other < 600 for other, _ in before) < 60
        assert sum(at - other < 2 and one.line == wanted.line for other, one in before) < 6
        assert not any(at - other < 15 and one.text == wanted.text for other, one in before)


def test_two_processes_share_one_quota(tmp_path: Path, clock: Clock) -> None:
    first, second = Pacing(tmp_path, clock=clock), Pacing(tmp_path, clock=clock)
    for number in range(60):
        assert (first, second)[number % 2].reserve(request(number)) == 0
    assert first.left() == second.left() == 0
    assert second.reserve(request(99)) > 600


def test_the_time_of_a_plan_is_estimated(pacing: Pacing, clock: Clock) -> None:
    assert pacing.estimate_s(60) == 0
    assert pacing.estimate_s(61) == pytest.approx(601)
    assert pacing.estimate_s(181) == pytest.approx(1803)
    for number in range(30):
        pacing.reserve(request(number))
    clock.now += 100
    assert pacing.estimate_s(30) == 0
    assert pacing.estimate_s(31) == pytest.approx(501)


def test_a_clock_that_jumped_back_does_not_block_for_ever(pacing: Pacing, clock: Clock) -> None:
    for number in range(60):
        pacing.reserve(request(number))
    clock.now -= 86_400
    assert pacing.reserve(request(99)) == 0


def test_a_turn_that_is_too_far_off_is_told(pacing: Pacing) -> None:
    pacing.reserve(request(1))
    with pytest.raises(RetryableError, match="wait 16 s") as caught:
        asyncio.run(pacing.wait_turn(request(1), 1.0))
    assert caught.value.retry_after == pytest.approx(15.5)


def test_a_pause_is_kept_and_pages_see_quota_and_health(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    pacing = Pacing(tmp_path, ledger)
    pacing.reserve(request(1))
    pacing.note("no answer", 12.0)
    assert [(quota.limit, quota.used) for quota in ledger.quota(SOURCE)] == [(60, 1)]
    assert ledger.health(SOURCE).error == "no answer"
    pacing.leave_alone(30.0, "somebody else asks too")
    assert 29 < pacing.reserve(request(2)) <= 30
    ledger.close()


def test_a_file_that_is_no_ledger_stops_requests_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "ib_requests.sqlite").write_text("no database, but long enough to be told apart from an empty one" * 9)
    with pytest.raises(RetryableError, match="nothing is asked"):
        Pacing(tmp_path).reserve(request(1))


_ASKER = """
import sys, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from nautilus_data.sources.ib.pacing import Limits, Pacing, Request
pacing = Pacing(Path(sys.argv[1]), limits=Limits(calls=1000))
for number in range(1000):
    pacing.reserve(Request(f"line {number}", f"{sys.argv[2]} {number}"))
    print(number, flush=True)
"""


def test_what_was_asked_before_a_kill_still_counts(tmp_path: Path) -> None:
    told = 0
    for turn in range(3):
        command = [sys.executable, "-c", _ASKER, str(tmp_path), str(turn)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]) as asker:
            for _ in range(5 + turn):
                asker.stdout.readline()
            os.kill(asker.pid, signal.SIGKILL)
            # What it printed before it died was asked.
            told += 5 + turn + len(asker.stdout.readlines())
    used = Pacing(tmp_path, limits=Limits(calls=1000)).used()
    assert told <= used <= told + 3


def test_many_threads_share_a_file_that_was_never_opened(tmp_path: Path) -> None:
    """SQLite refuses some of them at once while another switches the file's log on."""
    for turn in range(20):
        pacing = Pacing(tmp_path / str(turn), limits=Limits(calls=1_000), clock=Clock())
        with ThreadPoolExecutor(8) as threads:
            assert not any(threads.map(pacing.reserve, map(request, range(24))))
        assert pacing.used() == 24
        pacing.close()
