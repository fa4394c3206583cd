"""Gate: every request and WebSocket of the server comes through here; who is not known gets no further."""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
from collections.abc import Awaitable
from typing import Any
from urllib.parse import quote

from bokeh.server.tornado import BokehTornado
from tornado.httpserver import HTTPServer
from tornado.httputil import (
    HTTPHeaders,
    HTTPInputError,
    HTTPMessageDelegate,
    HTTPServerConnectionDelegate,
    HTTPServerRequest,
    RequestStartLine,
)
from tornado.web import RequestHandler

from app.server import doors
from app.server.address import Bound
from app.server.callers import Callers
from app.server.documents import is_of_another, seal
from app.server.headers import Protected, answer_headers
from app.server.manners import Manners
from app.server.rates import Rates
from app.server.refusal import Refusal, Refused
from nautilus_data import Workspace, errors
from nautilus_data.core.correlation import correlated, new_id
from nautilus_data.core.identity import Door

_LOG = logging.getLogger(__name__)
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="nautilus-dashboard"'}
_STANDING: list[Gate] = []
Routes = list[tuple[str, type[RequestHandler]]]


class Gate(HTTPServerConnectionDelegate):
    """Finds out who asks, sets `request.identity` and `request.correlation`, and lets in or refuses."""

    def __init__(self, application: BokehTornado, workspace: Workspace, bound: Bound, routes: Routes) -> None:
        self._application = application
        self._manners = Manners(bound)
        self._callers = Callers(workspace, bound.is_private)
        self._rates = Rates(workspace.settings.api_rate_per_min)
        seal(application)
        application.add_handlers(".*", routes)
        application.add_transform(Protected)
        application.settings["log_function"] = _log
        is_tls = bound.is_tls or bool(bound.proxies)
        application.settings["xsrf_cookie_kwargs"] = {"httponly": True, "samesite": "Strict", "secure": is_tls}
        # Of the way to an OAuth provider and back.
        application.settings["cookie_secret"] = secrets.token_hex(32)
        missing = Refused(404, "there is no such page: / lists all there are")
        application.settings.update(default_handler_class=Refusal, default_handler_args={"refused": missing})

    def start_request(self, server_conn: object, request_conn: Any) -> HTTPMessageDelegate:
        return _Passage(self, server_conn, request_conn)

    async def admit(self, request: HTTPServerRequest) -> tuple[HTTPMessageDelegate, bool]:
        """Who goes on with the request, and whether its body is wanted."""
        given = request.headers.get("X-Request-ID", "")
        request.correlation = given if _REQUEST_ID.fullmatch(given) else new_id()
        request.identity = None
        self._manners.see_through_proxy(request)
        request.answer_headers = {**answer_headers(request), "X-Request-ID": request.correlation}
        with correlated(request.correlation):
            try:
                refused = await self._refusal(request)
            except errors.DashboardError as error:
                refused = Refused(503, str(error), headers={"Retry-After": "5"})
            except Exception:
                # The border of the server: whatever breaks here must let nobody in.
                _LOG.exception("who asks could not be found out")
                refused = Refused(500, "it failed on our side: the server's log has it by this request_id")
        if refused is None:
            return self._application.find_handler(request), True
        return self._application.get_handler_delegate(request, Refusal, {"refused": refused}), False

    async def _refusal(self, request: HTTPServerRequest) -> Refused | None:
        refused = self._manners.refusal(request)
        if refused is not None:
            return refused
        try:
            request.identity = await asyncio.to_thread(self._callers.find, request)
        except errors.RefusedError as error:
            if not doors.is_open(request):
                return self._not_good(request, str(error))
        if request.identity is None:
            return self._over(request) if doors.is_open(request) else _stranger(request)
        return self._manners.refusal_of_known(request) or self._beyond(request) or self._over(request)

    def _beyond(self, request: HTTPServerRequest) -> Refused | None:
        """Is it more than who is known may ask for?"""
        if doors.is_open(request):
            return None
        if doors.names_document(request):
            return Refused(403, "a page can't be opened by the name of its document: open its address")
        share = request.identity.share
        why = doors.reach(request.identity, request)
        if why and share is not None and request.method == "GET" and request.path == f"/{share.page}":
            return Refused(302, location=f"/{share.page}?{share.query}")
        if why:
            return Refused(403, why)
        if doors.is_websocket(request) and is_of_another(self._application, request):
            return Refused(403, "somebody else opened this page: load it anew")
        return None

    def _over(self, request: HTTPServerRequest) -> Refused | None:
        """Has the caller asked REST too often? Who sits at this machine may."""
        identity = request.identity
        if not request.path.startswith("/api/") or (identity is not None and identity.door is Door.LOCAL):
            return None
        caller = f"{identity.name} {identity.ref}" if identity else f"address {request.remote_ip}"
        left = self._rates.take(caller)
        request.answer_headers |= left.headers
        return (
            Refused(429, f"more than {left.limit} requests in a minute: wait {left.reset_s} s")
            if left.is_over
            else None
        )

    def _not_good(self, request: HTTPServerRequest, why: str) -> Refused:
        left = self._rates.fail(request.remote_ip or "")
        if left.is_over:
            return Refused(429, f"too many wrong keys: wait {left.reset_s} s", headers=left.headers)
        return Refused(401, why, headers=_CHALLENGE)


