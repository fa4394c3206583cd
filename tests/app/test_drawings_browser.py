"""Drawing on a chart in a real browser: mouse, finger and keys, kept by the service and shown again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from nautilus_data.core.drawing import Drawing, Point
from nautilus_data.services.drawings import Drawings
from nautilus_data.store import Store
from tests.app.drawing_chart import CHART, FIRST_MS, STEP_MS, Chart, is_near, served, swipe

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served() as found:
        yield found


@pytest.fixture
def drawings(tmp_path: Path) -> Iterator[Drawings]:
    store = Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    yield Drawings(store)
    store.close()


@pytest.fixture
def chart(desk_tab: Page, address: str, drawings: Drawings) -> Chart:
    return Chart(desk_tab, address, drawings)


@pytest.fixture
def phone(phone_tab: Page, address: str, drawings: Drawings) -> Chart:
    return Chart(phone_tab, address, drawings)


@pytest.mark.parametrize("tool", ["trend_line", "ray", "extended_line", "rectangle", "fibonacci"])
def test_a_shape_of_two_points_is_pulled_and_kept(chart: Chart, tool: str) -> None:
    before = chart.view()
    drawn = chart.draw(tool, (130, 105), (190, 118))
    assert drawn["kind"] == tool and is_near(chart.points(), [(130, 105), (190, 118)])
    assert chart.view() == before
    chart.serve()
    (kept,) = chart.drawings.list(*CHART)
    assert [point.price for point in kept.points] == [point["price"] for point in drawn["points"]]
    assert [point.ts_ns for point in kept.points] == [point["time"] * 10**6 for point in drawn["points"]]
    assert chart.run("() => [plugin.active, plugin.selected]") == [None, kept.drawing_id]


def test_levels_stand_on_their_axis_and_may_lie_beyond_the_last_bar(chart: Chart) -> None:
    chart.draw("horizontal_line", (270, 111))
    chart.draw("vertical_line", (262, 108))
    assert is_near([chart.points(0)[0], chart.points(1)[0]], [(270, 111), (262, 108)])
    axes = "() => ['horizontal_line', 'vertical_line'].map((kind) => plugin.painting.axis(kind)[0].text())"
    price, time = chart.run(axes)
    assert price.startswith(("110.", "111.")) and time.startswith("2026-09-21T")
    chart.serve()
    assert len(chart.drawings.list(*CHART)) == 2


def test_two_clicks_draw_too_and_escape_gives_up(chart: Chart) -> None:
    chart.start("trend_line")
    chart.click(130, 110)
    chart.tab.keyboard.press("Escape")
    assert chart.run("() => [plugin.active, plugin.visible.length]") == [None, 0]
    chart.start("trend_line")
    chart.click(130, 110)
    chart.tab.mouse.move(*chart.at(160, 115))
    assert chart.shapes() == []
    chart.click(180, 120)
    assert is_near(chart.points(), [(130, 110), (180, 120)])


def test_shift_keeps_level_and_the_magnet_takes_prices_of_the_bar(chart: Chart) -> None:
    chart.tab.keyboard.down("Shift")
    chart.draw("trend_line", (130, 110), (190, 111))
    chart.tab.keyboard.up("Shift")
    level = chart.points()
    assert level[0][1] == level[1][1] and level[1][0] > 185
    chart.run("() => { plugin.magnet = true }")
    high = chart.run("() => host.bars.high[150]")
    chart.draw("trend_line", (150.3, high + 0.2), (200, 104))
    assert chart.points()[0] == (150, high)


def test_a_selected_shape_is_moved_by_its_handle_and_by_its_body(chart: Chart) -> None:
    chart.draw("rectangle", (130, 105), (170, 115))
    chart.drag((170, 105), (180, 103))
    assert is_near(chart.points(), [(130, 103), (180, 115)])
    before = chart.view()
    x, y = chart.at(150, 115)
    chart.tab.mouse.move(x, y)
    chart.tab.mouse.down()
    chart.tab.mouse.move(x + 30, y + 30)
    chart.tab.keyboard.press("Escape")
    chart.tab.mouse.up()
    assert is_near(chart.points(), [(130, 103), (180, 115)])
    chart.drag((150, 115), (160, 117))
    assert is_near(chart.points(), [(140, 105), (190, 117)])
    assert chart.view() == before
    chart.draw("horizontal_line", (200, 108))
    time = chart.shapes()[-1]["points"][0]["time"]
    chart.drag((120, 108), (150, 112))
    assert chart.shapes()[-1]["points"][0]["time"] == time and is_near(chart.points(), [(200, 112)])


def test_an_unmoved_time_keeps_its_nanoseconds_through_a_move_and_back(chart: Chart) -> None:
    exact = (FIRST_MS + 140 * STEP_MS) * 10**6 + 123_456_789
    level = Drawing(drawing_id="exact", kind="horizontal_line", points=(Point(exact, 110.0),))
    chart.drawings.put(*CHART, level)
    chart.show_kept()
    chart.drag((200, 110), (200, 114))
    chart.serve()
    (kept,) = chart.drawings.list(*CHART)
    assert kept.points[0].ts_ns == exact and kept.points[0].price > 113
    chart.run("() => plugin.undo()")
    chart.serve()
    (kept,) = chart.drawings.list(*CHART)
    assert kept.points == ((exact, 110.0),)


def test_delete_undo_and_redo_reach_the_store(chart: Chart) -> None:
    chart.draw("ray", (130, 105), (190, 118))
    chart.draw("rectangle", (140, 108), (160, 112))
    keyboard = chart.tab.keyboard
    keyboard.press("Delete")
    chart.serve()
    assert [drawing.kind for drawing in chart.drawings.list(*CHART)] == ["ray"]
    for _ in range(3):
        keyboard.press("Control+z")
    chart.serve()
    assert chart.drawings.list(*CHART) == () and chart.shapes() == []
    keyboard.press("Control+y")
    keyboard.press("Control+Shift+Z")
    chart.serve()
    assert [drawing.kind for drawing in chart.drawings.list(*CHART)] == ["ray", "rectangle"]
    chart.run("() => plugin.clear()")
    chart.serve()
    assert chart.drawings.list(*CHART) == ()


def test_a_text_is_typed_on_the_chart_and_changed_by_a_double_click(chart: Chart) -> None:
    chart.start("text")
    chart.click(150, 112)
    chart.tab.keyboard.type("<img src=x onerror=alert(1)> Öl")
    chart.tab.keyboard.press("Enter")
    assert chart.shapes()[0]["text"] == "<img src=x onerror=alert(1)> Öl"
    assert chart.tab.locator("img").count() == 0
    x, y = chart.at(150, 112)
    chart.tab.mouse.dblclick(x + 12, y + 6)
    expect(chart.tab.get_by_label("Text of the drawing")).to_have_value("<img src=x onerror=alert(1)> Öl")
    chart.tab.keyboard.type("floor")
    chart.tab.mouse.click(*chart.at(200, 105))
    assert [shape["text"] for shape in chart.shapes()] == ["floor"]
    chart.start("text")
    chart.click(170, 108)
    chart.tab.keyboard.press("Enter")
    assert len(chart.shapes()) == 1


def test_words_at_the_right_edge_are_not_cut_off(chart: Chart) -> None:
    chart.start("text")
    chart.click(280, 112)
    chart.tab.keyboard.type("better than expected")
    chart.tab.keyboard.press("Enter")
    chart.draw("fibonacci", (270, 122), (284, 106))
    text, levels = chart.run("() => plugin.items(plugin.size).map(({parts}) => parts.labels)")
    width = chart.run("() => plugin.size.width")
    assert text[0]["x"] < chart.run("() => host.xOfTime(host.logicalToTime(280))")
    assert all(label["x"] + label["width"] <= width for label in [*text, *levels])


def test_a_measure_tells_change_bars_and_time_and_is_not_kept(chart: Chart) -> None:
    chart.run("() => { plugin.magnet = true }")
    low, high = chart.run("() => [host.bars.low[150], host.bars.high[210]]")
    chart.start("measure")
    chart.drag((150, low), (210, high))
    label = chart.run("() => plugin.items(plugin.size).at(-1).parts.labels[0].lines")
    change = high - low
    assert label == [f"+{change:.2f} (+{change / low * 100:.2f} %)", "60 bars, 1 h"]
    assert chart.shapes() == [] == chart.sent()
    chart.click(120, 118)
    assert chart.run("() => plugin.visible") == []


def test_what_the_server_refuses_is_taken_back_with_the_reason(chart: Chart) -> None:
    chart.draw("ray", (130, 105), (190, 118))
    chart.serve()
    chart.run("() => plugin.book.put({...plugin.shapes()[0], style: {color: 'pink', width: 2, dash: 'solid'}})")
    assert chart.shapes()[0]["style"]["color"] == "pink"
    chart.serve()
    assert chart.shapes()[0]["style"]["color"] == "accent"
    expect(chart.tab.get_by_role("status")).to_contain_text("not kept: a drawing has no color 'pink'")


def test_another_page_of_the_same_user_is_followed(chart: Chart) -> None:
    chart.draw("ray", (130, 105), (190, 118))
    before = chart.drawings.version(*CHART)
    chart.serve()
    assert chart.drawings.version(*CHART) > before
    other = {"id": "other", "kind": "vertical_line", "points": [{"time": FIRST_MS, "price": 1.0}]}
    chart.drawings.put(*CHART, Drawing.from_message(other))
    # Drawn here and not heard of yet: what the server tells now does not undo it.
    chart.draw("rectangle", (140, 108), (160, 112))
    chart.show_kept()
    assert sorted(shape["kind"] for shape in chart.shapes()) == ["ray", "rectangle", "vertical_line"]
    chart.drawings.delete(*CHART, "other")
    chart.serve()
    assert sorted(shape["kind"] for shape in chart.shapes()) == ["ray", "rectangle"]


def test_another_instrument_has_its_own_drawings_and_no_way_back_to_these(chart: Chart) -> None:
    chart.draw("ray", (130, 105), (190, 118))
    chart.serve()
    chart.start("text")
    chart.click(150, 112)
    chart.tab.keyboard.type("half done")
    chart.show({"type": "drawings", "instrument_id": "ES.CME", "timeframe": "1-MINUTE", "drawings": []})
    chart.run("() => plugin.undo()")
    assert chart.shapes() == []
    assert [(sent["text"], sent["instrument_id"]) for sent in chart.sent()] == [("half done", "CL.NYMEX")]


def test_drawings_stay_at_their_prices_on_other_scales_and_series(chart: Chart) -> None:
    chart.draw("trend_line", (130, 105), (190, 118))
    points = chart.points()
    chart.run("() => host.chart.priceScale('right').applyOptions({mode: 1})")
    chart.run("() => host.chart.timeScale().setVisibleLogicalRange({from: 120, to: 200})")
    chart.run("() => renew_series()")
    assert chart.view() == {"from": 120, "to": 200}
    parts = chart.run("() => plugin.items(plugin.size)[0].parts.handles.map(({x, y}) => [x, y])")
    corner = chart.run("() => where_corner()")
    for point, handle in zip(points, parts, strict=True):
        assert chart.at(*point) == pytest.approx([a + b for a, b in zip(corner, handle, strict=True)], abs=0.01)
    chart.drag((160, 111.5), (165, 113))
    assert is_near(chart.points(), [(135, 106.4), (195, 119.6)])


def test_drawings_stay_at_their_times_when_candles_are_drawn_coarser(chart: Chart) -> None:
    chart.draw("trend_line", (131, 105), (264, 118))
    drawn, ends = chart.shapes(), chart.points()
    chart.run("() => coarsen(5)")
    chart.run("() => host.chart.timeScale().setVisibleLogicalRange({from: 10, to: 60})")
    assert chart.view() == {"from": 10, "to": 60}
    found = chart.run("() => plugin.items(plugin.size)[0].parts.handles.map(({x}) => host.logicalOfX(x))")
    assert found == pytest.approx([i / 5 for i, _ in ends], abs=0.01)
    assert chart.shapes() == drawn


def test_keys_draw_select_move_and_rename(chart: Chart) -> None:
    keyboard = chart.tab.keyboard
    chart.start("trend_line")
    keyboard.press("ArrowLeft")
    keyboard.press("Enter")
    for _ in range(4):
        keyboard.press("ArrowRight")
    keyboard.press("Enter")
    (first, second) = chart.points()
    assert first[1] == second[1] and second[0] > first[0]
    keyboard.press("Shift+ArrowUp")
    assert chart.points()[0][1] > first[1]
    keyboard.press("Enter")
    keyboard.type("neck")
    keyboard.press("Enter")
    assert chart.shapes()[0]["text"] == "neck"
    keyboard.press("Escape")
    assert chart.run("() => plugin.selected") is None
    keyboard.press("]")
    assert chart.run("() => plugin.selected") == chart.shapes()[0]["id"]
    assert len(chart.sent()) == 3


def test_a_chart_without_bars_says_so(chart: Chart) -> None:
    chart.run("() => { host.series.setData([]); host.bars = {...host.bars, time: new Float64Array(0)} }")
    chart.start("ray")
    chart.tab.mouse.click(400, 200)
    assert chart.shapes() == []
    expect(chart.tab.get_by_role("status")).to_contain_text("no bars")


def test_a_finger_draws_selects_and_moves_while_the_page_stays(phone: Chart) -> None:
    phone.start("trend_line")
    before = phone.view()
    swipe(phone, (130, 106), (190, 116))
    assert is_near(phone.points(), [(130, 106), (190, 116)])
    assert phone.view() == before and phone.run("() => scrollY") == 0
    phone.start("horizontal_line")
    phone.tab.touchscreen.tap(*phone.at(200, 120))
    phone.run("() => plugin.select(null)")
    # A finger that comes upon a line moves the chart; one tap selects the line, and then it moves.
    line = phone.shapes()[-1]
    swipe(phone, (200, 120), (150, 120))
    assert phone.shapes()[-1] == line and phone.view() != before
    phone.tab.wait_for_timeout(150)
    x, y = phone.at(200, 120)
    phone.tab.touchscreen.tap(x, y + 11)
    assert phone.run("() => plugin.selected") == line["id"]
    held = phone.view()
    swipe(phone, (180, 120), (180, 110))
    assert is_near(phone.points(), [(200, 110)]) and phone.view() == held
    assert phone.run("() => scrollY") == 0
