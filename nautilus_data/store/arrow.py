"""Arrow: numbers out of PostgreSQL as columns, no Python object made for any of them.

SQLite is not read this way: ADBC brings a SQLite of its own, and two copies of it in one process drop each other's
locks on a file. There the driver's cursor fills an array, which is as fast as fetching rows alone.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy.engine import URL

_LOG = logging.getLogger(__name__)
_KEPT = 8
# Fewer rows come faster through the driver's cursor.
MANY = 2_000


class ArrowReader:
    """Connections of its own, beside those of SQLAlchemy; safe to share between threads."""

    def __init__(self, url: URL) -> None:
        self._url = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._lock = threading.Lock()
        self._idle: list[Any] = []
        self._connect = _driver()

    def read(self, query: str, names: Sequence[str]) -> dict[str, np.ndarray] | None:
        """The columns of a query; None where this can't be done, so that the driver's cursor must."""
        if self._connect is None:
            return None
        connection = None
        try:
            connection = self._take()
            with connection.cursor() as cursor:
                cursor.execute(query)
                found = cursor.fetch_arrow_table()
        except Exception as error:
            # Its errors are no DBAPI errors of SQLAlchemy's; the cursor that reads instead tells what is wrong.
            _LOG.debug("not read through Arrow reason=%s", type(error).__name__)
            if connection is not None:
                connection.close()
            return None
        self._give_back(connection)
        return {name: column.to_numpy() for name, column in zip(names, found.columns, strict=True)}

    def close(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> Any:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return self._connect(self._url, autocommit=True)

    def _give_back(self, connection: Any) -> None:
        with self._lock:
            if len(self._idle) < _KEPT:
                self._idle.append(connection)
                return
        connection.close()


def _driver() -> Any:
    try:
        # Optional, and 0.1 s to load: adbc-driver-postgresql, with pyarrow.
        import adbc_driver_postgresql.dbapi as driver
        import pyarrow  # noqa: F401
    except ImportError:
        return None
    return driver.connect
