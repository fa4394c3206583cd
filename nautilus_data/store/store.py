"""Store: the one door to everything kept in SQL."""

from __future__ import annotations

from nautilus_data.store.jobs import EngineRuns, Jobs, Leases
from nautilus_data.store.rows import Rows


class Store(Rows, Jobs, Leases, EngineRuns):
    """SQLite or PostgreSQL behind one URL; safe to share between threads."""
