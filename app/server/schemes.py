"""Schemes: how the API's description says that somebody must be known, and by what."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from fastapi import FastAPI

_SCHEMES = MappingProxyType(
    {
        "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "a key, made on page system"},
        "bearer": {"type": "http", "scheme": "bearer", "description": "an access token, or a key"},
    }
)
# They bear a password or a token of their own, or ask whether the server lives.
_OPEN = frozenset({"/health", "/api/v1/auth/token", "/api/v1/auth/refresh", "/api/v1/auth/logout"})


def add_schemes(app: FastAPI) -> None:
    """Describe them; the gate is what asks for them."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        found = described()
        found["components"]["securitySchemes"] = dict(_SCHEMES)
        found["security"] = [{name: []} for name in _SCHEMES]
        for path in _OPEN & set(found["paths"]):
            for operation in found["paths"][path].values():
                operation["security"] = []
        return found

    app.openapi = openapi
