"""Audit: who did what, in a log that can only grow."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd

from nautilus_data.core.audit_entry import GENESIS, chained, entry_by, plain
from nautilus_data.core.identity import Identity
from nautilus_data.store import Store

COLUMNS = (
    "seq", "ts", "actor", "role", "door", "ref", "act", "target", "outcome", "detail", "address", "correlation", "hash",
)  # fmt: skip
_PAGE = 5_000
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Verdict:
    """Is the chain whole? `broken` is the first entry that is not as it was written (0: none), `problem` says how.

    `head` is the hash of the last entry. Entries cut off at the end, and a chain written anew from the first entry to
    the last, show only against a head that was noted elsewhere before.
    """

    ok: bool
    entries: int
    head: str
    broken: int = 0
    problem: str = ""


class Audit:
    """Entries are never changed or deleted; what can't be recorded raises."""

    def __init__(self, store: Store, page: int = _PAGE) -> None:
        self._store, self._page = store, page

    def record(
        self,
        identity: Identity | None,
        act: str,
        target: str = "",
        outcome: str = "allowed",
        detail: str = "",
        address: str = "",
    ) -> None:
        """Add an entry; `outcome` is allowed, refused or failed. None: the dashboard itself."""
        self._store.append_audit(entry_by(identity, act, target, outcome, detail, address))

    def list(
        self,
        limit: int = 100,
        before: int | None = None,
        actor: str | None = None,
        act: str | None = None,
        outcome: str | None = None,
        correlation: str | None = None,
        text: str = "",
    ) -> pd.DataFrame:
        """seq, ts, actor, role, door, ref, act, target, outcome, detail, address, correlation, hash; newest first.

        `before` is a number (seq); `text` is looked for in all that entries say.
        """
        rows = self._store.audit_entries(limit, before, actor, act, outcome, correlation, plain(text, 200))
        return pd.DataFrame(rows, columns=list(COLUMNS)).astype({"seq": "int64", "ts": "int64"})

    def verify(self, noted: str = "") -> Verdict:
        """Check every entry and log the head; `noted` is the hash of a head seen before, that must still be there."""
        verdict = self._check(noted.strip().lower())
        level = logging.INFO if verdict.ok else logging.ERROR
        _LOG.log(
            level, "audit log checked ok=%s entries=%d head=%s broken=%d problem=%s",
            verdict.ok, verdict.entries, verdict.head, verdict.broken, verdict.problem,
        )  # fmt: skip
        return verdict

    def _check(self, noted: str) -> Verdict:
        previous, entries, broken, problem = GENESIS, 0, 0, ""
        is_noted_there = not noted
        for row in self._chain():
            entries += 1
            if not problem and (problem := _problem(previous, entries, row)):
                broken = entries
            previous = row["hash"]
            is_noted_there = is_noted_there or previous == noted
        if not problem and not is_noted_there:
            broken = entries + 1
            problem = "the noted head is not there: entries at the end are gone, or all were written anew"
        return Verdict(not problem, entries, previous, broken, problem)

    def _chain(self) -> Iterator[dict[str, Any]]:
        after = None
        while rows := self._store.audit_chain(after, self._page):
            yield from rows
            after = rows[-1]["seq"]


def _problem(previous: str, expected: int, row: dict[str, Any]) -> str:
    """What is wrong with an entry that should follow the one with this hash."""
    if row["seq"] != expected:
        return f"entry {expected} is missing: the next one there is {row['seq']}"
    said = {name: value for name, value in row.items() if name != "hash"}
    if row["hash"] != chained(previous, said):
        return f"entry {expected} was changed, or put in another's place"
    return ""
