"""Users: who may come in with a password, and their sessions."""

from __future__ import annotations

import time
from collections.abc import Callable

import pandas as pd

from nautilus_data.core.identity import Identity, Role
from nautilus_data.services.users.credentials import Credentials
from nautilus_data.services.users.known import Known
from nautilus_data.store import Store


class Users:
    """ValueError: what was given can't be; LookupError: no such user; RefusedError: not let in."""

    def __init__(
        self,
        store: Store,
        credentials: Credentials,
        known: Known,
        session_days: int = 30,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        raise NotImplementedError

    def add(self, name: str, password: str, role: Role | str, oauth: str = "") -> str:
        """Add a user; the name as it is kept. With an OAuth name the password may be empty."""
        raise NotImplementedError

    def set_password(self, name: str, password: str, besides: str = "") -> None:
        """Ends the user's sessions (but the one of this ref) and refresh tokens."""
        raise NotImplementedError

    def change_password(self, name: str, current: str, password: str, besides: str = "", address: str = "") -> None:
        """As `set_password`, by the user: RefusedError as for `log_in` when the current one is wrong."""
        raise NotImplementedError

    def set_role(self, name: str, role: Role | str) -> None:
        raise NotImplementedError

    def remove(self, name: str) -> None:
        raise NotImplementedError

    def list(self) -> pd.DataFrame:
        """name, role, oauth, ts_created, ts_last_login, sessions, keys, locked_until."""
        raise NotImplementedError

    def has_any(self) -> bool:
        raise NotImplementedError

    def log_in(self, name: str, password: str, address: str = "", agent: str = "") -> tuple[str, Identity]:
        """The secret of a new session; RefusedError, with `retry_after` while name or address is locked."""
        raise NotImplementedError

    def log_in_as(self, oauth: str, address: str = "", agent: str = "") -> tuple[str, Identity]:
        """A session for whom an OAuth provider vouched."""
        raise NotImplementedError

    def identity(self, session_token: str) -> Identity | None:
        raise NotImplementedError

    def log_out(self, session_token: str) -> bool:
        raise NotImplementedError

    def end_sessions(self, name: str, besides: str = "") -> int:
        """End a user's sessions, but the one of this ref; how many."""
        raise NotImplementedError

    def sessions(self, name: str | None = None) -> pd.DataFrame:
        """Those that have not ended: ref, name, ts_created, ts_seen, ts_expires, address, agent; newest first."""
        raise NotImplementedError

    def end_session(self, ref: str, name: str | None = None) -> None:
        """LookupError when there is no such session (of this user)."""
        raise NotImplementedError

    def is_live(self, ref: str) -> bool:
        """Has this session, key, token family or share not ended? No ref (no login): are there still no users?"""
        raise NotImplementedError
