"""A look: what a person chose for the charts, and how it is taken off again."""

import pytest

from app.layout.chart.look import Look, LookControls
from nautilus_data.services.indicators import INDICATORS


@pytest.fixture
def look() -> Look:
    return Look(indicators="ema:length=20,rsi:length=14", compare="MSFT.NASDAQ,SPY.ARCA")


@pytest.fixture
def refused() -> list[str]:
    return []


@pytest.fixture
def controls(look, refused) -> LookControls:
    made = LookControls(look, INDICATORS, refused.append)
    made.offer(["MSFT.NASDAQ", "SPY.ARCA", "QQQ.NASDAQ", "IBM.NYSE", "GE.NYSE"])
    return made


def test_what_is_dropped_on_the_chart_is_gone(look):
    look.drop("indicator", "ema:length=20")
    look.drop("compare", "SPY.ARCA")
    assert (look.indicators, look.compared) == ("rsi:length=14", ["MSFT.NASDAQ"])


def test_what_a_link_asks_for_and_can_not_be_spoils_nothing_else(look):
    asked = {
        "style": "x",
        "scale": "log",
        "count": 9,
        "profile": "perhaps",
        "compare": Look.param.compare.deserialize(700),
    }
    look.take_each(asked)
    assert (look.style, look.scale, look.count, look.profile, look.compare) == ("candles", "log", 1, False, "700")
    assert look.refused == ["style=x", "count=9", "profile=perhaps"]


def test_an_indicator_keeps_its_place_when_its_parameters_change(look):
    look.swap("ema:length=20", "ema:length=50")
    assert look.indicators == "ema:length=50,rsi:length=14"


def test_one_that_is_there_is_not_added_twice(look, controls):
    for name in ("macd", "macd"):
        controls._indicator.value = name
    assert look.indicators == "ema:length=20,rsi:length=14,macd"
    assert controls._indicator.value == ""


def test_comparing_goes_over_to_a_percent_scale_and_has_a_limit(look, controls, refused):
    for name in ("QQQ.NASDAQ", "IBM.NYSE", "GE.NYSE"):
        controls._compare.value = name
    assert look.scale == "percent"
    assert look.compared == ["MSFT.NASDAQ", "SPY.ARCA", "QQQ.NASDAQ", "IBM.NYSE"]
    assert "4 instruments are compared" in refused[0]


def test_every_indicator_can_be_chosen(controls):
    assert set(controls._indicator.options.values()) == {"", *INDICATORS}


def test_widgets_and_look_follow_each_other(look, controls):
    style, count = controls.style, controls.count
    style.value = "area"
    assert look.style == "area"
    look.count = 4
    assert count.value == 4
