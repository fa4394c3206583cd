"""Parameters: a name in the query that a route does not know is told, not passed over."""

from __future__ import annotations

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute


async def check_parameters(request: Request) -> None:
    """Refuse a misspelt `?limt=5`: its answer would look like the one that was wanted."""
    route = request.scope.get("route")
    if not request.query_params or not isinstance(route, APIRoute) or not route.include_in_schema:
        return
    known = _known(request, route)
    if unknown := [name for name in request.query_params if name not in known]:
        told = f"there is no such parameter; there are: {', '.join(known) or 'none'}"
        raise RequestValidationError([{"loc": ("query", name[:80]), "msg": told} for name in unknown])


def _known(request: Request, route: APIRoute) -> list[str]:
    # The description is made once; it knows the parameters of what a route depends on, too.
    described = request.app.openapi()["paths"][route.path_format][request.method.lower()]
    return sorted(one["name"] for one in described.get("parameters", ()) if one["in"] == "query")
