"""The backfill page on a store of its own: nothing runs behind it, and a test plays the worker."""

from datetime import date

import pandas as pd
import pytest

from app.layout.backfill_jobs import Rates
from app.layout.selection import Selection
from app.pages.backfill import Backfill
from nautilus_data.core.answer import Taken
from nautilus_data.core.dataset import NO_DATA, Series
from nautilus_data.core.job import Job, Status
from nautilus_data.core.plan import Mode, State
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, TimeRange, to_ns
from nautilus_data.services.overview import WORKER_LEASE

FIRST = to_ns("2012-01-03")
SERIES = Series(instrument_id="AAPL.NASDAQ", source="sample", adjustment="raw")


@pytest.fixture
def page(workspace) -> Backfill:
    page = Backfill(workspace=workspace, selection=Selection(instrument="AAPL.NASDAQ", source="sample"))
    page.build()
    assert page.is_ready, page._body
    return page


def planned(page: Backfill, start: date | None = None, end: date | None = None) -> dict[str, dict]:
    planning = page.parts["jobs"].planning
    planning.source.value, planning.adjustment.value = "sample", "raw"
    planning.start.value, planning.end.value = start, end
    planning.make_plan()
    return {card["key"]: card for group in planning._board.groups for card in group["cards"]}


def started(page: Backfill, **dates: date) -> int:
    planned(page, **dates)
    page.parts["jobs"].planning.start_plan()
    return page.job


def refresh(page: Backfill) -> None:
    """Another second passes."""
    jobs = page.parts["jobs"]
    jobs.table._replaced_at = jobs.detail.requests.table._replaced_at = float("-inf")
    jobs.refresh()
    jobs.detail.reading.now(jobs.detail._show)
    jobs.detail.requests.table._replaced_at = float("-inf")
    jobs.detail.requests.show()


def settle(workspace, job_id: int, ordinal: int, state: State, error: str = "") -> None:
    span = workspace.backfill.plan_of(job_id).entries[ordinal].span
    holes = [(span, error)] if state is State.REFUSED else []
    covered = TimeRange(0, 0) if state is State.FAILED else span
    taken = Taken(state=state, covered=covered, holes=holes, error=error)
    workspace.store.note_attempt(job_id, ordinal)
    workspace.store.settle(SERIES, taken, job_id, ordinal)


def buttons(page: Backfill) -> dict[str, tuple[str, bool]]:
    entries = page.parts["jobs"].detail.commands.entries
    return {key: (label, is_enabled) for key, label, _, is_enabled in entries}


def test_a_plan_says_what_would_be_asked_before_anything_is(workspace, page):
    cards = planned(page, date(2010, 1, 1), date(2011, 12, 31))
    assert (cards["requests"]["value"], cards["rows"]["value"]) == ("2", "504")
    assert cards["cost"]["note"] == "the source has no quota"
    assert cards["covered"]["value"] == "0%"
    assert len(page.parts["jobs"].planning.requests.table.shown) == 2
    assert workspace.backfill.jobs() == []


def test_the_last_day_asked_for_is_part_of_the_span(page):
    planned(page, date(2010, 1, 5), date(2010, 1, 5))
    plan = page.parts["jobs"].planning.plan
    assert (plan.span.start, plan.span.end) == (to_ns("2010-01-05"), to_ns("2010-01-06"))


@pytest.mark.parametrize("text", ["apple", "AAPL", "aapl.nasdaq", "AAPL.NASDAQ · Apple"])
def test_an_instrument_is_found_by_name_symbol_or_id(page, text: str):
    planning = page.parts["jobs"].planning
    planning.instrument.value = text
    assert planning.instrument_text() == "AAPL.NASDAQ"


def test_a_mode_is_asked_for_by_name(workspace, page, store_bars):
    workspace.store.cover(SERIES, TimeRange(to_ns("2012-01-02"), to_ns("2013-01-02")), NO_DATA)
    page.parts["jobs"].planning.mode.value = Mode.ALL
    assert planned(page, date(2012, 1, 2), date(2012, 12, 31))["requests"]["value"] == "1"


def test_price_types_are_offered_where_a_source_has_more_than_one(page):
    planning = page.parts["jobs"].planning
    assert (planning.price_type.visible, planning.price_type.value) == (False, "LAST")
    planning.source.value = "interactive_brokers"
    assert planning.price_type.visible and planning.price_type.options == ["LAST", "BID", "ASK", "MID"]
    planning.price_type.value = "MID"
    planning.source.value = "sample"
    assert (planning.price_type.visible, planning.price_type.value) == (False, "LAST")


