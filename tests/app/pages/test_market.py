from types import SimpleNamespace

from app.layout.chart.choosing import pick
from app.layout.live import Snapshot
from app.layout.selection import Selection
from app.pages.market import Market
from nautilus_data.core.dataset import FILLS, RUNS
from nautilus_data.core.timerange import NS_PER_DAY
from nautilus_data.services.overview import BusStatus, NodeStatus
from tests.app.pages.conftest import FIRST
from tests.services.said import T0, bar, ns, trade


def choice(source: str, adjustment: str, timeframe: str = "1-DAY") -> SimpleNamespace:
    return SimpleNamespace(source=source, adjustment=adjustment, timeframe=timeframe)


def built(workspace, **selected: str) -> Market:
    page = Market(workspace=workspace, selection=Selection(**selected))
    page.build()
    assert page.is_ready, page._body
    page.chart._hear("ready", {"width": 1_000})
    return page


def cards(page: Market) -> dict[str, dict]:
    return {card["title"]: card for group in page._strip.groups for card in group["cards"]}


def shown_instead(page: Market) -> str:
    return page.desk._main_place[0][0].object


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
    assert page.chart.line is None
    assert "backfill?instrument=AAPL.NASDAQ" in shown_instead(page)


def test_a_page_builds_with_an_instrument_nobody_knows(workspace):
    page = built(workspace, instrument="<b>X</b>.NOWHERE")
    shown = shown_instead(page)
    assert "<b>X" not in shown
    assert "backfill?instrument=%3Cb%3EX%3C/b%3E.NOWHERE" in shown


def test_stored_bars_are_drawn_and_named(workspace, store_bars):
    store_bars()
    page = built(workspace, instrument="AAPL.NASDAQ")
    assert page.chart.model.bars["close"].tolist()[-1] == 140.0
    assert cards(page)["Last close"]["value"] == "140.0000"
    assert cards(page)["Last close"]["note"] == "stored history, not live"
    assert "adjusted for splits and dividends" in page._note.object
    assert "axis in America/New_York" in page._note.object


def test_weeks_and_months_are_offered_where_days_are(workspace, store_bars):
    store_bars()
    page = built(workspace, instrument="AAPL.NASDAQ")
    assert list(page._timeframe.options) == ["1d", "1w", "1M"]
    page.selection.timeframe = "1-WEEK"
    assert page.chart.model.timeframe == "1-WEEK"
    assert len(page.chart.model) < 70
    assert page._timeframe.value == "1-WEEK"


def test_picking_an_instrument_goes_to_the_url_and_to_the_chart(workspace, store_bars):
    store_bars()
    store_bars("MSFT.NASDAQ", count=100)
    page = built(workspace, instrument="AAPL.NASDAQ")
    page._instrument.value = "MSFT.NASDAQ"
    assert page.selection.instrument == "MSFT.NASDAQ"
    assert page.chart.model.title == "MSFT.NASDAQ"
    assert len(page.chart.model) == 100


def test_opening_a_page_does_not_change_what_a_link_selects(workspace, store_bars):
    store_bars()
    page = built(workspace, instrument="AAPL.NASDAQ", timeframe="1-MINUTE", source="yahoo", adjustment="raw")
    assert (page.selection.timeframe, page.selection.source, page.selection.adjustment) == ("1-MINUTE", "yahoo", "raw")


def test_the_zone_chosen_is_the_zone_shown(workspace, store_bars):
    store_bars()
    page = built(workspace, instrument="AAPL.NASDAQ")
    page.selection.tz = "Asia/Tokyo"
    assert page.chart.zone == "America/New_York"
    page.desk.look.axis = "page"
    assert page.chart.zone == "Asia/Tokyo"
    assert cards(page)["Last bar closed"]["note"].endswith("Asia/Tokyo")


def test_a_live_bar_is_patched_into_the_chart_of_the_bus(workspace, store_bars):
    store_bars(source="nautilus")
    page = built(workspace, instrument="AAPL.NASDAQ")
    model = page.chart.model
    publish(workspace, 400, "177")
    page.prompt()
    assert page.chart.model is model
    assert page.chart.last["close"] == 177.0
    page.live()
    assert cards(page)["Last price"]["value"] == "177.0000"


