"""What was brought in is kept here: rows, coverage, jobs, in one SQL database."""

from nautilus_data.store.backup import backup, restore
from nautilus_data.store.database import StoreStats
from nautilus_data.store.lines import Lines, between
from nautilus_data.store.refused import Schedule
from nautilus_data.store.source_records import SourceRecords, WatchKey
from nautilus_data.store.split import SplitStore
from nautilus_data.store.store import Store

__all__ = [
    "Lines",
    "Schedule",
    "SourceRecords",
    "SplitStore",
    "Store",
    "StoreStats",
    "WatchKey",
    "backup",
    "between",
    "restore",
]
