from types import SimpleNamespace

from app.layout.selection import Selection
from app.pages.market import Market, pick
from nautilus_data.core.timerange import NS_PER_DAY
from tests.app.pages.conftest import FIRST
from tests.services.said import bar


def choice(source: str, adjustment: str, timeframe: str = "1-DAY") -> SimpleNamespace:
    return SimpleNamespace(source=source, adjustment=adjustment, timeframe=timeframe)


def built(workspace, **selected: str) -> Market:
    page = Market(workspace=workspace, selection=Selection(**selected))
    page.build()
    assert page.is_ready, page._body
    return page


def cards(page: Market) -> dict[str, dict]:
    return {card["title"]: card for group in page._strip.groups for card in group["cards"]}


def publish(workspace, days: int, close: str) -> None:
    workspace.live.feed([bar("AAPL.NASDAQ", close, event_ms=(FIRST + days * NS_PER_DAY) // 1_000_000)])


def test_the_choice_nearest_to_the_selection_is_picked():
    offered = [choice("nautilus", "total"), choice("sample", "total"), choice("sample", "raw")]
    assert pick(offered, "1-DAY", "sample", "raw") is offered[2]
    assert pick(offered, "1-DAY", "sample", "split") is offered[1]
    assert pick(offered, "1-DAY", "auto", "total") is offered[0]
    assert pick(offered, "1-MINUTE", "auto", "total") is offered[0]
    assert pick([], "1-DAY", "auto", "total") is None


def test_an_empty_store_offers_a_backfill(workspace):
    page = built(workspace, instrument="AAPL.NASDAQ")
    assert page.chart.chart is None
    assert "backfill?instrument=AAPL.NASDAQ" in page._place[0][0].object


def test_a_page_builds_with_an_instrument_nobody_knows(workspace):
    page = built(workspace, instrument="<b>X</b>.NOWHERE")
    shown = page._place[0][0].object
    assert "<b>X" not in shown
    assert "backfill?instrument=%3Cb%3EX%3C/b%3E.NOWHERE" in shown


def test_stored_bars_are_drawn_and_named(workspace, store_bars):
    store_bars()
    page = built(workspace, instrument="AAPL.NASDAQ")
    assert len(page.chart.chart.bars.data["x"]) == 400
    assert cards(page)["Close in view"]["note"] == "stored history, not live"
    assert "adjusted for splits and dividends" in page._note.object
    assert "times in UTC" in page._note.object


def test_weeks_and_months_are_offered_where_days_are(workspace, store_bars):
    store_bars()
    page = built(workspace, instrument="AAPL.NASDAQ")
    assert list(page._timeframe.options) == ["1d", "1w", "1M"]
    page.selection.timeframe = "1-WEEK"
    assert len(page.chart.chart.bars.data["x"]) < 70
    assert page._timeframe.value == "1-WEEK"


def test_picking_an_instrument_goes_to_the_url_and_to_the_chart(workspace, store_bars):
    store_bars()
    store_bars("MSFT.NASDAQ", count=100)
    page = built(workspace, instrument="AAPL.NASDAQ")
    page._instrument.value = "MSFT.NASDAQ"
    assert page.selection.instrument == "MSFT.NASDAQ"
    assert len(page.chart.chart.bars.data["x"]) == 100


def test_opening_a_page_does_not_change_what_a_link_selects(workspace, store_bars):
    store_bars()
    page = built(workspace, instrument="AAPL.NASDAQ", timeframe="1-MINUTE", source="yahoo", adjustment="raw")
    assert (page.selection.timeframe, page.selection.source, page.selection.adjustment) == ("1-MINUTE", "yahoo", "raw")


def test_the_zone_chosen_is_the_zone_shown(workspace, store_bars):
    store_bars()
    page = built(workspace, instrument="AAPL.NASDAQ")
    page.selection.tz = "Asia/Tokyo"
    assert page.chart.chart.zone == "Asia/Tokyo"
    assert cards(page)["Last bar closed"]["note"].endswith("Asia/Tokyo")


def test_a_live_bar_is_patched_into_the_chart_of_the_bus(workspace, store_bars):
    store_bars(source="nautilus")
    page = built(workspace, instrument="AAPL.NASDAQ")
    chart = page.chart.chart
    publish(workspace, 400, "177")
    page.live()
    assert page.chart.chart is chart
    assert chart.bars.data["close"][-1] == 177.0
    assert cards(page)["Last price"]["value"] == "177.0000"


def test_a_live_bar_is_not_drawn_into_history_from_elsewhere(workspace, store_bars):
    store_bars(source="sample")
    page = built(workspace, instrument="AAPL.NASDAQ")
    publish(workspace, 400, "177")
    page.live()
    assert 177.0 not in page.chart.chart.bars.data["close"]


def test_a_chart_that_was_empty_fills_itself(workspace, store_bars):
    page = built(workspace, instrument="AAPL.NASDAQ")
    store_bars()
    page.live()
    assert page.chart.chart is not None


def test_who_chose_no_source_gets_the_live_bus_once_a_node_publishes(workspace, store_bars):
    store_bars(source="sample")
    page = built(workspace, instrument="AAPL.NASDAQ")
    assert page._line.choice.source == "sample"
    store_bars(source="nautilus", count=50)
    workspace.live.feed([bar("AAPL.NASDAQ", "100")])
    page.live()
    assert page._line.choice.source == "nautilus"


def test_a_source_that_was_chosen_is_kept_when_a_node_publishes(workspace, store_bars):
    store_bars(source="sample")
    page = built(workspace, instrument="AAPL.NASDAQ", source="sample")
    store_bars(source="nautilus", count=50)
    page.live()
    assert page._line.choice.source == "sample"
