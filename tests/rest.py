"""Rest: a client of the REST application, as somebody whom the gate let in."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.server.api import make_app
from nautilus_data.core.identity import LOCAL, Identity


def client(identity: Identity | None = LOCAL) -> TestClient:
    """Asks as this identity; nobody where it is None. Errors of the server are answers, not raised."""
    app = _app()

    async def known(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "state": {**scope.get("state", {}), "identity": identity}}, receive, send)

    return TestClient(known, base_url="http://127.0.0.1:5006", raise_server_exceptions=False)


@cache
def _app() -> FastAPI:
    # It holds nothing of those who ask; to describe its routes takes a while.
    return make_app()
