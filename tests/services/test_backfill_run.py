"""A backfill through what goes wrong: drops, freezes, stops, clocks, splits, impossible bars; and its calendar."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest

from nautilus_data.core.calendar import expected
from nautilus_data.core.dataset import NO_DATA, Series
from nautilus_data.core.job import BACKFILL, Job, Status
from nautilus_data.core.plan import State
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, TimeRange, say_time, to_ns
from nautilus_data.errors import DisconnectedError, FatalError, RetryableError, SkippableError
from nautilus_data.services.backfill import Backfill, run_job
from nautilus_data.sources import Capability, Source, SourceSpec
from nautilus_data.store import Store
from tests.conftest import wait_until

HOUR = 3_600 * NS_PER_S
AAPL = Series(instrument_id="AAPL.NASDAQ", source="market", timeframe="1-HOUR", adjustment="split")
DAILY = Series(instrument_id="AAPL.NASDAQ", source="market", timeframe="1-DAY")
# A week with Thanksgiving, a half day after it, and nothing at the weekend.
WEEK = TimeRange.of("2024-11-25", "2024-12-02")
NOW = to_ns("2025-01-10T15:10")
Change = Callable[[pd.DataFrame], pd.DataFrame]


class Market(Source):
    """Every bar the calendar expects; `change` turns an answer into what a test wants, `fail` raises instead of it."""

    spec: ClassVar[SourceSpec] = SourceSpec(
        name="market",
        title="Market",
        url="",
        capabilities=(
            Capability(
                dataset="bars",
                timeframes=("1-MINUTE", "1-HOUR", "1-DAY"),
                adjustments=("raw", "split"),
                max_span_ns=7 * NS_PER_DAY,
            ),
        ),
    )

    def __init__(self) -> None:
        self.price = 100
        self.asked: list[TimeRange] = []
        self.change: Change = lambda frame: frame
        self.fail: list[Exception] = []
        self.reason = self.unavailable = ""
        self.is_frozen = False

    def interruption(self) -> str:
        return self.reason

    def unavailable_reason(self) -> str:
        return self.unavailable

    async def extract(self, series: Series, span: TimeRange) -> Any:
        self.asked.append(span)
        while self.is_frozen:
            await asyncio.sleep(0.01)
        if self.fail:
            raise self.fail.pop(0)
        return expected(series, span).due

    def normalize(self, payload: Any, series: Series) -> pd.DataFrame:
        prices = dict.fromkeys(("open", "high", "low", "close"), self.price * 1_000_000_000)
        return self.change(pd.DataFrame({"ts_event": payload, "ts_init": payload, **prices, "volume": 1.0}))


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def market() -> Market:
    return Market()


@pytest.fixture
def backfill(market: Market, store: Store, clock: Clock) -> Backfill:
    return Backfill({"market": market}, store, clock=clock, waits=lambda: [0.0, 0.0])


def run(backfill: Backfill, store: Store, series: Series = AAPL, span: TimeRange = WEEK, mode: str = "missing") -> Job:
    backfill.start(backfill.plan_series(series, span.start, span.end, mode))
    return carry_out(backfill, store)


def carry_out(backfill: Backfill, store: Store) -> Job:
    job = store.claim_job([BACKFILL])
    asyncio.run(run_job(backfill, store, job))
    return store.job(job.id)


def delete_bar(store: Store, series: Series, ts_event: int) -> None:
    with store._writing() as connection:
        connection.exec_driver_sql(f"DELETE FROM bars WHERE ts_event = {ts_event}")


def replace_rows(ts_event: int, **values: int) -> Change:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        for name, value in values.items():
            frame.loc[frame["ts_event"] == ts_event, name] = value
        return frame

    return change


def test_only_bars_of_sessions_are_expected(backfill: Backfill, store: Store) -> None:
    plan = backfill.plan_series(AAPL, WEEK.start, WEEK.end)
    # Seven bars on three days, none on Thanksgiving, four on the half day.
    assert (plan.requests, plan.rows, plan.cost) == (1, 25, 1)
    assert plan.ts_estimated > plan.ts_planned == NOW
    assert run(backfill, store).message == "25 bars stored in 1 request"
    assert backfill.plan_series(AAPL, WEEK.start, WEEK.end).is_empty


def test_a_weekend_is_never_asked_for(backfill: Backfill) -> None:
    weekend = TimeRange.of("2024-11-30", "2024-12-02")
    assert backfill.plan_series(AAPL, weekend.start, weekend.end).is_empty


def test_a_bar_that_vanished_is_found_and_fetched_again(backfill: Backfill, store: Store, market: Market) -> None:
    run(backfill, store)
    lost = to_ns("2024-11-29T16:30")
    delete_bar(store, AAPL, lost)
    plan = backfill.plan_series(AAPL, WEEK.start, WEEK.end)
    assert plan.rows == 6
    market.asked.clear()
    assert carry_out_plan(backfill, store, plan).status is Status.SUCCEEDED
    assert lost in store.times(AAPL, WEEK)
    assert backfill.plan_series(AAPL, WEEK.start, WEEK.end).is_empty


def carry_out_plan(backfill: Backfill, store: Store, plan: Any) -> Job:
    backfill.start(plan)
    return carry_out(backfill, store)


def test_a_bar_the_source_does_not_have_is_proven_empty(backfill: Backfill, store: Store, market: Market) -> None:
    halted = to_ns("2024-11-26T16:30")
    market.change = lambda frame: frame[frame["ts_event"] != halted]
    run(backfill, store)
    ((span, reason),) = store.skipped(AAPL)
    assert reason == NO_DATA
    assert span == TimeRange(halted - HOUR + 1, halted + 1)
    assert backfill.plan_series(AAPL, WEEK.start, WEEK.end).is_empty


def test_the_bar_that_still_forms_is_not_kept(backfill: Backfill, store: Store, clock: Clock) -> None:
    today = TimeRange.of("2025-01-10", "2025-01-11")
    clock.now = to_ns("2025-01-10T16:45")
    run(backfill, store, span=today)
    assert store.times(AAPL, today).tolist() == [to_ns("2025-01-10T15:30"), to_ns("2025-01-10T16:30")]
    assert store.coverage(AAPL)[-1].end == clock.now
    clock.now = to_ns("2025-01-10T22:00")
    assert run(backfill, store, span=today).status is Status.SUCCEEDED
    assert len(store.times(AAPL, today)) == 7


def test_an_answer_may_need_time_to_settle(
    backfill: Backfill, store: Store, clock: Clock, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = Capability(dataset="bars", timeframes=("1-HOUR",), adjustments=("split",), settles_ns=20 * 60 * NS_PER_S)
    spec = SourceSpec(name="market", title="Market", url="", capabilities=(late,))
    monkeypatch.setattr(Market, "spec", spec)
    clock.now = to_ns("2025-01-10T16:35")
    market.change = lambda frame: frame[frame["ts_event"] < to_ns("2025-01-10T16:00")]
    run(backfill, store, span=TimeRange.of("2025-01-10", "2025-01-11"))
    assert store.skipped(AAPL) == []
    assert store.coverage(AAPL)[-1].end == to_ns("2025-01-10T16:15")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"high": 1}, "high below low"),
        ({"low": -5, "open": -5}, "negative price"),
        ({"volume": -1}, "negative volume"),
        ({"close": 200_000_000_000}, "open or close outside low and high"),
    ],
)
def test_a_bar_that_cannot_be_true_is_kept_aside(
    backfill: Backfill, store: Store, market: Market, values: dict[str, int], reason: str
) -> None:
    wrong = to_ns("2024-11-26T16:30")
    market.change = replace_rows(wrong, **values)
    job = run(backfill, store)
    assert f"1 row refused, the first: {reason}" in job.message
    assert wrong not in store.times(AAPL, WEEK)
    bad = store.bad_rows(AAPL).iloc[0]
    assert (bad["ts_event"], bad["reason"], bad["job"]) == (wrong, reason, job.id)
    # As prices, not in ticks.
    assert abs(json.loads(bad["row"])["volume"]) == 1.0 and abs(json.loads(bad["row"])["open"]) < 1_000
    assert backfill.plan_series(AAPL, WEEK.start, WEEK.end).is_empty
    market.change = lambda frame: frame
    again = backfill.plan_series(AAPL, WEEK.start, WEEK.end, "missing+failed")
    assert carry_out_plan(backfill, store, again).status is Status.SUCCEEDED
    assert wrong in store.times(AAPL, WEEK)


def test_a_second_bar_of_one_time_and_one_out_of_order_are_kept_aside(
    backfill: Backfill, store: Store, market: Market
) -> None:
    def change(frame: pd.DataFrame) -> pd.DataFrame:
        double = frame.iloc[[3]].assign(close=frame["close"].iloc[3], volume=9.0)
        return pd.concat([frame.iloc[:4], double, frame.iloc[4:10], frame.iloc[11:], frame.iloc[[10]]])

    market.change = change
    run(backfill, store)
    assert sorted(store.bad_rows(AAPL)["reason"]) == [
        "a second bar of the same time",
        "out of order: an earlier time after a later one",
    ]
    assert store.read(AAPL)["volume"].eq(1.0).all()
    assert len(store.read(AAPL)) == 24


def test_a_split_has_the_whole_series_asked_again(backfill: Backfill, store: Store, market: Market) -> None:
    before = TimeRange.of("2024-11-04", "2024-11-25")
    run(backfill, store, span=before)
    market.price = 25
    job = run(backfill, store)
    assert job.status is Status.SUCCEEDED
    assert "split 4:1: what was stored before is asked for again" in job.message
    assert (store.read(AAPL)["close"] == 25_000_000_000).all()
    plan = backfill.plan_of(job.id)
    assert (plan.note, {entry.state for entry in plan.entries}) == (
        "split 4:1: what was stored before is asked for again",
        {State.DONE},
    )
    assert plan.overlap.end == WEEK.start
    assert backfill.plan_series(AAPL, before.start, WEEK.end).is_empty


def test_a_correction_of_one_bar_is_no_split(backfill: Backfill, store: Store, market: Market) -> None:
    run(backfill, store, span=TimeRange.of("2024-11-18", "2024-11-25"))
    corrected = to_ns("2024-11-22T21:00")
    market.change = replace_rows(corrected, close=100_500_000_000, high=100_500_000_000)
    assert backfill.plan_of(run(backfill, store).id).note == ""
    assert store.read(AAPL, TimeRange(corrected, corrected + 1))["close"].tolist() == [100_500_000_000]


def test_prices_as_traded_are_not_looked_at_for_splits(backfill: Backfill, store: Store, market: Market) -> None:
    run(backfill, store, DAILY, TimeRange.of("2024-11-18", "2024-11-25"))
    assert backfill.plan_series(DAILY, WEEK.start, WEEK.end).overlap is None


def test_a_lost_connection_pauses_the_job_and_it_goes_on_by_itself(
    backfill: Backfill, store: Store, market: Market
) -> None:
    market.fail = [DisconnectedError("the gateway is gone", retry_after=0.0)] * 7
    assert run(backfill, store).status is Status.SUCCEEDED
    assert len(market.asked) == 8


def test_a_request_that_hangs_while_the_connection_is_lost_is_given_up_and_asked_again(
    backfill: Backfill, store: Store, market: Market
) -> None:
    market.is_frozen = True
    job_id = backfill.start(backfill.plan_series(AAPL, WEEK.start, WEEK.end))
    with in_thread(lambda: carry_out(backfill, store)):
        wait_until(lambda: market.asked, 5)
        started = time.monotonic()
        market.reason = "the gateway does not answer since 14:05"
        wait_until(lambda: "paused: the gateway does not answer" in store.job(job_id).message, 5)
        assert time.monotonic() - started < 5
        assert store.job(job_id).status is Status.RUNNING
        market.reason, market.is_frozen = "", False
        wait_until(lambda: store.job(job_id).status is Status.SUCCEEDED, 5)
    assert len(market.asked) == 2


@pytest.mark.parametrize("state", ["frozen", "waiting", "paused"])
def test_a_job_stops_within_seconds_whatever_it_waits_for(
    backfill: Backfill, store: Store, market: Market, state: str
) -> None:
    if state == "frozen":
        market.is_frozen = True
    elif state == "waiting":
        market.fail = [RetryableError("the quota is used up", retry_after=600.0)]
    else:
        market.reason = "not connected"
    job_id = backfill.start(backfill.plan_series(AAPL, WEEK.start, WEEK.end))
    with in_thread(lambda: carry_out(backfill, store)):
        wait_until(lambda: store.job(job_id).message, 5)
        started = time.monotonic()
        backfill.cancel(job_id)
        wait_until(lambda: store.job(job_id).status is Status.CANCELLED, 5)
        assert time.monotonic() - started < 5
    market.is_frozen, market.reason = False, ""
    assert backfill.resume(job_id) == 1
    assert carry_out(backfill, store).status is Status.SUCCEEDED


def test_a_fatal_answer_ends_the_job_and_the_rest_is_not_asked(
    backfill: Backfill, store: Store, market: Market
) -> None:
    market.fail = [FatalError("no permission for this market: subscribe to it")]
    job = run(backfill, store, span=TimeRange.of("2024-11-01", "2024-12-01"))
    assert (job.status, len(market.asked)) == (Status.FAILED, 1)
    assert "no permission for this market" in job.message
    states = [entry.state for entry in backfill.plan_of(job.id).entries]
    assert states[0] is State.FAILED
    assert set(states[1:]) == {State.NOT_ASKED}


def test_a_clock_that_jumps_has_the_request_asked_again(
    backfill: Backfill, store: Store, market: Market, clock: Clock
) -> None:
    def jump(frame: pd.DataFrame) -> pd.DataFrame:
        market.change = lambda answer: answer
        clock.now += 3_600 * NS_PER_S
        return frame

    market.change = jump
    job = run(backfill, store)
    assert (job.status, len(market.asked)) == (Status.SUCCEEDED, 2)


def test_what_a_clock_that_stood_ahead_noted_is_forgotten(backfill: Backfill, store: Store, clock: Clock) -> None:
    clock.now = NOW + 30 * NS_PER_DAY
    store.cover(AAPL, TimeRange(NOW - NS_PER_DAY, clock.now))
    clock.now = NOW
    backfill.plan_series(AAPL, WEEK.start, WEEK.end)
    assert store.coverage(AAPL) == [TimeRange(NOW - NS_PER_DAY, NOW)]


def test_a_job_of_the_same_series_that_came_first_leaves_nothing_to_ask(
    backfill: Backfill, store: Store, market: Market
) -> None:
    plan = backfill.plan_series(AAPL, WEEK.start, WEEK.end)
    first, second = backfill.start(plan), backfill.start(plan)
    assert carry_out(backfill, store).id == first
    market.asked.clear()
    assert carry_out(backfill, store).id == second
    assert market.asked == []
    assert backfill.plan_of(second).entries[0].error == "stored by another job meanwhile"


def test_everything_is_asked_again_when_told_to(backfill: Backfill, store: Store, market: Market) -> None:
    run(backfill, store)
    market.price = 50
    assert run(backfill, store, mode="all").status is Status.SUCCEEDED
    assert (store.read(AAPL)["close"] == 50_000_000_000).all()


def test_what_was_refused_is_asked_only_when_told_to(backfill: Backfill, store: Store, market: Market) -> None:
    market.fail = [SkippableError("no permission")]
    job = run(backfill, store)
    assert (job.status, backfill.plan_of(job.id).entries[0].state) == (Status.FAILED, State.REFUSED)
    assert backfill.plan_series(AAPL, WEEK.start, WEEK.end).is_empty
    assert backfill.plan_series(AAPL, WEEK.start, WEEK.end, "missing+failed").rows == 25
    assert backfill.retry(job.id, 0) == 1
    assert carry_out(backfill, store).status is Status.SUCCEEDED
    assert store.skipped(AAPL) == []


def test_a_source_that_is_switched_off_is_not_planned_for(backfill: Backfill, market: Market) -> None:
    market.unavailable = "switched off on /sources: switch it on"
    with pytest.raises(SkippableError, match="Market can't be asked: switched off"):
        backfill.plan_series(AAPL, WEEK.start, WEEK.end)


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2024-02-01", "2024-01-01", "reversed"),
        ("2030-01-01", None, "in the future"),
        ("2999-01-01", None, "in the future"),
        ("0001-01-01", "1800-01-01", "only since 1970-01-01 UTC: choose a span inside"),
        ("soon", None, "not a time: 'soon'; write 2024-05-31"),
        ("", None, "not a time: ''"),
        (None, "2124", ""),
        (None, "2999-01-01", ""),
    ],
)
def test_spans_that_make_no_sense_are_told(backfill: Backfill, start: str | None, end: str | None, words: str) -> None:
    if not words:
        assert backfill.plan("AAPL.NASDAQ", "market", "1d", start, end).span.end == NOW
        return
    with pytest.raises(ValueError, match=words):
        backfill.plan("AAPL.NASDAQ", "market", "1d", start, end)


def test_a_scheduled_series_is_topped_up_when_it_is_due(
    backfill: Backfill, store: Store, market: Market, clock: Clock
) -> None:
    run(backfill, store, span=TimeRange.of("2025-01-06", "2025-01-08"))
    backfill.schedule(AAPL, 3_600)
    (job_id,) = backfill.start_due()
    assert backfill.start_due() == []
    clock.now += 3_600 * NS_PER_S
    assert backfill.start_due() == []
    assert carry_out(backfill, store).id == job_id
    assert store.coverage(AAPL)[-1].end == NOW
    (schedule,) = backfill.schedules()
    assert (schedule.last_job, schedule.ts_last) == (job_id, clock.now)
    backfill.unschedule(AAPL)
    assert backfill.schedules() == []


def test_every_series_with_history_is_topped_up_when_the_setting_says_so(
    market: Market, store: Store, clock: Clock
) -> None:
    backfill = Backfill({"market": market}, store, clock=clock, waits=lambda: [0.0], top_up_s=86_400)
    run(backfill, store, DAILY)
    assert len(backfill.start_due()) == 1
    assert [one.series for one in backfill.schedules()] == [DAILY]
    backfill.unschedule(DAILY)
    clock.now += 2 * 86_400 * NS_PER_S
    assert backfill.start_due() == [] and backfill.schedules() == []
    backfill.schedule(DAILY, 3_600)
    assert [one.every_s for one in backfill.schedules()] == [3_600]


def test_two_hundred_holes_are_one_request(backfill: Backfill, store: Store) -> None:
    run(backfill, store)
    times = store.times(AAPL, WEEK)
    for lost in times[::3]:
        delete_bar(store, AAPL, int(lost))
    plan = backfill.plan_series(AAPL, WEEK.start, WEEK.end)
    assert plan.requests == 1
    assert carry_out_plan(backfill, store, plan).status is Status.SUCCEEDED
    assert np.array_equal(store.times(AAPL, WEEK), times)


def test_a_database_that_is_away_mid_write_is_waited_for(market: Market, tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "locked.sqlite"
    store = Store(f"sqlite:///{path}", busy_timeout_s=0.05)
    backfill = Backfill({"market": market}, store, clock=clock, waits=lambda: [0.0])
    holder = sqlite3.connect(path, check_same_thread=False)

    def lock(frame: pd.DataFrame) -> pd.DataFrame:
        holder.execute("BEGIN IMMEDIATE")
        threading.Timer(1.5, holder.rollback).start()
        return frame

    market.change = lock
    job = run(backfill, store)
    assert (job.status, job.message) == (Status.SUCCEEDED, "25 bars stored in 1 request")
    assert len(market.asked) == 1
    assert backfill.plan_series(AAPL, WEEK.start, WEEK.end).is_empty
    holder.close()
    store.close()


def test_an_hour_that_the_clock_goes_back_over_is_one_bar_each(backfill: Backfill, store: Store) -> None:
    """The night of 2024-11-03 New York has 01:00 twice; FX and its bars go on in UTC."""
    euro = Series(instrument_id="EUR/USD.SIM", source="market", timeframe="1-HOUR")
    night = TimeRange.of("2024-11-03T20:00", "2024-11-04T20:01")
    run(backfill, store, euro, night)
    times = store.times(euro, night)
    assert times[0] == to_ns("2024-11-03T23:00")
    assert set(np.diff(times)) == {HOUR}
    assert backfill.plan_series(euro, night.start, night.end).is_empty


class in_thread:
    """Work beside the test, awaited at its end."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._thread = threading.Thread(target=work)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *error: object) -> None:
        self._thread.join(10)
        assert not self._thread.is_alive()


