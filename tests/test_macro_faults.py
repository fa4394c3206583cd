"""A real worker, a real client and a loopback FRED that fails: nothing is lost or doubled, others are unaffected."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from nautilus_data import open_workspace
from nautilus_data.core.job import BACKFILL, Status
from nautilus_data.core.macro_series import observations_of
from nautilus_data.services.macro import Macro
from nautilus_data.settings import Settings
from nautilus_data.store import SplitStore
from nautilus_data.workspace import Workspace
from tests import loopback_fred as wrong
from tests.conftest import wait_until
from tests.loopback_fred import API_KEY, Line, LoopbackFred, loopback_fred
from tests.processes import worker, worker_pid

KEPT = ("UNRATE", "CPIAUCSL", "DGS10")
MONTHS = [f"{year}-{month:02}" for year in (2022, 2023) for month in range(1, 13)]
# Each month's value comes on the 5th of the next but one, and is revised a month later.
VINTAGES = [
    (f"{day}-05", {f"{before}-01": 100.0 + number, **({f"{earlier}-01": 99.5 + number} if number else {})})
    for number, (earlier, before, day) in enumerate(zip(["", *MONTHS], MONTHS, MONTHS[2:], strict=False))
]
DAYS = [(f"2023-03-{day:02}", {f"2023-03-{day - 1:02}": 4.0 + day / 100}) for day in range(2, 31)]


def monthly(title: str, units: str) -> Line:
    return Line({"title": title, "units": units, "frequency_short": "M"}, VINTAGES, release=(50, "Employment"))


LINES = {
    "UNRATE": monthly("Unemployment Rate", "Percent"),
    "CPIAUCSL": monthly("Consumer Price Index", "Index 1982-1984=100"),
    "DGS10": Line({"title": "10-Year", "units": "Percent", "frequency_short": "D"}, DAYS, release=(18, "H.15")),
}


@pytest.fixture
def fred() -> Iterator[LoopbackFred]:
    with loopback_fred(LINES, releases={50: [day for day, _ in VINTAGES], 18: [day for day, _ in DAYS]}) as server:
        yield server


@pytest.fixture
def with_fred(settings: Settings, fred: LoopbackFred) -> Settings:
    given = {"fred_base_url": fred.url, "fred_api_key": SecretStr(API_KEY), "fred_timeout_s": 1.0}
    configured = settings.model_copy(update=given)
    configured.model_fields_set.update(given)
    return configured


@pytest.fixture
def workspace(with_fred: Settings) -> Iterator[Workspace]:
    opened = open_workspace(with_fred)
    for name in opened.macro.kept():
        if name not in KEPT:
            opened.macro.remove(name)
    yield opened
    opened.close()
    assert isinstance(opened.store, SplitStore)
    opened.store.forget()


def states(macro: Macro) -> dict[str, str]:
    frame = macro.series()
    frame = frame[frame["series_id"].isin(KEPT)]
    return dict(zip(frame["series_id"], frame["state"], strict=True))


def is_idle(workspace: Workspace) -> bool:
    return not workspace.store.jobs(100, kinds=[BACKFILL], active=True)


def assert_whole(workspace: Workspace) -> None:
    """As the source has it: each month's first and second word, in the order they were said."""
    for name in ("UNRATE", "CPIAUCSL"):
        rows = workspace.store.read(observations_of(name))
        assert len(rows) == len(rows.drop_duplicates(["ts_event", "ts_init"]))
        assert len(rows) == sum(len(changes) for _, changes in VINTAGES)
        told = [value for _, changes in VINTAGES for _, value in sorted(changes.items())]
        assert rows.sort_values(["ts_init", "ts_event"])["value"].tolist() == told
    assert len(workspace.macro.observations("DGS10")) == len(DAYS)


def test_a_worker_killed_while_it_loads_is_followed_by_one_that_ends_it(
    with_fred: Settings, workspace: Workspace, fred: LoopbackFred
) -> None:
    with worker(with_fred) as first:
        wait_until(lambda: len(fred.requests) >= 3, 60, "the load to begin")
        first.kill()
    with worker(with_fred) as second:
        wait_until(lambda: worker_pid(workspace.store) == second.pid, 30)
        wait_until(lambda: set(states(workspace.macro).values()) == {"data"} and is_idle(workspace), 90, "all of it")
    assert_whole(workspace)


def test_a_source_that_fails_is_told_and_leaves_others_alone(
    with_fred: Settings, workspace: Workspace, fred: LoopbackFred
) -> None:
    fred.faults.extend([wrong.html, wrong.truncated, wrong.drops, wrong.errs("Internal Server Error", 500)])
    fred.faults.extend([wrong.slow(3.0)] * 2)
    sample = workspace.backfill.start(workspace.backfill.plan("AAPL.NASDAQ", "sample", end="2000-12-31"))
    with worker(with_fred):
        wait_until(lambda: workspace.store.job(sample).status is Status.SUCCEEDED, 60, "the sample's bars")
        wait_until(lambda: set(states(workspace.macro).values()) == {"data"} and is_idle(workspace), 120, "all of it")
    assert_whole(workspace)
    said = (with_fred.nautilus_data_dir / "worker.log").read_text()
    assert API_KEY not in said


def test_a_key_that_is_refused_is_told_and_what_is_stored_stays(
    with_fred: Settings, workspace: Workspace, fred: LoopbackFred
) -> None:
    fred.keys = {"f" * 32}
    with worker(with_fred):
        wait_until(lambda: "refused" in states(workspace.macro).values(), 60, "the refusal")
        row = workspace.macro.series().set_index("series_id").loc[KEPT[0]]
        wait_until(lambda: "FRED_API_KEY" in str(workspace.macro.series()["note"].tolist()), 30, str(row["note"]))
    notes = " ".join(workspace.macro.series()["note"])
    assert API_KEY not in notes
    assert workspace.store.read(observations_of("UNRATE")).empty
