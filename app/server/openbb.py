"""OpenBB: our tables as a custom backend of OpenBB Workspace."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from app.server.answers import Opened
from app.server.openbb_apps import apps
from app.server.openbb_options import first_values, options
from app.server.openbb_schema import Route, flat
from app.server.openbb_widgets import PREFIX, WIDGETS, figure, widgets

ROUTER = APIRouter(tags=["openbb"])
Answer = dict[str, Any]


@ROUTER.get("/widgets.json")
def widgets_json(opened: Opened, request: Request) -> dict[str, Answer]:
    """The widgets OpenBB Workspace offers once this server is one of its backends."""
    return widgets(request.app.openapi(), first_values(opened))


@ROUTER.get("/apps.json")
def apps_json(opened: Opened, request: Request) -> list[Answer]:
    """Dashboards of these widgets."""
    return apps(request.app.openapi(), first_values(opened))


@ROUTER.get(f"{PREFIX}/options/{{name}}", include_in_schema=False)
def options_of(opened: Opened, name: str) -> list[Answer]:
    """What a parameter of this name may be."""
    return [{"label": label, "value": value} for value, label in options(opened, name)]


@ROUTER.get(f"{PREFIX}/{{name}}", include_in_schema=False)
async def rows(opened: Opened, request: Request, name: str) -> Any:
    """A widget's rows, or their figure: its route is asked as Workspace asked here, by the same identity."""
    widget = next((one for one in WIDGETS if one.name == name), None)
    if widget is None:
        raise HTTPException(404, "there is no such widget: /widgets.json lists them")
    given, route = dict(request.query_params), Route(request.app.openapi(), widget.path)
    body = await _ask(request, *_address(route, given))
    found = await run_in_threadpool(flat, json.loads(body), route.fields())
    is_drawn = widget.is_figure and given.get("raw") != "true"
    return figure(widget.chart, found, given.get("theme", "dark")) if is_drawn else found


class _Sent:
    """What a route answers when we ask it ourselves."""

    def __init__(self) -> None:
        self.status = 0
        self.body = b""

    async def __call__(self, message: Mapping[str, Any]) -> None:
        self.status = message.get("status", self.status)
        self.body += message.get("body", b"")


async def _ask(request: Request, path: str, query: str) -> bytes:
    kept = {name: value for name, value in request.scope.items() if name not in ("endpoint", "route", "path_params")}
    asked = {"path": path, "raw_path": path.encode(), "query_string": query.encode(), "headers": []}
    sent = _Sent()
    # The router alone: an error is told as the problem that this request is answered with.
    await request.app.router({**kept, **asked}, request.receive, sent)
    if sent.status != 200:
        raise HTTPException(sent.status or 500, "the table of this widget can't be read now")
    return sent.body


def _address(route: Route, given: Mapping[str, str]) -> tuple[str, str]:
    """Path and query of a route. Workspace sends what is not chosen as empty, and more than was asked for."""
    chosen, path = {}, route.path
    for one in route.parameters():
        name = one["name"]
        value = given.get(name, "")
        if one["in"] == "path":
            path = path.replace(f"{{{name}}}", _part(name, value))
        elif value and value != "null":
            chosen[name] = value.split(",") if one["schema"].get("type") == "array" else value
    return path, urlencode(chosen, doseq=True)


def _part(name: str, value: str) -> str:
    """One part of a path, and no more than one."""
    if not value or "/" in value:
        raise HTTPException(422, f"{name}: choose one of {PREFIX}/options/{name}")
    return value
