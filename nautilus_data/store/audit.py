"""Audit log: each entry bears the hash of the one before, and none is ever changed."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, insert, or_, select

from nautilus_data.core.audit_entry import GENESIS, AuditEntry, chained
from nautilus_data.store.database import Database
from nautilus_data.store.tables import AUDIT

_SAID = ("actor", "act", "target", "outcome", "detail", "address", "ref", "correlation")


class AuditBook(Database):
    """Numbers have no holes: an entry is written in the one transaction that looks at the last."""

    def append_audit(self, entry: AuditEntry) -> None:
        """Add an entry at the end."""
        with self._writing() as connection:
            self._append(connection, entry)

    def audit_entries(
        self,
        limit: int,
        before: int | None = None,
        actor: str | None = None,
        act: str | None = None,
        outcome: str | None = None,
        correlation: str | None = None,
        text: str = "",
    ) -> list[dict[str, Any]]:
        """The newest first, those before a number; `text` is somewhere in what they say, in whatever case."""
        newest = select(AUDIT).order_by(AUDIT.c.seq.desc()).limit(limit)
        if before is not None:
            newest = newest.where(AUDIT.c.seq < before)
        asked = {"actor": actor, "act": act, "outcome": outcome, "correlation": correlation}
        for name, wanted in asked.items():
            if wanted is not None:
                newest = newest.where(AUDIT.c[name] == wanted)
        if text:
            newest = newest.where(or_(*(AUDIT.c[name].icontains(text, autoescape=True) for name in _SAID)))
        with self._reading() as connection:
            return [dict(row) for row in connection.execute(newest).mappings()]

    def audit_chain(self, after: int | None, limit: int) -> list[dict[str, Any]]:
        """Entries in their order, those after a number."""
        ordered = select(AUDIT).order_by(AUDIT.c.seq).limit(limit)
        if after is not None:
            ordered = ordered.where(AUDIT.c.seq > after)
        with self._reading() as connection:
            return [dict(row) for row in connection.execute(ordered).mappings()]

    def _append(self, connection: Connection, entry: AuditEntry) -> None:
        """The last thing a transaction does, as its lock makes all others wait."""
        self._dialect.lock(connection, "audit")
        last = connection.execute(select(AUDIT.c.seq, AUDIT.c.hash).order_by(AUDIT.c.seq.desc()).limit(1)).one_or_none()
        seq, previous = (last.seq + 1, last.hash) if last else (1, GENESIS)
        row = {"seq": seq, "ts": self._clock(), **asdict(entry)}
        connection.execute(insert(AUDIT).values(**row, hash=chained(previous, row)))
