"""The macro page on a store of its own, without a worker and without a key."""

import pandas as pd
import pytest

from app.pages.macro import MacroPage
from nautilus_data.core.dataset import Series
from nautilus_data.core.macro_series import releases_of
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange, to_ns
from tests.services.macro.seeded import describe, seed

_UNRATE = {
    "2024-02-02T13:30": {"2023-01-01": 3.4, "2023-12-01": 3.7, "2024-01-01": 3.7},
    "2024-03-08T13:30": {"2024-02-01": 3.9},
    "2024-04-05T12:30": {"2024-02-01": 3.8, "2024-03-01": 3.8},
}
_VIX = {f"2024-03-{day:02}T13:30": {f"2024-03-{day:02}": 12.0 + day} for day in range(1, 29)}


@pytest.fixture
def make(workspace):
    def made(**params: object) -> MacroPage:
        page = MacroPage(workspace=workspace, **params)
        page.build()
        assert page.is_ready, page._body
        return page

    return made


def cells(sheet) -> dict[str, list[str]]:
    """The texts of each row with a key."""
    rows = [row for section in sheet.sections for row in section["rows"]]
    return {row["key"]: [cell.get("text", "") for cell in row["cells"]] for row in rows}


def titles(sheet) -> list[str]:
    return [section["title"] for section in sheet.sections]


def test_with_nothing_stored_each_view_is_whole_and_says_so(make) -> None:
    page = make()
    for view in page.views:
        page.view = view
        assert page.parts[view].reading.problem == ""
    states = {row[-1] for row in cells(page.parts["dashboard"].sheet).values()}
    assert states == {"unavailable"}
    assert "set FRED_API_KEY" in page.notes.above.object and page.notes.above.visible
    assert "not endorsed or certified" in page.notes.below.object
    assert page.slider.first == ""
    assert "FRED tells them" in page.parts["calendar"].sheet.sections[0]["empty"]


def test_the_day_moves_every_view(workspace, make) -> None:
    seed(workspace.store, "UNRATE", _UNRATE)
    page = make()
    sheet = page.parts["dashboard"].sheet
    assert cells(sheet)["UNRATE"][2:5] == ["3.8", "2024-03", "0.0"]
    assert titles(sheet)[:2] == ["growth", "employment"]
    page.slider.wanted = "2024-03-08#1"
    assert page.as_of == page.slider.day == "2024-03-08"
    assert page.slider.drawn == "2024-03-08#1"
    assert cells(sheet)["UNRATE"][2:5] == ["3.9", "2024-02", "+0.2"]
    page.view = "series"
    assert next(iter(cells(page.parts["series"].sheet).values()))[:2] == ["2024-02", "3.9 %"]
    page.slider.wanted = "#2"
    assert page.as_of == "" and next(iter(cells(page.parts["series"].sheet).values()))[0] == "2024-03"


@pytest.mark.parametrize("day", ["tomorrow", "2199-01-01", "2024-13-01", "0001-01-01"])
def test_a_day_that_is_none_or_has_not_come_is_now(make, day: str) -> None:
    page = make(as_of=day)
    assert page.as_of == page.slider.day == "" and page.as_of_ns is None


def test_the_slider_goes_from_the_first_day_anything_was_known(workspace, make) -> None:
    seed(workspace.store, "UNRATE", _UNRATE)
    assert make().slider.first == "2024-02-02"


def test_a_click_leads_to_the_series_and_to_the_versions_of_a_period(workspace, make) -> None:
    seed(workspace.store, "UNRATE", _UNRATE)
    page = make(series_id="GDP")
    page.parts["dashboard"].sheet.pressed = "UNRATE#1"
    part = page.parts["series"]
    assert (page.view, page.series_id, part.series.value) == ("series", "UNRATE", "UNRATE")
    assert part._chart.line.data["y"].tolist()[-3:] == [3.7, 3.8, 3.8]
    part.sheet.pressed = f"{to_ns('2024-02-01')}#1"
    shown = [[cell.get("text") for cell in row["cells"]] for row in part.versions.sections[0]["rows"]]
    assert [row[1:3] for row in shown] == [["3.9", "–"], ["3.8", "−0.1"]]
    page.as_of = "2024-03-10"
    assert len(part.versions.sections[0]["rows"]) == 1
    page.series_id = "GDP"
    assert "Choose a period" in part.versions.sections[0]["empty"]


