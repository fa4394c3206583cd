"""Everything about users on each database, with a clock that passes only when told and a cheap argon2."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from nautilus_data.core.identity import Identity
from nautilus_data.core.timerange import NS_PER_S
from nautilus_data.services.audit import Audit
from nautilus_data.services.users import ApiKeys, Credentials, Known, Shares, Tokens, Users
from nautilus_data.services.users.passwords import Passwords
from nautilus_data.store import Store, tables
from tests.store.conftest import Clock, clock, open_store, postgres_url, run_sql, store

__all__ = ["clock", "open_store", "postgres_url", "store"]

ANN, BOB = "correct horse battery", "a staple of bob's"
CHEAP = {"time_cost": 1, "memory_kib": 8, "lanes": 1}


OWN = (
    tables.USERS, tables.SESSIONS, tables.API_KEYS, tables.TOKEN_FAMILIES, tables.REFRESH_TOKENS, tables.SHARES,
    tables.LOGIN_FAILURES, tables.SIGNING_KEYS, tables.AUDIT,
)  # fmt: skip


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without users. Making all tables of the project anew for each test would take most of its time."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    postgres = request.getfixturevalue("postgres_url")
    run_sql(postgres, *(f"DROP TABLE IF EXISTS {table.name}" for table in OWN))
    return postgres


@dataclass
class House:
    """What one process has open."""

    store: Store
    clock: Clock

    def __post_init__(self) -> None:
        known = Known(self.clock)
        self.credentials = Credentials(self.store, self.clock, Passwords(**CHEAP))
        self.users = Users(self.store, self.credentials, known, 30, self.clock)
        self.keys = ApiKeys(self.store, known, self.clock)
        self.tokens = Tokens(self.store, self.credentials, known, self.clock)
        self.shares = Shares(self.store, known, self.clock)
        self.audit = Audit(self.store)

    def wait(self, seconds: float) -> None:
        self.clock.now += int(seconds * NS_PER_S)

    def told(self, act: str) -> pd.DataFrame:
        return self.audit.list(act=act)

    def log_in(self, name: str = "ann", password: str = ANN, address: str = "10.0.0.1") -> tuple[str, Identity]:
        return self.users.log_in(name, password, address, "Firefox")


@pytest.fixture
def house(store: Store, clock: Clock) -> House:
    """Ann is an admin and bob a viewer."""
    made = House(store, clock)
    made.users.add("ann", ANN, "admin")
    made.users.add("bob", BOB, "viewer")
    return made


@pytest.fixture
def other(house: House, url: str, open_store: Callable[..., Store]) -> House:
    """Another process on the same store."""
    return House(open_store(url), house.clock)
