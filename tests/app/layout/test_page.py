"""What all pages share."""

from dataclasses import replace
from pathlib import Path

import panel as pn
import pytest

import app.layout
from app.layout.live import Snapshot
from app.layout.page import MENU, Page
from app.layout.selection import Selection
from nautilus_data.services.overview import NodeStatus
from tests.app.conftest import NOW


class Quiet(Page):
    title = "Overview"
    error: Exception | None = None

    def content(self) -> pn.pane.Str:
        if self.error:
            raise self.error
        return pn.pane.Str("here")

    def live(self) -> None:
        self.beats = getattr(self, "beats", 0) + 1


def snapshot(stand_in) -> Snapshot:
    return Snapshot(NOW, stand_in.overview.bus(), stand_in.overview.status())


def test_a_page_shows_loading_until_it_is_built(stand_in) -> None:
    page = Quiet(stand_in)
    assert "loading" in page._body[0][0].object
    page.build()
    assert page._body[-1].object == "here"


def test_a_page_that_cannot_be_built_says_why_and_can_be_tried_again(stand_in) -> None:
    page = Quiet(stand_in)
    page.error = ValueError("table is gone")
    page.build()
    look, again = page._body[0]
    assert "table is gone" in look.object
    page.error = None
    again.clicks += 1
    assert page._body[-1].object == "here"


def test_values_come_only_once_the_page_is_laid_out_but_the_header_at_once(stand_in) -> None:
    page = Quiet(stand_in)
    page.take(snapshot(stand_in))
    assert page.header.bus_state == "connected" and not hasattr(page, "beats")
    page.build()
    page.take(snapshot(stand_in))
    assert page.beats == 1


def test_a_failed_update_is_shown_above_the_old_values_until_the_next_good_one(stand_in) -> None:
    page = Quiet(stand_in)
    page.build()
    page.fail(ValueError("no answer"))
    assert page._trouble.visible and "no answer" in page._trouble[0][0].object
    page.take(snapshot(stand_in))
    assert not page._trouble.visible


def test_the_headers_choices_reach_the_selection_and_back(stand_in) -> None:
    page = Quiet(stand_in, Selection(theme="light"))
    shell = page.shell()
    assert page.header.theme == "light" and shell.dark_theme is False
    page.header.theme = "dark"
    assert page.selection.theme == "dark" and shell.dark_theme is True
    page.header.param.update(tz="browser", browser_zone="Asia/Tokyo")
    assert page.zone == "Asia/Tokyo"
    page.selection.tz = "UTC"
    assert page.header.tz == "UTC"


def test_a_demo_says_so(stand_in) -> None:
    assert Quiet(stand_in).header.is_demo is True


def test_what_another_page_is_busy_with_is_not_told_to_this_one(stand_in) -> None:
    shell = Quiet(stand_in).shell()
    pn.state._add_busy_event("a click elsewhere")
    try:
        assert pn.state.busy
        assert not shell.busy
    finally:
        pn.state._remove_busy_event("a click elsewhere")


def test_the_menu_names_every_page_there_is() -> None:

    pages = Path(app.layout.__file__).parent.parent / "pages"
    assert {slug for slug, _, _ in MENU} == {path.stem for path in pages.glob("*.py")}


def test_serving_outside_a_server_does_nothing() -> None:
    assert Quiet.serve() is None


class Obeying(Quiet):
    shows_traders = True


def notice(page: Page) -> str:
    return page._notice[0][0].object if page._notice.visible else ""


def chosen(stand_in, runs: dict[str, list[int]], **selected: str) -> Obeying:
    stand_in.portfolio.by_trader = runs
    page = Obeying(stand_in, Selection(**selected))
    page.build()
    return page


def test_one_trader_with_one_run_leaves_nothing_to_choose(stand_in) -> None:
    page = chosen(stand_in, {"DEMO-001": [NOW]})
    assert (page.header.traders, page.header.runs, notice(page)) == ([], [], "")


def test_several_traders_or_a_restart_or_a_choice_made_are_offered(stand_in) -> None:
    assert chosen(stand_in, {"A-1": [NOW], "B-1": [NOW]}).header.traders == ["A-1", "B-1"]
    assert chosen(stand_in, {"A-1": [NOW, NOW - 9]}).header.traders == ["A-1"]
    assert chosen(stand_in, {"A-1": [NOW]}, trader="A-1").header.traders == ["A-1"]


