"""Each table and chart of each page has an address in REST, and the rows there are those the page shows."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import panel as pn
import pytest
from fastapi.testclient import TestClient

from app.layout.chart.component import TradingChart
from app.layout.inspector import MessageInspector
from app.layout.ladder import Ladder
from app.layout.live_table import LiveTable
from app.layout.macro_sheet import Sheet
from app.layout.page import Page
from app.layout.paged_table import PAGE_SIZE
from app.layout.rest_link import mark
from app.layout.source_list import SourceList
from app.layout.status import Board
from app.layout.twins import TWINS
from nautilus_data import Workspace, load_settings, open_workspace
from tests import rest
from tests.app import twin_pages, twin_shown
from tests.app.twin_rows import answered, hashed, of_page, of_rest
from tests.conftest import RedisServer

pytestmark = pytest.mark.timeout(300)
PLOTS = (pn.pane.Bokeh, pn.pane.HoloViews, TradingChart, MessageInspector, Ladder, SourceList)
# Cards that say once more what a row says that was chosen, or sum up the table below; they are no rows.
CARDS = frozenset({"letter", "where", "reason", "body", "result", "plan", "job", "cell", "catalog", "fitting", "totals",
                   "line", "regimes", "who"})  # fmt: skip


@pytest.fixture(scope="module")
def workspace(bus: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    settings = load_settings(
        nautilus_data_dir=tmp_path_factory.mktemp("twins"), demo="off", fred_store=True, redis_url=bus.url,
        edgar_user_agent="Test test@example.com", edgar_base_url="http://127.0.0.1:1",
    )  # fmt: skip
    opened = open_workspace(settings)
    pn.state.cache["workspace"] = opened
    yield opened
    del pn.state.cache["workspace"]
    opened.close()


@dataclass
class Look:
    """What is in sight in a view of a page, by its key, and what was wrong with its twin."""

    title: str
    view: str
    made: set[str]
    with_button: set[str]
    unanswered: dict[str, str] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)
    same: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def looks(workspace: Workspace, bus: RedisServer) -> list[Look]:
    admin = twin_pages.fill(workspace, bus)
    client = rest.client(admin)
    return [look_at(page, view, client) for page, view in twin_pages.pages(workspace, admin)]


def test_every_table_and_plot_in_sight_has_a_twin_and_a_button(looks: list[Look]) -> None:
    wrong = [(look.title, look.view, sorted(look.made - (set(TWINS) & look.with_button))) for look in looks]
    assert [one for one in wrong if one[2]] == []
    empty = [(look.title, look.view) for look in looks if not look.made]
    # Two forms, and a log that is empty.
    assert empty == [("Catalog", "export"), ("Catalog", "import"), ("System", "logs")]
    assert set(TWINS) - {key for look in looks for key in look.made} == set(twin_shown.OUT_OF_SIGHT)


def test_every_address_is_answered(looks: list[Look]) -> None:
    assert {key: told for look in looks for key, told in look.unanswered.items()} == {}


def test_a_page_and_its_twin_have_the_same_rows(looks: list[Look]) -> None:
    assert [(look.title, look.view, *one) for look in looks for one in look.wrong.items()] == []
    assert {key for look in looks for key in look.same} == set(twin_shown.FRAMES)


def test_what_is_not_compared_is_told_why() -> None:
    compared, told = set(twin_shown.FRAMES), set(twin_shown.OUT_OF_SIGHT) | set(twin_shown.NOT_COMPARED)
    assert (sorted(set(TWINS) - compared - told), sorted(compared & told)) == ([], [])


def look_at(page: Page, view: str, client: TestClient) -> Look:
    look = Look(page.title, view, set(shown(page)), buttons(page))
    for key in sorted(look.made & set(TWINS)):
        if told := unanswered(page, client, key):
            look.unanswered[key] = told
        elif key in twin_shown.FRAMES:
            told = difference(page, client, key)
            if told:
                look.wrong[key] = told
            look.same.add(key)
    return look


def unanswered(page: Page, client: TestClient, key: str) -> str:
    """'' where there is an address and it answers."""
    found = TWINS[key].ask(page)
    if found is None:
        return "nothing is asked"
    address = found.address("/", "json")
    answer = client.post(address, json=json.loads(found.body)) if found.body else client.get(address)
    return "" if answer.status_code == 200 else f"{address}: {answer.text}"


def difference(page: Page, client: TestClient, key: str) -> str:
    """'' where both are the same to the last digit; what is counted goes on, and is looked at again."""
    told = ""
    for _ in range(3):
        page.snapshot = twin_pages.snapshot(page.workspace)
        page.live()
        table, frame = answered(client, TWINS[key].ask(page)), twin_shown.frame(page, key)
        if not len(frame):
            return "the page shows no rows"
        try:
            ours, theirs = of_page(frame, table), of_rest(table)
            # A table of pages shows the first of them.
            theirs = theirs[:PAGE_SIZE] if len(ours) == PAGE_SIZE else theirs
        except LookupError as error:
            return str(error)
        if hashed(ours) == hashed(theirs):
            return ""
        told = first_difference(table.schema.names, ours, theirs)
    return told


def first_difference(names: list[str], ours: list[list[Any]], theirs: list[list[Any]]) -> str:
    if len(ours) != len(theirs):
        return f"{len(ours)} rows on the page, {len(theirs)} in REST"
    for place, (our, their) in enumerate(zip(ours, theirs, strict=True)):
        cells = [f"{name}: {a!r} != {b!r}" for name, a, b in zip(names, our, their, strict=True) if a != b]
        if cells:
            return f"row {place}: {'; '.join(cells)}"
    return "the same"


def shown(page: Page) -> Iterator[str]:
    """Every table, list and plot in sight by its key; a key of its own for each group of cards."""
    for one in _made(page, pn.widgets.Tabulator):
        table = next((table for table in _tables(page) if table.widget is one), None)
        yield table.rest if table else one.name
    for one in _made(page, Sheet):
        yield one.rest
    for one in _made(page, *PLOTS):
        yield one.name
    for one in _made(page, Board):
        for group in one.groups:
            if group["key"] not in CARDS:
                yield group["rest"] or group["key"]


def _made(page: Page, *kinds: type) -> list[Any]:
    return page._body.select(lambda one: isinstance(one, kinds))


def _tables(owner: Any, depth: int = 0) -> Iterator[LiveTable]:
    """The tables of a page, wherever they are held."""
    for one in list(vars(owner).values()) if hasattr(owner, "__dict__") else []:
        held = list(one.values()) if isinstance(one, dict) else [one]
        for found in held:
            if isinstance(found, LiveTable):
                yield found
            elif depth < 4 and type(found).__module__.startswith("app.") and not isinstance(found, Page):
                yield from _tables(found, depth + 1)


def buttons(page: Page) -> set[str]:
    """The keys for which a button is in sight."""
    texts = " ".join(str(pane.object) for pane in _made(page, pn.pane.HTML))
    drawn = {sheet.rest for sheet in _made(page, Sheet)}
    drawn |= {group["rest"] for board in _made(page, Board) for group in board.groups if group["title"]}
    return {key for key in TWINS if mark(key) in texts} | drawn - {""}
