"""Audit entry: who did what, and the hash that chains each entry to the one before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from nautilus_data.core.acting import ACTOR, ADDRESS
from nautilus_data.core.correlation import CORRELATION
from nautilus_data.core.identity import Identity

# What the first entry is chained to.
GENESIS = "0" * 64
_SHORT, _LONG = 200, 1_000


@dataclass(frozen=True, kw_only=True)
class AuditEntry:
    """What is told of an act; the store adds when, the number and the hash. No actor: the dashboard by itself."""

    actor: str
    role: str
    door: str
    ref: str
    act: str
    target: str
    outcome: str
    detail: str
    address: str
    correlation: str

    def about(self, user: str, target: str) -> AuditEntry:
        """The same where whom it is about is found out later."""
        return replace(self, actor=self.actor or user, target=self.target or target)


def entry_by(
    identity: Identity | None, act: str, target: str = "", outcome: str = "allowed", detail: str = "", address: str = ""
) -> AuditEntry:
    """An entry of what this identity did, what is too long cut."""
    who = ("", "", "", "") if identity is None else (identity.name, identity.role, identity.door, identity.ref)
    actor, role, door, ref = (plain(str(word), _SHORT) for word in who)
    return AuditEntry(
        actor=actor, role=role, door=door, ref=ref, act=plain(act, _SHORT), target=plain(target, _LONG),
        outcome=plain(outcome, _SHORT), detail=plain(detail, _LONG), address=plain(address, _SHORT),
        correlation=plain(CORRELATION.get(), _SHORT),
    )  # fmt: skip


def entry_of(act: str, target: str = "", detail: str = "", address: str = "") -> AuditEntry:
    """An entry of what is being done now, for whom it is done."""
    return entry_by(ACTOR.get(), act, target, "allowed", detail, address or ADDRESS.get())


def chained(previous: str, row: Mapping[str, Any]) -> str:
    """The hash of an entry: SHA-256 of the hash before it and of all it says, as JSON with sorted names."""
    said = json.dumps(dict(row), sort_keys=True, separators=(",", ":"), default=repr)
    return hashlib.sha256(f"{previous}{said}".encode()).hexdigest()


def plain(text: str, most: int) -> str:
    """Text every database can keep: neither NUL nor half a surrogate pair, and no longer than this."""
    return text[:most].replace("\0", "\ufffd").encode("utf-8", "replace").decode()
