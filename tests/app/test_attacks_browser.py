"""Attacks on pages: names and words of others, stored or in the address, are shown as text and run nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from nautilus_data import Workspace
from nautilus_data.core.dataset import COMPANIES
from nautilus_data.core.drawing import Drawing, Point, Style
from nautilus_data.core.identity import Role
from nautilus_data.core.timerange import to_ns
from tests.filings_store import SEEN
from tests.served import Served, served
from tests.services.said import T0, fill, order, position, ready
from tests.well_filled import PASSWORD, put_bars, take

pytestmark = [pytest.mark.browser, pytest.mark.timeout(420)]
MARKUP = '"\'><img src=x onerror="window.pwned=1"><svg onload="window.pwned=1"><script>window.pwned=1</script>{{7*7}}'
_CIK = "0000009999"
IN_A_NAME = "<img/src=x/onerror=window.pwned=1>"
# Those that show most words of others.
VIEWS = {
    "overview": [""], "market": [""], "portfolio": [""], "bus": ["incidents"], "macro": ["dashboard"],
    "filings": ["overview", "filings"], "backfill": ["jobs", "instruments"], "catalog": ["jobs"],
    "system": ["account", "users", "keys", "links", "audit"],
}  # fmt: skip
IN_URL = ("trader", "run", "instrument", "timeframe", "source", "adjustment", "tz", "theme", "view", "as_of", "cik",
          "kind", "form", "text", "concept", "factor", "series_id", "how", "days", "compare", "catalog", "job",
          "level", "role", "correlation", "actor", "act")  # fmt: skip


def poison(workspace: Workspace) -> None:
    """Markup wherever others choose the words: a node, an exchange, the SEC, a user, a script's agent."""
    names = {"trader_id": "T-1", "strategy_id": f"S-{IN_A_NAME}", "client_order_id": MARKUP}
    instrument = f"{IN_A_NAME}.SIM"
    put_bars(workspace, instrument, 5)
    at = T0 + 10_000_000
    take(workspace, [
        ready(at), order("OrderInitialized", at, **names, instrument_id=instrument, order_side="BUY",
                         order_type="LIMIT", quantity="10", time_in_force="GTC", options={"price": "1.5"}),
        order("OrderDenied", at + 1, **names, instrument_id=instrument, reason=MARKUP),
        fill(at + 2, event_id="f-x", trade_id=MARKUP, **names, instrument_id=instrument),
        position(at + 3, event_id="p-x", position_id=MARKUP, strategy_id=names["strategy_id"]),
    ])  # fmt: skip
    put_company(workspace)
    workspace.instruments.set_alias("AAPL.NASDAQ", "yahoo", MARKUP)
    place = ("admin.person", "AAPL.NASDAQ", "1-DAY")
    points = (Point(to_ns("2023-06-01"), 120.0),)
    drawn = Drawing(drawing_id="one", kind="text", points=points, style=Style(), text=MARKUP)
    workspace.drawings.put(*place, drawn)
    workspace.keys.add("admin.person", MARKUP[:60], Role.VIEWER)
    workspace.shares.add("admin.person", "portfolio", urlencode({"trader": MARKUP}), True, 24)
    workspace.users.log_in("viewer.person", PASSWORD, "127.0.0.1", MARKUP)


def put_company(workspace: Workspace) -> None:
    row = (_CIK, MARKUP, '["EXA"]', '["NYSE"]', f'["{IN_A_NAME}"]', "3571", MARKUP, "DE", "1231", MARKUP, SEEN)
    workspace.store.write_rows({COMPANIES: [row]})
    workspace.filings.add(_CIK)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    tokens: list[str] = []

    def also(workspace: Workspace) -> None:
        poison(workspace)
        tokens.append(workspace.users.log_in("admin.person", PASSWORD)[0])

    with served(tmp_path_factory.mktemp("poisoned"), also) as found:
        (found.filled.folder / "session").write_text(tokens[0])
        yield found


@pytest.fixture(scope="module")
def context(server: Served, browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1440, "height": 900})
    token = Path(server.filled.folder / "session").read_text()
    made.add_cookies([{"name": "nd_session", "value": token, "url": server.url}])
    yield made
    made.close()


@pytest.fixture
def tab(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.dialogs = []
    page.on("dialog", lambda dialog: (page.dialogs.append(dialog.message), dialog.dismiss()))
    yield page
    page.close()


def has_run(tab: Page, address: str) -> bool:
    """Open a page, wait until it is there, and look whether what is no page's script ran."""
    answer = tab.goto(address)
    assert answer is not None and answer.status == 200, address
    tab.wait_for_selector("nav a")
    tab.wait_for_timeout(300)
    return bool(tab.evaluate("window.pwned === 1")) or bool(tab.dialogs)


@pytest.mark.parametrize("name", VIEWS)
def test_what_is_stored_is_shown_as_text(server: Served, tab: Page, name: str) -> None:
    for view in VIEWS[name]:
        query = {"view": view, "cik": _CIK} if name == "filings" else {"view": view} if view else {}
        assert not has_run(tab, f"{server.url}/{name}?{urlencode(query)}"), view


@pytest.mark.parametrize("name", ["market", "portfolio", "macro", "filings", "catalog", "system"])
def test_what_is_in_the_address_is_shown_as_text(server: Served, tab: Page, name: str) -> None:
    assert not has_run(tab, f"{server.url}/{name}?{urlencode(dict.fromkeys(IN_URL, MARKUP))}")


def test_the_markup_was_there_to_be_shown(server: Served, tab: Page) -> None:
    assert not has_run(tab, f"{server.url}/system?view=keys")
    tab.get_by_text("window.pwned").first.wait_for()
    with server.client() as client:
        assert MARKUP in [row["client_order_id"] for row in client.get("/api/v1/portfolio/orders").json()]
        names = [row["name"] for row in client.get("/api/v1/edgar/companies").json()]
    assert MARKUP in names