def test_a_transform_and_a_span_are_of_the_series_shown(workspace, make) -> None:
    seed(workspace.store, "UNRATE", _UNRATE)
    page = make(view="series", how="year_change", span="all")
    rows = cells(page.parts["series"].sheet)
    assert rows[str(to_ns("2024-01-01"))][1] == "0.3 pp"
    page.span = "1 year"
    assert cells(page.parts["series"].sheet) == {}


def test_what_is_shown_is_exported_with_its_day(workspace, make) -> None:
    seed(workspace.store, "UNRATE", _UNRATE)
    page = make(view="series", as_of="2024-03-10")
    part = page.parts["series"]
    text = part._file().getvalue()
    assert part.export.filename == "macro_UNRATE_level_as_of_2024-03-10.csv"
    assert "as known at the end of 2024-03-10 in New York" in text and "not endorsed" in text
    assert text.splitlines()[-1] == "2024-02-01,2024-03-08T13:30:00Z,3.9,vintage"


def test_a_series_is_kept_and_kept_no_longer(workspace, make) -> None:
    page = make(view="series", series_id="UNRATE")
    part = page.parts["series"]
    assert [entry[1] for entry in part.commands.entries] == [
        "Ask now: FRED can't be asked",
        "Keep no longer",
        "Compare",
    ]
    part.commands.pressed = "drop#1"
    assert "UNRATE" not in workspace.macro.kept()
    page.parts["series"].commands.pressed = "keep#2"
    assert "UNRATE" in workspace.macro.kept()


def test_what_cannot_be_added_or_searched_says_why(make) -> None:
    page = make(view="series")
    adding = page.parts["series"].adding
    for text, command, reason in (
        ("", "add", "Write an id"), ("TEDRATE", "add", "BAA10Y"), ("gold price", "search", "FRED_API_KEY"),
    ):  # fmt: skip
        adding.text.value_input = text
        adding.commands.pressed = f"{command}#{reason}"
        assert page.said.visible and reason in page.said[0][0].object


def test_a_series_nobody_keeps_is_named_as_such(make) -> None:
    page = make(view="series", series_id="NOSUCH")
    assert "NOSUCH is not kept" in page.parts["series"]._words.object


def test_the_curve_has_a_day_picked(workspace, make) -> None:
    for name, value in (("DGS3MO", 5.4), ("DGS10", 4.2)):
        seed(
            workspace.store, name, {"2024-03-28T20:15": {"2024-03-28": value}, "2024-02-28T20:15": {"2024-02-28": 4.0}}
        )
    page = make(view="curve", as_of="2024-03-28", days="2024-02-29,nonsense")
    part = page.parts["curve"]
    assert part._chart.lines.data["label"] == ["2024-03-28", "2024-02-28, 1 month before", "2024-02-29"]
    assert part._chart.lines.data["y"][0] == [5.4, 4.2]
    assert [column[1] for column in part.sheet.columns][1] == "2024-03-28"
    part._pick("2024-02-27")
    assert page.days == "2024-02-29,2024-02-27"
    part.picked.pressed = "2024-02-29#1"
    assert page.days == "2024-02-27"


def test_a_factor_shows_its_history_and_what_it_is_made_of(workspace, make) -> None:
    seed(workspace.store, "VIXCLS", _VIX, source="arch")
    page = make(view="factors", factor="volatility_regime")
    part = page.parts["factors"]
    assert (
        "calm &lt; 15" in part.facts.object
        and "closes = 5" in part.facts.object
        and "arch package" in part.facts.object
    )
    assert cells(part.inputs)["VIXCLS"][1] == "40"
    assert len(part._chart.line.data["x"]) > 1
    listed = {row["key"]: row for section in part.list.sections for row in section["rows"]}
    assert [chip[0] for chip in listed["output_gap"]["cells"][0]["chips"]] == ["lacks GDPC1", "lacks GDPPOT"]
    page.as_of = "2024-03-05"
    assert part._chart.line.data["x"].max() <= to_ns("2024-03-06T05:00") / 1e6


