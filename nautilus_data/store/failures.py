"""Failures: wrong tries to log in, counted over processes and restarts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from sqlalchemy import Connection, delete, func, insert, select, update

from nautilus_data.store.database import Database
from nautilus_data.store.tables import LOGIN_FAILURES

# (`name` or `address`, which)
Subject = tuple[str, str]
_KEY = (LOGIN_FAILURES.c.kind, LOGIN_FAILURES.c.subject)


class Failures(Database):
    """A try counts as wrong until it proves right: so no two tries at once get past a lock."""

    def count_try(
        self, subjects: Collection[Subject], wait_ns: Callable[[int], int], forget_ns: int, most: int
    ) -> tuple[int, int]:
        """Count a try of each subject, unless one is locked.

        How long it is locked (0: it was not), and for how long it is now. `wait_ns` gives that by the number of tries;
        what is older than `forget_ns` is forgotten, and the oldest beyond `most`.
        """
        with self._writing() as connection:
            for subject in sorted(subjects):
                self._dialect.lock(connection, f"login {subject}")
            now = self._clock()
            connection.execute(delete(LOGIN_FAILURES).where(LOGIN_FAILURES.c.ts_last < now - forget_ns))
            rows = {subject: _find(connection, subject) for subject in subjects}
            if any(ts_locked > now for _, ts_locked in rows.values()):
                locked = max(ts_locked for _, ts_locked in rows.values()) - now
                return locked, locked
            waits = {subject: wait_ns(tries + 1) for subject, (tries, _) in rows.items()}
            for subject, wait in waits.items():
                _note(connection, subject, rows[subject][0] + 1, now, now + wait if wait else 0)
            _keep(connection, most)
            return 0, max(waits.values(), default=0)

    def forgive(self, cleared: Iterable[Subject], taken_back: Iterable[Subject]) -> None:
        """A try proved right: clear these counts, and take one try back from those."""
        with self._writing() as connection:
            for kind, subject in sorted(cleared):
                connection.execute(delete(LOGIN_FAILURES).where(_KEY[0] == kind, _KEY[1] == subject))
            for kind, subject in sorted(taken_back):
                mine = (_KEY[0] == kind, _KEY[1] == subject)
                fewer = {"tries": LOGIN_FAILURES.c.tries - 1, "ts_locked": 0}
                connection.execute(update(LOGIN_FAILURES).where(*mine).values(fewer))
                connection.execute(delete(LOGIN_FAILURES).where(*mine, LOGIN_FAILURES.c.tries <= 0))

    def locked(self, kind: str, now: int) -> dict[str, int]:
        """Until when each of this kind is locked."""
        still = select(LOGIN_FAILURES.c.subject, LOGIN_FAILURES.c.ts_locked).where(
            LOGIN_FAILURES.c.kind == kind, LOGIN_FAILURES.c.ts_locked > now
        )
        with self._reading() as connection:
            return {row.subject: row.ts_locked for row in connection.execute(still)}


def _find(connection: Connection, subject: Subject) -> tuple[int, int]:
    columns = (LOGIN_FAILURES.c.tries, LOGIN_FAILURES.c.ts_locked)
    row = connection.execute(select(*columns).where(_KEY[0] == subject[0], _KEY[1] == subject[1])).one_or_none()
    return (row.tries, row.ts_locked) if row else (0, 0)


def _note(connection: Connection, subject: Subject, tries: int, now: int, locked: int) -> None:
    values = {"tries": tries, "ts_last": now, "ts_locked": locked}
    if tries == 1:
        connection.execute(insert(LOGIN_FAILURES).values(kind=subject[0], subject=subject[1], **values))
    else:
        mine = (_KEY[0] == subject[0], _KEY[1] == subject[1])
        connection.execute(update(LOGIN_FAILURES).where(*mine).values(values))


def _keep(connection: Connection, most: int) -> None:
    if connection.execute(select(func.count()).select_from(LOGIN_FAILURES)).scalar_one() <= most:
        return
    first_kept = select(LOGIN_FAILURES.c.ts_last).order_by(LOGIN_FAILURES.c.ts_last.desc()).offset(most - 1).limit(1)
    connection.execute(delete(LOGIN_FAILURES).where(LOGIN_FAILURES.c.ts_last < first_kept.scalar_subquery()))
