"""Users and their sessions, on each database."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from nautilus_data.core.acting import acting
from nautilus_data.core.correlation import correlated
from nautilus_data.core.identity import Door, Identity, Role
from nautilus_data.core.timerange import NS_PER_DAY
from nautilus_data.errors import RefusedError
from nautilus_data.services.users.passwords import Passwords
from nautilus_data.store import Store
from tests.services.users.conftest import ANN, BOB, CHEAP, House
from tests.store.conftest import Clock, run_sql


def test_who_has_the_password_comes_in_and_others_do_not(house: House) -> None:
    secret, identity = house.users.log_in(" ANN ", ANN, "10.0.0.1", "Firefox")
    assert (identity.name, identity.role, identity.door) == ("ann", Role.ADMIN, Door.SESSION)
    assert house.users.identity(secret) == identity
    house.wait(1)
    for name, password in (("ann", BOB), ("ann", ""), ("carl", ANN), ("", ANN), ("ann", f"{ANN} "), ("a\0", ANN)):
        with pytest.raises(RefusedError, match="name or password is not right") as refused:
            house.users.log_in(name, password)
        assert refused.value.retry_after is None
    assert house.users.identity("") is None and house.users.identity(secret[:-1]) is None


def test_a_session_lasts_while_it_is_used_and_survives_a_restart(house: House, other: House) -> None:
    secret, identity = house.log_in()
    for _ in range(4):
        house.wait(29 * 86_400)
        assert other.users.identity(secret) == identity
    house.wait(30 * 86_400)
    assert house.users.identity(secret) is None and other.users.identity(secret) is None


def test_after_a_logout_the_session_lets_nobody_in_here_at_once_and_elsewhere_in_two_seconds(
    house: House, other: House
) -> None:
    secret, identity = house.log_in()
    assert other.users.identity(secret) and other.users.is_live(identity.ref) and house.users.is_live(identity.ref)
    assert house.users.log_out(secret) and not house.users.log_out(secret)
    assert house.users.identity(secret) is None and not house.users.is_live(identity.ref)
    house.wait(2)
    assert other.users.identity(secret) is None and not other.users.is_live(identity.ref)


@pytest.mark.parametrize("change", ["password", "role", "remove"])
def test_a_change_of_the_user_ends_all_that_let_them_in(house: House, change: str) -> None:
    house.users.set_role("bob", "admin")
    secret, identity = house.log_in("bob", BOB)
    ann, _ = house.log_in()
    pair = house.tokens.issue("bob", BOB)
    key, _ = house.keys.add("bob", "script", "operator")
    link, _ = house.shares.add("bob", "portfolio")
    seen = house.users.identity(secret), house.tokens.identity(pair.access), house.keys.identity(key)
    assert all(seen) and house.shares.identity(link)
    match change:
        case "password":
            house.users.set_password("bob", "quite another one")
        case "role":
            house.users.set_role("bob", "viewer")
        case "remove":
            house.users.remove("bob")
    assert house.users.identity(secret) is None and not house.users.is_live(identity.ref)
    assert house.tokens.identity(pair.access) is None
    with pytest.raises(RefusedError):
        house.tokens.refresh(pair.refresh)
    assert bool(house.keys.identity(key)) is bool(house.shares.identity(link)) is (change != "remove")
    if change == "role":
        assert house.keys.identity(key).role is Role.VIEWER
    assert house.users.identity(ann)


def test_who_is_added_again_gets_nothing_of_who_was_removed(house: House) -> None:
    secret, _ = house.log_in("bob", BOB)
    key, _ = house.keys.add("bob", "script", "viewer")
    pair = house.tokens.issue("bob", BOB)
    house.users.remove("bob")
    house.users.add("bob", BOB, "admin")
    assert house.users.identity(secret) is house.keys.identity(key) is house.tokens.identity(pair.access) is None


def test_sessions_can_be_ended_but_for_the_own_one(house: House) -> None:
    first, second = house.log_in(), house.log_in()
    assert house.users.end_sessions("ann", besides=second[1].ref) == 1
    assert house.users.identity(first[0]) is None and house.users.identity(second[0]) == second[1]


def test_the_last_admin_stays_and_stays_an_admin(house: House) -> None:
    for change in (lambda: house.users.remove("ann"), lambda: house.users.set_role("ann", "operator")):
        with pytest.raises(ValueError, match=r"ann is the last admin .* make another user an admin first"):
            change()
    house.users.set_role("bob", "admin")
    house.users.remove("ann")
    assert house.users.list()["name"].tolist() == ["bob"]


def test_two_admins_who_remove_each_other_at_once_leave_one(house: House, other: House) -> None:
    house.users.set_role("bob", "admin")

    def remove(doing: tuple[House, str]) -> bool:
        try:
            doing[0].users.remove(doing[1])
        except ValueError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(remove, [(house, "ann"), (other, "bob")])) == 1
    assert len(house.users.list()) == 1


def test_the_first_user_is_an_admin_and_is_seen_by_other_processes(store: Store, clock: Clock) -> None:
    here, there = House(store, clock), House(store, clock)
    assert not here.users.has_any() and not there.users.has_any()
    assert here.users.is_live("")
    with pytest.raises(ValueError, match="the first user must be an admin"):
        here.users.add("ann", ANN, "operator")
    here.users.add("ann", ANN, "admin")
    assert here.users.has_any() and not here.users.is_live("")
    here.wait(1)
    assert there.users.has_any()


def test_a_name_that_cannot_be_one_is_refused(house: House) -> None:
    for name in ("", " ", "a b", "ä", "a" * 65, "a/b", "..", "a\nb", "<b>", "a;"):
        with pytest.raises(ValueError, match="name"):
            house.users.add(name, ANN, "viewer")


def test_a_bad_password_is_refused_with_what_is_wrong(house: House) -> None:
    house.users.add("a.person@example", ANN, "viewer")
    for password, why in (
        ("", "12 characters"), ("elevenchars", "12 characters"), ("a.person@example", "the user's name"),
        ("A.Person@Example", "the user's name"), ("x" * 1_025, "1024 bytes"), ("ö" * 513, "1024 bytes"),
        ("with a \0 inside", "control"), ("half \ud800 of a pair", "control"),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=why):
            house.users.set_password("a.person@example", password)
        if "name" not in why:
            with pytest.raises(ValueError, match=why):
                house.users.add("carl", password, "viewer")
    assert house.users.log_in("a.person@example", ANN)
    assert "carl" not in house.users.list()["name"].tolist()


def test_the_longest_password_and_any_script_log_in(house: House) -> None:
    for name, password in (("long", "x" * 1_024), ("greek", "μῆνιν ἄειδε θεά 😀"), ("composed", "o\u0308" * 12)):
        house.users.add(name, password, "viewer")
        assert house.users.log_in(name, password)
    assert house.users.log_in("composed", "ö" * 12)
    with pytest.raises(RefusedError):
        house.users.log_in("long", "x" * 1_025)


def test_a_name_and_an_oauth_name_are_had_by_one_user_alone(house: House) -> None:
    with pytest.raises(ValueError, match="there is a user ann already"):
        house.users.add("Ann", ANN, "viewer")
    house.users.add("carl", "", "viewer", oauth="Carl@Example.com")
    with pytest.raises(ValueError, match="another user has the OAuth name"):
        house.users.add("dan", "", "viewer", oauth="carl@example.com")
    with pytest.raises(LookupError, match="there is no user dan"):
        house.users.set_role("dan", "admin")


def test_oauth_lets_in_whom_an_admin_added_and_no_password_does(house: House) -> None:
    house.users.add("carl", "", "operator", oauth="carl@example.com")
    secret, identity = house.users.log_in_as("Carl@example.com", "10.0.0.1")
    assert house.users.identity(secret) == identity and identity.role is Role.OPERATOR
    for oauth in ("dan@example.com", "", "ann"):
        with pytest.raises(RefusedError, match="have an admin add you"):
            house.users.log_in_as(oauth)
    with pytest.raises(RefusedError):
        house.users.log_in("carl", "")


def test_the_list_says_what_each_has_open(house: House) -> None:
    house.log_in()
    house.keys.add("ann", "script", "viewer", days=1)
    for _ in range(5):
        with pytest.raises(RefusedError):
            house.log_in("bob", "wrong")
    rows = house.users.list().set_index("name")
    assert rows.loc["ann", ["role", "sessions", "keys", "locked_until"]].tolist() == ["admin", 1, 1, 0]
    assert rows.loc["ann", "ts_last_login"] == house.clock.now
    assert rows.loc["bob", ["sessions", "locked_until"]].tolist() == [0, house.clock.now + 10**9]
    assert (rows[["ts_created", "ts_last_login", "locked_until"]].dtypes == "int64").all()
    house.wait(86_400)
    assert house.users.list().set_index("name").loc["ann", "keys"] == 0


def test_a_user_has_a_hundred_sessions_at_most(house: House) -> None:
    first, _ = house.log_in()
    for _ in range(100):
        house.wait(1)
        house.log_in()
    assert house.users.list().set_index("name").loc["ann", "sessions"] == 100
    assert house.users.identity(first) is None


def test_a_login_that_is_under_way_when_the_password_changes_is_refused(house: House) -> None:
    user = house.credentials.check("bob", BOB, "", Door.SESSION)
    house.users.set_password("bob", "quite another one")
    with pytest.raises(RefusedError, match="was changed just now"):
        house.users._open(user, "", "")


def test_a_hash_of_older_parameters_is_renewed_at_the_next_login(house: House) -> None:
    house.credentials.passwords = Passwords(**{**CHEAP, "time_cost": 2})
    house.log_in()
    assert "t=2" in house.store.user("ann").password_hash and "t=1" in house.store.user("bob").password_hash
    assert house.log_in()


def test_no_secret_is_kept_or_told(house: House, url: str) -> None:
    secret, identity = house.log_in()
    pair = house.tokens.issue("ann", ANN)
    key, _ = house.keys.add("ann", "script", "viewer")
    link, _ = house.shares.add("ann", "portfolio")
    with pytest.raises(RefusedError):
        house.log_in("a password typed as name", "x")
    tables = ("users", "sessions", "api_keys", "token_families", "refresh_tokens", "shares", "audit", "login_failures")
    kept = repr([run_sql(url, f"SELECT * FROM {table}") for table in tables])
    for one in (ANN, secret, pair.access, pair.refresh, key, link, "a password typed as name"):
        assert one not in kept and one not in repr((pair, identity, house.store.user("ann")))
    assert "$argon2" not in repr(house.store.user("ann"))


def test_every_act_says_who_did_it_for_whom(house: House) -> None:
    admin = Identity("ann", Role.ADMIN, Door.SESSION, "s1")
    with acting(admin), correlated("c0ffee"):
        house.users.add("carl", "a long password", "viewer")
        house.users.set_role("carl", "operator")
        house.users.set_password("carl", "another password")
        house.users.end_sessions("carl")
        house.users.remove("carl")
    rows = house.audit.list(limit=5)
    assert rows["act"].tolist() == [
        "user removed", "sessions ended", "password changed", "role changed", "user added",
    ]  # fmt: skip
    assert set(rows["actor"]) == {"ann"} and set(rows["target"]) == {"carl"} and set(rows["correlation"]) == {"c0ffee"}
    secret, identity = house.log_in()
    house.users.log_out(secret)
    rows = house.audit.list(limit=2)
    assert rows["act"].tolist() == ["logout", "login"] and set(rows["ref"]) == {identity.ref}
    assert rows["address"].tolist() == ["", "10.0.0.1"]
    assert house.audit.verify().ok


def test_a_login_is_recorded_or_refused(house: House, url: str) -> None:
    statement = "ALTER TABLE audit RENAME TO audit_gone"
    run_sql(url, statement)
    with pytest.raises(Exception, match="audit"):
        house.log_in()
    run_sql(url, "ALTER TABLE audit_gone RENAME TO audit")
    assert house.users.list().set_index("name").loc["ann", "sessions"] == 0


def test_expired_sessions_are_given_back(house: House, url: str) -> None:
    house.log_in()
    house.clock.now += 31 * NS_PER_DAY
    house.log_in("bob", BOB)
    assert run_sql(url, "SELECT count(*) FROM sessions") == [(1,)]


def test_logins_are_listed_and_ended_one_by_one(house: House, other: House) -> None:
    secret, identity = house.log_in("bob", BOB, "10.0.0.5")
    house.wait(1)
    pair = house.tokens.issue("bob", BOB, "10.0.0.6", "curl")
    house.log_in()
    rows = other.users.sessions("bob")
    assert rows[["user", "door", "address", "agent"]].to_numpy().tolist() == [
        ["bob", "token", "10.0.0.6", "curl"], ["bob", "session", "10.0.0.5", "Firefox"],
    ]  # fmt: skip
    assert len(house.users.sessions()) == 3 and house.users.sessions("nobody").empty
    with pytest.raises(LookupError, match="it has ended already"):
        house.users.end_session(identity.ref, "ann")
    for ref in rows["ref"]:
        house.users.end_session(ref, "bob")
    assert house.users.identity(secret) is house.tokens.identity(pair.access) is None
    assert house.users.sessions("bob").empty and len(house.users.sessions()) == 1


def test_a_user_who_knows_the_password_may_change_it_and_stays_logged_in(house: House) -> None:
    secret, identity = house.log_in("bob", BOB)
    another, _ = house.log_in("bob", BOB)
    with pytest.raises(RefusedError):
        house.users.change_password("bob", "wrong", "quite another one", identity.ref)
    with pytest.raises(ValueError, match="12 characters"):
        house.users.change_password("bob", BOB, "short", identity.ref)
    house.users.change_password("bob", BOB, "quite another one", identity.ref)
    assert house.users.identity(secret) == identity and house.users.identity(another) is None
    assert house.log_in("bob", "quite another one")
