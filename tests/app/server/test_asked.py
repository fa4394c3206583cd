"""What routes take: what the description of a parameter allows is taken, and nothing else."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, timedelta
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from app.server.asked import Cik, DayText, SeriesId, Symbol, TimeText, Words, at_time, like, span_of
from nautilus_data import errors, to_ns

TIME, DAY = TypeAdapter(TimeText), TypeAdapter(DayText)


def is_taken(kind: TypeAdapter, text: str) -> bool:
    try:
        return kind.validate_python(text) == text
    except ValidationError:
        return False


def test_every_day_int64_nanoseconds_reach_in_whole_years_is_taken_and_none_besides() -> None:
    for year in (*range(1600, 1700), *range(1896, 1906), *range(1996, 2005), *range(2096, 2105), *range(2250, 2300)):
        for month in range(1, 13):
            for day in range(27, 33):
                is_one = day <= monthrange(year, month)[1] and 1678 <= year <= 2261
                assert is_taken(DAY, f"{year:04d}-{month:02d}-{day:02d}") is is_one


@given(st.from_regex(re.compile(TIME.json_schema()["pattern"]), fullmatch=True))
def test_what_the_description_of_a_time_allows_is_a_time(text: str) -> None:
    if text.endswith("\n"):
        return
    assert is_taken(TIME, text)
    assert to_ns("1677-09-22") < to_ns(text) < to_ns("2262-04-11")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2024",
        "2024-1-1",
        "2024-01-01 10:00",
        "\N{FULLWIDTH DIGIT TWO}024-01-01",
        "2024-01-01\n",
        "2024-01-01T24:00",
        "0",
    ],
)
def test_no_other_text_is_a_time_and_the_answer_says_how_to_write_one(text: str) -> None:
    with pytest.raises(ValidationError, match=r"not a time: .*; write 2024-05-31 or 2024-05-31T14:30Z"):
        TIME.validate_python(text)


@pytest.mark.parametrize("kind", [Cik, SeriesId, Symbol, Words])
@pytest.mark.parametrize("text", ["\x00", "a\x00b", "a\nb", "a\x7f", "\x85", "x" * 101])
def test_control_characters_and_long_texts_are_taken_by_none(kind: object, text: str) -> None:
    assert not is_taken(TypeAdapter(kind), text)


def test_a_problem_quotes_braces_as_they_are() -> None:
    kind = TypeAdapter(Annotated[str, *like("[a-z]+", "a word", 5, hint="abc")])
    with pytest.raises(ValidationError, match=re.escape("not a word: '{x}'; write abc")):
        kind.validate_python("{x}")
    assert kind.json_schema() == {"type": "string", "pattern": "^[a-z]+$", "minLength": 1, "maxLength": 5}


def test_nothing_is_told_of_the_future() -> None:
    tomorrow = (date.today() + timedelta(days=2)).isoformat()
    assert at_time(tomorrow) < to_ns(tomorrow)
    assert at_time("2020-03-01T14:30+02:00") == to_ns("2020-03-01T12:30Z")


def test_a_span_is_open_where_nothing_is_said_and_does_not_end_before_it_starts() -> None:
    assert span_of(None, "2020-01-01").end == to_ns("2020-01-01") and span_of(None, None).start == -(2**63)
    with pytest.raises(errors.SkippableError, match="ends before it starts"):
        span_of("2020-01-02", "2020-01-01")
