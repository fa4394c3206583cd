"""Tokens: short-lived access, and what it is renewed with."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from nautilus_data.core.identity import Identity
from nautilus_data.services.users.credentials import Credentials
from nautilus_data.services.users.known import Known
from nautilus_data.store import Store


@dataclass(frozen=True)
class Pair:
    """`expires_in`: seconds the access token is good for."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_in: int


class Tokens:
    def __init__(
        self, store: Store, credentials: Credentials, known: Known, clock: Callable[[], int] = time.time_ns
    ) -> None:
        raise NotImplementedError

    def issue(self, name: str, password: str, address: str = "", agent: str = "") -> Pair:
        """RefusedError as for `Users.log_in`."""
        raise NotImplementedError

    def refresh(self, refresh: str, address: str = "") -> Pair:
        """RefusedError for a token that is not good, or no longer."""
        raise NotImplementedError

    def identity(self, access: str) -> Identity | None:
        raise NotImplementedError

    def end(self, refresh: str) -> bool:
        """Log out: neither refresh nor access token works any more; was there something to end?"""
        raise NotImplementedError
