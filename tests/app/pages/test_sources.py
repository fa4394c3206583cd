"""The sources' page on a store of its own, without a worker."""

import pandas as pd
import pytest

from app.pages.sources import SourcesPage
from nautilus_data.core.dataset import Series
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange, to_ns


@pytest.fixture
def page(workspace) -> SourcesPage:
    page = SourcesPage(workspace=workspace)
    page.build()
    assert page.is_ready, page._body
    return page


def listed(page: SourcesPage) -> dict[str, dict]:
    return {entry["name"]: entry for entry in page.parts["sources"].list.entries}


def test_every_source_is_listed_in_the_order_it_is_asked(workspace, page) -> None:
    assert list(listed(page)) == workspace.desk.list()["name"].tolist()
    assert not next(iter(listed(page).values()))["can_up"]


def test_a_switch_is_kept(workspace, page) -> None:
    page.parts["sources"].list.pressed = "disable:yahoo#1"
    assert not workspace.desk.is_enabled("yahoo")
    assert (listed(page)["yahoo"]["state"], listed(page)["yahoo"]["is_enabled"]) == ("switched off", False)
    page.parts["sources"].list.pressed = "enable:yahoo#2"
    assert listed(page)["yahoo"]["is_enabled"]


def test_an_arrow_changes_the_order(workspace, page) -> None:
    first, second, *_ = listed(page)
    page.parts["sources"].list.pressed = f"up:{second}#1"
    assert list(listed(page))[:2] == [second, first] == workspace.desk.list()["name"].tolist()[:2]


def test_the_connection_says_what_to_do_first(workspace, page) -> None:
    workspace.desk.disable("interactive_brokers")
    page.parts["sources"].list.pressed = "open:interactive_brokers#1"
    assert page.view == "connection"
    commands = page.parts["connection"].commands.entries
    assert commands[0][:2] == ["connect", "Connect: switch it on first"] and not commands[0][3]


def test_a_connection_is_asked_for(workspace, page) -> None:
    workspace.desk.enable("interactive_brokers")
    page.view = "connection"
    page.parts["connection"]._press("connect")
    assert workspace.store.jobs(5)[0].kind == "source.connect"


def test_a_quote_is_watched_and_let_go(workspace, page) -> None:
    workspace.desk.enable("interactive_brokers")
    page.view = "quotes"
    part = page.parts["quotes"]
    part.instrument.value_input = "tsla"
    part._press("watch")
    assert part.table.shown["Instrument"].tolist() == ["TSLA.NASDAQ"]
    part.choose(("interactive_brokers", "TSLA.NASDAQ", "quotes"))
    part._press("unwatch")
    assert workspace.desk.watches().empty


def test_a_refusal_is_told_above_the_view(workspace, page) -> None:
    workspace.desk.disable("interactive_brokers")
    page.view = "quotes"
    page.parts["quotes"].instrument.value_input = "TSLA.NASDAQ"
    page.parts["quotes"]._press("watch")
    assert page.said.visible and "switch it on first" in page.said[0][0].object


def test_bars_two_sources_tell_differently_are_listed(workspace, page) -> None:
    times = [to_ns("2012-01-03T21:00Z") + day * NS_PER_DAY for day in range(3)]
    for source, close in (("sample", 100 * 10**9), ("yahoo", 101 * 10**9)):
        series = Series(instrument_id="AAPL.NASDAQ", source=source)
        prices = {"open": close, "high": close, "low": close, "close": close}
        frame = pd.DataFrame({"ts_event": times, "ts_init": times, **prices, "volume": 1.0})
        workspace.store.write(series, frame, TimeRange(times[0] - 1, times[-1] + 1))
    page.view = "disagreements"
    part = page.parts["disagreements"]
    assert part.table.table.shown["Instrument"].tolist() == ["AAPL.NASDAQ"] * 3
    assert page.counts() == {"disagreements": ("3", "warn")}
    assert "more than" in part._note.object
