"""Page `sources` in a real browser beside a gateway that is pulled from under it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, expect

from tests.app.test_shell_browser import SIZES, Server, Visit
from tests.conftest import wait_until
from tests.loopback_gateway import LoopbackGateway

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
# A page is to tell of a loss within five seconds; a loaded machine gets some more.
_SOON_MS, _BACK_MS = 12_000, 45_000


@pytest.fixture(scope="module")
def loopback() -> Iterator[LoopbackGateway]:
    with LoopbackGateway() as made:
        yield made


@pytest.fixture(scope="module")
def server(python: str, loopback: LoopbackGateway, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(python, tmp_path_factory.mktemp("server"), DEMO="off", IB_PORT=str(loopback.port))
    try:
        wait_until(server.is_up, 60, "the server to listen")
        yield server
    finally:
        server.stop()


def test_a_page_that_stays_open_tells_of_each_loss_and_of_its_end(
    server: Server, loopback: LoopbackGateway, browser: Browser
) -> None:
    visit = Visit(browser)
    tab = visit.tab
    tab.goto(f"{server.address}/sources")
    tab.get_by_role("switch", name=re.compile("Interactive Brokers")).click()
    tab.get_by_role("tab", name="Interactive Brokers").click()
    card = tab.locator(".card[data-key=state]").first
    state = card.locator(".v")
    expect(state).to_have_text("connected", timeout=_BACK_MS)
    expect(tab.locator(".card[data-key=farms] .v")).to_have_text("3 of 3 up", timeout=_SOON_MS)
    expect(tab.get_by_text("AAPL.NASDAQ")).to_be_visible(timeout=_BACK_MS)

    loopback.say(1100, "Connectivity between IB and Trader Workstation has been lost.")
    expect(state).to_have_text("connected, cut off", timeout=_SOON_MS)
    loopback.say(1102, "Connectivity between IB and Trader Workstation has been restored - data maintained.")
    expect(state).to_have_text("connected", timeout=_SOON_MS)

    loopback.restart_begins()
    expect(card).to_contain_text("no gateway at", timeout=_SOON_MS)
    # What was told before is not taken back.
    expect(tab.get_by_text("AAPL.NASDAQ")).to_be_visible()
    loopback.listen()
    expect(state).to_have_text("connected", timeout=_BACK_MS)
    assert visit.wrong == []
    tab.close()


def test_live_quotes_have_room_and_say_why_nothing_comes(
    server: Server, loopback: LoopbackGateway, browser: Browser
) -> None:
    loopback.without_permission = {"PLTR"}
    visit = Visit(browser, SIZES[1])
    tab = visit.tab
    tab.goto(f"{server.address}/sources?view=quotes")
    for name in ("PLTR.NASDAQ", "NOPE.NASDAQ"):
        tab.get_by_label("Instrument: id or symbol").fill(name)
        tab.get_by_role("button", name="Watch", exact=True).click()
        expect(tab.locator(".tabulator-row", has_text=name)).to_be_visible(timeout=_BACK_MS)
    expect(tab.get_by_text("No security definition has been found")).to_be_visible(timeout=_BACK_MS)
    wait_until(lambda: any(client.lines for client in loopback.clients), 30, "the line of the quote")
    loopback.quote("PLTR", 1_025.125, 1_025.375, 1_025.25)
    row = tab.locator(".tabulator-row", has_text="PLTR.NASDAQ")
    price, delay = (row.locator(f"[tabulator-field={name}]") for name in ("Price", "Delay"))
    expect(price).to_have_text("1,025.25", timeout=_SOON_MS)
    expect(delay).to_have_text("◷ delayed")
    assert is_whole(price) and is_whole(delay)
    assert tab.evaluate("document.documentElement.scrollWidth") <= SIZES[1][0]
    assert visit.wrong == []
    tab.close()


def is_whole(cell: Locator) -> bool:
    return cell.evaluate("cell => cell.scrollWidth <= cell.clientWidth")
