"""API keys: what lets scripts in, how far, and for how long."""

from __future__ import annotations

import pytest

from nautilus_data.core.identity import Door, Role
from tests.services.users.conftest import House


def test_a_key_lets_its_owner_in_by_role_and_area(house: House, other: House) -> None:
    secret, ref = house.keys.add("Ann", "nightly export", "operator", ["engine", "bars", "bars"])
    assert secret.startswith(f"nd_{ref}_")
    identity = other.keys.identity(secret)
    assert (identity.name, identity.role, identity.door, identity.ref) == ("ann", Role.OPERATOR, Door.KEY, ref)
    assert identity.areas == {"bars", "engine"} and other.users.is_live(ref)


def test_what_is_no_key_lets_nobody_in(house: House) -> None:
    secret, ref = house.keys.add("ann", "script", "viewer")
    another, _ = house.keys.add("bob", "script", "viewer")
    random = another.split("_", 2)[2]
    for forged in (
        f"nd_{ref}_{random}", f"nd_k{'0' * 16}_{random}", "", secret * 100, secret.replace("nd_", "ne_", 1),
        f"{secret}\n", f"nd_' OR 1=1 --_{random}",
    ):  # fmt: skip
        assert house.keys.identity(forged) is None
    assert house.keys.identity(secret)


def test_a_key_ends_when_it_is_revoked_or_its_days_are_over(house: House, other: House) -> None:
    secret, ref = house.keys.add("bob", "script", "viewer", days=1)
    forever, _ = house.keys.add("bob", "script", "viewer", days=None)
    assert other.keys.identity(secret)
    house.wait(86_399.5)
    assert house.keys.identity(secret) and house.users.is_live(ref)
    house.wait(0.5)
    assert house.keys.identity(secret) is None
    house.wait(10 * 365 * 86_400)
    assert house.keys.identity(forever) and other.keys.identity(forever)
    with pytest.raises(LookupError, match="there is no key"):
        house.keys.revoke(house.keys.list("bob")["ref"].iloc[0], owner="ann")
    for ref in house.keys.list("bob")["ref"]:
        house.keys.revoke(ref, owner="bob")
        assert not house.users.is_live(ref)
    assert house.keys.identity(forever) is None
    house.wait(2)
    assert other.keys.identity(forever) is None
    with pytest.raises(LookupError, match="there is no key"):
        house.keys.revoke(ref)


def test_a_key_may_no_more_than_its_owner(house: House) -> None:
    with pytest.raises(ValueError, match=r"bob is viewer.*choose viewer"):
        house.keys.add("bob", "script", "operator")
    with pytest.raises(LookupError, match="no user carl"):
        house.keys.add("carl", "script", "viewer")
    house.users.set_role("bob", "admin")
    secret, _ = house.keys.add("bob", "script", "admin")
    house.users.set_role("bob", "operator")
    assert house.keys.identity(secret).role is Role.OPERATOR
    house.users.set_role("bob", "admin")
    assert house.keys.identity(secret).role is Role.ADMIN


def test_a_key_that_cannot_be_is_refused(house: House) -> None:
    wrong: list[tuple[dict[str, object], str]] = [
        ({"title": " "}, "title"), ({"title": "a\nb"}, "title"), ({"title": "x" * 101}, "title"),
        ({"areas": ["a b"]}, "no area"), ({"areas": [""]}, "no area"), ({"days": 0}, "days"), ({"days": 10**6}, "days"),
        ({"role": "root"}, "root"),
    ]  # fmt: skip
    for given, why in wrong:
        with pytest.raises(ValueError, match=why):
            house.keys.add(**{"owner": "ann", "title": "script", "role": "viewer", **given})


def test_the_list_shows_no_secret_and_tells_when_a_key_was_used(house: House) -> None:
    secret, ref = house.keys.add("ann", "script", "viewer", ["bars"], days=90)
    made = house.clock.now
    row = house.keys.list().iloc[0]
    assert row.tolist() == [ref, "ann", "script", "viewer", ("bars",), made, made + 90 * 86_400 * 10**9, 0]
    house.wait(5)
    house.keys.identity(secret)
    first = house.clock.now
    house.wait(30)
    house.keys.identity(secret)
    assert house.keys.list("ann")["ts_last_used"].tolist() == [first]
    house.wait(60)
    house.keys.identity(secret)
    assert house.keys.list("ann")["ts_last_used"].tolist() == [house.clock.now]
    assert house.keys.list("bob").empty and house.keys.list("bob")["ts_created"].dtype == "int64"


def test_the_audit_log_tells_of_each_key_once(house: House, other: House) -> None:
    secret, ref = house.keys.add("bob", "script", "viewer")
    for _ in range(3):
        assert house.keys.identity(secret, "10.0.0.3") and other.keys.identity(secret, "10.0.0.4")
        house.wait(100)
    house.keys.revoke(ref)
    assert house.told("key made")["target"].tolist() == [f"{ref} of bob"]
    used = house.told("key first used")
    assert used[["actor", "door", "address"]].to_numpy().tolist() == [["bob", "key", "10.0.0.3"]]
    assert house.told("key revoked")["target"].tolist() == [ref]


def test_a_user_has_a_hundred_keys_at_most(house: House) -> None:
    for _ in range(100):
        house.keys.add("bob", "script", "viewer", days=1)
    with pytest.raises(ValueError, match=r"bob has 100 API keys.*revoke some first"):
        house.keys.add("bob", "script", "viewer")
    house.wait(86_400)
    assert house.keys.add("bob", "script", "viewer")
