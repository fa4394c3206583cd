"""What an answer says beside its rows."""

from __future__ import annotations

import pytest
from fastapi import Response
from hypothesis import given
from hypothesis import strategies as st

from app.server.shown import headers, shown


def test_what_is_told_becomes_headers_and_what_is_not_is_left_out() -> None:
    answer = shown(Response(), as_of=1, total_count=0, source="fred", refusal="", notice=None, told_at=0)
    assert {name: value for name, value in answer.headers.items() if name.startswith("x-")} == {
        "x-as-of": "1970-01-01T00:00:00.000000001Z", "x-total-count": "0", "x-source": "fred",
    }  # fmt: skip


def test_a_header_that_is_not_described_is_a_mistake_of_ours() -> None:
    with pytest.raises(KeyError, match="no header X-Weather is described"):
        shown(Response(), weather="fine")
    with pytest.raises(KeyError):
        headers("Weather")


@given(st.text())
def test_whatever_is_told_a_header_is_one_line_of_ascii(words: str) -> None:
    for value in shown(Response(), refusal=words).headers.values():
        assert value.isascii() and value.isprintable()


def test_the_registered_sign_is_spelt_out() -> None:
    assert shown(Response(), notice="uses the FRED® API").headers["X-Notice"] == "uses the FRED(R) API"