def test_what_is_known_is_not_asked_again(workspace, page):
    workspace.store.cover(SERIES, TimeRange(to_ns("2012-01-02"), to_ns("2013-01-02")), NO_DATA)
    cards = planned(page, date(2012, 1, 2), date(2012, 12, 31))
    assert cards["covered"]["value"] == "100%"
    assert page.parts["jobs"].planning.plan.is_empty
    assert "Nothing is missing" in page.parts["jobs"].planning.shown[1][0].object


def test_what_cannot_be_planned_says_why(page):
    planned(page, date(2012, 1, 2), date(2011, 1, 2))
    planning = page.parts["jobs"].planning
    assert planning.plan is None
    assert "choose an end after its start" in planning.shown[0][0].object


def test_a_plan_that_is_started_becomes_one_job_whose_requests_are_shown(workspace, page):
    job_id = started(page)
    page.parts["jobs"].planning.start_plan()
    assert [job.status for job in workspace.backfill.jobs()] == [Status.QUEUED]
    assert page.parts["jobs"].running.groups[0]["cards"][0]["action"] == "Stop"
    assert page.job == job_id
    assert len(page.parts["jobs"].detail.requests.table.shown) == 13


def test_a_job_of_the_command_line_is_shown_as_any_other(workspace, page):
    job_id = workspace.backfill.start(workspace.backfill.plan("IBM.NYSE", "sample"))
    refresh(page)
    assert page.parts["jobs"].table.shown["Series"].tolist() == ["IBM.NYSE 1-DAY LAST raw from sample"]
    page.show_job(job_id)
    refresh(page)
    assert page.parts["jobs"].detail.board.groups[0]["title"].startswith(f"Job {job_id}")


@pytest.fixture
def worker(workspace) -> str:
    """Somebody on another machine holds the lease; the test does the work."""
    workspace.store.acquire_lease(WORKER_LEASE, "elsewhere:1:2", 600.0)
    return "elsewhere:1:2"


@pytest.mark.usefixtures("worker")
def test_a_running_job_shows_its_progress_and_can_be_stopped(workspace, page):
    job_id = started(page)
    workspace.store.update_job(job_id, status=Status.RUNNING, done=3, total=12)
    refresh(page)
    card = page.parts["jobs"].running.groups[0]["cards"][0]
    assert (card["value"], card["fraction"]) == ("running", 0.25)
    page.parts["jobs"].stop(str(job_id))
    assert workspace.backfill.jobs()[0].cancel_requested
    assert page.parts["jobs"].running.groups[0]["cards"][0]["value"] == "stopping"


def test_a_job_nobody_works_on_says_so_and_runs_once_somebody_does(workspace, page, worker):
    workspace.store.release_lease(WORKER_LEASE, worker)
    started(page, start=date(2010, 1, 1), end=date(2012, 12, 31))
    refresh(page)
    card = page.parts["jobs"].running.groups[0]["cards"][0]
    assert (card["value"], card["tone"]) == ("no worker", "warn")
    assert "no worker has run yet" in card["note"] and "goes on by itself" in card["note"]
    workspace.store.acquire_lease(WORKER_LEASE, worker, 600.0)
    refresh(page)
    assert page.parts["jobs"].running.groups[0]["cards"][0]["value"] == "queued"


@pytest.mark.usefixtures("worker")
def test_a_job_that_waits_for_its_source_is_paused_and_says_why(workspace, page):
    job_id = started(page)
    workspace.store.update_job(job_id, status=Status.RUNNING, message="paused: no gateway; goes on by itself")
    refresh(page)
    card = page.parts["jobs"].running.groups[0]["cards"][0]
    assert (card["value"], card["tone"]) == ("paused", "warn")
    assert "no gateway" in card["note"]


