"""Backup: the embedded database copied while in use, and put back."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy.engine import make_url

from nautilus_data.errors import ConfigError, FatalError
from nautilus_data.store.tables import METADATA

_SIDES = ("-wal", "-shm")


def embedded_path(url: str) -> Path:
    """The file of an embedded store; a ConfigError says what to use instead where it is none."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database in (None, "", ":memory:"):
        raise ConfigError("backup and restore are for the embedded store: use pg_dump and pg_restore for PostgreSQL")
    return Path(parsed.database)


def backup(url: str, target: Path) -> int:
    """Copy the store to a new file, others reading and writing meanwhile; its size in bytes.

    The copy is whole or not there at all.
    """
    source = embedded_path(url)
    if not source.exists():
        raise FatalError(f"there is no store at {source}: nothing to back up")
    if target.exists():
        raise FatalError(f"{target} is there already: choose another name or move it away")
    part = target.with_name(f"{target.name}.part")
    try:
        part.unlink(missing_ok=True)
        with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(part)) as copy:
            live.backup(copy)
            _check(copy, part)
        os.replace(part, target)
    except (OSError, sqlite3.Error) as error:
        raise FatalError(f"can't back up to {target}: {error}") from error
    finally:
        part.unlink(missing_ok=True)
    return target.stat().st_size


def restore(url: str, source: Path) -> Path | None:
    """Put a backup in the store's place; where the store before it lies now, None when there was none.

    Nothing may have the store open: stop server and worker first.
    """
    target = embedded_path(url)
    if not source.is_file():
        raise FatalError(f"there is no backup at {source}")
    part = target.with_name(f"{target.name}.restoring")
    try:
        part.unlink(missing_ok=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as kept:
            _check(kept, source)
            with closing(sqlite3.connect(part)) as copy:
                kept.backup(copy)
        before = _move_away(target)
        os.replace(part, target)
    except (OSError, sqlite3.Error) as error:
        raise FatalError(f"can't restore {source}: {error}; the store was left as it is") from error
    finally:
        part.unlink(missing_ok=True)
    return before


def _check(copy: sqlite3.Connection, path: Path) -> None:
    """Is it whole, and a store of ours?"""
    (verdict,) = copy.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise FatalError(f"{path} is damaged: {verdict}")
    tables = {name for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not {"series", "bars", "coverage", "jobs"} <= tables & set(METADATA.tables):
        raise FatalError(f"{path} is no store of this project: it has no table of bars")


def _move_away(target: Path) -> Path | None:
    if not target.exists():
        return None
    with closing(sqlite3.connect(target, timeout=1.0)) as live:
        # Whoever has it open would go on writing to a file that has another name.
        (is_busy, _, _) = live.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        live.execute("PRAGMA journal_mode = DELETE")
    if is_busy:
        raise FatalError("the store is in use: stop server and worker first")
    before = target.with_name(f"{target.name}.before-restore")
    os.replace(target, before)
    for side in _SIDES:
        target.with_name(target.name + side).unlink(missing_ok=True)
    return before
