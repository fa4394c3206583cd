"""Methods: HEAD and OPTIONS of every address, and 405 that says which methods there are."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, MutableMapping
from functools import cached_property
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

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
        found = self._found(scope["path"]) if scope["type"] == "http" else []
        if not found or asked in found:
            await self._app(scope, receive, send)
        elif asked == "HEAD" and "GET" in found:
            await self._app({**scope, "method": "GET"}, receive, _headless(send))
        else:
            await _answer(scope["path"], asked, found)(scope, receive, send)

    def _found(self, path: str) -> list[str]:
        """How an address is asked; nothing where there is none. One that is written out is no value of a pattern."""
        exact = self._by_path.get(path)
        matching = exact or [route for route in self._patterns if route.path_regex.match(path)]
        methods = {name for route in matching for name in route.methods or ()}
        return [name for name in _KNOWN if name in methods]

    @cached_property
    def _by_path(self) -> Mapping[str, list[Route]]:
        # Made when first asked: routes come after what stands in front of them.
        found: dict[str, list[Route]] = {}
        for route in _each(self._routes):
            if not route.param_convertors:
                found.setdefault(route.path, []).append(route)
        return found

    @cached_property
    def _patterns(self) -> list[Route]:
        return [route for route in _each(self._routes) if route.param_convertors]


def _each(routes: Iterable[BaseRoute]) -> Iterator[Route]:
    for route in routes:
        if isinstance(route, Route):
            yield route
        else:
            # A router that was included is asked as a whole; its routes are told apart here.
            yield from _each(route.original_router.routes)


def _answer(path: str, asked: str, found: list[str]) -> Response:
    allowed = ", ".join([*found, *(["HEAD"] if "GET" in found else []), "OPTIONS"])
    if asked == "OPTIONS":
        return Response(status_code=204, headers={"Allow": allowed})
    return problem(path, 405, f"this address is asked by {allowed}", {"Allow": allowed})


def _headless(send: Any) -> Any:
    """Sends the head of an answer, which tells the length of its body, and no body."""

    async def told(message: _Scope) -> None:
        if message["type"] == "http.response.body":
            if message.get("more_body"):
                return
            message = {"type": "http.response.body", "body": b""}
        await send(message)

    return told