def test_a_job_that_failed_shows_errors_and_has_one_request_or_all_asked_again(workspace, page):
    job_id = started(page, start=date(2010, 1, 1), end=date(2012, 12, 31))
    settle(workspace, job_id, 0, State.FAILED, "HTTP 502")
    settle(workspace, job_id, 1, State.REFUSED, "no permission")
    workspace.store.update_job(job_id, status=Status.FAILED, message="2 failed", ts_finished=1)
    refresh(page)
    rows = page.parts["jobs"].detail.requests.table.shown
    assert rows["State"].tolist()[:2] == ["■ failed", "▲ refused"]
    assert rows["Error or remark"].tolist()[:2] == ["HTTP 502", "no permission"]
    assert rows["Attempts"].tolist()[:2] == ["1", "1"]
    assert buttons(page)["all"] == ("Retry all failed: 2", True)
    assert buttons(page)["one"][1] is False

    page.parts["jobs"].detail.choose({"ordinal": 0})
    assert buttons(page)["one"] == ("Retry request 0", True)
    page.parts["jobs"].detail._press("one")
    states = [one.state for one in workspace.backfill.plan_of(job_id).entries]
    assert states[:2] == [State.NOT_ASKED, State.REFUSED]
    assert workspace.backfill.jobs()[0].status is Status.QUEUED


def test_a_job_that_is_not_there_is_told(page):
    page.show_job(99)
    assert "there is no backfill 99" in page.parts["jobs"].detail._trouble._look[0][0].object


def test_a_rate_is_that_of_the_last_minute():
    rates, start = Rates(), 1_795_000_000 * NS_PER_S
    job = {"id": 1, "kind": "backfill", "title": "x", "total": 100}
    assert rates.take([Job(**job, done=5)], start) == {}
    assert rates.take([Job(**job, done=15)], start + 10 * NS_PER_S) == pytest.approx({1: 60.0})
    later = rates.take([Job(**job, done=17)], start + 100 * NS_PER_S)
    assert later[1] < 3


def coverage(page: Backfill):
    page.view = "coverage"
    return page.parts["coverage"]


def test_coverage_is_drawn_with_what_is_missing_and_a_click_shows_why(workspace, page, store_bars):
    series = store_bars(count=100)
    workspace.store.cover(series, TimeRange(to_ns("2012-06-01"), to_ns("2012-08-01")), "no permission")
    part = coverage(page)
    looks = dict(part.cells["look"].value_counts())
    assert looks["refused"] > 0 and looks["covered"] > 0
    assert part._pane.object is part._map.plot

    cell = part.cells[part.cells["look"] == "refused"].iloc[0]
    part.choose((cell["start"] + cell["end"]) / 2e6, float(cell["row"]))
    assert part.detail.answers.shown["Answer"].iloc[0] == "▲ refused: no permission"
    assert len(part._map.chosen.data["left"]) == 1


def test_a_backfill_of_one_cell_is_planned_exactly(workspace, page, store_bars):
    series = store_bars(count=100)
    workspace.store.cover(series, TimeRange(to_ns("2012-06-01"), to_ns("2012-08-01")), "no permission")
    part = coverage(page)
    cell = part.cells[part.cells["look"] == "refused"].iloc[1].to_dict()
    part.detail.open(cell)
    part.detail._press("plan")
    plan = page.parts["jobs"].planning.plan
    assert page.view == "jobs"
    assert (plan.span.start, plan.span.end, plan.mode) == (cell["start"], cell["end"], Mode.MISSING_FAILED)
    assert page.parts["jobs"].planning.instrument_text() == series.instrument_id


def test_coverage_that_did_not_change_is_not_sent_again(page, store_bars):
    store_bars(count=100)
    part = coverage(page)
    drawn, data = part._map, part._map.sources["covered"].data
    part.reading.now(part._show)
    assert part._map is drawn and part._map.sources["covered"].data is data


def test_an_empty_store_shows_no_map(page):
    part = coverage(page)
    assert "No history was asked for" in part._nothing[0].object
    assert part._body.objects == [part._nothing]


def test_a_series_is_topped_up_from_now_on_and_no_more(workspace, page, store_bars):
    store_bars(count=10)
    page.view = "schedules"
    part = page.parts["schedules"]
    assert part.table.table.shown["Top-up"].tolist() == ["○ off"]
    part.choose(part.table.reading.answer[0].iloc[0].to_dict())
    part.every.value = 3_600
    part._press("on")
    assert [one.every_s for one in workspace.backfill.schedules()] == [3_600]
    part._press("off")
    assert workspace.backfill.schedules() == []


