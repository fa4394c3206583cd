"""Passes: API keys and share links, which let somebody in without a password; of each only a hash is kept."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Table, delete, func, insert, select, update

from nautilus_data.core.audit_entry import AuditEntry
from nautilus_data.store.tables import API_KEYS, SHARES, USERS
from nautilus_data.store.users import UserBook, hold_user

_MOST = 100


class Passes(UserBook):
    """Those of a user who is gone are gone too."""

    def add_key(self, values: dict[str, Any], entry: AuditEntry) -> None:
        """LookupError without such an owner, ValueError where there are too many."""
        self._add_pass(API_KEYS, values, "API keys", entry)

    def add_share(self, values: dict[str, Any], entry: AuditEntry) -> None:
        """As `add_key`."""
        self._add_pass(SHARES, values, "share links", entry)

    def api_keys(self, owner: str | None = None) -> list[dict[str, Any]]:
        """All but their hashes, the newest first."""
        return self._passes(API_KEYS, owner)

    def shares(self, owner: str | None = None) -> list[dict[str, Any]]:
        """As `api_keys`."""
        return self._passes(SHARES, owner)

    def api_key(self, ref: str) -> dict[str, Any] | None:
        """A key that has not expired, and as `owner_role` the role its owner has now."""
        query = select(API_KEYS, USERS.c.role.label("owner_role")).join(USERS, USERS.c.name == API_KEYS.c.owner)
        return self._pass(query.where(API_KEYS.c.ref == ref, ~self._is_over(API_KEYS)))

    def share(self, hash_: str) -> dict[str, Any] | None:
        """A link that has not expired."""
        query = select(SHARES).join(USERS, USERS.c.name == SHARES.c.owner)
        return self._pass(query.where(SHARES.c.hash == hash_, ~self._is_over(SHARES)))

    def is_pass_live(self, kind: str, ref: str) -> bool:
        """Does a `key` or a `share` of this ref still let somebody in?"""
        table = API_KEYS if kind == "key" else SHARES
        query = select(table.c.ref).join(USERS, USERS.c.name == table.c.owner)
        return self._pass(query.where(table.c.ref == ref, ~self._is_over(table))) is not None

    def use_key(self, ref: str, now: int, first: AuditEntry) -> None:
        """Note that it was used; the first time in the audit log, too."""
        self._use(API_KEYS, "ts_last_used", ref, now, first)

    def use_share(self, ref: str, now: int, first: AuditEntry) -> None:
        """As `use_key`."""
        self._use(SHARES, "ts_opened", ref, now, first)

    def revoke_pass(self, kind: str, ref: str, owner: str | None, entry: AuditEntry) -> bool:
        """End a `key` or `share`; was there one (of this owner)?"""
        table = API_KEYS if kind == "key" else SHARES
        mine = [table.c.ref == ref] + ([] if owner is None else [table.c.owner == owner])
        with self._writing() as connection:
            is_ended = connection.execute(delete(table).where(*mine)).rowcount > 0
            if is_ended:
                self._append(connection, entry)
        return is_ended

    def _add_pass(self, table: Table, values: dict[str, Any], what: str, entry: AuditEntry) -> None:
        owner = values["owner"]
        with self._writing() as connection:
            hold_user(connection, owner)
            connection.execute(delete(table).where(table.c.owner == owner, self._is_over(table)))
            count = select(func.count()).select_from(table).where(table.c.owner == owner)
            if connection.execute(count).scalar_one() >= _MOST:
                raise ValueError(f"{owner} has {_MOST} {what}, the most there may be: revoke some first")
            connection.execute(insert(table).values(values))
            self._append(connection, entry)

    def _use(self, table: Table, column: str, ref: str, now: int, first: AuditEntry) -> None:
        mine = table.c.ref == ref
        with self._writing() as connection:
            is_first = connection.execute(
                update(table).where(mine, table.c[column] == 0).values({column: now})
            ).rowcount
            if is_first:
                self._append(connection, first)
            else:
                connection.execute(update(table).where(mine).values({column: now}))

    def _passes(self, table: Table, owner: str | None) -> list[dict[str, Any]]:
        columns = [column for column in table.columns if column.name != "hash"]
        newest = select(*columns).order_by(table.c.ts_created.desc(), table.c.ref)
        if owner is not None:
            newest = newest.where(table.c.owner == owner)
        with self._reading() as connection:
            return [dict(row) for row in connection.execute(newest).mappings()]

    def _pass(self, query: Any) -> dict[str, Any] | None:
        with self._reading() as connection:
            row = connection.execute(query).mappings().first()
        return dict(row) if row else None

    def _is_over(self, table: Table) -> Any:
        return (table.c.ts_expires != 0) & (table.c.ts_expires <= self._clock())
