"""Tokens: short-lived access, and what it is renewed with."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import jwt

from nautilus_data.core.audit_entry import entry_by, entry_of, plain
from nautilus_data.core.identity import Door, Identity, Role
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S
from nautilus_data.errors import RefusedError
from nautilus_data.services.users.credentials import Credentials
from nautilus_data.services.users.known import Known
from nautilus_data.services.users.secret import hashed, new_ref, new_secret
from nautilus_data.store import Refreshed, Store

ACCESS_S = 15 * 60
_REFRESH_NS = 30 * NS_PER_DAY
_ALGORITHM, _ISSUER, _AUDIENCE, _KEY = "HS256", "nautilus-dashboard", "nautilus-dashboard-rest", "access tokens"
_CLAIMS = ("iss", "aud", "exp", "iat", "jti", "sub", "family")
_MAX_LENGTH = 2_048


@dataclass(frozen=True)
class Pair:
    """`expires_in`: seconds the access token is good for."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_in: int


class Tokens:
    """One login makes a family: a refresh token is good once, for the next pair; ending the family ends all of it."""

    def __init__(
        self, store: Store, credentials: Credentials, known: Known, clock: Callable[[], int] = time.time_ns
    ) -> None:
        self._store, self._credentials, self._known, self._clock = store, credentials, known, clock

    def issue(self, name: str, password: str, address: str = "", agent: str = "") -> Pair:
        """RefusedError as for `Users.log_in`."""
        user = self._credentials.check(name, password, address, Door.TOKEN)
        identity = Identity(user.name, user.role, Door.TOKEN, new_ref("t"))
        secret, token = self._new_refresh()
        now = self._clock()
        values = {
            "ref": identity.ref, "user": user.name, "ts_created": now, "ts_expires": now + _REFRESH_NS,
            "address": plain(address, 100), "agent": plain(agent, 200),
        }  # fmt: skip
        login = entry_by(identity, "login", address=address)
        try:
            self._store.open_family(values, {**token, "family": identity.ref}, user.password_hash, login)
        except LookupError as error:
            raise RefusedError(str(error)) from error
        return Pair(self._access(user.name, identity.ref), secret, ACCESS_S)

    def refresh(self, refresh: str, address: str = "") -> Pair:
        """The next pair. RefusedError for a token that is not good, or no longer; one used before ends its family."""
        started = self._clock()
        secret, token = self._new_refresh()
        reused = entry_of("refresh token used again", "", "a copy may be in other hands: its login was ended", address)
        renewal = self._store.refresh(hashed(refresh), token, started, reused)
        if renewal.outcome is Refreshed.REUSED:
            self._known.forget()
        if renewal.outcome is not Refreshed.RENEWED:
            raise RefusedError("this refresh token is not good, or no longer: log in again")
        return Pair(self._access(renewal.user, renewal.family), secret, ACCESS_S)

    def identity(self, access: str) -> Identity | None:
        """Whose token it is, its login 2 s old at most; None when it is forged, expired, or its login has ended."""
        claims = self._claims(access)
        if claims is None:
            return None
        family, name = claims["family"], claims["sub"]
        found = self._known.ask(("family", family), lambda: self._find(family))
        return found if found is not None and found.name == name else None

    def end(self, refresh: str) -> bool:
        """Log out: neither refresh nor access token works any more; was there something to end?"""
        is_ended = self._store.end_family(hashed(refresh), entry_of("logout"))
        if is_ended:
            self._known.forget()
        return is_ended

    @cached_property
    def _key(self) -> bytes:
        new = base64.b64encode(secrets.token_bytes(32)).decode()
        return base64.b64decode(self._store.signing_key(_KEY, new))

    def _new_refresh(self) -> tuple[str, dict[str, Any]]:
        secret, now = new_secret(), self._clock()
        return secret, {"hash": hashed(secret), "ts_created": now, "ts_expires": now + _REFRESH_NS}

    def _access(self, name: str, family: str) -> str:
        now = self._clock() // NS_PER_S
        claims = {
            "iss": _ISSUER, "aud": _AUDIENCE, "sub": name, "iat": now, "exp": now + ACCESS_S,
            "jti": secrets.token_hex(16), "family": family,
        }  # fmt: skip
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def _claims(self, access: str) -> dict[str, Any] | None:
        if len(access) > _MAX_LENGTH:
            return None
        # Times are checked below, against this process' clock.
        options = {"require": list(_CLAIMS), "verify_exp": False, "verify_iat": False}
        try:
            claims = jwt.decode(
                access, self._key, algorithms=[_ALGORITHM], issuer=_ISSUER, audience=_AUDIENCE, options=options
            )
        except (jwt.InvalidTokenError, ValueError):
            return None
        expires, family = claims["exp"], claims["family"]
        if type(expires) is not int or not isinstance(family, str):
            return None
        return claims if self._clock() < expires * NS_PER_S else None

    def _find(self, family: str) -> tuple[Identity, int] | None:
        row = self._store.family(family)
        if row is None:
            return None
        return Identity(row["user"], Role(row["role"]), Door.TOKEN, family), row["ts_expires"]
