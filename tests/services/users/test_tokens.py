"""Tokens: forged, expired, replayed and ended ones are refused."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jwt
import pytest

from nautilus_data.core.identity import Door, Role
from nautilus_data.errors import RefusedError
from nautilus_data.services.users import Pair
from nautilus_data.services.users.secret import hashed
from nautilus_data.store import Refreshed
from tests.services.users.conftest import BOB, House
from tests.store.conftest import run_sql


@pytest.fixture
def pair(house: House) -> Pair:
    return house.tokens.issue("bob", BOB, "10.0.0.1", "curl")


def claims(access: str) -> dict[str, Any]:
    return jwt.decode(access, options={"verify_signature": False})


def part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def signed(value: dict[str, Any], key: bytes) -> str:
    """Whatever the claims are: the library would refuse to sign some."""
    return jwt.PyJWS().encode(json.dumps(value).encode(), key, algorithm="HS256")


def test_an_access_token_lets_in_for_fifteen_minutes_in_any_process(house: House, other: House, pair: Pair) -> None:
    identity = other.tokens.identity(pair.access)
    assert (identity.name, identity.role, identity.door) == ("bob", Role.VIEWER, Door.TOKEN)
    assert pair.expires_in == 900 and house.users.is_live(identity.ref)
    house.wait(899)
    assert house.tokens.identity(pair.access) == identity
    house.wait(1)
    assert house.tokens.identity(pair.access) is None and other.tokens.identity(pair.access) is None


def test_a_refresh_token_is_good_once_for_thirty_days(house: House, other: House, pair: Pair) -> None:
    for _ in range(3):
        house.wait(29 * 86_400)
        pair = other.tokens.refresh(pair.refresh)
        assert house.tokens.identity(pair.access).name == "bob"
    house.wait(30 * 86_400)
    with pytest.raises(RefusedError, match="log in again"):
        house.tokens.refresh(pair.refresh)


def test_a_replayed_refresh_token_ends_the_whole_login(house: House, other: House, pair: Pair) -> None:
    newer = house.tokens.refresh(pair.refresh)
    assert other.tokens.identity(newer.access)
    untouched = house.tokens.issue("bob", BOB)
    house.wait(1)
    with pytest.raises(RefusedError, match="log in again") as refused:
        house.tokens.refresh(pair.refresh, "10.6.6.6")
    assert refused.value.retry_after is None
    with pytest.raises(RefusedError):
        other.tokens.refresh(newer.refresh)
    assert house.tokens.identity(newer.access) is house.tokens.identity(pair.access) is None
    house.wait(2)
    assert other.tokens.identity(newer.access) is None
    assert house.tokens.identity(untouched.access)
    told = house.told("refresh token used again")
    assert told[["actor", "address", "target"]].to_numpy().tolist() == [
        ["bob", "10.6.6.6", claims(pair.access)["family"]]
    ]


def test_of_uses_at_once_one_wins(house: House, other: House, pair: Pair) -> None:
    def refresh(doing: House) -> Pair | None:
        try:
            return doing.tokens.refresh(pair.refresh)
        except RefusedError:
            return None

    with ThreadPoolExecutor(8) as pool:
        assert sum(one is not None for one in pool.map(refresh, [house, other] * 4)) == 1


def test_who_asked_before_the_first_was_answered_does_not_end_the_login(house: House, pair: Pair) -> None:
    started = house.clock.now
    house.wait(0.001)
    newer = house.tokens.refresh(pair.refresh)
    _, token = house.tokens._new_refresh()
    assert house.store.refresh(hashed(pair.refresh), token, started, None).outcome is Refreshed.REFUSED
    assert house.tokens.refresh(newer.refresh)


def test_a_logout_ends_refresh_and_access(house: House, other: House, pair: Pair) -> None:
    assert other.tokens.identity(pair.access)
    newer = house.tokens.refresh(pair.refresh)
    assert house.tokens.end(newer.refresh) and not house.tokens.end(newer.refresh)
    assert not house.tokens.end("nothing")
    assert house.tokens.identity(pair.access) is house.tokens.identity(newer.access) is None
    assert not house.users.is_live(claims(pair.access)["family"])
    with pytest.raises(RefusedError):
        house.tokens.refresh(newer.refresh)
    house.wait(2)
    assert other.tokens.identity(pair.access) is None
    assert house.told("logout")["actor"].tolist() == ["bob"]


def test_forged_tokens_let_nobody_in(house: House, pair: Pair) -> None:
    good, key = claims(pair.access), house.tokens._key
    head, body, signature = pair.access.split(".")
    forged = {
        "none": f"{part({'alg': 'none', 'typ': 'JWT'})}.{body}.",
        "None": f"{part({'alg': 'None', 'typ': 'JWT'})}.{body}.{signature}",
        "another key": jwt.encode(good, b"x" * 32, algorithm="HS256"),
        "no key": signed(good, b"0" * 32),
        "another algorithm": jwt.encode(good, key * 2, algorithm="HS512"),
        "changed": f"{head}.{part({**good, 'sub': 'ann'})}.{signature}",
        "cut": pair.access[:-1],
        "refresh": pair.refresh,
        "empty": "",
        "dots": "..",
        "long": f"{pair.access}{'a' * 10_000}",
        "unicode": "ä.ö.ü",
    }
    assert {name for name, token in forged.items() if house.tokens.identity(token)} == set()


def test_a_claim_that_lacks_or_is_another_is_refused(house: House, pair: Pair) -> None:
    """Even signed with the right key: as another program with the same key would."""
    good, key = claims(pair.access), house.tokens._key
    for claim in ("iss", "aud", "exp", "sub", "family", "jti", "iat"):
        for changed in ({**good, claim: 0}, {**good, claim: None}, {k: v for k, v in good.items() if k != claim}):
            if claim != "iat" or changed.get(claim) is None:
                assert house.tokens.identity(signed(changed, key)) is None
    assert house.tokens.identity(signed(good, key))


def test_a_token_of_one_user_with_the_family_of_another_is_refused(house: House, pair: Pair) -> None:
    forged = jwt.encode({**claims(pair.access), "sub": "ann"}, house.tokens._key, algorithm="HS256")
    assert house.tokens.identity(forged) is None


def test_the_signing_key_is_random_and_made_once(house: House, other: House, url: str) -> None:
    assert house.tokens._key == other.tokens._key and len(house.tokens._key) == 32
    assert run_sql(url, "SELECT count(*) FROM signing_keys") == [(1,)]


def test_what_has_expired_is_given_back(house: House, pair: Pair, url: str) -> None:
    house.tokens.refresh(pair.refresh)
    house.wait(31 * 86_400)
    house.tokens.issue("bob", BOB)
    counts = [run_sql(url, f"SELECT count(*) FROM {table}")[0][0] for table in ("token_families", "refresh_tokens")]
    assert counts == [1, 1]
