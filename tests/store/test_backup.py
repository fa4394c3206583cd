"""A copy taken while in use, and put back; what is no copy is refused and nothing changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nautilus_data.errors import ConfigError, FatalError
from nautilus_data.store import Store, backup, restore
from tests.store.conftest import DAILY, bars


def test_a_store_in_use_is_copied_and_put_back(
    sqlite_url: str, tmp_path: Path, open_store: Callable[..., Store]
) -> None:
    store = open_store(sqlite_url)
    store.write(DAILY, bars(0, 100))
    assert backup(sqlite_url, tmp_path / "copy") > 0
    store.write(DAILY, bars(100, 100))
    store.close()
    before = restore(sqlite_url, tmp_path / "copy")
    assert open_store(sqlite_url).summary(DAILY)[0] == 100
    assert open_store(f"sqlite:///{before}").summary(DAILY)[0] == 200
    assert not list(tmp_path.glob("*.part")) + list(tmp_path.glob("*.restoring"))


def test_a_backup_never_replaces_a_file(sqlite_url: str, tmp_path: Path, sqlite_store: Store) -> None:
    (tmp_path / "copy").write_text("mine")
    with pytest.raises(FatalError, match="is there already"):
        backup(sqlite_url, tmp_path / "copy")
    assert (tmp_path / "copy").read_text() == "mine"


@pytest.mark.parametrize("content", [b"no database" * 500, b""])
def test_what_is_no_backup_is_refused_and_the_store_left(
    sqlite_url: str, tmp_path: Path, sqlite_store: Store, content: bytes
) -> None:
    sqlite_store.write(DAILY, bars())
    (tmp_path / "copy").write_bytes(content)
    with pytest.raises(FatalError):
        restore(sqlite_url, tmp_path / "copy")
    assert sqlite_store.summary(DAILY)[0] == 10


def test_what_is_not_there_is_told(sqlite_url: str, tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="nothing to back up"):
        backup(sqlite_url, tmp_path / "copy")
    with pytest.raises(FatalError, match="there is no backup"):
        restore(sqlite_url, tmp_path / "copy")


def test_a_server_has_its_own_tools(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="pg_dump"):
        backup("postgresql://u:secret@127.0.0.1/x", tmp_path / "copy")
