"""Call: one request, what it is asked for, and what it is worth when there are few a day."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType

from nautilus_data.core.dataset import Series

FREE_DAILY = 25
# Shares of a day's requests no less urgent one may take.
_KEPT_SHARES = MappingProxyType({0: 0.1, 1: 0.2, 2: 0.1})


class Priority(IntEnum):
    """What goes first when not all can be asked today."""

    PERSON = 0
    FUNDAMENTALS = 1
    BARS = 2
    MACRO = 3

    def kept(self, daily: int) -> int:
        """Requests of a day left for what is more urgent."""
        return sum(int(daily * share) for level, share in _KEPT_SHARES.items() if level < self)


_OF_DATASET = MappingProxyType({"facts": Priority.FUNDAMENTALS, "observations": Priority.MACRO})


def priority_of(series: Series) -> Priority:
    return _OF_DATASET.get(series.dataset, Priority.BARS)


@dataclass(frozen=True, kw_only=True)
class Call:
    """A function with its parameters; `age_s` is how old an answer may be that is used again."""

    function: str
    params: MappingProxyType[str, str] = field(default_factory=lambda: MappingProxyType({}))
    priority: Priority = Priority.PERSON
    age_s: float = 60.0

    @property
    def what(self) -> str:
        """What a plan has or has not."""
        return self.function + (" outputsize=full" if self.params.get("outputsize") == "full" else "")

    @property
    def query(self) -> dict[str, str]:
        return {"function": self.function, **self.params}


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a call was answered, and when that was (ns): an answer may be used again.

    `seen_at` is since when what it tells of now counts as known; 0: since it was said.
    """

    call: Call
    body: bytes = field(repr=False)
    said_at: int
    seen_at: int = 0

    @property
    def ts_seen(self) -> int:
        return self.seen_at or self.said_at