def test_a_live_bar_is_not_drawn_into_history_from_elsewhere(workspace, store_bars):
    store_bars(source="sample")
    page = built(workspace, instrument="AAPL.NASDAQ")
    publish(workspace, 400, "177")
    page.live()
    assert page.chart.last is None
    assert 177.0 not in page.chart.model.bars["close"]


def test_a_chart_that_was_empty_fills_itself(workspace, store_bars):
    page = built(workspace, instrument="AAPL.NASDAQ")
    store_bars()
    page.live()
    assert len(page.chart.model) == 400


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


def put_fill(workspace, trader_id: str, run_id: int, price: str) -> None:
    empty = {name: "" for name in FILLS.columns}
    numbers = dict.fromkeys(("entry", "ts_event", "ts_init", "ts_bar"), FIRST + 5)
    row = {**empty, **numbers, "trader_id": trader_id, "run_id": run_id, "event_id": price, "side": "BUY",
           "instrument_id": "AAPL.NASDAQ", "last_qty": "1", "last_px": price}  # fmt: skip
    workspace.store.write_rows({RUNS: [(trader_id, run_id, 0)], FILLS: [tuple(row.values())]})


def told(page: Market, *, is_stale: bool, state: str = "connected") -> None:
    nodes = [NodeStatus(name, "RUNNING", 1, is_stale, 1, "") for name in ("T-1", "T-2")]
    page.take(Snapshot(ns(T0), BusStatus(state=state, last_message_at=ns(T0)), {"nodes": nodes}))


def fill_prices(page: Market) -> list[float]:
    return sorted(page.chart.plugins[1].message()["fills"]["price"])


def test_fills_are_those_of_the_trader_and_run_selected(workspace, store_bars):
    store_bars()
    for trader_id, run_id, price in (("T-1", 1, "101"), ("T-1", 2, "102"), ("T-2", 1, "103")):
        put_fill(workspace, trader_id, run_id, price)
    page = built(workspace, instrument="AAPL.NASDAQ")
    assert fill_prices(page) == [102, 103]
    page.selection.trader = "T-1"
    assert fill_prices(page) == [102]
    assert "fills of T-1 at their price" in page._note.object
    page.selection.run = "1"
    assert fill_prices(page) == [101]
    assert page.is_past and page._notice.visible
    page.header.trader = "T-2"
    assert fill_prices(page) == [103]


def test_values_and_the_running_bar_are_those_of_the_trader_selected(workspace, store_bars):
    store_bars(source="nautilus")
    workspace.live.feed([trade("A.B", "7", T0, "T-2"), bar("AAPL.NASDAQ", "177"), bar("AAPL.NASDAQ", "178", T0 + 1)])
    workspace.live.feed([bar("AAPL.NASDAQ", "5", T0 + 2, trader_id="T-2")])
    page = built(workspace, instrument="AAPL.NASDAQ", trader="T-1")
    told(page, is_stale=False)
    assert page.table.shown["Instrument"].tolist() == ["AAPL.NASDAQ"]
    assert page._note.object.startswith("bars as any trader on the bus published them")
    assert cards(page)["Last price"]["value"] == "178.0000"
    page.table._replaced_at = float("-inf")
    page.selection.trader = "T-2"
    assert page.table.shown["Instrument"].tolist() == ["A.B", "AAPL.NASDAQ"]
    assert cards(page)["Last price"]["value"] == "5.0000"


def test_values_of_a_silent_node_lose_their_colour_and_say_stale(workspace, store_bars):
    store_bars(source="nautilus")
    workspace.live.feed([bar("AAPL.NASDAQ", "177"), bar("AAPL.NASDAQ", "178", T0 + 1)])
    page = built(workspace, instrument="AAPL.NASDAQ")
    told(page, is_stale=False)
    assert cards(page)["Last price"]["tone"] == "up"
    for state, is_stale in (("connected", True), ("reconnecting", False)):
        page.table._replaced_at = float("-inf")
        told(page, is_stale=is_stale, state=state)
        assert (cards(page)["Last price"]["tone"], cards(page)["Last price"]["note"]) == ("warn", "stale:")
        assert page.table.shown["Change"].tolist() == ["stale"]
        assert page.table.shown["Age"].iloc[0].startswith("stale: ")
