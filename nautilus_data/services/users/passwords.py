"""Passwords: argon2id hashes, a few at once."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from nautilus_data.core.user import MAX_PASSWORD_BYTES, same_typed
from nautilus_data.errors import RefusedError

# RFC 9106, second recommended option: 64 MiB, 3 passes. `benchmarks/login_check.py` says what one check takes.
TIME_COST, MEMORY_KIB, LANES = 3, 65_536, 4
_AT_ONCE, _PATIENCE_S, _LATER_S = 2, 20.0, 5.0


class Passwords:
    """Each check takes 64 MiB for a while, so two run at once and others wait for their turn."""

    def __init__(
        self,
        time_cost: int = TIME_COST,
        memory_kib: int = MEMORY_KIB,
        lanes: int = LANES,
        patience_s: float = _PATIENCE_S,
    ) -> None:
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=lanes, type=Type.ID)
        self._turns, self._patience_s = BoundedSemaphore(_AT_ONCE), patience_s
        # Of no password anybody has: what the right name with the wrong password takes, an unknown name takes too.
        self._nobody = f"$argon2id$v=19$m={memory_kib},t={time_cost},p={lanes}${_random(16)}${_random(32)}"

    def hash(self, password: str) -> str:
        """The hash to keep, its salt and parameters in it."""
        with self._turn():
            return self._hasher.hash(same_typed(password).encode())

    def check(self, password_hash: str, password: str) -> bool:
        """Is this the password? The answer takes as long where there is no hash.

        RefusedError when too many are waiting for their turn.
        """
        typed = same_typed(password[: MAX_PASSWORD_BYTES + 1]).encode("utf-8", "surrogatepass")
        is_possible = bool(password_hash) and len(typed) <= MAX_PASSWORD_BYTES and len(password) <= MAX_PASSWORD_BYTES
        with self._turn():
            try:
                return self._hasher.verify(password_hash if is_possible else self._nobody, typed) and is_possible
            except (VerificationError, InvalidHashError):
                return False

    def is_outdated(self, password_hash: str) -> bool:
        """Was it hashed by other parameters than now?"""
        return self._hasher.check_needs_rehash(password_hash)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if not self._turns.acquire(timeout=self._patience_s):
            raise RefusedError("too many log in at this moment: try again in a few seconds", _LATER_S)
        try:
            yield
        finally:
            self._turns.release()


def _random(size: int) -> str:
    return base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=")
