"""A client of REST over an empty workspace; servers behind the gate: one without users, one that others reach."""

from __future__ import annotations

from collections.abc import Iterator

import panel as pn
import pytest
from fastapi.testclient import TestClient

from nautilus_data import Settings, Workspace, open_workspace
from nautilus_data.core.identity import Role
from tests import rest
from tests.app.server.gated import PASSWORD, Gated, own_address


@pytest.fixture
def workspace(settings: Settings) -> Iterator[Workspace]:
    opened = open_workspace(settings)
    yield opened
    opened.close()


@pytest.fixture
def client(workspace: Workspace) -> Iterator[TestClient]:
    pn.state.cache["workspace"] = workspace
    yield rest.client()
    del pn.state.cache["workspace"]


@pytest.fixture(scope="session")
def open_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gated]:
    """Nobody needs to log in."""
    more = {"CORS_ORIGINS": "https://pages.example", "DASHBOARD_HOSTS": "desk.example"}
    server = Gated(tmp_path_factory.mktemp("open"), more)
    try:
        yield server.start()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def locked_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gated]:
    """Users ada (admin), oliver (operator) and vera (viewer); it listens on all addresses of this machine."""
    more = {"DASHBOARD_HOST": "0.0.0.0", "DASHBOARD_PLAIN_HTTP": "true", "API_RATE_PER_MIN": "300"}
    server = Gated(tmp_path_factory.mktemp("locked"), more, host=own_address())
    with server.workspace() as workspace:
        for name, role in (("ada", Role.ADMIN), ("oliver", Role.OPERATOR), ("vera", Role.VIEWER)):
            workspace.users.add(name, PASSWORD, role)
    try:
        yield server.start()
    finally:
        server.stop()
