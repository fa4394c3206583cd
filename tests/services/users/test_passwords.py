"""Passwords: what the parameters are, and that few are checked at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from nautilus_data.services.users.passwords import Passwords
from tests.services.users.conftest import ANN, CHEAP


class Counting:
    """A hasher that says how many check at once."""

    def __init__(self, real: object) -> None:
        self.real, self.now, self.most, self.lock = real, 0, 0, threading.Lock()
        self.both = threading.Event()

    def verify(self, *given: object) -> bool:
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
            if self.now == 2:
                self.both.set()
        self.both.wait(5)
        try:
            return self.real.verify(*given)
        finally:
            with self.lock:
                self.now -= 1


def test_the_hash_is_argon2id_of_64_mib_and_checks_take_it_for_unknown_names_too() -> None:
    passwords = Passwords()
    kept = passwords.hash(ANN)
    parameters = "$argon2id$v=19$m=65536,t=3,p=4$"
    assert kept.startswith(parameters) and passwords._nobody.startswith(parameters)
    assert len(kept) == len(passwords._nobody)
    assert passwords.check(kept, ANN) and not passwords.check(kept, f"{ANN}.") and not passwords.check("", ANN)
    assert not passwords.is_outdated(kept) and Passwords(**CHEAP).is_outdated(kept)


@pytest.mark.parametrize("password", ["", "x" * 1_025, "ö" * 600, "\ud800" * 12, "a\0b"])
def test_what_can_be_no_password_is_none(password: str) -> None:
    passwords = Passwords(**CHEAP)
    assert not passwords.check(passwords.hash(ANN), password)


def test_two_are_checked_at_once_and_the_others_wait() -> None:
    passwords = Passwords(**CHEAP)
    kept = passwords.hash(ANN)
    counting = passwords._hasher = Counting(passwords._hasher)
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda _: passwords.check(kept, ANN), range(16)))
    assert counting.most == 2
