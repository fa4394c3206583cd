"""Which dialect a URL speaks."""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from nautilus_data.errors import ConfigError
from nautilus_data.store.dialect import Dialect
from nautilus_data.store.postgresql import PostgreSQL
from nautilus_data.store.sqlite import SQLite

_FORMS = "write sqlite:////absolute/path.sqlite or postgresql://user:password@host:5432/database"


def dialect_of(url: str, **options: Any) -> Dialect:
    """The dialect of a URL; a ConfigError shows the forms and never the URL."""
    parsed = _parse(url)
    backend = parsed.get_backend_name() if parsed else ""
    if parsed and backend == "sqlite":
        return SQLite(parsed, **options)
    if parsed and backend in ("postgresql", "postgres"):
        return PostgreSQL(parsed)
    raise ConfigError(f"DATABASE_URL is not understood; {_FORMS}")


def _parse(url: str) -> URL | None:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        return None
