"""What is kept is asked for after each release: through the real client, a loopback FRED and a real backfill."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from nautilus_data.core.job import Status
from nautilus_data.core.macro_series import observations_of, releases_of
from nautilus_data.core.timerange import NS_PER_S, to_ns
from nautilus_data.services.backfill import Backfill, run_job
from nautilus_data.services.macro import Macro
from nautilus_data.sources.fred import Fred
from nautilus_data.store import SplitStore, Store
from nautilus_data.transport import Access, Ledger
from tests.loopback_fred import API_KEY, Line, LoopbackFred, loopback_fred
from tests.services.macro.seeded import Clock

UNRATE, JOBS = observations_of("UNRATE"), releases_of("50")
DATES = ["2024-02-02", "2024-03-08", "2024-04-05"]
RATE = Line(
    {"title": "Unemployment Rate", "units": "Percent", "frequency_short": "M"},
    vintages=[
        (DATES[0], {"2023-12-01": 3.7, "2024-01-01": 3.7}),
        (DATES[1], {"2024-02-01": 3.9}),
        (DATES[2], {"2024-02-01": 3.8, "2024-03-01": 3.8}),
    ],
    release=(50, "Employment Situation"),
)


@pytest.fixture
def clock() -> Clock:
    return Clock("2024-03-06T12:00")


@pytest.fixture
def fred(clock: Clock) -> Iterator[LoopbackFred]:
    with loopback_fred({"UNRATE": RATE}, clock=lambda: clock() / NS_PER_S, releases={50: DATES}) as server:
        yield server


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    opened = SplitStore(f"sqlite:///{tmp_path / 'store.sqlite'}", ["fred"], clock=clock)
    yield opened
    opened.forget()


class Desk:
    """Macro and backfill as a worker has them; UNRATE alone is wanted."""

    def __init__(self, store: Store, fred: LoopbackFred, clock: Clock, key: str = API_KEY) -> None:
        self.store = store
        # A ledger of its own, by a clock that leaps: nobody waits for limits here.
        ticks = iter(range(10**9))
        ledger = Ledger(clock=lambda: next(ticks) * 10 * NS_PER_S)
        self.source = Fred(Access(base_url=fred.url, api_key=key), ledger, clock=clock)
        self.backfill = Backfill({"fred": self.source}, store, clock, waits=lambda: [])
        self.macro = Macro(store, {"fred": self.source}, self.backfill.start_missing, clock, factors={})
        for one in self.macro.kept():
            if one != "UNRATE":
                self.macro.remove(one)

    def poll(self) -> list[Status]:
        """What the worker would do until nothing is due; how each job ended."""
        ended = []
        while jobs := self.macro.start_due():
            for number in jobs:
                assert self.store.claim_job(["backfill"]).id == number
                asyncio.run(run_job(self.backfill, self.store, self.store.job(number)))
                ended.append(self.store.job(number).status)
            assert len(ended) < 20
        return ended


@pytest.fixture
def desk(store: Store, fred: LoopbackFred, clock: Clock) -> Iterator[Desk]:
    made = Desk(store, fred, clock)
    yield made
    made.source.close()


def test_a_series_is_loaded_and_then_its_release_dates(desk: Desk, clock: Clock) -> None:
    assert desk.poll() == [Status.SUCCEEDED, Status.SUCCEEDED]
    assert desk.macro.observations("UNRATE")["value"].tolist() == [3.7, 3.7]
    row = desk.macro.series().set_index("series_id").loc["UNRATE"]
    assert row["ts_next"] == to_ns("2024-03-08T13:30")
    assert row["release"] == "Employment Situation"
    clock.move(3600)
    assert desk.poll() == []


def test_after_a_release_it_is_asked_until_its_value_is_there(desk: Desk, fred: LoopbackFred, clock: Clock) -> None:
    # FRED is late: after the announced time the value is not there yet.
    fred.lines["UNRATE"] = Line(RATE.info, RATE.vintages[:1], release=RATE.release)
    desk.poll()
    clock.now = to_ns("2024-03-08T13:29")
    desk.poll()
    clock.now = to_ns("2024-03-08T13:31")
    assert desk.poll() == [Status.SUCCEEDED]
    assert desk.poll() == []
    clock.now = to_ns("2024-03-08T13:35")
    fred.lines["UNRATE"] = RATE
    assert desk.poll() == [Status.SUCCEEDED]
    assert desk.macro.observations("UNRATE")["value"].tolist() == [3.7, 3.7, 3.9]
    clock.now = to_ns("2024-03-08T14:31")
    assert desk.poll() == []


def test_what_was_known_stays_known_when_it_is_revised(desk: Desk, clock: Clock) -> None:
    for day in ("2024-03-06T12:00", "2024-03-09T12:00", "2024-04-06T12:00"):
        clock.now = to_ns(day)
        desk.poll()
    assert desk.macro.observations("UNRATE")["value"].tolist() == [3.7, 3.7, 3.8, 3.8]
    assert desk.macro.observations("UNRATE", to_ns("2024-03-09"))["value"].tolist() == [3.7, 3.7, 3.9]
    assert desk.macro.vintages("UNRATE", to_ns("2024-02-01"))["value"].tolist() == [3.9, 3.8]
    assert desk.store.gaps(UNRATE, desk.store.coverage(UNRATE)[0]) == []


def test_without_a_key_nothing_is_asked(store: Store, fred: LoopbackFred, clock: Clock) -> None:
    desk = Desk(store, fred, clock, key="")
    assert desk.poll() == [] and fred.requests == []
    assert "FRED_API_KEY" in desk.macro.refusal()


def test_a_failure_is_told_and_tried_again_later(desk: Desk, fred: LoopbackFred, clock: Clock) -> None:
    fred.keys = {"f" * 32}
    assert desk.poll() == [Status.FAILED]
    row = desk.macro.series().set_index("series_id").loc["UNRATE"]
    assert (row["state"], API_KEY in row["note"]) == ("refused", False)
    assert "FRED_API_KEY" in row["note"]
    assert desk.store.coverage(UNRATE) == []
    clock.move(600)
    assert desk.poll() == []
    fred.keys = {API_KEY}
    clock.move(600)
    assert desk.poll() == [Status.SUCCEEDED, Status.SUCCEEDED]


def test_what_memory_lost_is_asked_for_again(
    store: Store, desk: Desk, fred: LoopbackFred, clock: Clock, tmp_path: Path
) -> None:
    desk.poll()
    store.forget()
    again = SplitStore(f"sqlite:///{tmp_path / 'store.sqlite'}", ["fred"], clock=clock)
    later = Desk(again, fred, clock)
    assert later.poll()[0] is Status.SUCCEEDED
    assert later.macro.observations("UNRATE")["value"].tolist() == [3.7, 3.7]
    later.source.close()
    again.forget()
