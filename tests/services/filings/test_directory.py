from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from nautilus_data.core.dataset import COMPANIES
from nautilus_data.core.timerange import NS_PER_S, to_ns
from nautilus_data.errors import SkippableError
from nautilus_data.services.filings.directory import Directory, merged
from nautilus_data.sources.edgar import Edgar
from nautilus_data.store import Store
from nautilus_data.transport import Access, Ledger
from tests.conftest import wait_until
from tests.loopback_edgar import WHO, Company, LoopbackEdgar, loopback_edgar
from tests.services.filings.seeded import companies, company
from tests.services.macro.seeded import Clock

LISTED = {
    "0000320193": Company("Apple Inc.", {"AAPL": "Nasdaq"}),
    "0001067983": Company("BERKSHIRE HATHAWAY INC", {"BRK-A": "NYSE", "BRK-B": "NYSE"}),
}


@pytest.fixture
def clock() -> Clock:
    return Clock("2024-03-06T15:00")


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'store.sqlite'}", clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def edgar() -> Iterator[LoopbackEdgar]:
    with loopback_edgar(LISTED) as server:
        yield server


@pytest.fixture
def source(edgar: LoopbackEdgar, clock: Clock) -> Iterator[Edgar]:
    ticks = iter(range(10**9))
    made = Edgar(Access(base_url=edgar.url, user_agent=WHO), Ledger(clock=lambda: next(ticks) * NS_PER_S), clock=clock)
    yield made
    made.close()


def test_the_list_is_asked_once_kept_and_searched_by_every_process(
    store: Store, source: Edgar, clock: Clock, edgar: LoopbackEdgar
) -> None:
    asking = Directory(store, source, clock)
    assert asking.refresh() == 2
    other = Directory(store, None, clock)
    assert [hit.company.name for hit in other.search("brk.b")] == ["BERKSHIRE HATHAWAY INC"]
    assert other.row("0001067983")["tickers"] == ["BRK-A", "BRK-B"]
    assert other.row("0000000001") is None
    assert len(edgar.asked("company_tickers")) == 1


def test_it_is_asked_again_a_day_later_and_after_a_failure_sooner(
    store: Store, source: Edgar, clock: Clock, edgar: LoopbackEdgar
) -> None:
    directory = Directory(store, source, clock)
    edgar.documents["www.sec.gov/files/company_tickers_exchange.json"] = b'{"fields": 1}'
    directory.refresh_due()
    wait_until(lambda: directory.problem, what="the failure to be noted")
    edgar.documents.clear()
    asked = len(edgar.requests)
    directory.refresh_due()
    time.sleep(0.05)
    assert len(edgar.requests) == asked
    clock.move(16 * 60)
    directory.refresh_due()
    wait_until(lambda: len(directory.index()), what="the list")
    assert directory.problem == ""
    for seconds, is_asked in ((3_600, False), (24 * 3_600, True)):
        before = len(edgar.requests)
        clock.move(seconds)
        directory.refresh_due()
        if is_asked:
            wait_until(lambda before=before: len(edgar.requests) > before, what="the list to be asked for")
        else:
            time.sleep(0.05)
            assert len(edgar.requests) == before
    wait_until(lambda: not directory._asking.locked(), what="the answer")


def test_what_a_company_told_itself_outlives_the_list() -> None:
    listed = pd.DataFrame(
        [("0000000042", "NEW", "Acme Corp", "NYSE"), ("0000000042", "NEW-B", "Acme Corp", ""),
         ("0000000043", "B", "Beta", "")],
        columns=["cik", "ticker", "name", "exchange"],
    )  # fmt: skip
    kept = companies([company("0000000042", "Acme", ["OLD"], former_names='["Wile"]', sic="1000")])
    rows = merged(listed, kept, 7).set_index("cik")
    assert rows.loc["0000000042", ["name", "tickers", "exchanges", "former_names", "sic"]].tolist() == [
        "Acme Corp", '["NEW", "NEW-B"]', '["NYSE"]', '["Wile"]', "1000",
    ]  # fmt: skip
    assert rows.loc["0000000043", ["former_names", "sic"]].tolist() == ["[]", ""]
    assert set(rows["ts_init"]) == {7}


def test_a_ticker_a_number_or_a_name_is_one_company_or_says_why_not(store: Store, clock: Clock) -> None:
    rows = [company("0000000042", "Acme Corp", ["ACME", "ACME-B"]), company("0000000043", "Acme Brick Co", ["BRIK"])]
    store.write_rows({COMPANIES: companies(rows)})
    directory = Directory(store, None, clock)
    for text in ("acme", "ACME.B", "42", "0000000042", "CIK0000000042.SEC", "Acme Corporation"):
        assert directory.resolve(text) == "0000000042"
    assert directory.resolve("99") == "0000000099"
    with pytest.raises(SkippableError, match="lists no company"):
        directory.resolve("nobody at all")


def test_without_a_source_the_list_cannot_be_asked_for(store: Store, clock: Clock) -> None:
    directory = Directory(store, None, clock)
    directory.refresh_due()
    with pytest.raises(SkippableError):
        directory.refresh()


def test_what_another_process_wrote_is_found_soon(store: Store, clock: Clock) -> None:
    directory = Directory(store, None, clock)
    assert directory.search("acme") == []
    store.write_rows(
        {COMPANIES: companies([company("0000000042", "Acme Corp", ["ACME"], ts_init=to_ns("2024-02-01"))])}
    )
    directory._looked_at = float("-inf")
    assert len(directory.search("acme")) == 1
    store.write_rows({COMPANIES: companies([company("0000000043", "Beta", ["BETA"], ts_init=to_ns("2024-02-02"))])})
    directory._looked_at = float("-inf")
    wait_until(lambda: directory.search("beta"), what="the list to be read again")
