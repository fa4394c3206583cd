"""Wrong tries make name and address wait, over processes and restarts."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from nautilus_data.core.identity import Door
from nautilus_data.core.timerange import NS_PER_S
from nautilus_data.errors import RefusedError
from nautilus_data.services.users.credentials import Credentials, network, wait_ns
from nautilus_data.services.users.passwords import Passwords
from tests.services.users.conftest import ANN, BOB, CHEAP, House
from tests.store.conftest import run_sql


def refused(log_in: Callable[[], object]) -> float | None:
    """For how many seconds a try is refused."""
    with pytest.raises(RefusedError) as error:
        log_in()
    return error.value.retry_after


def wrong(house: House, times: int, name: str = "bob", address: str = "10.0.0.9") -> None:
    for _ in range(times):
        assert refused(lambda: house.log_in(name, "wrong", address)) is None


def test_after_five_wrong_tries_the_wait_doubles_up_to_fifteen_minutes() -> None:
    waits = [wait_ns(tries) / NS_PER_S for tries in range(1, 18)]
    assert waits == [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]
    assert wait_ns(10**9) == 900 * NS_PER_S


def test_a_locked_name_waits_everywhere_even_with_the_right_password(house: House, other: House) -> None:
    wrong(house, 5)
    assert refused(lambda: other.log_in("bob", BOB, "10.0.0.1")) == 1
    assert refused(lambda: other.tokens.issue("bob", BOB, "10.0.0.1")) == 1
    other.wait(1)
    wrong(other, 1, address="10.0.0.8")
    assert refused(lambda: house.log_in("BOB", BOB, "10.0.0.1")) == 2
    house.wait(2)
    assert house.log_in("bob", BOB, "10.0.0.1")


def test_a_success_clears_the_count_of_the_name(house: House) -> None:
    for round_ in range(3):
        wrong(house, 4, address=f"10.0.1.{round_}")
        house.log_in("bob", BOB, "10.0.0.1")


def test_an_address_that_tries_many_names_waits_and_others_do_not(house: House) -> None:
    for name in ("ann", "bob", "carl", "dan", "not a name"):
        wrong(house, 1, name)
    assert refused(lambda: house.log_in(address="10.0.0.9")) == 1
    assert house.log_in(address="10.0.0.1")
    house.wait(1)
    assert house.log_in(address="10.0.0.9")
    wrong(house, 1, "carl")
    assert refused(lambda: house.log_in(address="10.0.0.9")) == 2


def test_an_unknown_name_is_treated_as_a_known_one(house: House) -> None:
    for name in ("bob", "nobody"):
        said = []
        for _ in range(5):
            with pytest.raises(RefusedError) as error:
                house.log_in(name, "wrong", "")
            said.append((str(error.value), error.value.retry_after))
        assert len(set(said)) == 1
        assert refused(lambda name=name: house.log_in(name, "wrong", "")) == 1


def test_who_is_logged_in_is_not_locked_out(house: House) -> None:
    secret, identity = house.log_in()
    key, _ = house.keys.add("ann", "script", "viewer")
    pair = house.tokens.issue("ann", ANN)
    wrong(house, 5, "ann")
    house.wait(0.5)
    assert house.users.identity(secret) == identity and house.keys.identity(key)
    assert house.tokens.identity(house.tokens.refresh(pair.refresh).access)


def test_tries_at_once_do_not_get_past_the_lock(house: House, other: House) -> None:
    def log_in(doing: House) -> float | None:
        return refused(lambda: doing.log_in("bob", "wrong", ""))

    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(log_in, [house, other] * 10))
    assert waits.count(None) == 5 and waits.count(1.0) == 15


def test_wrong_tries_are_forgotten_after_a_day_and_the_table_stays_small(house: House, url: str) -> None:
    small = Credentials(house.store, house.clock, house.credentials.passwords, most_kept=20)
    for number in range(30):
        house.wait(1)
        refused(lambda number=number: small.check(f"name{number}", "wrong", f"10.0.2.{number}", Door.TOKEN))
    assert run_sql(url, "SELECT count(*) FROM login_failures")[0][0] <= 20
    wrong(house, 5, address="")
    house.wait(86_401)
    wrong(house, 4, address="")
    assert run_sql(url, "SELECT subject, tries FROM login_failures") == [("bob", 4)]


def test_of_ipv6_what_one_customer_has_is_one_address(house: House) -> None:
    assert network("2001:db8:1:2:3::4") == network("2001:db8:1:2:ffff::1%eth0") != network("2001:db8:1:3::4")
    assert network("::ffff:10.0.0.1") == network("10.0.0.1") == "10.0.0.1"
    assert network("unix:\0") and network("") == ""
    for number in range(5):
        wrong(house, 1, f"name{number}", f"2001:db8::{number}")
    assert refused(lambda: house.log_in(address="2001:db8::ffff")) == 1


def test_refused_tries_are_recorded_and_those_while_locked_are_not(house: House) -> None:
    wrong(house, 4, "bob", "10.0.0.9")
    wrong(house, 1, "hunter2 hunter2", "10.0.0.9")
    for _ in range(20):
        assert refused(lambda: house.log_in("bob", BOB, "10.0.0.9")) == 1
    rows = house.told("login")
    assert rows["outcome"].tolist() == ["refused"] * 5 and set(rows["address"]) == {"10.0.0.9"}
    assert rows["actor"].tolist() == ["(unknown name)", *["bob"] * 4]
    assert rows["detail"].iloc[0] == "no such user; the next try is let in after 1 s"


def test_a_right_try_leaves_no_count_behind(house: House, url: str) -> None:
    house.credentials.check("bob", BOB, "10.0.0.1", Door.SESSION)
    assert run_sql(url, "SELECT * FROM login_failures") == []


def test_who_is_not_checked_as_too_many_wait_has_made_no_wrong_try(house: House, url: str) -> None:
    passwords = house.credentials.passwords = Passwords(**CHEAP, patience_s=0.01)
    with passwords._turn(), passwords._turn():
        assert refused(lambda: house.log_in("bob", BOB)) == 5
    assert run_sql(url, "SELECT * FROM login_failures") == []
    assert house.log_in("bob", BOB)
