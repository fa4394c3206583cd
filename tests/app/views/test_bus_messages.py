"""Messages and books as the inspector and the ladder draw them."""

from dataclasses import replace

import pytest

from app.views import bus_messages
from nautilus_data.services.bus import BookView
from tests.app.conftest import NOW, seen

BOOK = BookView("T", "X.SIM", (("1.50", "10", 2), ("1.49", "5", 1)), (("1.60", "20", 0),), True, "", NOW, NOW + 1)


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "complete"),
        ({"is_complete": False}, "partial since joined"),
        ({"is_complete": False, "note": "damaged: a delta was lost"}, "damaged"),
        ({"asks": (("1.50", "1", 0),)}, "crossed"),
        ({"asks": ()}, "complete"),
    ],
)  # fmt: skip
def test_a_book_says_how_far_it_can_be_trusted(changes: dict, state: str) -> None:
    assert bus_messages.ladder(replace(BOOK, **changes), "UTC", 5.0)["state"] == state


def test_texts_stay_exact_and_bars_are_shares_of_the_largest_size() -> None:
    shown = bus_messages.ladder(BOOK, "UTC", 5.0)
    assert [(level["price"], level["share"]) for level in shown["bids"]] == [("1.50", 0.5), ("1.49", 0.25)]
    assert shown["spread"] == "0.1 · 645.2 bp" and shown["since"] == NOW // 1_000_000


def test_a_one_sided_or_empty_book_has_no_spread() -> None:
    for book in (replace(BOOK, asks=()), replace(BOOK, asks=(), bids=())):
        assert bus_messages.ladder(book, "UTC", 5.0)["spread"] == "one side is empty"


def test_a_message_is_listed_to_the_millisecond_of_the_zone() -> None:
    (row,) = bus_messages.seen_rows([seen(7)], "Asia/Tokyo")
    assert (row["time"], row["size"], row["key"].endswith("|7-0")) == ("20:06:40.007", "174 B", True)


def test_a_message_without_a_topic_is_listed_by_its_stream() -> None:
    (row,) = bus_messages.seen_rows([seen(1, topic="", stream="nautilus-streams")], "UTC")
    assert row["topic"] == "nautilus-streams"
