"""The catalog's page on a store of its own: a test plays the worker."""

from __future__ import annotations

from datetime import date

import pytest

pytest.importorskip("nautilus_trader")
from app.pages.catalog import CatalogPage
from nautilus_data.core.job import Status
from nautilus_data.engine import EngineProcess
from nautilus_data.workspace import Workspace
from tests.services.catalogs import MINUTE, NAME, SERIES, START, keep, run

SERIES_END = START + 300 * MINUTE


def opened(workspace: Workspace, **params: object) -> CatalogPage:
    page = CatalogPage(workspace=workspace, **params)
    page.build()
    assert page.is_ready, page._body
    return page


@pytest.fixture
def page(workspace: Workspace) -> CatalogPage:
    return opened(workspace)


def cards(board) -> dict[str, dict]:
    return {card["key"]: card for group in board.groups for card in group["cards"]}


def exported(page: CatalogPage, workspace: Workspace) -> None:
    keep(workspace.store)
    page.view = "export"
    page.parts["export"].export()
    run(workspace.store, page.job)


def test_without_a_catalog_it_says_how_one_comes_to_be(page: CatalogPage) -> None:
    table = page.parts["catalogs"].table
    assert table.widget is None and "export stored bars" in table.layout[0][0].object


def test_without_bars_the_form_leads_to_the_backfill(page: CatalogPage) -> None:
    page.view = "export"
    assert 'href="backfill"' in page.parts["export"]._place[0][0].object


def test_the_form_counts_what_fits_and_queues_an_export_of_it(workspace: Workspace, page: CatalogPage) -> None:
    keep(workspace.store)
    page.view = "export"
    form = page.parts["export"]
    assert (form.source.value, form.adjustment.value, form.timeframe.value) == ("yahoo", "raw", "")
    assert cards(form._board)["fitting"]["value"] == "1"
    form.instruments.value = form.instruments.value_input = "msft"
    form.live()
    assert (form.fitting(), form.button.disabled) == ([], True)
    form.instruments.value = form.instruments.value_input = "aapl, msft"
    form.start.value = form.end.value = date(2024, 3, 4)
    form.live()
    form.export()
    assert page.view == "jobs" and page.job
    params = workspace.store.job(page.job).params
    assert params["series"][0]["instrument_id"] == SERIES.instrument_id
    assert params["span"][1] - params["span"][0] == 86_400 * 10**9


def test_a_job_says_how_it_goes_and_can_be_stopped_and_asked_again(workspace: Workspace, page: CatalogPage) -> None:
    keep(workspace.store)
    page.view = "export"
    page.parts["export"].export()
    jobs, first = page.parts["jobs"], page.job
    assert cards(jobs.running)[str(first)]["value"] == "no worker"
    assert page.counts() == {"jobs": ("1", "")}
    jobs._press("stop")
    jobs.open()
    assert cards(jobs.board)["state"]["value"] == "cancelled"
    jobs._press("again")
    assert page.job == first + 1
    assert workspace.store.job(page.job).status is Status.QUEUED


def test_a_catalog_is_shown_beside_the_store(workspace: Workspace, page: CatalogPage) -> None:
    exported(page, workspace)
    page.view = "catalogs"
    part = page.parts["catalogs"]
    part.choose(str(workspace.catalog.path_of("main")))
    part._show()
    shown = part.content.shelves.table.shown
    (row,) = shown[shown["Bar type or instrument"] == NAME].to_dict("records")
    assert (row["Beside the store"], row["Rows"], row["Covered spans"]) == ("● up to date", "300", "1")
    assert cards(part.content.board)["state"]["value"] == "up to date"
    part.content.show_intervals({"type": "bar", "identifier": NAME})
    assert part.content.intervals.shown["In the store"].tolist() == ["covered"]
    keep(workspace.store, 10, first=SERIES_END)
    part.content.intervals._replaced_at = float("-inf")
    part.content.show_intervals({"type": "bar", "identifier": NAME})
    assert part.content.intervals.shown["In the store"].tolist() == ["covered", "covered, not in the catalog"]
    part.content.reading.now()
    part._show()
    assert cards(part.content.board)["state"]["value"] == "export again"
    part.content._press("import")
    assert (page.view, page.parts["import"].path.value) == ("import", str(workspace.catalog.path_of("main")))


def test_an_import_is_queued_and_a_refusal_told(workspace: Workspace, page: CatalogPage) -> None:
    exported(page, workspace)
    page.view = "import"
    form = page.parts["import"]
    form.path.value = form.path.value_input = "nowhere"
    form.import_()
    assert "there is no NautilusTrader catalog" in page.said[0][0].object
    form.path.value = form.path.value_input = "main"
    form.import_()
    assert workspace.store.job(page.job).kind == "catalog.import"
    assert not page.said.visible


def test_without_nautilus_trader_the_page_says_how_to_install_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EngineProcess, "is_available", staticmethod(lambda: False))
    keep(workspace.store)
    page = opened(workspace, view="export")
    assert "pip install" in page.parts["export"].layout[0][0].object
    assert page.parts["export"].button.disabled and page.parts["import"].button.disabled
