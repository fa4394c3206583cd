"""Methods: HEAD and OPTIONS of every address, and 405 that says which methods there are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Match

from app.server.problems import problem

_KNOWN = ("GET", "POST", "PUT", "PATCH", "DELETE")
_Scope = MutableMapping[str, Any]
_App = Callable[..., Awaitable[None]]


class Methods:
    """In front of an application whose routes are these: what can be read answers HEAD, too."""

    def __init__(self, app: _App, routes: Iterable[BaseRoute]) -> None:
        self._app = app
        self._routes = routes

    async def __call__(self, scope: _Scope, receive: Any, send: Any) -> None:
        asked = scope.get("method")
        is_plain = scope["type"] != "http" or (asked in _KNOWN and self._has(scope, asked))
        answer = None if is_plain else self._answer(scope, asked)
        if answer is not None:
            await answer(scope, receive, send)
        elif asked == "HEAD":
            await self._app({**scope, "method": "GET"}, receive, _headless(send))
        else:
            await self._app(scope, receive, send)

    def _answer(self, scope: _Scope, asked: str) -> Response | None:
        """Of what no route answers; None where one does, or where there is no such address."""
        found = [name for name in _KNOWN if self._has(scope, name)]
        if not found:
            return None
        allowed = ", ".join([*found, *(["HEAD"] if "GET" in found else []), "OPTIONS"])
        if asked == "OPTIONS":
            return Response(status_code=204, headers={"Allow": allowed})
        if asked == "HEAD" and "GET" in found:
            return None
        return problem(scope["path"], 405, f"this address is asked by {allowed}", {"Allow": allowed})

    def _has(self, scope: _Scope, method: str) -> bool:
        asked = {**scope, "method": method}
        return any(route.matches(asked)[0] is Match.FULL for route in self._routes)


def _headless(send: Any) -> Any:
    """Sends the head of an answer, which tells the length of its body, and no body."""

    async def told(message: _Scope) -> None:
        if message["type"] == "http.response.body":
            if message.get("more_body"):
                return
            message = {"type": "http.response.body", "body": b""}
        await send(message)

    return told
