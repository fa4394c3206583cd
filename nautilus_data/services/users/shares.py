"""Shares: links that open one page, read-only, for a while."""

from __future__ import annotations

import time
from collections.abc import Callable

import pandas as pd

from nautilus_data.core.identity import Identity
from nautilus_data.services.users.known import Known
from nautilus_data.store import Store


class Shares:
    def __init__(self, store: Store, known: Known, clock: Callable[[], int] = time.time_ns) -> None:
        raise NotImplementedError

    def add(
        self, owner: str, page: str, query: str = "", hides_amounts: bool = True, hours: float = 24
    ) -> tuple[str, str]:
        """The secret token of the link, shown this once, and its ref."""
        raise NotImplementedError

    def list(self, owner: str | None = None) -> pd.DataFrame:
        """ref, owner, page, query, hides_amounts, ts_created, ts_expires, ts_opened (0: never)."""
        raise NotImplementedError

    def revoke(self, ref: str, owner: str | None = None) -> None:
        """LookupError when there is no such link (of this owner)."""
        raise NotImplementedError

    def identity(self, token: str, address: str = "") -> Identity | None:
        raise NotImplementedError
