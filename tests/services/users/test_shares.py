"""Share links: one page, read-only, for a while."""

from __future__ import annotations

import pytest

from nautilus_data.core.identity import Door, Role, Share
from tests.services.users.conftest import House

HOUR_NS = 3_600_000_000_000


def test_a_link_opens_its_page_and_may_do_nothing_else(house: House, other: House) -> None:
    token, ref = house.shares.add("ann", "portfolio", "trader=X&tz=UTC", hides_amounts=True, hours=1.5)
    identity = other.shares.identity(token)
    assert identity.share == Share("portfolio", "trader=X&tz=UTC", True, house.clock.now + 3 * HOUR_NS // 2)
    assert (identity.name, identity.role, identity.door, identity.ref) == ("share of ann", Role.VIEWER, Door.SHARE, ref)
    assert identity.hides_amounts and identity.may(Role.VIEWER) and not identity.may(Role.OPERATOR)
    assert house.users.is_live(ref)


def test_a_link_ends_with_its_hours_when_revoked_and_with_its_owner(house: House, other: House) -> None:
    by_hours, hours_ref = house.shares.add("bob", "market", hours=1)
    revoked, ref = house.shares.add("bob", "market", hours=10)
    orphaned, _ = house.shares.add("bob", "market", hours=10)
    assert all(map(other.shares.identity, (by_hours, revoked, orphaned)))
    house.wait(3_600)
    assert other.shares.identity(by_hours) is None and not house.users.is_live(hours_ref)
    with pytest.raises(LookupError, match="no share link"):
        house.shares.revoke(ref, owner="ann")
    house.shares.revoke(ref, owner="bob")
    assert house.shares.identity(revoked) is None and not house.users.is_live(ref)
    house.users.remove("bob")
    assert house.shares.identity(orphaned) is None
    house.wait(2)
    assert other.shares.identity(revoked) is other.shares.identity(orphaned) is None


def test_what_is_no_link_opens_nothing(house: House) -> None:
    house.shares.add("ann", "portfolio")
    for token in ("", "x", "x" * 43, "x" * 10_000, "' OR 1=1 --", "ä" * 43):
        assert house.shares.identity(token) is None


def test_a_link_that_cannot_be_is_refused(house: House) -> None:
    wrong: list[tuple[dict[str, object], str]] = [
        ({"page": "../etc"}, "page"), ({"page": ""}, "page"), ({"query": "x" * 2_001}, "characters"),
        ({"query": "a\r\nSet-Cookie: x"}, "characters"), ({"hours": 0}, "hours"), ({"hours": 10**6}, "hours"),
        ({"hours": float("nan")}, "hours"),
    ]  # fmt: skip
    for given, why in wrong:
        with pytest.raises(ValueError, match=why):
            house.shares.add(**{"owner": "ann", "page": "portfolio", **given})
    with pytest.raises(LookupError, match="no user nobody"):
        house.shares.add("nobody", "portfolio")


def test_the_list_and_the_audit_log_tell_of_links_without_their_tokens(house: House, other: House) -> None:
    token, ref = house.shares.add("ann", "portfolio", "tz=UTC", hides_amounts=False, hours=1)
    made = house.clock.now
    assert house.shares.list().iloc[0].tolist() == [
        ref, "ann", "portfolio", "tz=UTC", False, made, made + HOUR_NS, 0,
    ]  # fmt: skip
    house.wait(7)
    assert house.shares.identity(token, "10.0.0.7") and other.shares.identity(token, "10.0.0.8")
    assert house.shares.list("ann")["ts_opened"].tolist() == [made + 7 * 10**9]
    assert house.shares.list("bob").empty
    house.shares.revoke(ref)
    assert house.told("share made")["detail"].tolist() == ["portfolio?tz=UTC: hours 1, amounts shown"]
    assert house.told("share first opened")[["actor", "address"]].to_numpy().tolist() == [["share of ann", "10.0.0.7"]]
    assert house.told("share revoked")["target"].tolist() == [ref]
    assert token not in house.audit.list().to_string() + house.shares.list().to_string()
