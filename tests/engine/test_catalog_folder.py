"""The files of a catalog by their names alone; NautilusTrader reads the same names."""

from __future__ import annotations

from pathlib import Path

import pytest

from nautilus_data.core.timerange import TimeRange
from nautilus_data.engine.catalog_folder import CatalogFolder, Note, name_of, span_of
from nautilus_data.errors import FatalError, SkippableError

SPAN = TimeRange(1_700_000_000_123_456_789, 1_700_086_400_000_000_001)


@pytest.fixture
def folder(tmp_path: Path) -> CatalogFolder:
    folder = CatalogFolder(tmp_path / "catalog")
    folder.prepare()
    return folder


def write(path: Path) -> None:
    path.write_text("bars")


def test_a_name_says_the_first_and_the_last_nanosecond() -> None:
    assert name_of(SPAN) == "2023-11-14T22-13-20-123456789Z_2023-11-15T22-13-20-000000000Z.parquet"
    assert span_of(name_of(SPAN)) == SPAN
    assert span_of("part-0.parquet") is None
    assert span_of("2023-13-14T22-13-20-123456789Z_2023-11-15T22-13-20-000000000Z.parquet") is None


def test_names_are_those_nautilus_trader_gives_and_reads() -> None:
    theirs = pytest.importorskip("nautilus_trader.persistence.catalog.parquet")
    assert theirs._timestamps_to_filename(SPAN.start, SPAN.end - 1) == name_of(SPAN)
    assert theirs._parse_filename_timestamps(name_of(SPAN)) == (SPAN.start, SPAN.end - 1)


def test_a_file_is_noted_before_it_is_there_and_whole_when_it_is(folder: CatalogFolder) -> None:
    shelf = folder.shelf("bar", "A.B-1-DAY-LAST-EXTERNAL")

    def fail(path: Path) -> None:
        write(path)
        raise OSError("no space left")

    with pytest.raises(OSError):
        shelf.put(SPAN, "digest", 3, Note(about={}, files={}), fail)
    assert list(shelf.path.iterdir()) == []
    assert shelf.note().files == {name_of(SPAN): ("digest", 3)}
    note = shelf.put(SPAN, "digest", 3, shelf.note(), write)
    (shelf.path / f"{name_of(SPAN)}.part").write_text("left by a kill")
    shelf.sweep()
    assert [file.name for file in shelf.path.iterdir()] == [name_of(SPAN)]
    assert shelf.strangers() == []
    shelf.drop(name_of(SPAN), note)
    assert shelf.files() == [] and shelf.note().files == {}


def test_files_of_others_are_told_apart(folder: CatalogFolder) -> None:
    shelf = folder.shelf("bar", "A.B-1-DAY-LAST-EXTERNAL")
    shelf.put(SPAN, "digest", 3, Note(about={}, files={}), write)
    write(shelf.path / "part-0.parquet")
    assert shelf.strangers() == ["part-0.parquet"]
    assert shelf.intervals() == {name_of(SPAN): SPAN}


def test_only_an_empty_folder_or_a_catalog_is_written_into(tmp_path: Path) -> None:
    write(tmp_path / "store.sqlite")
    with pytest.raises(SkippableError, match="holds other files"):
        CatalogFolder(tmp_path).prepare()
    with pytest.raises(SkippableError, match="is a file"):
        CatalogFolder(tmp_path / "store.sqlite").prepare()
    with pytest.raises(FatalError, match="can't write into"):
        CatalogFolder(tmp_path / "store.sqlite" / "catalog").prepare()
    (tmp_path / "data").mkdir()
    CatalogFolder(tmp_path).prepare()
    write(tmp_path / "data" / "notes.txt")
    with pytest.raises(SkippableError, match="holds other files"):
        CatalogFolder(tmp_path).prepare()


def test_what_is_no_catalog_is_not_read(tmp_path: Path) -> None:
    with pytest.raises(SkippableError, match="no NautilusTrader catalog"):
        CatalogFolder(tmp_path).check()
    with pytest.raises(SkippableError, match="there is no NautilusTrader catalog"):
        CatalogFolder(tmp_path / "nowhere").check()
