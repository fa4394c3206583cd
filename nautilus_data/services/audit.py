"""Audit: who did what, in a log that can only grow."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from nautilus_data.core.identity import Identity
from nautilus_data.store import Store


@dataclass(frozen=True)
class Verdict:
    """Is the chain whole? `broken` is the first entry that is not as it was written (0: none), `problem` says how.

    `head` is the hash of the last entry: entries cut off at the end show only against a head noted before.
    """

    ok: bool
    entries: int
    head: str
    broken: int = 0
    problem: str = ""


class Audit:
    """Entries are never changed or deleted."""

    def __init__(self, store: Store) -> None:
        raise NotImplementedError

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
        raise NotImplementedError

    def list(
        self,
        limit: int = 100,
        before: int | None = None,
        actor: str | None = None,
        act: str | None = None,
        outcome: str | None = None,
    ) -> pd.DataFrame:
        """seq, ts, actor, role, door, ref, act, target, outcome, detail, address, correlation, hash; newest first."""
        raise NotImplementedError

    def verify(self, noted: str = "") -> Verdict:
        """Check every entry; `noted` is the hash of a head seen before, that must still be there."""
        raise NotImplementedError
