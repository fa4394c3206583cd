"""Dead letter: a message that its handler could not take, kept so that it can be handed over again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# Who failed where no payload could be read at all.
DECODER = "decode"


class Fate(StrEnum):
    """dead → queued → replayed | dead; dead → discarded."""

    DEAD = "dead"
    QUEUED = "queued"
    REPLAYED = "replayed"
    DISCARDED = "discarded"


@dataclass(frozen=True, kw_only=True)
class DeadLetter:
    """One row of `bus_dead_letters`, told apart by stream, entry and handler.

    `size` is the payload's own; `payload` may be cut, then Redis must still have the entry for a replay.
    """

    stream: str
    entry: int
    handler: str
    topic: str = ""
    trader_id: str = ""
    reason: str = ""
    payload: bytes = b""
    size: int = 0
    attempts: int = 1
    ts_first: int = 0
    ts_last: int = 0
    state: Fate = Fate.DEAD

    @property
    def is_cut(self) -> bool:
        return len(self.payload) < self.size
