"""What was brought in is kept here: rows, coverage, jobs, in one SQL database."""

from nautilus_data.store.backup import backup, restore
from nautilus_data.store.database import StoreStats
from nautilus_data.store.lines import Lines, between
from nautilus_data.store.logins import Refreshed
from nautilus_data.store.refused import Schedule
from nautilus_data.store.source_records import SourceRecords, WatchKey
from nautilus_data.store.split import SplitStore
from nautilus_data.store.store import Store
from nautilus_data.store.work import work_on

__all__ = [
    "Lines",
    "Refreshed",
    "Schedule",
    "SourceRecords",
    "SplitStore",
    "Store",
    "StoreStats",
    "WatchKey",
    "backup",
    "between",
    "restore",
    "work_on",
]
