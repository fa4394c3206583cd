"""Acting: for whom what runs now is done, so that audit entries and queued jobs can name them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from nautilus_data.core.identity import Identity

# None: nobody asked; the dashboard does it by itself.
ACTOR: ContextVar[Identity | None] = ContextVar("actor", default=None)

# Where who asked is; empty where that is not known.
ADDRESS: ContextVar[str] = ContextVar("address", default="")


@contextmanager
def acting(identity: Identity, address: str = "") -> Iterator[Identity]:
    """What is recorded and queued inside is done by this identity, from this address."""
    before, from_before = ACTOR.set(identity), ADDRESS.set(address)
    try:
        yield identity
    finally:
        ACTOR.reset(before)
        ADDRESS.reset(from_before)
