"""ASGI: an ASGI application as a handler of the Tornado server that serves the pages."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, MutableMapping
from typing import Any
from urllib.parse import unquote_to_bytes

from tornado.iostream import StreamClosedError
from tornado.web import RequestHandler

from app.server.refusal import METHODS, refuse_method

# What Tornado writes itself for each connection.
_OWN_HEADERS = frozenset({"content-length", "connection", "transfer-encoding", "date", "server"})


class AsgiHandler(RequestHandler):
    """Hands a request to the application and writes what it sends; bodies may be streamed."""

    SUPPORTED_METHODS = METHODS

    def initialize(self, app: Callable[..., Any]) -> None:
        self._app = app
        self._has_sent_body = False
        # To HEAD the application tells a length without sending that much.
        self._own_headers = _OWN_HEADERS - {"content-length"} if self.request.method == "HEAD" else _OWN_HEADERS
        self._closed = asyncio.Event()

    def check_xsrf_cookie(self) -> None:
        """The gate checks where a change comes from."""

    def compute_etag(self) -> None:
        """The application names its answers, and knows which are held."""

    def on_connection_close(self) -> None:
        self._closed.set()

    async def _handle(self, *_: str) -> None:
        # A client that went away is no error of the application.
        try:
            await self._app(self._scope(), self._receive, self._send)
        except StreamClosedError:
            self._closed.set()

    get = head = post = put = patch = delete = options = trace = query = _handle

    def write_error(self, status_code: int, **_: Any) -> None:
        """Of a method that nobody knows; all others the application answers."""
        refuse_method(self, status_code)

    def _scope(self) -> dict[str, Any]:
        request = self.request
        host, _, port = request.host.rpartition(":")
        # Tornado reads the bytes of a target as Latin-1.
        raw_path = request.path.encode("latin-1")
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": request.version.removeprefix("HTTP/"),
            "method": request.method,
            "scheme": request.protocol,
            "path": unquote_to_bytes(raw_path).decode(errors="replace"),
            "raw_path": raw_path,
            "query_string": request.query.encode("latin-1"),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in request.headers.get_all()],
            "client": (request.remote_ip, 0),
            "server": (host or request.host, int(port) if port.isdigit() else None),
            # Of the gate; where there is none, nobody is known.
            "state": {"identity": getattr(request, "identity", None)},
        }

    async def _receive(self) -> MutableMapping[str, Any]:
        if not self._has_sent_body:
            self._has_sent_body = True
            return {"type": "http.request", "body": self.request.body, "more_body": False}
        await self._closed.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.set_status(message["status"])
            self.clear_header("Content-Type")
            for name, value in message.get("headers", ()):
                if name.decode().lower() not in self._own_headers:
                    self.add_header(name.decode(), value.decode("latin-1"))
            return
        if message.get("body"):
            self.write(message["body"])
        await (self.flush() if message.get("more_body") else self._end())

    async def _end(self) -> None:
        if not self._finished:
            await self.finish()