def test_runs_of_the_trader_are_offered_by_their_start_in_the_pages_zone(stand_in) -> None:
    page = chosen(stand_in, {"A-1": [NOW, NOW - 3_600 * 10**9, 0], "B-1": [NOW]}, trader="A-1")
    current, earlier, unseen = page.header.runs
    assert (current, unseen) == (["", "current run"], ["0", "start not seen"])
    assert earlier[0] == str(NOW - 3_600 * 10**9)
    page.selection.tz = "Asia/Tokyo"
    assert page.header.runs[1][1] != earlier[1]


def test_the_headers_trader_and_run_reach_the_selection_and_back(stand_in) -> None:
    page = chosen(stand_in, {"A-1": [NOW, 5], "B-1": [NOW]})
    page.header.trader = "A-1"
    page.header.run = "5"
    assert (page.selection.trader_id, page.selection.run_id) == ("A-1", 5)
    page.header.trader = "B-1"
    assert (page.selection.trader, page.selection.run, page.header.run) == ("B-1", "", "")
    page.selection.param.update(trader="A-1", run="5")
    assert (page.header.trader, page.header.run) == ("A-1", "5")


def test_a_trader_nobody_saw_is_said_and_can_be_let_go(stand_in) -> None:
    page = chosen(stand_in, {"A-1": [NOW]}, trader="X-9")
    assert "No trader X-9 has been seen on this bus." in notice(page)
    page._notice[0][1].clicks += 1
    assert (page.selection.trader, notice(page)) == ("", "")


def test_a_run_nobody_knows_is_said(stand_in) -> None:
    for run in ("7", "junk", "9" * 30):
        assert f"Trader A-1 has no run {run}." in notice(chosen(stand_in, {"A-1": [NOW]}, trader="A-1", run=run))


def test_an_earlier_run_is_marked_and_left_by_a_button(stand_in) -> None:
    page = chosen(stand_in, {"A-1": [NOW, NOW - 9]}, trader="A-1", run=str(NOW - 9))
    assert "Earlier run" in notice(page) and page.is_past
    page._notice[0][1].clicks += 1
    assert (page.selection.trader, page.selection.run, page.is_past, notice(page)) == ("A-1", "", False, "")


def test_the_current_run_named_by_its_id_is_no_earlier_one(stand_in) -> None:
    assert not chosen(stand_in, {"A-1": [NOW, 5]}, trader="A-1", run=str(NOW)).is_past


def test_a_restart_makes_the_run_that_was_current_an_earlier_one(stand_in) -> None:
    page = chosen(stand_in, {"A-1": [NOW]}, trader="A-1", run=str(NOW))
    stand_in.portfolio.by_trader = {"A-1": [NOW + 9, NOW]}
    page._offered_at = float("-inf")
    page.take(snapshot(stand_in))
    assert page.is_past and len(page.header.runs) == 2


def test_a_page_about_no_trader_says_nothing_of_one(stand_in) -> None:
    page = Quiet(stand_in, Selection(trader="X-9"))
    page.build()
    assert not page._notice.visible and page.header.trader == "X-9"


def stale(stand_in, trader_id: str = "DEMO-001", **changes: object) -> bool:
    page = Quiet(stand_in)
    page.snapshot = replace(snapshot(stand_in), **changes)
    return page.is_stale(trader_id)


def test_values_are_fresh_while_bus_and_node_are(stand_in) -> None:
    assert not stale(stand_in)
    assert not stale(stand_in, "")


@pytest.mark.parametrize("state", ["connecting", "reconnecting", "disconnected", "error"])
def test_values_are_stale_while_the_bus_can_not_be_read(stand_in, state: str) -> None:
    stand_in.overview.now = replace(stand_in.overview.now, state=state)
    assert stale(stand_in) and stale(stand_in, "") and stale(stand_in, "X-9")


def test_values_of_a_stale_node_are_stale_and_no_others(stand_in) -> None:
    nodes = [NodeStatus("DEMO-001", "RUNNING", NOW, True, NOW, ""), NodeStatus("B-1", "RUNNING", NOW, False, NOW, "")]
    assert stale(stand_in, status={"nodes": nodes})
    assert not stale(stand_in, "B-1", status={"nodes": nodes})


def test_where_nobody_knows_of_the_node_a_silent_bus_is_stale(stand_in) -> None:
    later = NOW + 60 * 10**9
    assert stale(stand_in, "", beat=later) and stale(stand_in, beat=later, status={})
    assert stale(stand_in, beat=later, problem="the status could not be read")
    assert not stale(stand_in, beat=later)
