"""A client of REST over an empty workspace; servers behind the gate: one without users, one that others reach."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import panel as pn
import pytest
from fastapi.testclient import TestClient

from nautilus_data import Settings, Workspace, open_workspace
from nautilus_data.bus import Message, Page, Subscriber
from nautilus_data.core.identity import Role
from nautilus_data.services.ingest import Ingest
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


@pytest.fixture
def feed(workspace: Workspace) -> Callable[..., None]:
    """Take messages of the bus as one page, as a worker does."""
    # Never connected: pages are handed to it.
    ingest = Ingest(Subscriber("redis://127.0.0.1:1/0", group="test"), workspace.store, workspace.live)

    def take(*messages: Message) -> None:
        workspace.live.feed(messages)
        ids = {message.stream.encode(): [f"{message.entry >> 20}-0".encode()] for message in messages}
        ingest.write(Page(list(messages), ids, lambda ids: None))

    return take


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
