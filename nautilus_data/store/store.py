"""Store: the one door to everything kept in SQL."""

from __future__ import annotations

from nautilus_data.store.backfills import Backfills
from nautilus_data.store.choices import SeriesChoices
from nautilus_data.store.drawings import DrawingBook
from nautilus_data.store.failures import Failures
from nautilus_data.store.jobs import EngineRuns, Leases
from nautilus_data.store.listings import Listings
from nautilus_data.store.logins import Logins
from nautilus_data.store.passes import Passes
from nautilus_data.store.retired import Retired
from nautilus_data.store.seeks import Seeks
from nautilus_data.store.source_records import SourceBook


class Store(
    Seeks, Retired, Backfills, Listings, Leases, EngineRuns, SourceBook, DrawingBook, SeriesChoices,
    Logins, Passes, Failures,
):  # fmt: skip
    """SQLite or PostgreSQL behind one URL; safe to share between threads."""
