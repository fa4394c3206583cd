"""Users: who may log in; each change is written together with its audit entry, or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table, delete, exists, func, insert, select, update

from nautilus_data.core.audit_entry import AuditEntry
from nautilus_data.core.identity import Role
from nautilus_data.core.user import User
from nautilus_data.store.audit import AuditBook
from nautilus_data.store.tables import API_KEYS, REFRESH_TOKENS, SESSIONS, SHARES, TOKEN_FAMILIES, USERS


class UserBook(AuditBook):
    """LookupError where there is no such user, ValueError where a rule forbids it."""

    def user(self, name: str) -> User | None:
        """One user by name."""
        return self._find_user(USERS.c.name == name)

    def user_by_oauth(self, oauth: str) -> User | None:
        """Whom an OAuth provider knows by this name."""
        return self._find_user(USERS.c.oauth == oauth) if oauth else None

    def has_users(self) -> bool:
        """Is there any?"""
        with self._reading() as connection:
            return connection.execute(select(USERS.c.name).limit(1)).first() is not None

    def users(self, now: int) -> list[dict[str, Any]]:
        """All by name, with how many sessions and keys of each are good now."""
        is_mine = SESSIONS.c.user == USERS.c.name
        sessions = select(func.count()).where(is_mine, SESSIONS.c.ts_expires > now).scalar_subquery()
        is_good = (API_KEYS.c.ts_expires == 0) | (API_KEYS.c.ts_expires > now)
        keys = select(func.count()).where(API_KEYS.c.owner == USERS.c.name, is_good).scalar_subquery()
        columns = (USERS.c.name, USERS.c.role, USERS.c.oauth, USERS.c.ts_created, USERS.c.ts_last_login)
        query = select(*columns, sessions.label("sessions"), keys.label("keys")).order_by(USERS.c.name)
        with self._reading() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def add_user(self, user: User, entry: AuditEntry) -> None:
        """The first must be an admin; no two have one name or one OAuth name."""
        with self._writing() as connection:
            self._dialect.lock(connection, "users")
            _check_new(connection, user)
            now = self._clock()
            values = {"name": user.name, "role": user.role.value, "oauth": user.oauth}
            values |= {"password_hash": user.password_hash, "ts_created": now, "ts_changed": now}
            connection.execute(insert(USERS).values(values))
            self._append(connection, entry)

    def set_password_hash(self, name: str, password_hash: str, besides: str, entry: AuditEntry) -> None:
        """Ends the sessions of the user, but the one of this ref, and the refresh tokens."""
        with self._writing() as connection:
            self._change(connection, name, {"password_hash": password_hash})
            end_logins(connection, self._clock(), name, besides)
            self._append(connection, entry)

    def renew_hash(self, name: str, before: str, after: str) -> None:
        """The same password, hashed by newer parameters."""
        with self._writing() as connection:
            same = (USERS.c.name == name, USERS.c.password_hash == before)
            connection.execute(update(USERS).where(*same).values(password_hash=after))

    def set_user_role(self, name: str, role: Role, entry: AuditEntry) -> None:
        """Ends the sessions and refresh tokens of the user; the last admin stays one."""
        with self._writing() as connection:
            self._dialect.lock(connection, "users")
            if role is not Role.ADMIN:
                _check_not_last(connection, name, "stays an admin")
            self._change(connection, name, {"role": role.value})
            end_logins(connection, self._clock(), name)
            self._append(connection, entry)

    def remove_user(self, name: str, entry: AuditEntry) -> None:
        """And all that lets the user in: sessions, tokens, keys, shares; the last admin stays."""
        with self._writing() as connection:
            self._dialect.lock(connection, "users")
            _check_not_last(connection, name, "stays")
            if not connection.execute(delete(USERS).where(USERS.c.name == name)).rowcount:
                raise _unknown(name)
            _delete_all_of(connection, name)
            self._append(connection, entry)

    def _change(self, connection: Connection, name: str, values: Mapping[str, Any]) -> None:
        changed = update(USERS).where(USERS.c.name == name).values(**values, ts_changed=self._clock())
        if not connection.execute(changed).rowcount:
            raise _unknown(name)

    def _find_user(self, which: Any) -> User | None:
        with self._reading() as connection:
            row = connection.execute(select(USERS).where(which)).mappings().one_or_none()
        return User(**{**row, "role": Role(row["role"])}) if row else None


def hold_user(connection: Connection, name: str) -> User:
    """The user, who can be neither changed nor removed until the transaction ends."""
    row = connection.execute(select(USERS).where(USERS.c.name == name).with_for_update()).mappings().one_or_none()
    if row is None:
        raise _unknown(name)
    return User(**{**row, "role": Role(row["role"])})


def end_logins(connection: Connection, now: int, name: str, besides: str = "") -> int:
    """End sessions and token families of a user; how many sessions."""
    mine = (TOKEN_FAMILIES.c.user == name, TOKEN_FAMILIES.c.ts_ended == 0, TOKEN_FAMILIES.c.ref != besides)
    connection.execute(update(TOKEN_FAMILIES).where(*mine).values(ts_ended=now))
    return connection.execute(delete(SESSIONS).where(SESSIONS.c.user == name, SESSIONS.c.ref != besides)).rowcount


def _delete_all_of(connection: Connection, name: str) -> None:
    families = select(TOKEN_FAMILIES.c.ref).where(TOKEN_FAMILIES.c.user == name)
    connection.execute(delete(REFRESH_TOKENS).where(REFRESH_TOKENS.c.family.in_(families)))
    owned: tuple[tuple[Table, str], ...] = (
        (SESSIONS, "user"), (TOKEN_FAMILIES, "user"), (API_KEYS, "owner"), (SHARES, "owner"),
    )  # fmt: skip
    for table, column in owned:
        connection.execute(delete(table).where(table.c[column] == name))


def _check_new(connection: Connection, user: User) -> None:
    if user.role is not Role.ADMIN and not connection.execute(select(exists(select(USERS.c.name)))).scalar():
        raise ValueError("the first user must be an admin, or nobody could add others: use the role admin")
    if connection.execute(select(USERS.c.name).where(USERS.c.name == user.name)).first():
        raise ValueError(f"there is a user {user.name} already: choose another name")
    if user.oauth and connection.execute(select(USERS.c.name).where(USERS.c.oauth == user.oauth)).first():
        raise ValueError(f"another user has the OAuth name {user.oauth}: remove that one first")


def _check_not_last(connection: Connection, name: str, what: str) -> None:
    admins = set(connection.execute(select(USERS.c.name).where(USERS.c.role == Role.ADMIN.value)).scalars())
    if admins == {name}:
        raise ValueError(f"{name} is the last admin and {what}: make another user an admin first")


def _unknown(name: str) -> LookupError:
    return LookupError(f"there is no user {name}: users list shows all")
