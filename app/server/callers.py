"""Callers: who asks, by what their request bears."""

from __future__ import annotations

from tornado.httputil import HTTPServerRequest

from nautilus_data import Workspace, errors
from nautilus_data.core.identity import LOCAL, Identity

_SESSION, _SHARE = "nd_session", "nd_share"
_KEY_MARK = "nd_"
# Set by proxies: what comes through one is not from this machine, whoever connects.
_FORWARDED = ("X-Forwarded-For", "X-Real-Ip", "Forwarded", "Via")
_LONGEST_SECRET = 4096
_NOT_GOOD = "the key or token is not good, or no longer: make a new key, or log in again"


def cookie_name(request: HTTPServerRequest, name: str) -> str:
    """Under TLS a browser keeps others from setting a cookie of this prefix."""
    return f"__Host-{name}" if request.protocol == "https" else name


def session_cookie(request: HTTPServerRequest) -> str:
    return cookie_name(request, _SESSION)


def share_cookie(request: HTTPServerRequest) -> str:
    return cookie_name(request, _SHARE)


def has_secret(request: HTTPServerRequest) -> bool:
    """Does it bear a key or token of its own, which no browser sends by itself?"""
    return bool(_bearer(request)) or "X-API-Key" in request.headers


class Callers:
    """Asks the store: to be called beside the loop."""

    def __init__(self, workspace: Workspace, is_private: bool) -> None:
        self._workspace = workspace
        self._is_private = is_private

    def find(self, request: HTTPServerRequest) -> Identity | None:
        """Who asks, None for a stranger; RefusedError for a key or token that is not good."""
        if has_secret(request):
            return self._by_secret(request)
        return self._by_cookie(request) or self._local(request) or self._by_share(request)

    def _by_secret(self, request: HTTPServerRequest) -> Identity:
        given = {secret for secret in (_bearer(request), request.headers.get("X-API-Key", "")) if secret}
        if len(given) != 1:
            raise errors.RefusedError("send one key or token, as Authorization: Bearer or as X-API-Key")
        secret = given.pop()
        found = None
        if len(secret) <= _LONGEST_SECRET and secret.isascii():
            is_key = secret.startswith(_KEY_MARK)
            keys, tokens = self._workspace.keys, self._workspace.tokens
            found = keys.identity(secret, request.remote_ip or "") if is_key else tokens.identity(secret)
        if found is None:
            raise errors.RefusedError(_NOT_GOOD)
        return found

    def _by_cookie(self, request: HTTPServerRequest) -> Identity | None:
        secret = cookie(request, session_cookie(request))
        return self._workspace.users.identity(secret) if secret else None

    def _by_share(self, request: HTTPServerRequest) -> Identity | None:
        token = cookie(request, share_cookie(request))
        return self._workspace.shares.identity(token, request.remote_ip or "") if token else None

    def _local(self, request: HTTPServerRequest) -> Identity | None:
        is_forwarded = any(name in request.headers for name in _FORWARDED)
        is_local = self._is_private and not is_forwarded and not self._workspace.users.has_any()
        return LOCAL if is_local else None


def cookie(request: HTTPServerRequest, name: str) -> str:
    """A cookie's value; empty where there is none, or none that could be ours."""
    found = request.cookies.get(name)
    return found.value if found is not None and found.value.isascii() and len(found.value) <= _LONGEST_SECRET else ""


def _bearer(request: HTTPServerRequest) -> str:
    # Another scheme is for somebody else, such as a proxy in front.
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() or "-" if scheme.lower() == "bearer" else ""
