"""Indicators as they stand in a URL."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautilus_data.services.indicators import INDICATORS, Chosen, parse, parse_list, show_list


@st.composite
def chosen(draw: st.DrawFn) -> Chosen:
    indicator = INDICATORS[draw(st.sampled_from(list(INDICATORS)))]
    values = {}
    for each in indicator.parameters:
        low, high = (each.low, 400) if each.name not in indicator.ascending else (None, None)
        if each.name in ("fast", "slow"):
            low, high = (3, 50) if each.name == "fast" else (51, 200)
        number = st.integers(low, high) if each.is_whole else st.floats(each.low, each.high)
        values[each.name] = draw(number)
    return Chosen(indicator, values)


@given(chosen())
def test_what_is_said_is_read_back(one: Chosen) -> None:
    assert parse(str(one)) == one
    assert str(parse(str(one))) == str(one)
    assert hash(parse(str(one))) == hash(one)


def test_what_is_not_said_is_the_default() -> None:
    assert str(parse("macd:slow=30")) == "macd:fast=12:slow=30:signal=9"
    assert parse("ema") == parse("ema:length=20") != parse("ema:length=21")
    assert str(parse("obv")) == "obv"
    assert parse("bollinger:multiplier=2.5").parameters == {"length": 20, "multiplier": 2.5}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("emma", "there is no indicator 'emma'; choose of sma, ema"),
        ("", "there is no indicator ''"),
        ("ema:size=3", r"ema has no parameter 'size'; it takes length \(2 to 1000, 20 unless said\)"),
        ("obv:length=3", "obv has no parameter 'length'; it takes no parameters"),
        ("ema:length=1", "ema: length can't be 1; give a whole number from 2 to 1000"),
        ("ema:length=2.5", "ema: length can't be 2.5; give a whole number"),
        ("ema:length=nan", "length can't be nan"),
        ("ema:length=1e999", "length can't be 1e999"),
        ("ema:length=", "length can't be"),
        ("ema:length", "'length' is no parameter; write it as ema:name=number"),
        ("ema:length=5:length=6", "says a parameter twice"),
        ("bollinger:multiplier=0", "multiplier can't be 0; give a number from 0.1 to 20"),
        ("macd:fast=30", "macd: fast must be smaller than slow, not 30 and 26"),
    ],
)
def test_what_is_not_possible_says_what_is(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse(text)


def test_a_list_names_each_once_and_in_order() -> None:
    found = parse_list("rsi:length=14, ema:length=20,rsi,,ema:length=50")
    assert [str(one) for one in found] == ["rsi:length=14", "ema:length=20", "ema:length=50"]
    assert parse_list(show_list(found)) == found
    assert parse_list("") == ()


def test_a_list_is_as_long_as_a_chart_can_show() -> None:
    names = [f"sma:length={number}" for number in range(2, 15)]
    assert len(parse_list(",".join(names[:12]))) == 12
    with pytest.raises(ValueError, match="13 indicators are more than a chart can show; choose 12 at most"):
        parse_list(",".join(names))


def test_lines_that_are_drawn_apart_from_their_bar_say_how_far() -> None:
    assert parse("ichimoku:displacement=30").shifts == {
        "tenkan": 0, "kijun": 0, "senkou_a": 30, "senkou_b": 30, "chikou": -30,
    }  # fmt: skip
    assert parse("ema").shifts == {"ema": 0}


def test_its_label_is_short() -> None:
    assert parse("bollinger:multiplier=2.5").label == "BOLLINGER 20 2.5"
    assert parse("obv").label == "OBV"


def test_parameters_are_fixed_once_chosen() -> None:
    with pytest.raises(TypeError):
        parse("ema").parameters["length"] = 3  # type: ignore[index]
