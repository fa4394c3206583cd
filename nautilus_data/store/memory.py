"""Memory folder: where a database file lies that must not be on disk, one for each database of each user."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from sqlalchemy.engine import make_url

_MEMORY = Path("/dev/shm")
_NAME, _OWNER = "store.sqlite", "beside"


class MemoryFolder:
    """In memory where the system has such a place, else where what is temporary lies; made when first written to."""

    def __init__(self, beside: str) -> None:
        self._beside = make_url(beside).render_as_string(hide_password=True)
        self._path = _root() / f"{_prefix()}{hashlib.sha256(self._beside.encode()).hexdigest()[:12]}"

    @property
    def file(self) -> Path:
        return self._path / _NAME

    @property
    def exists(self) -> bool:
        return self.file.exists()

    def make(self) -> None:
        """Make it, readable by this user alone; those whose database is gone are given back."""
        _sweep()
        self._path.mkdir(mode=0o700, exist_ok=True)
        (self._path / _OWNER).write_text(self._beside)

    def forget(self) -> None:
        """Give the memory back."""
        shutil.rmtree(self._path, ignore_errors=True)


def _sweep() -> None:
    for folder in _root().glob(f"{_prefix()}*"):
        try:
            beside = make_url((folder / _OWNER).read_text())
        except (OSError, ValueError):
            continue
        if beside.drivername.startswith("sqlite") and not Path(beside.database or "").exists():
            shutil.rmtree(folder, ignore_errors=True)


def _root() -> Path:
    return _MEMORY if os.access(_MEMORY, os.W_OK | os.X_OK) else Path(tempfile.gettempdir())


def _prefix() -> str:
    return f"nautilus-dashboard-{os.getuid()}-"
