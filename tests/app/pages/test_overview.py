"""The overview without a browser."""

from dataclasses import replace

import pytest

from app.layout.live import Snapshot
from app.pages.overview import OverviewPage
from nautilus_data.core.job import Job, Status
from nautilus_data.services.overview import BusStatus
from tests.app.conftest import NOW

S = 1_000_000_000


def snapshot(stand_in, at: int = NOW) -> Snapshot:
    return Snapshot(at, stand_in.overview.bus(), stand_in.overview.status())


@pytest.fixture
def page(stand_in) -> OverviewPage:
    page = OverviewPage(stand_in)
    page.snapshot = snapshot(stand_in)
    page.build()
    page.take(page.snapshot)
    return page


def cards_of(page: OverviewPage) -> dict[str, dict]:
    return {card["key"]: card for group in page._board.groups for card in group["cards"]}


def test_every_part_of_the_status_has_a_card(page) -> None:
    shown = cards_of(page)
    assert {"bus", "age", "rate", "lag", "received", "store", "worker", "node-DEMO-001", "source-sample"} <= set(shown)
    assert shown["source-fred"]["note"] == "no key"


def test_a_lost_bus_offers_to_reconnect_and_the_button_does(page, stand_in) -> None:
    assert cards_of(page)["bus"]["action"] == ""
    stand_in.overview.now = BusStatus(state="error", error_message="connection refused")
    page.take(snapshot(stand_in))
    assert cards_of(page)["bus"]["tone"] == "bad" and cards_of(page)["bus"]["note"] == "connection refused"
    page._board.pressed = "bus#1"
    assert stand_in.bus.done == [("reconnect",)]


def test_a_running_job_has_a_bar_and_a_finished_one_none(page, stand_in) -> None:
    running = Job(id=1, kind="backfill", title="AAPL", status=Status.RUNNING, done=1, total=4)
    stand_in.overview.all_jobs = [running, Job(id=2, kind="backfill", title="IBM", status=Status.SUCCEEDED)]
    page.take(snapshot(stand_in))
    assert [cards_of(page)[f"job-{number}"]["fraction"] for number in (1, 2)] == [0.25, None]


def test_the_rate_gets_one_point_a_second_however_often_values_come(page, stand_in) -> None:
    for quarter in range(1, 9):
        page.take(snapshot(stand_in, NOW + quarter * S // 4))
    assert len(page._points.data["second"]) == 3


def test_the_strip_shows_price_and_change(page) -> None:
    card = page._strip.groups[0]["cards"][0]
    assert (card["value"], card["tone"]) == ("101.50", "up")
    assert "+1.25 %" in card["note"]


def test_times_change_with_the_zone_and_name_it(page) -> None:
    page.selection.tz = "Asia/Tokyo"
    assert cards_of(page)["age"]["note"].endswith("Asia/Tokyo")


def test_the_trader_selected_is_the_only_one_shown(page, stand_in) -> None:
    assert [card["key"] for card in page._strip.groups[0]["cards"]] == ["AAPL.NASDAQ"]
    page.selection.trader = "OTHER-1"
    assert page._strip.groups[0]["cards"] == []
    assert "node-DEMO-001" not in cards_of(page)
    assert "No trader OTHER-1 has been seen on this bus." in page._notice[0][0].object
    page.selection.trader = "DEMO-001"
    assert len(page._strip.groups[0]["cards"]) == 1 and "node-DEMO-001" in cards_of(page)


def test_no_tile_keeps_its_colour_once_the_node_is_silent(page, stand_in) -> None:
    shot = snapshot(stand_in)
    status = shot.status | {"nodes": [replace(shot.status["nodes"][0], is_stale=True)]}
    page.take(replace(shot, status=status))
    card = page._strip.groups[0]["cards"][0]
    assert (card["tone"], card["note"], card["since"]) == ("warn", "stale:", NOW // 1_000_000)


def test_no_tile_keeps_its_colour_while_the_bus_is_away(page, stand_in) -> None:
    stand_in.overview.now = BusStatus(state="reconnecting")
    page.take(snapshot(stand_in))
    assert page._strip.groups[0]["cards"][0]["tone"] == "warn"
