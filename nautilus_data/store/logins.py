"""Logins: sessions of browsers, and families of tokens; of each secret only its hash."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, literal, select, update

from nautilus_data.core.audit_entry import AuditEntry
from nautilus_data.store.tables import REFRESH_TOKENS, SESSIONS, SIGNING_KEYS, TOKEN_FAMILIES, USERS
from nautilus_data.store.users import UserBook, end_logins, hold_user

# Of one user; beyond these the oldest end.
_MOST = 100


class Refreshed(StrEnum):
    """What came of using a refresh token."""

    RENEWED = "renewed"
    REUSED = "reused"  # it was used before: its family is ended
    REFUSED = "refused"  # unknown, expired, ended, or used by somebody else at this very moment


class Renewal(NamedTuple):
    """What came of using a refresh token, and whose it was."""

    outcome: Refreshed
    family: str = ""
    user: str = ""


class Logins(UserBook):
    """What ended, or expired, is not found."""

    def open_session(self, values: dict[str, Any], password_hash: str, entry: AuditEntry) -> None:
        """A session of `values["user"]`; LookupError when the password was changed, or the user removed, meanwhile."""
        with self._writing() as connection:
            self._let_in(connection, values["user"], password_hash)
            connection.execute(delete(SESSIONS).where(SESSIONS.c.ts_expires <= self._clock()))
            _make_room(connection, SESSIONS, values["user"])
            connection.execute(insert(SESSIONS).values(values))
            self._append(connection, entry)

    def session(self, hash_: str) -> dict[str, Any] | None:
        """ref, user, ts_seen, ts_expires of a session, and the role its user has now."""
        columns = (SESSIONS.c.ref, SESSIONS.c.user, SESSIONS.c.ts_seen, SESSIONS.c.ts_expires, USERS.c.role)
        query = select(*columns).join(USERS, USERS.c.name == SESSIONS.c.user)
        return self._first(query.where(SESSIONS.c.hash == hash_, SESSIONS.c.ts_expires > self._clock()))

    def touch_session(self, hash_: str, now: int, expires: int) -> None:
        """Seen now, so it lasts longer."""
        with self._writing() as connection:
            connection.execute(update(SESSIONS).where(SESSIONS.c.hash == hash_).values(ts_seen=now, ts_expires=expires))

    def end_session(self, hash_: str, entry: AuditEntry) -> bool:
        """Was there one to end?"""
        with self._writing() as connection:
            is_ended = connection.execute(delete(SESSIONS).where(SESSIONS.c.hash == hash_)).rowcount > 0
            if is_ended:
                self._append(connection, entry)
        return is_ended

    def logins(self, name: str | None) -> list[dict[str, Any]]:
        """ref, user, ts_created, ts_seen (0: not told), ts_expires, address, agent of sessions and token families."""
        shared = ("ref", "user", "ts_created", "ts_expires", "address", "agent")
        sessions = select(*(SESSIONS.c[one] for one in shared), SESSIONS.c.ts_seen)
        families = select(*(TOKEN_FAMILIES.c[one] for one in shared), literal(0).label("ts_seen"))
        both = (sessions.where(SESSIONS.c.ts_expires > self._clock()), families.where(*self._is_good()))
        if name is not None:
            both = (both[0].where(SESSIONS.c.user == name), both[1].where(TOKEN_FAMILIES.c.user == name))
        with self._reading() as connection:
            return [dict(row) for query in both for row in connection.execute(query).mappings()]

    def end_login(self, ref: str, name: str | None, entry: AuditEntry) -> bool:
        """End a session or a token family (of this user); was there one to end?"""
        mine = [] if name is None else [SESSIONS.c.user == name]
        families = [TOKEN_FAMILIES.c.ref == ref, *self._is_good()]
        families += [] if name is None else [TOKEN_FAMILIES.c.user == name]
        ended = update(TOKEN_FAMILIES).where(*families).values(ts_ended=self._clock())
        with self._writing() as connection:
            is_ended = connection.execute(delete(SESSIONS).where(SESSIONS.c.ref == ref, *mine)).rowcount > 0
            is_ended = connection.execute(ended).rowcount > 0 or is_ended
            if is_ended:
                self._append(connection, entry)
        return is_ended

    def end_logins_of(self, name: str, besides: str, entry: AuditEntry) -> int:
        """End a user's sessions and token families, but the one of this ref; how many sessions."""
        with self._writing() as connection:
            ended = end_logins(connection, self._clock(), name, besides)
            self._append(connection, entry)
        return ended

    def open_family(self, values: dict[str, Any], token: dict[str, Any], password_hash: str, entry: AuditEntry) -> None:
        """A family of tokens and its first refresh token; LookupError as for `open_session`."""
        now = self._clock()
        with self._writing() as connection:
            self._let_in(connection, values["user"], password_hash)
            for table in (REFRESH_TOKENS, TOKEN_FAMILIES):
                connection.execute(delete(table).where(table.c.ts_expires <= now))
            _make_room(connection, TOKEN_FAMILIES, values["user"])
            connection.execute(insert(TOKEN_FAMILIES).values(values))
            connection.execute(insert(REFRESH_TOKENS).values(token))
            self._append(connection, entry)

    def family(self, ref: str) -> dict[str, Any] | None:
        """user and ts_expires of a family that has not ended, and the role its user has now."""
        columns = (TOKEN_FAMILIES.c.user, TOKEN_FAMILIES.c.ts_expires, USERS.c.role)
        query = select(*columns).join(USERS, USERS.c.name == TOKEN_FAMILIES.c.user)
        return self._first(query.where(TOKEN_FAMILIES.c.ref == ref, *self._is_good()))

    def refresh(self, hash_: str, token: dict[str, Any], started: int, reused: AuditEntry) -> Renewal:
        """Use a refresh token, once, for a new one.

        One used before ends the family, unless both uses began before either was answered.
        """
        with self._writing() as connection:
            mine = REFRESH_TOKENS.c.hash == hash_
            query = select(REFRESH_TOKENS).where(mine, REFRESH_TOKENS.c.ts_expires > self._clock())
            old = connection.execute(query.with_for_update()).one_or_none()
            user = self._user_of_family(connection, old.family) if old else None
            if user is None:
                return Renewal(Refreshed.REFUSED)
            if old.ts_used and started < old.ts_used:
                return Renewal(Refreshed.REFUSED)
            if old.ts_used:
                self._end_family(connection, old.family, reused)
                return Renewal(Refreshed.REUSED)
            connection.execute(update(REFRESH_TOKENS).where(mine).values(ts_used=self._clock()))
            connection.execute(insert(REFRESH_TOKENS).values(**token, family=old.family))
            longer = update(TOKEN_FAMILIES).where(TOKEN_FAMILIES.c.ref == old.family)
            connection.execute(longer.values(ts_expires=token["ts_expires"]))
            return Renewal(Refreshed.RENEWED, old.family, user)

    def end_family(self, hash_: str, entry: AuditEntry) -> bool:
        """End the family of a refresh token; was there one to end?"""
        with self._writing() as connection:
            family = connection.execute(select(REFRESH_TOKENS.c.family).where(REFRESH_TOKENS.c.hash == hash_)).scalar()
            return family is not None and self._end_family(connection, family, entry)

    def signing_key(self, name: str, new: str) -> str:
        """The key of this name; the first to ask makes it `new`."""
        made = self._dialect.insert(SIGNING_KEYS).values(name=name, key=new, ts_created=self._clock())
        query = select(SIGNING_KEYS.c.key).where(SIGNING_KEYS.c.name == name)
        with self._writing() as connection:
            connection.execute(made.on_conflict_do_nothing())
            return connection.execute(query).scalar_one()

    def is_session_live(self, ref: str) -> bool:
        """Has the session of this ref not ended?"""
        query = select(SESSIONS.c.ref).where(SESSIONS.c.ref == ref, SESSIONS.c.ts_expires > self._clock())
        return self._first(query) is not None

    def _let_in(self, connection: Connection, name: str, password_hash: str) -> None:
        if hold_user(connection, name).password_hash != password_hash:
            raise LookupError(f"the password of {name} was changed just now: log in again")
        connection.execute(USERS.update().where(USERS.c.name == name).values(ts_last_login=self._clock()))

    def _end_family(self, connection: Connection, ref: str, entry: AuditEntry) -> bool:
        mine = (TOKEN_FAMILIES.c.ref == ref, TOKEN_FAMILIES.c.ts_ended == 0)
        ended = connection.execute(update(TOKEN_FAMILIES).where(*mine).values(ts_ended=self._clock())).rowcount > 0
        if ended:
            user = connection.execute(select(TOKEN_FAMILIES.c.user).where(TOKEN_FAMILIES.c.ref == ref)).scalar_one()
            self._append(connection, entry.about(user, ref))
        return ended

    def _user_of_family(self, connection: Connection, ref: str) -> str | None:
        query = select(TOKEN_FAMILIES.c.user).where(TOKEN_FAMILIES.c.ref == ref, *self._is_good())
        return connection.execute(query.with_for_update()).scalar()

    def _is_good(self) -> tuple[ColumnElement[bool], ...]:
        return TOKEN_FAMILIES.c.ts_ended == 0, TOKEN_FAMILIES.c.ts_expires > self._clock()

    def _first(self, query: Any) -> dict[str, Any] | None:
        with self._reading() as connection:
            row = connection.execute(query).mappings().first()
        return dict(row) if row else None


def _make_room(connection: Connection, table: Table, name: str) -> None:
    mine = table.c.user == name
    if connection.execute(select(func.count()).select_from(table).where(mine)).scalar_one() >= _MOST:
        newest = select(table.c.ref).where(mine).order_by(table.c.ts_created.desc()).limit(_MOST - 1)
        connection.execute(delete(table).where(mine, table.c.ref.not_in(newest)))
