"""Parameters: a name in the query that a route does not know is told, not passed over."""

from __future__ import annotations

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute


async def check_parameters(request: Request) -> None:
    """Refuse a misspelt `?limt=5`: its answer would look like the one that was wanted."""
    route = request.scope.get("route")
    if not request.query_params or not isinstance(route, APIRoute) or not route.include_in_schema:
        return
    known = sorted(_names(route.dependant))
    if unknown := [name for name in request.query_params if name not in known]:
        told = f"there is no such parameter; there are: {', '.join(known) or 'none'}"
        raise RequestValidationError([{"loc": ("query", name[:80]), "msg": told} for name in unknown])


def _names(dependant: Dependant) -> set[str]:
    """Of a route and of all it depends on."""
    own = {field.alias for field in dependant.query_params}
    return own.union(*map(_names, dependant.dependencies))