def test_instruments_are_searched_and_given_a_symbol(workspace, page):
    page.view = "instruments"
    part = page.parts["instruments"]
    part.table.match.value_input = "tesla"
    part.table.ask_anew()
    rows, total = part.table.reading.answer
    assert (total, rows["instrument_id"].tolist()) == (1, ["TSLA.NASDAQ"])
    part.choose(rows.iloc[0].to_dict())
    part.instrument.value_input, part.alias_source.value = "TSLA.NASDAQ", "yahoo"
    part.symbol.value_input = "TSLA.X"
    part.save_alias()
    assert workspace.instruments.aliases("yahoo")["TSLA.NASDAQ"] == "TSLA.X"


def test_a_source_that_cannot_be_searched_says_so(page):
    page.view = "instruments"
    part = page.parts["instruments"]
    part.source.options, part.source.value, part.text.value_input = ["sample"], "sample", "apple"
    part.look_up()
    assert "be searched" in part._found[0][0].object


def test_refused_rows_are_listed_with_their_reason(workspace, page):
    bad = (FIRST, "high below low", '{"high": 1}')
    taken = Taken(state=State.DONE, covered=TimeRange(FIRST, FIRST + NS_PER_DAY), bad=[bad])
    workspace.store.settle(SERIES, taken)
    page.view = "refused"
    rows = page.parts["refused"].table.table.shown
    assert rows["Why it was refused"].tolist() == ["high below low"]


def test_a_view_out_of_sight_asks_nothing(page):
    coverage(page)
    asked = page.parts["jobs"].reading._number
    page.live()
    assert page.parts["jobs"].reading._number == asked


VIX = Series(dataset="observations", instrument_id="VIXCLS.FRED", source="arch")


@pytest.fixture
def planning(page):
    pytest.importorskip("arch", reason="the package arch, of the demo, is not installed")
    planning = page.parts["jobs"].planning
    planning.source.value = "arch"
    return planning


def test_a_source_of_observations_offers_its_series_and_asks_for_no_timeframe(planning):
    assert planning.instrument.options[0] == "VIXCLS.FRED · VIX, daily close"
    assert (planning.instrument.label, planning.instrument.value) == ("Series: id or name", "")
    shown = (planning.timeframe, planning.adjustment, planning.price_type, planning.dataset)
    assert not any(widget.visible for widget in shown)
    planning.source.value = "sample"
    assert (planning.timeframe.visible, planning.adjustment.visible) == (True, True)
    assert planning.instrument_text() == "AAPL.NASDAQ"


@pytest.mark.parametrize("text", ["vixcls", "VIXCLS.FRED", "VIXCLS.FRED · VIX, daily close"])
def test_a_series_is_planned_by_its_id(planning, text: str):
    planning.instrument.value = text
    planning.make_plan()
    assert planning.plan.series == VIX
    cards = {card["key"]: card for group in planning._board.groups for card in group["cards"]}
    assert (cards["series"]["note"], cards["rows"]["title"]) == (
        "observations · from arch",
        "Observations expected",
    )


def test_a_dataset_is_chosen_where_a_source_has_more_than_one(page):
    planning = page.parts["jobs"].planning
    planning.source.value = "fred"
    assert planning.dataset.visible
    assert list(planning.dataset.options.values()) == ["observations", "releases"]
    planning.source.value = "sample"
    assert (planning.dataset.visible, planning.dataset.value) == (False, "bars")


def test_observations_have_a_map_and_a_schedule_of_their_own(workspace, page, store_bars):
    store_bars(count=10)
    times = [to_ns("2015-03-02"), to_ns("2015-06-02")]
    rows = pd.DataFrame({"ts_event": times, "ts_init": times, "value": 1.0, "known_by": "rule"})
    workspace.store.write(VIX, rows, TimeRange.of("1919-01-01", "2016-01-01"))
    coverage = page.parts["coverage"]
    coverage.open()
    assert list(coverage.dataset.options.values()) == ["bars", "observations"] and coverage.dataset.visible
    assert set(coverage.cells["instrument_id"]) == {"AAPL.NASDAQ"}
    coverage.dataset.value = "observations"
    assert set(coverage.cells["look"]) == {"covered"}
    assert (coverage.cells["instrument_id"].unique().tolist(), coverage.timeframe.visible) == (["VIXCLS.FRED"], False)
    cell = coverage.cells.iloc[5].to_dict()
    coverage.detail.open(cell)
    coverage.detail._press("plan")
    planning = page.parts["jobs"].planning
    assert (planning.plan.series, planning.plan.is_empty) == (VIX, True)
    page.parts["schedules"].open()
    assert page.parts["schedules"].table.table.shown["What"].tolist() == ["1d · total", "observations"]
