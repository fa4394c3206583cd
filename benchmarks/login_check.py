"""What one check of a password takes: Passwords.check against argon2's own verify, and a whole login.

Run: python -m benchmarks.login_check [checks]. One check should take 50-250 ms; 64 MiB each, two at once.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from argon2 import PasswordHasher

from nautilus_data.services.users import ApiKeys, Credentials, Known, Tokens, Users
from nautilus_data.services.users.passwords import LANES, MEMORY_KIB, TIME_COST, Passwords
from nautilus_data.store import Store

PASSWORD = "correct horse battery"


def medians(works: Mapping[str, Callable[[], object]], times: int) -> dict[str, tuple[float, float]]:
    """Wall and CPU milliseconds of each; in turns, so that what else runs here slows all of them alike."""
    took: dict[str, list[tuple[float, float]]] = {title: [] for title in works}
    for _ in range(times):
        for title, work in works.items():
            wall, cpu = time.perf_counter(), time.process_time()
            work()
            took[title].append(((time.perf_counter() - wall) * 1_000, (time.process_time() - cpu) * 1_000))
    return {title: tuple(map(statistics.median, zip(*one, strict=True))) for title, one in took.items()}


def tell(works: Mapping[str, Callable[[], object]], times: int, has_bare: bool = False) -> None:
    found = medians(works, times)
    bare_wall, bare_cpu = next(iter(found.values()))
    for title, (wall, cpu) in found.items():
        ratio = f"   {wall / bare_wall:.2f} x bare, CPU {cpu / bare_cpu:.2f} x" if has_bare else ""
        print(f"{title:44} {wall:9.3f} ms, CPU {cpu:9.3f} ms{ratio}")


def checks(times: int) -> None:
    bare, passwords = PasswordHasher(), Passwords()
    kept = passwords.hash(PASSWORD)
    print(f"argon2id, {TIME_COST} passes, {MEMORY_KIB // 1_024} MiB, {LANES} lanes; median of {times}")
    works = {
        "argon2.PasswordHasher().verify": lambda: bare.verify(kept, PASSWORD),
        "Passwords.check, right": lambda: passwords.check(kept, PASSWORD),
        "Passwords.check, wrong": lambda: passwords.check(kept, f"{PASSWORD}."),
        "Passwords.check, unknown name": lambda: passwords.check("", PASSWORD),
    }
    tell(works, times, has_bare=True)


def logins(times: int, folder: Path) -> None:
    store, known = Store(f"sqlite:///{folder / 'store.sqlite'}"), Known()
    credentials = Credentials(store)
    users = Users(store, credentials, known)
    keys, tokens = ApiKeys(store, known), Tokens(store, credentials, known)
    users.add("ann", PASSWORD, "admin")
    tell({"log_in, SQLite": lambda: users.log_in("ann", PASSWORD)}, times)
    secret, _ = users.log_in("ann", PASSWORD)
    key, _ = keys.add("ann", "benchmark", "viewer")
    pair = tokens.issue("ann", PASSWORD)
    works = {
        "identity of a session, remembered": lambda: users.identity(secret),
        "identity of a key, remembered": lambda: keys.identity(key),
        "identity of an access token, remembered": lambda: tokens.identity(pair.access),
    }
    tell(works, 1_000)
    tell({"identity of a session, asked of the store": lambda: forgotten(known, users, secret)}, 1_000)
    store.close()


def forgotten(known: Known, users: Users, secret: str) -> object:
    known.forget()
    return users.identity(secret)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checks", nargs="?", type=int, default=20)
    times = parser.parse_args().checks
    checks(times)
    with tempfile.TemporaryDirectory() as folder:
        logins(times, Path(folder))


if __name__ == "__main__":
    main()
