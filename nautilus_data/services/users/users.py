"""Users: who may come in with a password, and their sessions."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import pandas as pd

from nautilus_data.core.audit_entry import entry_by, entry_of, plain
from nautilus_data.core.identity import Door, Identity, Role
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S
from nautilus_data.core.user import User, check_password, checked_name
from nautilus_data.errors import RefusedError, RetryableError
from nautilus_data.services.users.credentials import Credentials
from nautilus_data.services.users.known import Known
from nautilus_data.services.users.secret import hashed, new_ref, new_secret
from nautilus_data.store import Store

_TOUCH_NS = 60 * NS_PER_S
_HAS_ANY_S = 1.0
_COLUMNS = ("name", "role", "oauth", "ts_created", "ts_last_login", "sessions", "keys", "locked_until")
_SESSION = ("ref", "user", "door", "ts_created", "ts_seen", "ts_expires", "address", "agent")
_LOG = logging.getLogger(__name__)


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
        self._store, self._credentials, self._known, self._clock = store, credentials, known, clock
        self._lasts_ns = session_days * NS_PER_DAY

    def add(self, name: str, password: str, role: Role | str, oauth: str = "") -> str:
        """Add a user; the name as it is kept. With an OAuth name the password may be empty."""
        kept, role, oauth = checked_name(name), Role(role), oauth.strip().casefold()
        password_hash = "" if oauth and not password else self._hash(kept, password)
        user = User(name=kept, role=role, password_hash=password_hash, oauth=plain(oauth, 200))
        self._store.add_user(user, entry_of("user added", kept, f"role {role}"))
        self._known.forget()
        return kept

    def set_password(self, name: str, password: str, besides: str = "") -> None:
        """Ends the user's sessions (but the one of this ref) and refresh tokens."""
        kept = checked_name(name)
        password_hash = self._hash(kept, password)
        self._store.set_password_hash(kept, password_hash, besides, entry_of("password changed", kept))
        self._known.forget()

    def change_password(self, name: str, current: str, password: str, besides: str = "", address: str = "") -> None:
        """As `set_password`, by the user; RefusedError as for `log_in` where the current one is wrong."""
        self._credentials.check(name, current, address, Door.SESSION)
        self.set_password(name, password, besides)

    def set_role(self, name: str, role: Role | str) -> None:
        """Ends the user's sessions and refresh tokens; keys stay, and may no more than the role now may."""
        kept, role = checked_name(name), Role(role)
        self._store.set_user_role(kept, role, entry_of("role changed", kept, f"role {role}"))
        self._known.forget()

    def remove(self, name: str) -> None:
        """Ends all that let the user in, keys and share links too; what the user drew and did stays."""
        kept = checked_name(name)
        self._store.remove_user(kept, entry_of("user removed", kept))
        self._known.forget()

    def list(self) -> pd.DataFrame:
        """name, role, oauth, ts_created, ts_last_login (0: never), sessions, keys, locked_until (0: not locked)."""
        locked = self._credentials.locked()
        rows = [{**row, "locked_until": locked.get(row["name"], 0)} for row in self._store.users(self._clock())]
        return pd.DataFrame(rows, columns=list(_COLUMNS)).astype(dict.fromkeys(_COLUMNS[3:], "int64"))

    def has_any(self) -> bool:
        """Is there any user? One second old at most: another process may add the first."""
        return bool(self._known.ask("users", lambda: (self._store.has_users(), 0), _HAS_ANY_S))

    def log_in(self, name: str, password: str, address: str = "", agent: str = "") -> tuple[str, Identity]:
        """The secret of a new session; RefusedError, with `retry_after` while name or address must wait."""
        return self._open(self._credentials.check(name, password, address, Door.SESSION), address, agent)

    def log_in_as(self, oauth: str, address: str = "", agent: str = "") -> tuple[str, Identity]:
        """A session for whom an OAuth provider vouched, and an admin added under this OAuth name."""
        user = self._store.user_by_oauth(oauth.strip().casefold())
        if user is None:
            stranger = Identity(f"(OAuth) {oauth}", Role.VIEWER, Door.SESSION)
            self._store.append_audit(entry_by(stranger, "login", "", "refused", "no such user", address))
            raise RefusedError("nobody of this name may come in: have an admin add you with this OAuth name")
        return self._open(user, address, agent)

    def identity(self, session_token: str) -> Identity | None:
        """Whose session it is, 2 s old at most; None when it is none, has ended or has expired."""
        hash_ = hashed(session_token)
        return self._known.ask(("session", hash_), lambda: self._find(hash_))

    def log_out(self, session_token: str) -> bool:
        """End a session; was there one?"""
        hash_ = hashed(session_token)
        found = self._find(hash_)
        is_ended = self._store.end_session(hash_, entry_by(found and found[0], "logout"))
        if is_ended:
            self._known.forget()
        return is_ended

    def end_sessions(self, name: str, besides: str = "") -> int:
        """End a user's sessions and refresh tokens, but the one of this ref; how many sessions."""
        kept = checked_name(name)
        ended = self._store.end_logins_of(kept, besides, entry_of("sessions ended", kept))
        self._known.forget()
        return ended

    def sessions(self, name: str | None = None) -> pd.DataFrame:
        """Logins that have not ended, newest first: ref, user, door, ts_created, ts_seen, ts_expires, address, agent.

        `door` is session for a browser and token for a script; `ts_seen` is 0 where it is not told.
        """
        rows = self._store.logins(None if name is None else checked_name(name))
        told = [{**row, "door": str(Door.SESSION if row["ref"].startswith("s") else Door.TOKEN)} for row in rows]
        told.sort(key=lambda row: row["ts_created"], reverse=True)
        times = [column for column in _SESSION if column.startswith("ts_")]
        return pd.DataFrame(told, columns=list(_SESSION)).astype(dict.fromkeys(times, "int64"))

    def end_session(self, ref: str, name: str | None = None) -> None:
        """End one login; LookupError when there is no such one (of this user)."""
        kept = None if name is None else checked_name(name)
        if not self._store.end_login(ref, kept, entry_of("session ended", plain(ref, 40))):
            raise LookupError(f"there is no session {plain(ref, 40)}: it has ended already")
        self._known.forget()

    def is_live(self, ref: str) -> bool:
        """Has this session, key, token family or share not ended? 2 s old at most.

        No ref is of who came in without a login: are there still no users?
        """
        if not ref:
            return not self.has_any()
        return bool(self._known.ask(("live", ref), lambda: (True, 0) if self._is_live(ref) else None))

    def _hash(self, name: str, password: str) -> str:
        check_password(name, password)
        return self._credentials.passwords.hash(password)

    def _open(self, user: User, address: str, agent: str) -> tuple[str, Identity]:
        secret, now = new_secret(), self._clock()
        identity = Identity(user.name, user.role, Door.SESSION, new_ref("s"))
        values = {
            "hash": hashed(secret), "ref": identity.ref, "user": user.name, "ts_created": now, "ts_seen": now,
            "ts_expires": now + self._lasts_ns, "address": plain(address, 100), "agent": plain(agent, 200),
        }  # fmt: skip
        try:
            self._store.open_session(values, user.password_hash, entry_by(identity, "login", address=address))
        except LookupError as error:
            raise RefusedError(str(error)) from error
        return secret, identity

    def _find(self, hash_: str) -> tuple[Identity, int] | None:
        row = self._store.session(hash_)
        if row is None:
            return None
        now, expires = self._clock(), row["ts_expires"]
        if now - row["ts_seen"] >= _TOUCH_NS:
            expires = self._prolong(hash_, now, expires)
        return Identity(row["user"], Role(row["role"]), Door.SESSION, row["ref"]), expires

    def _prolong(self, hash_: str, now: int, expires: int) -> int:
        later = now + self._lasts_ns
        try:
            self._store.touch_session(hash_, now, later)
        except RetryableError as error:
            # The next request tries again; who is logged in stays so.
            _LOG.warning("a session was not prolonged reason=%s", error)
            return expires
        return later

    def _is_live(self, ref: str) -> bool:
        match ref[0]:
            case "s":
                return self._store.is_session_live(ref)
            case "k":
                return self._store.is_pass_live("key", ref)
            case "l":
                return self._store.is_pass_live("share", ref)
            case "t":
                return self._store.family(ref) is not None
        return False
