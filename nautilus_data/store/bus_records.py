"""Records of the bus: dead letters, incidents, who reads it, and what readers are asked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, select, update

from nautilus_data.core.dead_letter import DeadLetter, Fate
from nautilus_data.core.incident import Incident, Kind
from nautilus_data.store.database import Database
from nautilus_data.store.tables import BUS_DEAD_LETTERS, BUS_INCIDENTS, BUS_READERS, SIGNALS

DEAD_LETTER_BYTES = 65_536
DeadKey = tuple[str, int, str]


class BusRecords(Database):
    """What is kept about the bus beside what it said."""

    def dead_letters(
        self, limit: int = 200, *, trader_id: str | None = None, fates: Iterable[Fate] = tuple(Fate)
    ) -> list[DeadLetter]:
        """The last failed first."""
        newest = select(BUS_DEAD_LETTERS).where(BUS_DEAD_LETTERS.c.state.in_([str(fate) for fate in fates]))
        if trader_id is not None:
            newest = newest.where(BUS_DEAD_LETTERS.c.trader_id == trader_id)
        order = (BUS_DEAD_LETTERS.c.ts_last.desc(), BUS_DEAD_LETTERS.c.entry.desc())
        with self._reading() as connection:
            return [_dead_letter(row) for row in connection.execute(newest.order_by(*order).limit(limit))]

    def dead_letter(self, key: DeadKey) -> DeadLetter | None:
        with self._reading() as connection:
            row = connection.execute(select(BUS_DEAD_LETTERS).where(*_is(key))).one_or_none()
        return _dead_letter(row) if row else None

    def keep_dead_letters(self, dead: Iterable[DeadLetter]) -> None:
        """New ones, or another failure of old ones."""
        with self._writing() as connection:
            self._save_dead_letters(connection, dead)

    def set_fate(self, keys: Iterable[DeadKey], fate: Fate, reason: str | None = None) -> int:
        """How many there were; with a reason, another attempt has failed."""
        values: dict[str, Any] = {"state": str(fate)}
        if reason is not None:
            values |= {"reason": reason, "attempts": BUS_DEAD_LETTERS.c.attempts + 1, "ts_last": self._clock()}
        with self._writing() as connection:
            return sum(
                connection.execute(update(BUS_DEAD_LETTERS).where(*_is(key)).values(values)).rowcount for key in keys
            )

    def save_incidents(self, incidents: Iterable[Incident]) -> None:
        """Make them or bring them up to date."""
        rows = [{**asdict(incident), "kind": str(incident.kind), "id": incident.id} for incident in incidents]
        with self._writing() as connection:
            for row in rows:
                self._put(connection, BUS_INCIDENTS, "id", row)

    def incidents(self, limit: int = 200, *, open_only: bool = False, trader_id: str | None = None) -> list[Incident]:
        """The last detected first; those of Redis itself belong to every trader."""
        newest = select(BUS_INCIDENTS)
        if open_only:
            newest = newest.where(BUS_INCIDENTS.c.ts_cleared == 0)
        if trader_id is not None:
            newest = newest.where(BUS_INCIDENTS.c.trader_id.in_([trader_id, ""]))
        with self._reading() as connection:
            rows = connection.execute(newest.order_by(BUS_INCIDENTS.c.ts_detected.desc()).limit(limit)).all()
        return [_incident(row) for row in rows]

    def save_reader(self, name: str, role: str, status: Mapping[str, Any]) -> None:
        """How one process reads the bus, as of now."""
        row = {"name": name, "role": role, "status": json.dumps(dict(status)), "ts_updated": self._clock()}
        with self._writing() as connection:
            self._put(connection, BUS_READERS, "name", row)

    def readers(self) -> list[dict[str, Any]]:
        """Every reader that has told of itself, the last first: name, role, ts_updated and what it told."""
        with self._reading() as connection:
            rows = connection.execute(select(BUS_READERS).order_by(BUS_READERS.c.ts_updated.desc())).mappings().all()
        return [{**json.loads(row["status"]), **{k: row[k] for k in ("name", "role", "ts_updated")}} for row in rows]

    def forget_readers(self, before: int) -> None:
        """Drop those not heard of since."""
        with self._writing() as connection:
            connection.execute(delete(BUS_READERS).where(BUS_READERS.c.ts_updated < before))

    def send_signal(self, name: str) -> None:
        """Ask something of every process; see `signal`."""
        with self._writing() as connection:
            self._put(connection, SIGNALS, "name", {"name": name, "ts_sent": self._clock()})

    def signal(self, name: str) -> int:
        """When it was last sent; 0 = never."""
        with self._reading() as connection:
            return connection.execute(select(SIGNALS.c.ts_sent).where(SIGNALS.c.name == name)).scalar() or 0

    def prune_bus_records(self, before: int) -> int:
        """Drop incidents that are over and dead letters that were seen to, older than a time."""
        over = (BUS_INCIDENTS.c.ts_cleared > 0, BUS_INCIDENTS.c.ts_cleared < before)
        ended = [str(Fate.REPLAYED), str(Fate.DISCARDED)]
        seen_to = (BUS_DEAD_LETTERS.c.state.in_(ended), BUS_DEAD_LETTERS.c.ts_last < before)
        with self._writing() as connection:
            gone = connection.execute(delete(BUS_INCIDENTS).where(*over)).rowcount
            return gone + connection.execute(delete(BUS_DEAD_LETTERS).where(*seen_to)).rowcount

    def _save_dead_letters(self, connection: Connection, dead: Iterable[DeadLetter]) -> None:
        now = self._clock()
        new = self._dialect.insert(BUS_DEAD_LETTERS)
        again = {
            **{name: new.excluded[name] for name in ("reason", "ts_last", "state")},
            "attempts": BUS_DEAD_LETTERS.c.attempts + new.excluded.attempts,
        }
        rows = [_dead_row(letter, now) for letter in dead]
        if rows:
            connection.execute(
                new.on_conflict_do_update(index_elements=["stream", "entry", "handler"], set_=again), rows
            )

    def _put(self, connection: Connection, table: Table, key: str, row: Mapping[str, Any]) -> None:
        new = self._dialect.insert(table).values(row)
        changed = {name: value for name, value in row.items() if name != key}
        connection.execute(new.on_conflict_do_update(index_elements=[key], set_=changed))


def _is(key: DeadKey) -> tuple:
    stream, entry, handler = key
    columns = BUS_DEAD_LETTERS.c
    return columns.stream == stream, columns.entry == entry, columns.handler == handler


def _dead_row(letter: DeadLetter, now: int) -> dict[str, Any]:
    row = {**asdict(letter), "ts_first": letter.ts_first or now, "ts_last": letter.ts_last or now}
    texts = {name: _storable(value) for name, value in row.items() if isinstance(value, str)}
    return {**row, **texts, "payload": bytes(letter.payload[:DEAD_LETTER_BYTES])}


def _storable(text: str) -> str:
    """PostgreSQL keeps no NUL in a text, no database half a surrogate pair."""
    return str(text).replace("\0", "\\0").encode(errors="backslashreplace").decode()


def _dead_letter(row: Row) -> DeadLetter:
    values = dict(row._mapping)
    return DeadLetter(**{**values, "payload": bytes(values["payload"]), "state": Fate(values["state"])})


def _incident(row: Row) -> Incident:
    values = dict(row._mapping)
    del values["id"]
    return Incident(**{**values, "kind": Kind(values["kind"])})
