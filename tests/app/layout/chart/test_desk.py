"""A desk: one look over a main chart and those beside it."""

import pytest

from app.layout.chart.desk import Desk
from nautilus_data.core.timerange import NS_PER_DAY
from tests.services.said import bar

NAMES = ["AAPL.NASDAQ", "GONE.NASDAQ", "IBM.NYSE", "MSFT.NASDAQ"]


@pytest.fixture
def desk(workspace, store_bars, line_of) -> Desk:
    for name in ("AAPL.NASDAQ", "IBM.NYSE", "MSFT.NASDAQ"):
        store_bars(name, source="nautilus")
    made = Desk(workspace)
    made.open(line_of(source="nautilus"), "nothing", NAMES, {"IBM.NYSE": 4}, "UTC")
    made.main._hear("ready", {"width": 1_000})
    return made


def names(desk: Desk) -> list[str]:
    return [desk.main.line.instrument_id, *(side.pane.line.instrument_id for side in desk.sides)]


def test_further_charts_show_instruments_that_have_bars_and_are_not_shown_yet(desk):
    desk.look.count = 4
    assert names(desk) == ["AAPL.NASDAQ", "IBM.NYSE", "MSFT.NASDAQ"]
    assert desk.look.others == "IBM.NYSE@1-DAY,MSFT.NASDAQ@1-DAY"
    assert desk.sides[0].pane.line.precision == 4


def test_fewer_charts_again_and_the_main_one_is_tall(desk):
    desk.look.count = 2
    assert {pane.component.height for pane in desk._panes()} == {420}
    desk.look.count = 1
    assert names(desk) == ["AAPL.NASDAQ"]
    assert desk.main.component.height == 600


def test_a_further_chart_shows_what_is_chosen_for_it(desk):
    desk.look.count = 2
    desk.sides[0]._instrument.value = "MSFT.NASDAQ"
    desk.sides[0]._frame.value = "1-WEEK"
    assert desk.look.others == "MSFT.NASDAQ@1-WEEK"
    assert desk.sides[0].pane.model.timeframe == "1-WEEK"


def test_a_further_chart_of_an_instrument_without_bars_says_so(desk):
    desk.look.others = "GONE.NASDAQ@1-DAY"
    desk.look.count = 2
    assert desk.sides[0].pane.line is None
    assert "No bars of GONE.NASDAQ" in desk.sides[0]._place[0][0].object


def test_a_further_chart_of_an_instrument_nobody_knows_shows_no_other_in_its_place(desk):
    desk.look.others = "garbage,@,<b>@1-DAY"
    desk.look.count = 4
    assert [side.text.partition("@")[0] for side in desk.sides] == ["garbage", "<b>", "IBM.NYSE"]
    assert [side._instrument.value for side in desk.sides] == ["garbage", "<b>", "IBM.NYSE"]
    assert "garbage" in desk.sides[0]._instrument.options
    assert [side.pane.line is None for side in desk.sides] == [True, True, False]


def test_what_a_link_asks_for_in_vain_is_said_until_a_person_chooses(desk, workspace, line_of):
    desk.look.take_each({"style": "x", "axis": "y"})
    desk._reopen()
    assert "style=x, axis=y" in desk._said[0][0].object
    desk.look.style = "line"
    assert not desk._said.visible


def test_an_indicator_that_says_nothing_of_the_bars_is_told(desk):
    desk.look.indicators = "sma:length=400,ema:length=5"
    assert "400: no value here" in desk.main.model.note
    assert len(desk.main.model.lines) == 2


def test_charts_are_linked_where_there_are_several(desk):
    assert not desk.main._is_linked
    desk.look.count = 2
    assert all(pane._is_linked for pane in desk._panes())
    desk.look.linked = False
    assert not any(pane._is_linked for pane in desk._panes())


def test_a_look_is_that_of_every_chart_and_others_are_compared_on_the_main_one(desk):
    desk.look.count = 2
    desk.look.param.update(style="area", indicators="sma:length=5", compare="MSFT.NASDAQ,AAPL.NASDAQ")
    assert [pane.model.style for pane in desk._panes()] == ["area", "area"]
    assert [line.key for line in desk.main.model.lines] == ["sma:length=5/sma", "compare/MSFT.NASDAQ"]
    assert [line.key for line in desk.sides[0].pane.model.lines] == ["sma:length=5/sma"]


def test_parameters_set_on_the_chart_go_into_the_look(desk):
    desk.look.indicators = "sma:length=5,rsi"
    desk.main._hear("indicator", {"name": "sma:length=5", "parameters": {"length": "9"}})
    assert desk.look.indicators == "sma:length=9,rsi"
    desk.main._hear("drop", {"kind": "indicator", "name": "sma:length=9"})
    assert desk.look.indicators == "rsi"
    assert not desk._said.visible


@pytest.mark.parametrize("wrong", ["0", "x", "1e99", ""])
def test_parameters_that_can_not_be_are_refused_in_words(desk, wrong):
    desk.look.indicators = "sma:length=5"
    desk.main._hear("indicator", {"name": "sma:length=5", "parameters": {"length": wrong}})
    assert desk.look.indicators == "sma:length=5"
    assert "length" in desk._said[0][0].object


def test_a_link_with_an_indicator_nobody_knows_shows_the_bars_and_says_so(desk):
    desk.look.indicators = "nonsense"
    assert len(desk.main.model) > 200
    assert "nonsense" in desk._said[0][0].object
    desk.look.indicators = ""
    assert not desk._said.visible


def test_an_indicator_that_can_not_be_computed_is_named_and_the_others_are_drawn(desk, workspace):
    class Broken:
        def __getattr__(self, name: str):
            return getattr(workspace.indicators, name)

        def over(self, *asked):
            if str(asked[4]) == "rsi:length=14":
                raise ValueError("no luck")
            return workspace.indicators.over(*asked)

    desk.main.overlays.workspace = type("W", (), {"indicators": Broken(), "market": workspace.market})()
    desk.look.indicators = "rsi,sma:length=5"
    assert [line.key for line in desk.main.model.lines] == ["sma:length=5/sma"]
    assert "no luck" in desk.main.model.note


def test_one_price_moves_each_chart_of_it(desk, workspace):
    desk.look.count = 2
    desk.sides[0].pane._hear("ready", {"width": 500})
    last = int(desk.main.model.bars["time"][-1])
    workspace.live.feed([bar("AAPL.NASDAQ", "7", event_ms=(last + NS_PER_DAY) // 10**6)])
    desk.prompt()
    assert desk.main.last["close"] == 7.0
    assert desk.sides[0].pane.last is None
