"""API keys: how scripts come in."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import pandas as pd

from nautilus_data.core.identity import Identity, Role
from nautilus_data.services.users.known import Known
from nautilus_data.store import Store


class ApiKeys:
    def __init__(self, store: Store, known: Known, clock: Callable[[], int] = time.time_ns) -> None:
        raise NotImplementedError

    def add(
        self, owner: str, title: str, role: Role | str, areas: Iterable[str] = (), days: int | None = 90
    ) -> tuple[str, str]:
        """The secret, shown this once, and its ref."""
        raise NotImplementedError

    def list(self, owner: str | None = None) -> pd.DataFrame:
        """ref, owner, title, role, areas (tuple), ts_created, ts_expires (0: never), ts_last_used (0: never)."""
        raise NotImplementedError

    def revoke(self, ref: str, owner: str | None = None) -> None:
        """LookupError when there is no such key (of this owner)."""
        raise NotImplementedError

    def identity(self, secret: str, address: str = "") -> Identity | None:
        raise NotImplementedError
