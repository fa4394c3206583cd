"""Trades on a chart in a real browser: where they stand, what their card says, by mouse, finger and keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from app.views.executions import executions_payload, life_payload
from nautilus_data.bus import Message, Subscriber
from nautilus_data.bus import Page as BusPage
from nautilus_data.services.executions import Executions
from nautilus_data.services.ingest import Ingest
from nautilus_data.services.live import Live
from nautilus_data.store import Store
from tests.app.drawing_chart import served
from tests.services.said import fill, instrument, ns, order, position

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
FX = "GBP/USD.SIM"
# As in the page.
FIRST_MS, STEP_MS = 1_700_000_040_000, 60_000
TIMES = np.array([ns(FIRST_MS + number * STEP_MS) for number in range(240)])
EVERYTHING = {"fills": True, "links": True, "orders": True, "working": True}


def within(bar: int) -> int:
    """A time in ms half a minute before a bar closes."""
    return FIRST_MS + bar * STEP_MS - 30_000


class Trading:
    """A node that trades into a real store, and the chart that shows it."""

    def __init__(self, folder: Path, tab: Page, address: str) -> None:
        self.tab, self.store, self.live = tab, Store(f"sqlite:///{folder / 'store.sqlite'}"), Live()
        self._ingest = Ingest(Subscriber("redis://127.0.0.1:1/0", group="test"), self.store, self.live)
        self.executions = Executions(self.store, self.live)
        self._answered = 0
        tab.set_default_timeout(8_000)
        tab.goto(f"{address}executions.html")
        tab.wait_for_function("window.ready")

    def say(self, *messages: Message) -> None:
        self.live.feed(messages)
        ids = {message.stream.encode(): [f"{message.entry >> 20}-0".encode()] for message in messages}
        self._ingest.write(BusPage(list(messages), ids, lambda ids: None))

    def show(self, **options: bool) -> dict[str, Any]:
        """Send what there is; the shapes that are drawn of it."""
        found, shown = self.executions, EVERYTHING | options
        payload = executions_payload(
            found.fills(FX), found.round_trips(FX), found.order_marks(FX), found.working(FX), TIMES, "UTC", 5
        )
        self.run("([message]) => chart.receive(message)", {"type": "executions", **payload, "options": shown})
        return self.shapes()

    def serve(self) -> list[dict[str, Any]]:
        """Answer what the chart asks for, once it does; all it asked since the last call."""
        self.tab.wait_for_function(
            "(answered) => sent.slice(answered).some(({type}) => type === 'order')", arg=self._answered
        )
        asked = [message for message in self.run("() => sent")[self._answered :] if message["type"] == "order"]
        self._answered = len(self.run("() => sent"))
        for message in asked:
            life = self.executions.life(message["trader"], int(message["run"]), message["order"])
            self.run("([answer]) => chart.receive(answer)", {"type": "order_life", **life_payload(life, "UTC", 5)})
        return asked

    def run(self, script: str, *given: Any) -> Any:
        return self.tab.evaluate(script, list(given))

    def shapes(self) -> dict[str, Any]:
        return self.run("() => plugin.shapes()")

    def stands(self, bar: int, price: float) -> tuple[float, float]:
        """Where a bar and a price are in the pane, as the library says."""
        return tuple(self.run("([bar, price]) => stands(bar, price)", bar, price))

    def place(self, shape: dict[str, Any]) -> tuple[float, float]:
        """The middle of a triangle on the page."""
        middle = {"x": shape["x"], "y": shape["y"] + (1 if shape["side"] == "BUY" else -1) * shape["size"] * 0.6}
        return tuple(self.run("([at]) => place(at)", middle))

    @property
    def card(self) -> Any:
        return self.tab.get_by_role("dialog", name="Trade")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served() as found:
        yield found


@pytest.fixture
def make(address: str, tmp_path: Path) -> Iterator[Callable[[Page], Trading]]:
    made: list[Trading] = []

    def build(tab: Page) -> Trading:
        made.append(Trading(tmp_path, tab, address))
        return made[-1]

    yield build
    for trading in made:
        assert not [message for message in trading.run("() => sent") if message["type"] == "error"]
        trading.store.close()


@pytest.fixture
def desk(make: Callable[[Page], Trading], desk_tab: Page) -> Trading:
    return make(desk_tab)


def bought_in_two_parts() -> list[Message]:
    """A limit of 10, filled by 4 and 6 on two bars, sold at a profit."""
    buy = {"client_order_id": "O-buy", "order_type": "LIMIT"}
    terms = {"order_side": "BUY", "quantity": "10", "time_in_force": "GTC", "options": {"price": "1.5"}}
    sold = {"client_order_id": "O-sell", "order_side": "SELL"}
    flat = {"type": "PositionClosed", "side": "FLAT", "quantity": "0", "ts_closed": str(ns(within(130)))}
    return [
        instrument(FX),
        order("OrderInitialized", within(98), **buy, **terms),
        order("OrderAccepted", within(99), client_order_id="O-buy"),
        traded(within(100), "4", "1.501", "a", **buy),
        traded(within(104), "6", "1.502", "b", **buy),
        order("OrderInitialized", within(130), order_type="MARKET", quantity="10", **sold),
        traded(within(130), "10", "1.552", "c", **sold),
        position(within(130), ts_opened=str(ns(within(100))), peak_qty="10", realized_pnl="0.20 USD", **flat),
    ]


def traded(ms: int, qty: str, px: str, name: str, **fields: object) -> Message:
    mine = {"event_id": f"f-{name}", "trade_id": f"x-{name}", "last_qty": qty, "last_px": px, "commission": "0.10 USD"}
    return fill(ms, **{**mine, **fields})


def test_fills_stand_on_their_bars_at_their_exact_prices(desk: Trading) -> None:
    desk.say(*bought_in_two_parts())
    fills = desk.show()["fills"]
    assert [(one["side"], one["state"]) for one in fills] == [("BUY", "part"), ("BUY", "whole"), ("SELL", "whole")]
    for one, (bar, price) in zip(fills, ((100, 1.501), (104, 1.502), (130, 1.552)), strict=True):
        assert (one["x"], one["y"]) == pytest.approx(desk.stands(bar, price), abs=0.01)
    assert fills[0]["size"] < fills[1]["size"] < fills[2]["size"]


def test_links_run_from_entry_to_exit_and_say_what_was_made(desk: Trading) -> None:
    desk.say(*bought_in_two_parts())
    links = desk.show()["links"]
    assert [(one["label"], one["sign"]) for one in links] == [("+0.204 USD", 1), ("+0.30 USD", 1)]
    ends = [(one["x1"], one["y1"], one["x2"], one["y2"]) for one in links]
    assert ends[0] == pytest.approx((*desk.stands(100, 1.501), *desk.stands(130, 1.552)), abs=0.01)
    written = desk.run("() => plugin.painted.links.map((link) => Boolean(link.box))")
    # Both end at the same point: there is room for one.
    assert sorted(written) == [False, True]


def test_what_is_drawn_moves_with_the_chart_and_outlives_another_style(desk: Trading) -> None:
    desk.say(*bought_in_two_parts())
    before = desk.show()["fills"]
    desk.run("() => frame('line')")
    desk.run("() => chart.chart.timeScale().setVisibleLogicalRange({from: 90, to: 140})")
    # The library moves with the next picture.
    desk.tab.wait_for_function("(x) => Math.abs(plugin.shapes().fills[0].x - x) > 10", arg=before[0]["x"])
    after = desk.shapes()["fills"]
    assert (after[0]["x"], after[0]["y"]) == pytest.approx(desk.stands(100, 1.501), abs=0.01)


def test_pointing_at_a_fill_shows_it_with_the_whole_life_of_its_order(desk: Trading) -> None:
    desk.say(*bought_in_two_parts())
    first = desk.show()["fills"][0]
    expect(desk.card).to_be_hidden()
    desk.tab.mouse.move(*desk.place(first))
    expect(desk.card).to_contain_text("BUY 4 at 1.501")
    expect(desk.card).to_contain_text("fill 1 of its order, 4 of 10 filled")
    [asked] = desk.serve()
    assert (asked["trader"], asked["run"], asked["order"]) == ("T-1", "0", "O-buy")
    for told in ("Created BUY 10 LIMIT at 1.5", "Accepted by the venue", "Filled 6 at 1.502: 10 of 10"):
        expect(desk.card).to_contain_text(told)
    corner = desk.run("() => place({x: 400, y: 380})")
    desk.tab.mouse.move(*corner)
    expect(desk.card).to_be_hidden()


def test_a_click_pins_the_card_and_escape_closes_it(desk: Trading) -> None:
    desk.say(*bought_in_two_parts())
    sale = desk.show()["fills"][2]
    desk.tab.mouse.click(*desk.place(sale))
    desk.tab.mouse.move(*desk.run("() => place({x: 400, y: 380})"))
    expect(desk.card).to_contain_text("SELL 10 at 1.552")
    desk.tab.locator("#root").press("Escape")
    expect(desk.card).to_be_hidden()
    # Sooner the library would take it for a double click.
    desk.tab.wait_for_timeout(600)
    desk.tab.mouse.click(*desk.place(desk.shapes()["fills"][0]))
    desk.card.get_by_role("button", name="Close").click()
    expect(desk.card).to_be_hidden()


def test_keys_go_from_one_trade_to_the_next_and_bring_it_into_view(desk: Trading) -> None:
    desk.say(*bought_in_two_parts())
    desk.show(orders=False, links=False)
    desk.run("() => chart.chart.timeScale().setVisibleLogicalRange({from: 200, to: 230})")
    desk.tab.wait_for_function("chart.chart.timeScale().getVisibleLogicalRange().from > 190")
    root = desk.tab.locator("#root")
    root.press("n")
    expect(desk.card).to_contain_text("BUY 4 at 1.501")
    desk.tab.wait_for_function("chart.chart.timeScale().getVisibleLogicalRange().from < 100")
    [first, *_] = desk.shapes()["fills"]
    beside = "(x) => Math.abs(plugin.card.box.getBoundingClientRect().left - place({x, y: 0})[0]) < 30"
    desk.tab.wait_for_function(beside, arg=first["x"])
    root.press("n")
    expect(desk.card).to_contain_text("BUY 6 at 1.502")
    root.press("p")
    root.press("p")
    expect(desk.card).to_contain_text("BUY 4 at 1.501")


def test_a_working_order_is_a_line_that_moves_and_goes(desk: Trading) -> None:
    terms = {"order_side": "SELL", "order_type": "LIMIT", "quantity": "100", "options": {"price": "1.55"}}
    desk.say(order("OrderInitialized", within(150), **terms), order("OrderAccepted", within(150)))
    [line] = desk.show()["working"]
    assert (line["label"], line["y"]) == ("SELL 100 LMT 1.55", pytest.approx(desk.stands(150, 1.55)[1], abs=0.01))
    assert desk.run("() => plugin.lines.map((line) => [line.options().price, line.options().title])") == [
        [1.55, "SELL 100 LMT 1.55"]
    ]
    desk.say(order("OrderUpdated", within(151), price="1.56"))
    assert [one["label"] for one in desk.show()["working"]] == ["SELL 100 LMT 1.56"]
    desk.say(order("OrderCanceled", within(152), reason="<img src=x onerror=alert(1)>"))
    assert desk.show()["working"] == [] == desk.run("() => plugin.lines")


def test_order_marks_are_shown_when_asked_for_and_say_why(desk: Trading) -> None:
    terms = {"order_side": "BUY", "order_type": "LIMIT", "quantity": "100", "options": {"price": "1.45"}}
    desk.say(order("OrderInitialized", within(120), **terms), order("OrderUpdated", within(125), price="1.47"),
             order("OrderRejected", within(130), reason="<b>no</b> funds"))  # fmt: skip
    assert desk.show(orders=False)["marks"] == []
    moved, refused = desk.show()["marks"]
    assert (moved["x"], moved["y"]) == pytest.approx(desk.stands(125, 1.47), abs=0.01)
    assert moved["fromY"] == pytest.approx(desk.stands(125, 1.45)[1], abs=0.01)
    desk.tab.mouse.move(*desk.run("([at]) => place(at)", {"x": refused["x"], "y": refused["y"]}))
    expect(desk.card).to_contain_text("<b>no</b> funds")
    assert desk.card.locator("p b").count() == 0


def test_what_happened_to_a_market_order_stands_below_its_bar(desk: Trading) -> None:
    desk.say(*bought_in_two_parts())
    desk.say(order("OrderSubmitted", within(130), client_order_id="O-sell"))
    *_, sent = desk.show()["marks"]
    low = desk.run("() => chart.host.bars.low[130]")
    x, y = desk.stands(130, low)
    assert (sent["kind"], sent["x"]) == ("submitted", pytest.approx(x, abs=0.01))
    assert 8 < sent["y"] - y < 30


def test_a_fill_that_comes_while_a_card_is_open_leaves_it_open(desk: Trading) -> None:
    desk.say(*bought_in_two_parts())
    first = desk.show()["fills"][0]
    desk.tab.mouse.click(*desk.place(first))
    desk.serve()
    desk.say(traded(within(140), "1", "1.51", "d", client_order_id="O-late"))
    assert len(desk.show()["fills"]) == 4
    expect(desk.card).to_contain_text("Accepted by the venue")
    desk.serve()
    expect(desk.card).to_contain_text("BUY 4 at 1.501")


def test_many_fills_are_summed_up_per_bar_and_that_is_said(desk: Trading) -> None:
    sides = ("BUY", "SELL")
    desk.say(*(traded(within(60 + number % 100), "2", "1.5", str(number), order_side=sides[number % 2],
                      client_order_id=f"O-{number}") for number in range(2_400)))  # fmt: skip
    shapes = desk.show()
    assert (len(shapes["fills"]), len(shapes["sums"])) == (0, 100)
    expect(desk.tab.get_by_role("status")).to_contain_text("2,400 fills, summed up per bar")
    desk.tab.mouse.move(*desk.place(shapes["sums"][40]))
    expect(desk.card).to_contain_text("24 buys")


def test_a_finger_on_a_phone_opens_the_card_along_the_bottom(make: Callable[[Page], Trading], phone_tab: Page) -> None:
    phone = make(phone_tab)
    phone.say(*bought_in_two_parts())
    first = phone.show()["fills"][0]
    x, y = phone.place(first)
    phone.tab.touchscreen.tap(x - 8, y + 6)
    expect(phone.card).to_contain_text("BUY 4 at 1.501")
    box, root = phone.card.bounding_box(), phone.tab.locator("#root").bounding_box()
    assert box["x"] >= root["x"] and box["x"] + box["width"] <= root["x"] + root["width"]
    assert box["y"] + box["height"] <= root["y"] + root["height"]
