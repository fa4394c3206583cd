"""Shares: links that open one page, read-only, for a while."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pandas as pd

from nautilus_data.core.audit_entry import entry_by, entry_of, plain
from nautilus_data.core.identity import Door, Identity, Role, Share
from nautilus_data.core.user import checked_name
from nautilus_data.services.users.known import Known
from nautilus_data.services.users.secret import hashed, new_ref, new_secret
from nautilus_data.store import Store

MAX_HOURS, MAX_QUERY = 24 * 90, 2_000
_NS_PER_HOUR = 3_600_000_000_000
_PAGE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_COLUMNS = ("ref", "owner", "page", "query", "hides_amounts", "ts_created", "ts_expires", "ts_opened")


class Shares:
    """Whoever has the link sees that page and nothing else; it ends with its owner."""

    def __init__(self, store: Store, known: Known, clock: Callable[[], int] = time.time_ns) -> None:
        self._store, self._known, self._clock = store, known, clock

    def add(
        self, owner: str, page: str, query: str = "", hides_amounts: bool = True, hours: float = 24
    ) -> tuple[str, str]:
        """The secret token of the link, shown this once, and its ref."""
        owner = checked_name(owner)
        _check(page, query, hours)
        secret, ref, now = new_secret(), new_ref("l"), self._clock()
        values = {
            "ref": ref, "hash": hashed(secret), "owner": owner, "page": page, "query": query,
            "hides_amounts": hides_amounts, "ts_created": now, "ts_expires": now + int(hours * _NS_PER_HOUR),
        }  # fmt: skip
        detail = f"{page}?{query}: hours {hours:g}, amounts {'hidden' if hides_amounts else 'shown'}"
        self._store.add_share(values, entry_of("share made", f"{ref} of {owner}", detail))
        return secret, ref

    def list(self, owner: str | None = None) -> pd.DataFrame:
        """ref, owner, page, query, hides_amounts, ts_created, ts_expires, ts_opened (0: never)."""
        rows = self._store.shares(None if owner is None else checked_name(owner))
        types = {**dict.fromkeys(_COLUMNS[5:], "int64"), "hides_amounts": bool}
        return pd.DataFrame(rows, columns=list(_COLUMNS)).astype(types)

    def revoke(self, ref: str, owner: str | None = None) -> None:
        """End a link; LookupError when there is no such link (of this owner)."""
        owner = None if owner is None else checked_name(owner)
        if not self._store.revoke_pass("share", ref, owner, entry_of("share revoked", ref)):
            raise LookupError(f"there is no share link {plain(ref, 40)}")
        self._known.forget()

    def identity(self, token: str, address: str = "") -> Identity | None:
        """What the link opens, 2 s old at most; None when it is none, was revoked or has expired."""
        if not _SECRET.fullmatch(token):
            return None
        hash_ = hashed(token)
        return self._known.ask(("share", hash_), lambda: self._find(hash_, address))

    def _find(self, hash_: str, address: str) -> tuple[Identity, int] | None:
        row = self._store.share(hash_)
        if row is None:
            return None
        share = Share(row["page"], row["query"], bool(row["hides_amounts"]), row["ts_expires"])
        identity = Identity(f"share of {row['owner']}", Role.VIEWER, Door.SHARE, row["ref"], share=share)
        if not row["ts_opened"]:
            first = entry_by(identity, "share first opened", row["ref"], address=address)
            self._store.use_share(row["ref"], self._clock(), first)
        return identity, share.ts_expires


def _check(page: str, query: str, hours: float) -> None:
    if not _PAGE.fullmatch(page):
        raise ValueError("a share link opens one page: name it as its address does, for example portfolio")
    if len(query) > MAX_QUERY or not query.isprintable():
        raise ValueError(f"what is chosen on the page has more than {MAX_QUERY} characters, or some that can't be")
    if not 0 < hours <= MAX_HOURS:
        raise ValueError(f"a share link lasts up to {MAX_HOURS} hours: choose fewer")
