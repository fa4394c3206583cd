"""The button of what REST has, on the server's side."""

import pytest

from app.layout import rest_link
from app.layout.rest_link import RestLink

BASE = "http://127.0.0.1:5006/"


class Heard(RestLink):
    """Remembers what went to the browser."""

    def __init__(self, answer) -> None:
        super().__init__(answer)
        self._sent: list[dict] = []

    def _send_msg(self, data) -> None:
        self._sent.append(data)

    def press(self, **message: object) -> list[dict]:
        self._handle_msg(message)
        return self._sent


def test_a_press_is_answered_with_what_is_chosen_then() -> None:
    link = Heard(lambda key, base: {"title": key, "address": f"{base}x"})
    assert link.press(key="portfolio.orders", base=BASE) == [
        {"key": "portfolio.orders", "title": "portfolio.orders", "address": f"{BASE}x"}
    ]


def test_what_cannot_be_told_is_said(caplog) -> None:
    def fail(key: str, base: str) -> dict:
        raise LookupError("no such table")

    (told,) = Heard(fail).press(key="x", base=BASE)
    assert told["problem"] == "This can't be told: no such table"
    assert "could not be told key=x" in caplog.text


@pytest.mark.parametrize(
    "message",
    [{}, {"key": "x"}, {"key": 1, "base": BASE}, {"key": "x", "base": "javascript:alert(1)"},
     {"key": "x", "base": f"{BASE}'; rm -rf ~"}, {"key": "x", "base": "http://user@host/"},
     {"key": "x", "base": f"http://h/{'x' * 600}/"}],
)  # fmt: skip
def test_what_is_no_address_of_a_page_is_not_answered(message: dict) -> None:
    assert Heard(lambda key, base: {}).press(**message) == []


def test_a_key_cannot_leave_its_attribute() -> None:
    assert 'data-rest="&quot;&gt;&lt;b&gt;"' in rest_link.mark('"><b>')


def test_a_heading_without_a_key_has_no_button() -> None:
    assert "<button" not in rest_link.heading("Rows").object
    assert 'data-rest="a.b"' in rest_link.heading("Rows & more", "a.b").object
    assert "Rows &amp; more" in rest_link.heading("Rows & more", "a.b").object
