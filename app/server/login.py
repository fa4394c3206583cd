"""Login: the page that asks for name and password, the way out, and what a share link opens."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import panel as pn
from panel.auth import BasicLoginHandler, LogoutHandler
from tornado.httputil import HTTPServerRequest
from tornado.template import Template
from tornado.web import RequestHandler

from app.server import doors
from app.server.callers import cookie, session_cookie, share_cookie
from nautilus_data import Workspace, errors
from nautilus_data.core.identity import LOCAL

_HERE = Path(__file__).resolve().parent
_STYLE = (_HERE / "login.css").read_text(encoding="utf-8")
_TEMPLATE = Template((_HERE / "login.html").read_text(encoding="utf-8"), autoescape="xhtml_escape")
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src 'self'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'"
)
_TITLES = {"azurev2": "Azure", "github": "GitHub", "gitlab": "GitLab", "generic": "your organisation"}
_DAY_S = 86_400


def opened() -> Workspace:
    return pn.state.cache["workspace"]


def agent(request: HTTPServerRequest) -> str:
    return request.headers.get("User-Agent", "")[:200]


def start_session(handler: RequestHandler, secret: str) -> None:
    """Give the browser its session; one it had before has ended."""
    _set(handler, session_cookie(handler.request), secret, opened().settings.session_days * _DAY_S)


def show(handler: RequestHandler, status: int, title: str, **given: Any) -> None:
    """Our page, which needs nothing but itself."""
    provider = opened().settings.oauth_provider
    values = {"message": "", "is_wrong": status >= 400, "form": "", "username": "", "following": "/", "xsrf": ""}
    handler.set_status(status)
    handler.set_header("Content-Security-Policy", _POLICY)
    handler.set_header("Content-Type", "text/html; charset=utf-8")
    handler.finish(
        _TEMPLATE.generate(
            title=title, style=_STYLE, provider=provider and _TITLES.get(provider, provider.capitalize()),
            **{**values, **given},
        )
    )  # fmt: skip


class Login(BasicLoginHandler):
    """Panel's login with the users of the store."""

    def get(self) -> None:
        following = doors.next_path(self.get_query_argument("next", "/"))
        if self.request.identity is LOCAL:
            # Nobody can log in yet, and nobody needs to.
            self.redirect(following)
        else:
            self._ask(200, following)

    async def post(self) -> None:
        self.check_xsrf_cookie()
        name, following = self.get_body_argument("username", ""), doors.next_path(self.get_body_argument("next", "/"))
        password = self.get_body_argument("password", "", strip=False)
        users, request = opened().users, self.request
        try:
            secret, _ = await asyncio.to_thread(users.log_in, name, password, request.remote_ip, agent(request))
        except errors.RefusedError as error:
            if error.retry_after is not None:
                self.set_header("Retry-After", str(max(1, round(error.retry_after))))
            self._ask(401 if error.retry_after is None else 429, following, str(error), name)
            return
        if before := cookie(request, session_cookie(request)):
            await asyncio.to_thread(users.log_out, before)
        start_session(self, secret)
        self.redirect(following, status=303)

    def write_error(self, status_code: int, **_: Any) -> None:
        told = "The form was open too long, or cookies are off: allow them and try again."
        self._ask(status_code, "/", told if status_code == 403 else "It failed on our side: try again.")

    def _ask(self, status: int, following: str, message: str = "", name: str = "") -> None:
        show(
            self, status, "Log in", form="login", following=following, message=message, username=name[:64],
            xsrf=self.xsrf_form_html(),
        )  # fmt: skip


class Logout(LogoutHandler):
    def get(self) -> None:
        """A link must not end a session: it asks."""
        show(self, 200, "Log out", form="logout" if self.request.identity else "")

    async def post(self) -> None:
        request = self.request
        if secret := cookie(request, session_cookie(request)):
            await asyncio.to_thread(opened().users.log_out, secret)
        for name in (session_cookie(request), share_cookie(request)):
            self.clear_cookie(name, path="/", secure=request.protocol == "https")
        show(self, 200, "Logged out", message="You are logged out.")


class Shared(RequestHandler):
    """Takes the token out of the address at once, so that it stands in no history entry of a page or referrer."""

    async def get(self, token: str) -> None:
        self.set_header("Referrer-Policy", "no-referrer")
        found = await asyncio.to_thread(opened().shares.identity, token, self.request.remote_ip or "")
        if found is None or found.share is None:
            show(
                self, 404, "Link", message="This link is not good, or no longer: ask who gave it to you for a new one."
            )
            return
        _set(self, share_cookie(self.request), token, max(1, (found.share.ts_expires - time.time_ns()) // 10**9))
        query = f"?{quote(found.share.query, safe='=&%+-._~:,/')}" if found.share.query else ""
        self.redirect(f"/{found.share.page}{query}")


def _set(handler: RequestHandler, name: str, value: str, max_age_s: int) -> None:
    is_tls = handler.request.protocol == "https"
    handler.set_cookie(name, value, max_age=max_age_s, path="/", httponly=True, samesite="Lax", secure=is_tls)


ROUTES: list[tuple[str, type[RequestHandler]]] = [
    (doors.LOGIN, Login),
    (doors.LOGOUT, Logout),
    (doors.SHARE + r"([A-Za-z0-9_-]{1,512})", Shared),
]
