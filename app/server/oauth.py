"""OAuth: a provider of Panel's vouches for a user of the store; its tokens are used once and kept nowhere."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import panel as pn
from panel.auth import AUTH_PROVIDERS, CODE_COOKIE_NAME, STATE_COOKIE_NAME, OAuthLoginHandler
from tornado.web import HTTPError, RequestHandler

from app.server import doors
from app.server.login import agent, opened, show, start_session
from nautilus_data import Settings, errors

_KEPT_COOKIES = frozenset({STATE_COOKIE_NAME, CODE_COOKIE_NAME})
_TEN_MINUTES_IN_DAYS = 1 / 144


class _OurSession(OAuthLoginHandler):
    """What each provider's own handler does, but for how it ends: in a session of ours, or in a refusal."""

    _login_endpoint = doors.OAUTH

    @property
    def _redirect_uri(self) -> str:
        request = self.request
        return pn.config.oauth_redirect_uri or f"{request.protocol}://{request.host}{doors.OAUTH}"

    def get_state(self) -> str:
        # It leads on to what was asked for, a path of this server alone.
        self.request.arguments["next"] = [doors.next_path(self.get_query_argument("next", "/")).encode()]
        return super().get_state()

    async def get_authenticated_user(self, *args: Any, **kwargs: Any) -> str | None:
        self._is_verified = True
        name = await super().get_authenticated_user(*args, **kwargs)
        if kwargs.get("code") is None:
            return name
        if not self._is_verified:
            raise HTTPError(403, "the provider has not verified your e-mail address: verify it there first")
        request = self.request
        try:
            secret, _ = await asyncio.to_thread(opened().users.log_in_as, str(name), request.remote_ip, agent(request))
        except errors.RefusedError as error:
            raise HTTPError(403, str(error)) from error
        start_session(self, secret)
        return str(name)

    def set_secure_cookie(self, name: str, value: str | bytes, *_: Any, **__: Any) -> None:
        """Of the way to the provider and back only: no token of it goes to the browser."""
        if name == "id_token":
            self._is_verified = self._is_verified and _is_verified(value)
        if name in _KEPT_COOKIES:
            is_tls = self.request.protocol == "https"
            super().set_secure_cookie(
                name, value, expires_days=_TEN_MINUTES_IN_DAYS, httponly=True, samesite="Lax", secure=is_tls
            )

    def set_status(self, status_code: int, reason: str | None = None) -> None:
        """Without the reason, which the provider's answer may have written."""
        super().set_status(status_code)

    def write_error(self, status_code: int, **given: Any) -> None:
        _, error, _ = given.get("exc_info", (None, None, None))
        is_ours = isinstance(error, HTTPError) and status_code == 403 and error.log_message
        told = error.log_message if is_ours else "The provider did not confirm who you are: try again."
        show(self, status_code, "Log in", message=told)


def routes(settings: Settings) -> list[tuple[str, type[RequestHandler]]]:
    """The way to the provider and back; tells Panel what it needs to know of it. Empty where none is set."""
    if settings.oauth_provider is None or settings.oauth_secret is None:
        return []
    pn.config.oauth_key = settings.oauth_key
    pn.config.oauth_secret = settings.oauth_secret.get_secret_value()
    pn.config.oauth_redirect_uri = settings.oauth_redirect_uri
    pn.config.oauth_extra_params = settings.oauth_extra
    pn.config.oauth_jwt_user = settings.oauth_user_key
    provider = AUTH_PROVIDERS[settings.oauth_provider]
    return [(doors.OAUTH, type("OauthLogin", (_OurSession, provider), {}))]


def _is_verified(token: str | bytes) -> bool:
    """Does the provider say nothing against the address? Only of the part that tells who it is."""
    text = token.decode() if isinstance(token, bytes) else token
    parts = text.split(".")
    part = parts[1] if len(parts) == 3 else parts[0]
    try:
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return False
    return not isinstance(claims, dict) or claims.get("email_verified") not in (False, "false")
