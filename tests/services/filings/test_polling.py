"""What is kept is asked for as often as it may change: through the real client, a loopback SEC and real backfills."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from nautilus_data.core.job import Status
from nautilus_data.core.timerange import NS_PER_S, to_ns
from nautilus_data.services.backfill import Backfill, run_job
from nautilus_data.services.filings import Filings
from nautilus_data.services.filings.polling import is_open
from nautilus_data.services.macro import Macro
from nautilus_data.sources.edgar import Edgar
from nautilus_data.store import Store
from nautilus_data.transport import Access, Ledger
from tests.edgar_documents import entry, fact, report, trade
from tests.loopback_edgar import WHO, Company, Filing, LoopbackEdgar, loopback_edgar
from tests.services.macro.seeded import Clock

CIK = "0000320193"
YEARLY = Filing("0000320193-23-000106", "10-K", "2023-11-03", "2023-09-30")
INSIDER = Filing("0000320193-24-000004", "4", "2024-02-05", document="form4.xml", body=report(trade()))
ASSETS = {"us-gaap": {"Assets": {"USD": [fact("2023-09-30", 352583000000, YEARLY.accession, "2023-11-03")]}}}
APPLE = Company("Apple Inc.", {"AAPL": "Nasdaq"}, [YEARLY], ASSETS)


@pytest.fixture
def clock() -> Clock:
    # A Wednesday, 10 in the morning in New York.
    return Clock("2024-02-07T15:00")


@pytest.fixture
def edgar() -> Iterator[LoopbackEdgar]:
    with loopback_edgar({CIK: APPLE}, most_per_s=10_000) as server:
        yield server


class Desk:
    """Filings and backfill as a worker has them."""

    def __init__(self, folder: Path, edgar: LoopbackEdgar, clock: Clock, who: str = WHO) -> None:
        self.store = Store(f"sqlite:///{folder / 'store.sqlite'}", clock=clock)
        # A ledger by a clock that leaps: nobody waits for limits here.
        ticks = iter(range(10**9))
        ledger = Ledger(clock=lambda: next(ticks) * 10 * NS_PER_S)
        self.source = Edgar(Access(base_url=edgar.url, user_agent=who), ledger, clock=clock)
        self.backfill = Backfill({"edgar": self.source}, self.store, clock, waits=lambda: [])
        self.filings = Filings(self.store, {"edgar": self.source}, self.backfill.start_missing, clock)

    def poll(self) -> list[str]:
        """What the worker would do until nothing is due; what each job was about, and how it ended where it failed."""
        ended: list[str] = []
        while self.filings.start_due():
            job = self.store.claim_job(["backfill"])
            asyncio.run(run_job(self.backfill, self.store, job))
            is_done = self.store.job(job.id).status is Status.SUCCEEDED
            ended.append(job.title.split(" ", 1)[1].removesuffix(" from edgar") + ("" if is_done else " FAILED"))
            assert len(ended) < 20
        while job := self.store.claim_job(["backfill"]):
            asyncio.run(run_job(self.backfill, self.store, job))
            ended.append(job.title.split(" ", 1)[1].removesuffix(" from edgar"))
        return ended

    def poll_only(self, datasets: tuple[str, ...]) -> None:
        """What is due of these datasets, and nothing else."""
        for _ in range(4):
            for series in [one for one in self.filings._polling.due() if one.dataset in datasets]:
                job = self.store.job(self.backfill.start_missing(series))
                assert self.store.claim_job(["backfill"]).id == job.id
                asyncio.run(run_job(self.backfill, self.store, job))


@pytest.fixture
def desk(tmp_path: Path, edgar: LoopbackEdgar, clock: Clock) -> Iterator[Desk]:
    made = Desk(tmp_path, edgar, clock)
    yield made
    made.source.close()
    made.store.close()


def test_of_a_company_kept_filings_come_first_then_what_is_in_them(desk: Desk) -> None:
    assert desk.poll() == []
    desk.filings.add("320193")
    assert desk.poll() == ["filings", "facts"]
    card = desk.filings.company(CIK)
    assert (card.told["name"], card.annual["accession"]) == ("Apple Inc.", YEARLY.accession)
    assert str(desk.filings.figures(CIK).set_index("key").loc["assets", "value"]) == "352583000000"
    assert desk.poll() == []


def test_in_working_hours_filings_are_asked_every_ten_minutes_else_hourly(desk: Desk, clock: Clock) -> None:
    desk.filings.add("320193")
    desk.poll()
    clock.move(9 * 60)
    assert desk.poll() == []
    clock.move(2 * 60)
    assert desk.poll() == ["filings"]
    clock.now = to_ns("2024-02-10T15:00")
    assert not is_open(clock.now) and desk.poll() == ["filings", "facts"]
    clock.move(30 * 60)
    assert desk.poll() == []
    clock.move(31 * 60)
    assert desk.poll() == ["filings"]


def test_trades_of_insiders_are_asked_for_after_a_form_4(desk: Desk, edgar: LoopbackEdgar, clock: Clock) -> None:
    desk.filings.add("320193")
    desk.poll()
    edgar.companies[CIK] = Company("Apple Inc.", APPLE.tickers, [YEARLY, INSIDER], ASSETS)
    clock.move(3_600)
    assert desk.poll() == ["filings", "insider trades"]
    assert desk.filings.insider_trades(CIK)["code"].tolist() == ["P"]
    clock.move(3_600)
    assert desk.poll() == ["filings"]


def test_facts_are_asked_for_after_a_report_and_once_a_day(desk: Desk, edgar: LoopbackEdgar, clock: Clock) -> None:
    desk.filings.add("320193")
    desk.poll()
    quarterly = Filing("0000320193-24-000006", "10-Q", "2024-02-07", "2023-12-30")
    edgar.companies[CIK] = Company("Apple Inc.", APPLE.tickers, [YEARLY, quarterly], ASSETS)
    # It is taken as known when the next session opens, at 14:30 UTC.
    clock.now = to_ns("2024-02-08T14:20")
    assert desk.poll() == ["filings"]
    clock.now = to_ns("2024-02-08T14:35")
    assert desk.poll() == ["filings", "facts"]
    clock.now = to_ns("2024-02-09T14:40")
    assert desk.poll() == ["filings", "facts"]


def test_a_refusal_is_told_and_tried_again_later(desk: Desk, edgar: LoopbackEdgar, clock: Clock) -> None:
    desk.filings.add("7")
    assert desk.poll() == ["filings FAILED", "facts FAILED"]
    row = desk.filings.standing().iloc[0]
    assert row["state"] == "refused" and "404" in row["note"]
    asked = len(edgar.requests)
    clock.move(5 * 60)
    assert desk.poll() == [] and len(edgar.requests) == asked


def test_without_an_address_nothing_is_asked(tmp_path: Path, edgar: LoopbackEdgar, clock: Clock) -> None:
    desk = Desk(tmp_path, edgar, clock, who="")
    desk.filings.add("320193")
    assert desk.poll() == [] and edgar.requests == []
    assert "EDGAR_USER_AGENT" in desk.filings.refusal()
    desk.source.close()
    desk.store.close()


def test_documents_are_read_by_one_job_at_a_time_so_that_lists_are_not_held_up(
    desk: Desk, edgar: LoopbackEdgar, clock: Clock
) -> None:
    filings = [YEARLY, INSIDER]
    edgar.companies = {f"{number:010d}": Company(f"C{number}", {}, filings, ASSETS) for number in (1, 2)}
    for number in (1, 2):
        desk.filings.add(str(number))
    desk.poll_only(("filings", "facts"))
    due = [one.dataset for one in desk.filings._polling.due()]
    assert due.count("insider_trades") == 2
    assert len(desk.filings.start_due()) == 1 and desk.filings.start_due() == []
    clock.move(3_600)
    (job,) = desk.filings.start_due()
    assert "filings" in desk.store.job(job).title


def test_companies_are_no_series_of_macro(desk: Desk) -> None:
    desk.filings.add("320193")
    macro = Macro(desk.store, {}, lambda series, mode: 0, factors={})
    assert not any(name.endswith(".SEC") for name in macro.kept())


def test_the_feed_is_asked_once_a_minute_whoever_looks(desk: Desk, edgar: LoopbackEdgar, clock: Clock) -> None:
    edgar.entries = [entry("8-K", "Apple Inc.", CIK, "0000320193-24-000009", "2024-02-07T09:00:00-05:00")]
    assert desk.filings.feed()["company"].tolist() == ["Apple Inc."]
    clock.move(30)
    desk.filings.feed()
    assert len(edgar.asked("browse-edgar")) == 1
    clock.move(31)
    desk.filings.feed()
    assert desk.filings.feed("10-K").empty
    assert len(edgar.asked("browse-edgar")) == 3
    assert desk.filings.statistics()["ts_ok"] > 0
