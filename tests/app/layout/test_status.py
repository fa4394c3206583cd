"""Header, board and the four looks."""

import pytest

from app.layout import status
from app.layout.status import Board, Header
from app.views.cards import Card, Group, Tone
from nautilus_data.core.identity import LOCAL, Door, Identity, Role, Share
from tests.app.conftest import NOW


def group(value: str, since: int = 0) -> Group:
    return Group("bus", "Message bus", (Card("state", "Connection", value, Tone.OK, since=since),))


def test_a_board_sends_nothing_when_nothing_changed() -> None:
    board, sent = Board(), []
    board.param.watch(lambda event: sent.append(event.new), "groups")
    board.show([group("connected")])
    board.show([group("connected")])
    board.show([group("error")])
    assert len(sent) == 2


def test_times_reach_the_browser_in_milliseconds() -> None:
    board = Board()
    board.show([group("connected", since=NOW)])
    assert board.groups[0]["cards"][0]["since"] == NOW // 1_000_000


def test_a_pressed_button_tells_its_cards_key_each_time() -> None:
    pressed = []
    board = Board(on_action=pressed.append)
    board.pressed = "bus#1"
    board.pressed = "bus#2"
    assert pressed == ["bus", "bus"]


def test_the_header_shows_the_error_of_the_bus_before_its_note(stand_in) -> None:
    header = Header()
    header.take(stand_in.overview.bus(), NOW)
    assert (header.bus_state, header.beat_ms) == ("connected", NOW // 1_000_000)
    assert header.last_ms == NOW // 1_000_000 - 1000


def test_the_header_tells_who_looks_and_offers_a_link_to_who_may_make_one() -> None:
    header = Header()
    header.introduce(Identity("ann", Role.OPERATOR, Door.SESSION, "s1"), may_share=True)
    assert (header.user, header.role, header.is_local, header.may_share) == ("ann", "operator", False, True)
    header.introduce(LOCAL, may_share=True)
    assert header.is_local and header.shared_until_ms == 0


def test_who_came_by_a_link_is_told_until_when_and_makes_no_other() -> None:
    header, share = Header(), Share("portfolio", "", True, NOW)
    header.introduce(Identity("share of ann", Role.VIEWER, Door.SHARE, "l1", share=share), may_share=True)
    assert (header.shared_until_ms, header.may_share) == (NOW // 1_000_000, False)


@pytest.mark.parametrize("look", [status.loading, status.empty, status.stale, status.error, status.done])
def test_a_look_never_lets_text_become_markup(look) -> None:
    assert "<script>" not in look("<script>alert(1)</script>")[0].object


def test_the_four_looks_are_four() -> None:
    looks = [look("x")[0].object for look in (status.loading, status.empty, status.stale, status.error)]
    assert len(set(looks)) == 4


def test_an_empty_look_offers_the_action_that_fills_it() -> None:
    done = []
    shown = status.empty("no bars", "Backfill", lambda: done.append(1))
    shown[1].clicks += 1
    assert done == [1]
    assert 'href="backfill"' in status.empty("no bars", "Backfill", href="backfill")[0].object