class _Passage(HTTPMessageDelegate):
    """One request on its way through the gate."""

    def __init__(self, gate: Gate, server_conn: object, request_conn: Any) -> None:
        self._gate, self._server_conn, self._request_conn = gate, server_conn, request_conn
        self._inner: HTTPMessageDelegate | None = None
        self._is_let_in = False
        self._correlation = ""

    async def headers_received(self, start_line: RequestStartLine, headers: HTTPHeaders) -> None:
        request = HTTPServerRequest(
            connection=self._request_conn, server_connection=self._server_conn, start_line=start_line, headers=headers
        )
        if not start_line.path.startswith("/"):
            raise HTTPInputError("the target is no path")
        self._inner, self._is_let_in = await self._gate.admit(request)
        self._correlation = request.correlation
        waiting = self._inner.headers_received(start_line, headers)
        if waiting is not None:
            await waiting

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        # Of who is refused nothing is kept.
        return self._inner.data_received(chunk) if self._is_let_in and self._inner else None

    def finish(self) -> None:
        if self._inner is not None:
            with correlated(self._correlation):
                self._inner.finish()

    def on_connection_close(self) -> None:
        if self._inner is not None:
            self._inner.on_connection_close()


class GatedServer(HTTPServer):
    """Tornado's server with the gate before its application."""

    def initialize(
        self, request_callback: BokehTornado, *, workspace: Workspace, bound: Bound, routes: Routes, **options: Any
    ) -> None:
        gate = Gate(request_callback, workspace, bound, routes)
        super().initialize(gate, **options)
        _STANDING.append(gate)


def put_before_servers(workspace: Workspace, bound: Bound, routes: Routes) -> None:
    """Every HTTP server made after this stands behind the gate, and has its routes; slow and endless requests end."""
    HTTPServer.configure(
        GatedServer, workspace=workspace, bound=bound, routes=routes, idle_connection_timeout=60, body_timeout=30,
        max_body_size=1_000_000, max_header_size=32_768,
    )  # fmt: skip


def is_standing() -> bool:
    """Is there a server, and does it stand behind the gate?"""
    return len(_STANDING) == 1


def _stranger(request: HTTPServerRequest) -> Refused:
    if doors.is_websocket(request):
        return Refused(403, "log in first")
    if request.method in ("GET", "HEAD") and not (doors.is_rest(request.path) or doors.is_file(request.path)):
        following = doors.next_path(request.uri)
        return Refused(302, location=doors.LOGIN + (f"?next={quote(following, safe='')}" if following != "/" else ""))
    return Refused(401, "log in, or send an API key in the header X-API-Key", headers=_CHALLENGE)


def _log(handler: RequestHandler) -> None:
    """Without the query, and without a share link: both may hold secrets."""
    request, status = handler.request, handler.get_status()
    path = doors.SHARE if request.path.startswith(doors.SHARE) else request.path
    level = logging.DEBUG if status < 400 else logging.INFO if status < 500 else logging.ERROR
    who = request.identity.name if request.identity else "-"
    _LOG.log(level, "request answered method=%s path=%.200s status=%s who=%s address=%s ms=%.0f",
             request.method, path, status, who, request.remote_ip, 1000 * request.request_time())  # fmt: skip
