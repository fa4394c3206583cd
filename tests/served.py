"""Served: the real server as a process of its own, over a folder that is well filled, reaching nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2

from nautilus_data import Workspace, load_settings, open_workspace
from nautilus_data.core.identity import Role
from nautilus_data.settings import child_environment
from tests.conftest import free_port, wait_until
from tests.filings_store import CIK
from tests.loopback_alpha_vantage import API_KEY as ALPHA_VANTAGE_KEY
from tests.loopback_alpha_vantage import loopback_alpha_vantage
from tests.loopback_edgar import Company, loopback_edgar
from tests.loopback_fred import API_KEY as FRED_KEY
from tests.loopback_fred import loopback_fred
from tests.loopback_yahoo import loopback_yahoo
from tests.macro_store import RATE
from tests.well_filled import Filled, fill_all

ROOT = Path(__file__).parents[1]
# Where nobody listens: a source of which no loopback server speaks the protocol.
_NOWHERE = "http://127.0.0.1:1"
_NOT_SPOKEN = ("data_gov", "trading_economics", "dbnomics")
_GIVEN = {
    "demo": "off", "fred_store": True, "api_rate_per_min": 1_000_000, "fred_api_key": FRED_KEY, "ib_port": 1,
    "alpha_vantage_api_key": ALPHA_VANTAGE_KEY, "alpha_vantage_daily": 100_000,
    "edgar_user_agent": "Test test@example.com",
}  # fmt: skip


@dataclass(frozen=True)
class Served:
    """A server that listens at `url`, and what was put into it."""

    url: str
    filled: Filled
    pid: int

    def client(self, role: Role | None = Role.ADMIN) -> httpx2.Client:
        """Asks by a key of this role; nobody where it is None."""
        headers = {} if role is None else {"X-API-Key": self.filled.keys[role]}
        return httpx2.Client(base_url=self.url, headers=headers, timeout=30, follow_redirects=False)

    def log(self) -> str:
        return (self.filled.folder / "test-server.log").read_text(errors="replace")


@contextmanager
def served(folder: Path, also: Callable[[Workspace], None] = lambda _: None, **more: object) -> Iterator[Served]:
    """The server over a new data folder, into which `also` puts more; it has ended when this returns."""
    with ExitStack() as stack:
        urls = {f"{name}_base_url": url for name, url in _sources(stack).items()}
        yield from _serve(folder, also, {**_GIVEN, **urls, **more})


def _serve(folder: Path, also: Callable[[Workspace], None], given: dict[str, object]) -> Iterator[Served]:
    port = free_port()
    settings = load_settings(nautilus_data_dir=folder, dashboard_port=port, **given)
    workspace = open_workspace(settings)
    try:
        filled = fill_all(workspace)
        also(workspace)
    finally:
        workspace.close()
    with (folder / "test-server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.server"], cwd=ROOT, env=os.environ | child_environment(settings),
            stdout=log, stderr=log,
        )  # fmt: skip
    found = Served(f"http://127.0.0.1:{port}", filled, process.pid)
    try:
        wait_until(lambda: _is_up(process, found), 90, "the server to listen")
        yield found
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=40)


def _sources(stack: ExitStack) -> dict[str, str]:
    """Addresses of servers that speak as the sources do, and know little."""
    spoken = {
        "yahoo": loopback_yahoo(), "fred": loopback_fred({"UNRATE": RATE}, releases={50: ["2024-01-05"]}),
        "edgar": loopback_edgar({CIK: Company("EXAMPLE CORP", tickers={"EXA": "NYSE"})}),
        "alpha_vantage": loopback_alpha_vantage(),
    }  # fmt: skip
    urls = {name: stack.enter_context(server).url for name, server in spoken.items()}
    return urls | dict.fromkeys(_NOT_SPOKEN, _NOWHERE)


def _is_up(process: subprocess.Popen[bytes], found: Served) -> bool:
    assert process.poll() is None, found.log()
    return f"Dashboard: {found.url}/" in found.log()
