"""Difference: where the store and a node's cache do not say the same, and when that counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from nautilus_data.core.dataset import Dataset


@dataclass(frozen=True)
class Difference:
    """What the store said and what the cache says; `is_seed` when the store had not begun to tell of it.

    `kind` is instrument, order, fill, position or account; `was` is '' where nothing was stored.
    """

    trader_id: str
    kind: str
    subject: str
    was: str
    now: str
    is_seed: bool = False


@dataclass(frozen=True)
class Finding:
    """A difference, the rows that end it, and a mark of what is stored, None for nothing.

    While the mark stays, nothing newer came.
    """

    difference: Difference
    rows: Mapping[Dataset, list[tuple]]
    mark: object = None

    @property
    def as_seed(self) -> Finding:
        return replace(self, difference=replace(self.difference, is_seed=True))


class Patience:
    """Tells findings that stay from those that pass: a finding counts when it is met again `after_ns` later."""

    def __init__(self, after_ns: int) -> None:
        self._after_ns = after_ns
        self._since: dict[tuple, int] = {}
        self._waiting: dict[tuple, int] = {}

    def is_over(self, finding: Finding, run_id: int, now: int) -> bool:
        """Has it been there long enough? Else it waits for the next round."""
        difference = finding.difference
        place = (difference.trader_id, run_id, difference.kind, difference.subject, finding.mark)
        since = self._since.get(place, now)
        if now - since >= self._after_ns:
            return True
        self._waiting[place] = since
        return False

    def end_round(self) -> set[str]:
        """Forget what was not met in this round; the traders that something waits for."""
        self._since, self._waiting = self._waiting, {}
        return {place[0] for place in self._since}

    def drop_round(self) -> None:
        """As if the round had not been."""
        self._waiting = {}
