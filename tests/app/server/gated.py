"""A real server behind its gate, as a process of its own, and what asks it over plain sockets."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlencode

import psutil

from nautilus_data import open_workspace
from nautilus_data.settings import load_settings
from nautilus_data.workspace import Workspace
from tests.conftest import free_port, wait_until

ROOT = Path(__file__).parents[3]
PASSWORD = "correct horse battery"
# Beside the server itself: which rules its application has, as only the running one knows.
_STARTED = """
import json, sys
from pathlib import Path
from tornado.ioloop import IOLoop
from app.server.__main__ import main

def rules(router):
    for rule in router.rules:
        if hasattr(rule.target, "rules"):
            yield from rules(rule.target)
        else:
            yield rule.matcher.regex.pattern if hasattr(rule.matcher, "regex") else type(rule.matcher).__name__

def dump():
    from app.server import gate
    found = list(rules(gate._STANDING[0]._application.default_router))
    Path(sys.argv_of_test).write_text(json.dumps(found))

sys.argv_of_test = sys.argv[1]
IOLoop.current().call_later(0.1, dump)
main()
"""


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def detail(self) -> str:
        return json.loads(self.body)["detail"]

    def cookie(self, name: str) -> str:
        return next((found[name].value for found in self._cookies() if name in found), "")

    def cookie_line(self, name: str) -> str:
        lines = self.headers.get_all("Set-Cookie") or []
        return next((line for line in lines if line.startswith(f"{name}=")), "")

    def _cookies(self) -> Iterator[SimpleCookie]:
        for line in self.headers.get_all("Set-Cookie") or []:
            yield SimpleCookie(line)


@dataclass
class Gated:
    """`python -m app.server` with settings of its own."""

    folder: Path
    more: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    host: str = "127.0.0.1"

    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def address(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def log(self) -> str:
        return (self.folder / "server.log").read_text()

    def rules(self) -> list[str]:
        found = self.folder / "rules.json"
        wait_until(found.exists, 10, "the rules")
        return json.loads(found.read_text())

    @contextmanager
    def workspace(self) -> Iterator[Workspace]:
        """The same store, from beside the server."""
        given = {name.lower(): value for name, value in self.more.items()}
        opened = open_workspace(load_settings(nautilus_data_dir=self.data, **{"demo": "off", **given}))
        try:
            yield opened
        finally:
            opened.close()

    def start(self) -> Gated:
        own = {"DASHBOARD_PORT": str(self.port), "NAUTILUS_DATA_DIR": str(self.data), "DEMO": "off"}
        with (self.folder / "server.log").open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", _STARTED, str(self.folder / "rules.json")],
                cwd=ROOT, env=os.environ | own | self.more, stdout=log, stderr=log,
            )  # fmt: skip
        wait_until(self._is_up, 90, "the server to listen")
        return self

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=40)

    def _is_up(self) -> bool:
        assert self.process is not None and self.process.poll() is None, self.log
        return "Dashboard: http" in self.log

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.host, self.port, timeout=20)

    def ask(self, path: str, method: str = "GET", body: bytes | str | None = None, **headers: str) -> Answer:
        """Header names with `_` for `-`; nothing but what is given is sent, and Host."""
        connection = self.connect()
        try:
            connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            payload = body.encode() if isinstance(body, str) else body
            if payload is not None:
                connection.putheader("Content-Length", str(len(payload)))
            connection.endheaders(payload)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def websocket(self, path: str, token: str = "t", **headers: str) -> Answer:
        """Only the handshake."""
        return self.ask(path, Connection="Upgrade", Upgrade="websocket", Sec_WebSocket_Version="13",
                        Sec_WebSocket_Key="dGhlIHNhbXBsZSBub25jZQ==", Sec_WebSocket_Protocol=f"bokeh, {token}",
                        **headers)  # fmt: skip

    def raw(self, request: bytes, wait_s: float = 10) -> bytes:
        """What comes back for these bytes, to the end of the connection or 64 kB."""
        with socket.create_connection((self.host, self.port), timeout=wait_s) as wire:
            wire.sendall(request)
            received = b""
            try:
                while len(received) < 65_536 and (part := wire.recv(65_536)):
                    received += part
            except TimeoutError:
                pass
            return received

    def log_in(self, name: str, password: str = PASSWORD, following: str = "/", **headers: str) -> Answer:
        """As a browser does it: the form first."""
        form = self.ask("/login")
        xsrf = re.search(r'name="_xsrf" value="([^"]+)"', form.text)
        assert xsrf, form.text
        body = urlencode({"_xsrf": xsrf[1], "username": name, "password": password, "next": following})
        given = {
            "Content_Type": "application/x-www-form-urlencoded", "Cookie": f"_xsrf={form.cookie('_xsrf')}",
            "Origin": f"http://{self.address}", "Sec_Fetch_Site": "same-origin", **headers,
        }  # fmt: skip
        return self.ask("/login", "POST", body, **given)

    def session(self, name: str) -> str:
        """The Cookie header of somebody who logged in."""
        answer = self.log_in(name)
        assert answer.status == 303, answer.text
        return f"nd_session={answer.cookie('nd_session')}"


def own_address() -> str:
    """An address of this machine that others could reach; loopback where it has none."""
    found = [
        part.address for parts in psutil.net_if_addrs().values() for part in parts
        if part.family is socket.AF_INET and not part.address.startswith("127.")
    ]  # fmt: skip
    return found[0] if found else "127.0.0.1"


def token_of(page: str) -> str:
    """The token of a page's HTML."""
    found = re.search(r'"token":"([^"]+)"', page)
    assert found, page[:500]
    return found[1]
