"""The engine page without a browser."""

from dataclasses import replace

import pytest

from app.layout.live import Snapshot
from app.pages.engine import EnginePage
from nautilus_data import errors
from nautilus_data.services.engine import EngineStatus
from tests.app.conftest import NOW

RUNNING = EngineStatus(
    status="RUNNING", run_id="r1", pid=7, pace=5.0, replayed_to=1_100_000_000_000_000_000, bars_sent=10, bars_total=100,
    ts_started=NOW, ts_updated=NOW, log_tail="hello",
)  # fmt: skip


def opened(stand_in) -> EnginePage:
    page = EnginePage(stand_in)
    page.snapshot = Snapshot(NOW, stand_in.overview.bus(), stand_in.overview.status())
    page.build()
    return page


def cards_of(page: EnginePage) -> dict[str, dict]:
    return {card["key"]: card for group in page._board.groups for card in group["cards"]}


def later(page: EnginePage, stand_in, run: EngineStatus) -> None:
    stand_in.engine.run = run
    page.take(replace(page.snapshot, beat=page.snapshot.beat + 1_000_000_000))


@pytest.mark.parametrize(("button", "asked"), [("_pause", "pause"), ("_resume", "resume"), ("_stop", "stop")])
def test_a_button_queues_its_command(stand_in, button: str, asked: str) -> None:
    page = opened(stand_in)
    getattr(page, button).clicks += 1
    assert stand_in.engine.asked == [(asked,)]


def test_start_takes_day_warm_up_and_pace(stand_in) -> None:
    page = opened(stand_in)
    page._pace.value = 10
    page._start_button.clicks += 1
    assert stand_in.engine.asked == [("start", {"start": "2004-01-02", "warmup": 250, "pace": 10.0})]


def test_the_state_shown_is_the_workers_not_the_buttons(stand_in) -> None:
    page = opened(stand_in)
    page._start_button.clicks += 1
    assert cards_of(page)["state"]["value"] == "stopped"
    later(page, stand_in, RUNNING)
    assert cards_of(page)["state"]["value"] == "running"
    assert cards_of(page)["replayed"]["value"] == "2004-11-09"


def test_only_what_makes_sense_can_be_pressed(stand_in) -> None:
    page = opened(stand_in)
    assert page._pause.disabled and page._resume.disabled and page._stop.disabled
    later(page, stand_in, RUNNING)
    assert (page._pause.disabled, page._resume.disabled, page._stop.disabled) == (False, True, False)
    later(page, stand_in, replace(RUNNING, is_paused=True))
    assert (page._pause.disabled, page._resume.disabled) == (True, False)


def test_the_slider_tells_a_running_node_and_follows_the_confirmed_pace(stand_in) -> None:
    page = opened(stand_in)
    page._set_pace(2)
    assert stand_in.engine.asked == []
    later(page, stand_in, RUNNING)
    assert page._pace.value == 5
    page._set_pace(2)
    assert stand_in.engine.asked == [("pace", 2)]


def test_a_refused_command_is_told_where_it_was_given(stand_in) -> None:
    page = opened(stand_in)
    stand_in.engine.refusal = errors.ConfigError("the database is read-only")
    page._start_button.clicks += 1
    assert "read-only" in page._said[0][0].object
    stand_in.engine.refusal = None
    page._start_button.clicks += 1
    assert len(page._said) == 0


def test_without_nautilus_trader_the_page_says_how_to_install_it(stand_in) -> None:
    stand_in.engine.is_available = False
    stand_in.engine.reason = "NautilusTrader is not installed: pip install 'nautilus-dashboard[engine]'"
    page = opened(stand_in)
    assert page.controls() == []
    assert "nautilus-dashboard[engine]" in page._body[-1][0][0].object