def test_regimes_have_a_card_and_a_lane(workspace, make) -> None:
    seed(workspace.store, "VIXCLS", _VIX, source="arch")
    page = make(view="regimes", as_of="2024-03-28")
    part = page.parts["regimes"]
    cards = {card["key"]: card for card in part.board.groups[0]["cards"]}
    assert cards["volatility_regime"]["value"] in ("calm", "normal", "elevated", "stress", "crisis")
    assert cards["inflation_regime"]["value"] == "not known" and "PCEPILFE" in cards["inflation_regime"]["note"]
    bars = part._timeline.bars.data
    assert set(bars["title"]) == {cards["volatility_regime"]["title"]} and bars["until"][-1] == "it holds"


def test_the_calendar_says_whether_a_value_has_come(workspace, make) -> None:
    seed(workspace.store, "UNRATE", _UNRATE)
    describe(workspace.store, "UNRATE")
    describe(workspace.store, "PAYEMS")
    times = [to_ns("2024-04-05T12:30"), to_ns("2024-05-03T12:30")]
    frame = pd.DataFrame({"ts_event": times, "ts_init": times, "ts_seen": times[1]})
    workspace.store.write(releases_of("50"), frame, TimeRange(0, times[1] + NS_PER_DAY))
    page = make(view="calendar", as_of="2024-04-08")
    ahead, behind = page.parts["calendar"].sheet.sections
    assert [row["cells"][0]["text"] for row in ahead["rows"]] == ["2024-05-03 12:30"]
    row = behind["rows"][0]["cells"]
    assert row[3]["text"] == "1 of 2 since then" and row[3]["tone"] == "warn"
    assert [chip[:2] for chip in row[2]["chips"]] == [["PAYEMS", "warn"], ["UNRATE", "ok"]]


def test_series_of_two_units_are_compared_on_two_scales_and_of_a_third_not(workspace, make) -> None:
    seed(workspace.store, "UNRATE", _UNRATE)
    seed(workspace.store, "PAYEMS", {"2024-02-02T13:30": {"2024-01-01": 157_700.0}})
    seed(workspace.store, "VIXCLS", _VIX)
    page = make(view="compare", compare="UNRATE,PAYEMS,VIXCLS,GDP")
    part = page.parts["compare"]
    assert [source.data["label"] for source in part._chart.sides] == [["UNRATE"], ["PAYEMS (left)"]]
    assert [axis.axis_label for axis in part._chart.axes] == ["%", "thousand"]
    rows = part.sheet.sections[0]["rows"]
    assert [row["cells"][5].get("text", "") for row in rows[:3]] == [
        "right", "left, dashed", "not drawn: a third unit; show them as z or yoy",
    ]  # fmt: skip
    assert rows[3]["cells"][1]["below"] == "nothing is stored of it"
    page.how = "z"
    assert part._chart.sides[0].data["label"] == ["UNRATE", "PAYEMS", "VIXCLS"] and not part._chart.axes[1].visible
    text = part._file().getvalue()
    assert "UNRATE, PAYEMS, VIXCLS: shown as z" in text and text.count("VIXCLS,fred") == len(_VIX)


def test_gold_of_bars_is_named_among_inputs(workspace, make) -> None:
    series = Series(instrument_id="GC=F.COMEX", source="yahoo")
    times = [to_ns("2024-01-03T21:00Z") + day * NS_PER_DAY for day in range(3)]
    prices = dict.fromkeys(("open", "high", "low", "close"), 2_000 * 10**9)
    frame = pd.DataFrame({"ts_event": times, "ts_init": times, **prices, "volume": 1.0})
    workspace.store.write(series, frame, TimeRange(times[0] - 1, times[-1] + 1))
    page = make(view="factors", factor="gold_momentum")
    assert page.parts["factors"].reading.problem == ""
