"""The catalog's door: what may be asked, what is refused, what there is."""

from __future__ import annotations

from pathlib import Path

import pytest

from nautilus_data.core.dataset import Series
from nautilus_data.core.job import Status
from nautilus_data.core.timerange import TimeRange
from nautilus_data.engine import CatalogFolder, EngineProcess, Note
from nautilus_data.errors import ConfigError, FatalError, SkippableError
from nautilus_data.services.catalog import Catalog
from nautilus_data.store import Store
from tests.services.catalogs import NAME, SERIES, START, keep, run


@pytest.fixture
def catalog(store: Store, tmp_path: Path) -> Catalog:
    return Catalog(store, {}, tmp_path / "catalog")


@pytest.fixture
def installed() -> None:
    pytest.importorskip("nautilus_trader")


def test_a_name_is_a_folder_below_the_data_folder_and_a_path_is_itself(catalog: Catalog, tmp_path: Path) -> None:
    assert catalog.path_of("") == catalog.folder / "main"
    assert catalog.path_of(" raw ") == catalog.folder / "raw"
    assert catalog.path_of(str(tmp_path / "mine")) == tmp_path / "mine"
    for text in ("..", "../store.sqlite", ".", "a/../.."):
        with pytest.raises(SkippableError, match="leads out of"):
            catalog.path_of(text)


@pytest.mark.usefixtures("installed")
def test_what_can_not_be_a_catalog_is_refused_before_a_job_is_queued(
    store: Store, catalog: Catalog, tmp_path: Path
) -> None:
    keep(store, 5)
    with pytest.raises(SkippableError, match="is a file: name a folder"):
        catalog.export([SERIES], to=str(tmp_path / "store.sqlite"))
    with pytest.raises(FatalError, match="can't write into"):
        catalog.export([SERIES], to=str(tmp_path / "store.sqlite" / "inside"))
    with pytest.raises(SkippableError, match="holds other files"):
        catalog.export([SERIES], to=str(tmp_path))
    with pytest.raises(SkippableError, match="there is no NautilusTrader catalog"):
        catalog.import_("nowhere")
    with pytest.raises(SkippableError, match="there is no NautilusTrader catalog"):
        catalog.import_(str(tmp_path))
    with pytest.raises(ValueError, match="no adjustment 'half'"):
        catalog.import_("main", adjustment="half")
    with pytest.raises(ValueError, match="no decimals 'many'"):
        catalog.export([SERIES], decimals="many")
    assert catalog.jobs() == []


@pytest.mark.usefixtures("installed")
def test_two_lines_that_are_one_to_nautilus_trader_are_not_exported_together(store: Store, catalog: Catalog) -> None:
    other = Series(instrument_id="AAPL.NASDAQ", source="sample", timeframe="1-MINUTE")
    for series in (SERIES, other):
        keep(store, 5, series)
    with pytest.raises(SkippableError, match="are the same bars to NautilusTrader: choose one source"):
        catalog.export(catalog.series())
    with pytest.raises(SkippableError, match="no such bars are stored"):
        catalog.export(catalog.series(["MSFT.NASDAQ"]))
    assert catalog.series(source="sample") == [other]


def test_without_nautilus_trader_it_says_how_to_install_it(
    catalog: Catalog, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EngineProcess, "is_available", staticmethod(lambda: False))
    keep(store, 5)
    assert catalog.reason == "NautilusTrader is not installed: pip install 'nautilus-dashboard[engine]'"
    with pytest.raises(ConfigError, match=r"nautilus-dashboard\[engine\]"):
        catalog.export([SERIES])


@pytest.mark.usefixtures("installed")
def test_catalogs_are_listed_wherever_they_are(store: Store, catalog: Catalog, tmp_path: Path) -> None:
    assert len(catalog.list()) == 0
    keep(store)
    for name in ("main", str(tmp_path / "elsewhere")):
        run(store, catalog.export([SERIES], to=name))
    found = catalog.list()
    assert found["name"].tolist() == ["main", str(tmp_path / "elsewhere")]
    assert found["types"].tolist() == ["bar, equity"] * 2
    assert found["files"].tolist() == [4, 4]
    assert (found["size_bytes"] > 1_000).all()


@pytest.mark.usefixtures("installed")
def test_a_description_tells_what_stands_between_catalog_and_store(store: Store, catalog: Catalog) -> None:
    span = keep(store)
    run(store, catalog.export([SERIES]))

    def state() -> tuple[str, str]:
        (row,) = catalog.describe().query("type == 'bar'").to_dict("records")
        return row["state"], row["detail"]

    assert state() == ("up to date", "")
    assert catalog.intervals("main", "bar", NAME)[0].start == START
    store.cover(SERIES, TimeRange(span.end, span.end + 10**9), "no data exists")
    assert state()[0] == "behind" and "the store also knows" in state()[1]
    shelf = CatalogFolder(catalog.path_of("main")).shelf("bar", NAME)
    note = shelf.note()
    shelf.save(Note(about=note.about, files=note.files))
    assert state()[0] == "unfinished"
    shelf.save(Note(about={**note.about, "store": "sqlite:///other"}, files=note.files, revision=note.revision))
    assert state() == ("another store's", "exported from sqlite:///other")
    (catalog.path_of("main") / "nautilus-dashboard" / "bar" / f"{NAME}.json").write_text("{")
    assert state()[0] == "unreadable"


@pytest.mark.usefixtures("installed")
def test_a_job_is_asked_again_and_cancelled(store: Store, catalog: Catalog) -> None:
    keep(store)
    run(store, catalog.export([SERIES]))
    second = catalog.again(1)
    catalog.cancel(second)
    assert store.job(second).status is Status.CANCELLED
    assert [job.id for job in catalog.jobs()] == [second, 1]
    assert store.job(second).params == store.job(1).params


@pytest.mark.usefixtures("installed")
def test_a_running_export_that_is_cancelled_keeps_what_it_wrote(store: Store, catalog: Catalog) -> None:
    keep(store)
    job_id = catalog.export([SERIES])
    store.update_job(job_id, status=Status.RUNNING)
    store.request_cancel(job_id)
    store.requeue_jobs(["catalog.export"])
    job = run(store, job_id)
    assert (job.status, "Export again to go on" in job.message) == (Status.CANCELLED, True)
    assert run(store, catalog.again(job_id)).status is Status.SUCCEEDED