class ToldStore(Store):
    """A store that remembers of which spans it was told that bars came."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.told: list[TimeRange] = []

    def bars_came(self, span: TimeRange) -> None:
        self.told.append(span)


def test_what_the_database_keeps_beside_bars_is_refreshed_for_exactly_what_came(market: Market, tmp_path: Path) -> None:
    store = ToldStore(f"sqlite:///{tmp_path / 'told.sqlite'}")
    backfill = Backfill({"market": market}, store, clock=Clock(), waits=lambda: [0.0, 0.0])
    run(backfill, store)
    assert len(store.told) == 1 and store.told[0].start >= WEEK.start and store.told[0].end <= WEEK.end
    run(backfill, store)
    assert len(store.told) == 1
    store.close()


def test_a_job_that_is_told_to_come_back_hours_later_says_when_and_gives_its_place_to_others(
    backfill: Backfill, store: Store, market: Market, clock: Clock
) -> None:
    market.fail = [RetryableError("the quota of the day is spent", retry_after=7_200.0)]
    job_id = backfill.start(backfill.plan_series(AAPL, WEEK.start, WEEK.end))
    put_off = store.claim_job(["backfill"])
    assert asyncio.run(run_job(backfill, store, put_off)) == clock.now + 7_200 * NS_PER_S
    told = store.job(job_id)
    assert told.status is Status.QUEUED
    assert told.message.startswith(f"waits until {say_time(clock.now + 7_200 * NS_PER_S)} UTC: the quota of the day")
    assert {entry.state for entry in backfill.plan_of(job_id).entries if entry.state.is_open}
    assert asyncio.run(run_job(backfill, store, store.claim_job(["backfill"]))) == 0
    assert store.job(job_id).status is Status.SUCCEEDED
