"""Credentials: is this the password of that name? Wrong tries make name and address wait."""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Callable

from nautilus_data.core.audit_entry import entry_by, plain
from nautilus_data.core.identity import Door, Identity, Role
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S
from nautilus_data.core.user import User, folded
from nautilus_data.errors import RefusedError
from nautilus_data.services.users.passwords import Passwords
from nautilus_data.store import Store

FREE_TRIES, LONGEST_WAIT_S = 5, 900
_FORGET_NS = NS_PER_DAY
# So many wrong tries are not checked in 15 minutes, so none is pushed out while it is locked.
MOST_KEPT = 20_000
_UNKNOWN = "(unknown name)"


class Credentials:
    """Says neither which of the two was wrong, nor whether the name is known, and takes as long for either."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], int] = time.time_ns,
        passwords: Passwords | None = None,
        most_kept: int = MOST_KEPT,
    ) -> None:
        self._store, self._clock, self._most_kept = store, clock, most_kept
        self.passwords = passwords or Passwords()

    def check(self, name: str, password: str, address: str, door: Door) -> User:
        """The user; RefusedError, with `retry_after` while name or address must wait. All but that is audited."""
        kept = folded(name)
        subjects = [(kind, which) for kind, which in (("name", kept), ("address", network(address))) if which]
        waits_ns, next_ns = self._store.count_try(subjects, wait_ns, _FORGET_NS, self._most_kept)
        if waits_ns:
            raise _must_wait(waits_ns)
        user = self._store.user(kept) if kept else None
        try:
            is_right = self.passwords.check(user.password_hash if user else "", password)
        except RefusedError:
            # Nothing was checked, so nothing was wrong.
            self._store.forgive((), subjects)
            raise
        if user is None or not is_right:
            raise self._refuse(user, door, address, next_ns)
        self._store.forgive(subjects[:1], subjects[1:])
        if self.passwords.is_outdated(user.password_hash):
            return self._renewed(user, password)
        return user

    def locked(self) -> dict[str, int]:
        """Until when each name must wait."""
        return self._store.locked("name", self._clock())

    def _refuse(self, user: User | None, door: Door, address: str, next_ns: int) -> RefusedError:
        """A name that is not known is not written down: people type passwords there."""
        who = Identity(user.name if user else _UNKNOWN, user.role if user else Role.VIEWER, door)
        detail = "wrong password" if user else "no such user"
        if next_ns:
            detail += f"; the next try is let in after {next_ns // NS_PER_S} s"
        self._store.append_audit(entry_by(who, "login", "", "refused", detail, plain(address, 100)))
        return RefusedError("name or password is not right: try again, or ask an admin for a new password")

    def _renewed(self, user: User, password: str) -> User:
        after = self.passwords.hash(password)
        self._store.renew_hash(user.name, user.password_hash, after)
        return self._store.user(user.name) or user


def wait_ns(tries: int) -> int:
    """None for the first wrong tries, then 1, 2, 4 … s, 15 minutes at most."""
    doubled = tries - FREE_TRIES
    return 0 if doubled < 0 else min(2 ** min(doubled, 20), LONGEST_WAIT_S) * NS_PER_S


def network(address: str) -> str:
    """What counts as one address: of IPv6 the first 64 bits, as one customer has all that begin with them."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return plain(address, 64)
    if parsed.version == 4:
        return str(parsed)
    return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))


def _must_wait(ns: int) -> RefusedError:
    seconds = math.ceil(ns / NS_PER_S)
    return RefusedError(f"too many wrong tries: wait {seconds} s, then try again", float(seconds))
