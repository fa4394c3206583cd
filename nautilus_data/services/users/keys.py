"""API keys: how scripts come in."""

from __future__ import annotations

import hmac
import logging
import re
import time
from collections.abc import Callable, Iterable

import pandas as pd

from nautilus_data.core.audit_entry import entry_by, entry_of, plain
from nautilus_data.core.identity import Door, Identity, Role
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S
from nautilus_data.core.user import checked_name
from nautilus_data.errors import RetryableError
from nautilus_data.services.users.known import Known
from nautilus_data.services.users.secret import hashed, new_ref, new_secret
from nautilus_data.store import Store

MAX_DAYS = 3_650
_FORM = re.compile(r"nd_(k[0-9a-f]{16})_[A-Za-z0-9_-]{43}")
_AREA = re.compile(r"[a-z0-9][a-z0-9_/-]{0,63}")
_TOUCH_NS = 60 * NS_PER_S
_COLUMNS = ("ref", "owner", "title", "role", "areas", "ts_created", "ts_expires", "ts_last_used")
_LOG = logging.getLogger(__name__)


class ApiKeys:
    """A secret reads `nd_REF_RANDOM`; it may what its role and its owner's role both may."""

    def __init__(self, store: Store, known: Known, clock: Callable[[], int] = time.time_ns) -> None:
        self._store, self._known, self._clock = store, known, clock

    def add(
        self, owner: str, title: str, role: Role | str, areas: Iterable[str] = (), days: int | None = 90
    ) -> tuple[str, str]:
        """The secret, shown this once, and its ref. No areas: all of REST; no days: until it is revoked."""
        owner, role, areas = checked_name(owner), Role(role), sorted(set(areas))
        _check(title, areas, days)
        self._check_role(owner, role)
        ref, now = new_ref("k"), self._clock()
        secret = f"nd_{ref}_{new_secret()}"
        values = {
            "ref": ref, "hash": hashed(secret), "owner": owner, "title": title.strip(), "role": role.value,
            "areas": " ".join(areas), "ts_created": now, "ts_expires": now + days * NS_PER_DAY if days else 0,
        }  # fmt: skip
        detail = f"{title.strip()}: role {role}, areas {' '.join(areas) or 'all'}, days {days or 'any'}"
        self._store.add_key(values, entry_of("key made", f"{ref} of {owner}", detail))
        return secret, ref

    def list(self, owner: str | None = None) -> pd.DataFrame:
        """ref, owner, title, role, areas (tuple), ts_created, ts_expires (0: never), ts_last_used (0: never)."""
        rows = self._store.api_keys(None if owner is None else checked_name(owner))
        told = [{**row, "areas": tuple(row["areas"].split())} for row in rows]
        return pd.DataFrame(told, columns=list(_COLUMNS)).astype(dict.fromkeys(_COLUMNS[5:], "int64"))

    def revoke(self, ref: str, owner: str | None = None) -> None:
        """End a key; LookupError when there is no such key (of this owner)."""
        owner = None if owner is None else checked_name(owner)
        if not self._store.revoke_pass("key", ref, owner, entry_of("key revoked", ref)):
            raise LookupError(f"there is no key {plain(ref, 40)}: keys list shows all")
        self._known.forget()

    def identity(self, secret: str, address: str = "") -> Identity | None:
        """Whose key it is, 2 s old at most; None when it is none, was revoked or has expired."""
        form = _FORM.fullmatch(secret)
        if form is None:
            return None
        hash_ = hashed(secret)
        return self._known.ask(("key", hash_), lambda: self._find(form[1], hash_, address))

    def _find(self, ref: str, hash_: str, address: str) -> tuple[Identity, int] | None:
        row = self._store.api_key(ref)
        if row is None or not hmac.compare_digest(row["hash"], hash_):
            return None
        role = min(Role(row["role"]), Role(row["owner_role"]), key=lambda one: one.rank)
        identity = Identity(row["owner"], role, Door.KEY, ref, frozenset(row["areas"].split()))
        now = self._clock()
        if not row["ts_last_used"] or now - row["ts_last_used"] >= _TOUCH_NS:
            self._note_use(identity, row["ts_last_used"], now, address)
        return identity, row["ts_expires"]

    def _note_use(self, identity: Identity, last: int, now: int, address: str) -> None:
        first = entry_by(identity, "key first used", identity.ref, address=address)
        try:
            self._store.use_key(identity.ref, now, first)
        except RetryableError as error:
            # The first use has to be in the audit log; of a later one the time is told a little late.
            if not last:
                raise
            _LOG.warning("the use of key %s was not noted reason=%s", identity.ref, error)

    def _check_role(self, owner: str, role: Role) -> None:
        user = self._store.user(owner)
        if user is None:
            raise LookupError(f"there is no user {owner}: keys belong to users, add one first")
        if not user.role.covers(role):
            raise ValueError(f"{owner} is {user.role}, so a key may have this role at most: choose {user.role}")


def _check(title: str, areas: Iterable[str], days: int | None) -> None:
    if not 1 <= len(title.strip()) <= 100 or not title.isprintable():
        raise ValueError("a key's title has 1 to 100 characters that can be printed: say what the key is for")
    if wrong := [area for area in areas if not _AREA.fullmatch(area)]:
        raise ValueError(f"{plain(wrong[0], 64)!r} is no area: write what follows /api/v1/, as market-data or engine")
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise ValueError(f"a key lasts 1 to {MAX_DAYS} days, or has no end")
