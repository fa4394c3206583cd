"""Canaries: planted secrets, a server that has them all, and everything it tells."""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import Request, urlopen

import psutil
from pydantic import SecretStr

from nautilus_data import Settings
from nautilus_data.bus import embedded_url
from tests.conftest import free_port, wait_until

ROOT = Path(__file__).parents[1]
# A part of every planted secret, so that no way of quoting hides it.
MARK = "c4n4ry"
USER, PASSWORD = "ann", f"{MARK} of ann @/%"


def secret(name: str) -> str:
    return f"{MARK}{name.replace('_', '').lower()}4711"


def spellings() -> list[bytes]:
    """The mark as text, and in Base64 however it lies between its groups of three."""
    shifted = (base64.b64encode(b"\0" * shift + MARK.encode() + b"\0" * 3) for shift in range(3))
    # Of its letters those that nothing before or after the mark has a part in.
    whole = ((-(-8 * shift // 6), 8 * (shift + len(MARK)) // 6) for shift in range(3))
    return [MARK.encode(), MARK.upper().encode(), *(text[a:b] for text, (a, b) in zip(shifted, whole, strict=True))]


def secret_settings() -> set[str]:
    """The names of every setting that is a secret."""
    return {
        name.upper()
        for name, field in Settings.model_fields.items()
        if field.annotation is SecretStr or SecretStr in getattr(field.annotation, "__args__", ())
    }


@dataclass(frozen=True)
class Telltale:
    """A source that refuses everything and tells back what it was sent, keys and all."""

    address: str
    asked: list[str] = field(default_factory=list)


@contextmanager
def telltale() -> Iterator[Telltale]:
    """One that listens."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            source.asked.append(self.path)
            told = f"refused: {self.path} {dict(self.headers)}"
            body = json.dumps({"error_code": 400, "error_message": told, "Information": told, "detail": told}).encode()
            # Alpha Vantage tells the key in an answer that is none of an error.
            self.send_response(200 if "apikey=" in self.path else 400)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            return

    class Source(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """Who asked did not wait for the answer."""

    server = Source(("127.0.0.1", 0), Handler)
    source = Telltale(f"http://127.0.0.1:{server.server_port}")
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield source
    finally:
        server.shutdown()
        server.server_close()


def planted(source: Telltale) -> dict[str, str]:
    """What every server of these tests has."""
    sources = ("YAHOO", "FRED", "ALPHA_VANTAGE", "EDGAR", "DATA_GOV", "TRADING_ECONOMICS", "DBNOMICS")
    keys = ("FRED_API_KEY", "ALPHA_VANTAGE_API_KEY", "DATA_GOV_API_KEY", "TRADING_ECONOMICS_API_KEY", "OAUTH_SECRET")
    return {
        **{f"{name}_BASE_URL": source.address for name in sources}, **{f"{name}_TIMEOUT_S": "2" for name in sources},
        **{name: secret(name) for name in keys}, "OAUTH_PROVIDER": "github", "OAUTH_KEY": "our-client-id",
        "EDGAR_USER_AGENT": "somebody somebody@example.com", "DEBUG": "true", "LOG_LEVEL": "DEBUG",
    }  # fmt: skip


def planted_in_demo() -> dict[str, str]:
    """Of a Redis and a database that the demo leaves alone."""
    return {
        "DEMO": "on", "REDIS_PASSWORD": secret("REDIS_PASSWORD"), "REDIS_SENTINELS": "127.0.0.1:1",
        "REDIS_SENTINEL_PASSWORD": secret("REDIS_SENTINEL_PASSWORD"),
        "DATABASE_URL": f"postgresql+psycopg://nd:{secret('DATABASE_URL')}%2F@127.0.0.1:1/nd",
    }  # fmt: skip


@dataclass
class Told:
    """Everything that came out of a server, by where."""

    parts: list[tuple[str, bytes]] = field(default_factory=list)

    def add(self, where: str, what: str | bytes | None) -> None:
        self.parts.append((where, what.encode(errors="replace") if isinstance(what, str) else what or b""))

    def where_is(self, *secrets: str) -> list[str]:
        """The places that tell the mark, or one of these, and what stands around it."""
        wanted = [*spellings(), *(one.encode() for one in secrets), *(quote(one, safe="").encode() for one in secrets)]
        return [
            f"{where}: …{what[max(0, at - 80) : at + 40]!r}…"
            for where, what in self.parts
            for one in wanted
            if (at := what.find(one)) >= 0
        ]


class Server:
    """`python -m app.server` with an admin, and all that is written while it runs."""

    def __init__(self, python: str, folder: Path, environment: dict[str, str]) -> None:
        self.port, self.folder, self.data = free_port(), folder, folder / "data"
        self._python = python
        folder.mkdir(exist_ok=True)
        self._environment = os.environ | {
            "DASHBOARD_PORT": str(self.port), "NAUTILUS_DATA_DIR": str(self.data), **environment,
        }  # fmt: skip
        self.told = Told()
        self._command("users", "add", USER, "--role", "admin", "--password-stdin", given=f"{PASSWORD}\n")
        self.key = self._command("keys", "add", USER, "of a script", "--role", "admin").split()[0]
        with (folder / "server.log").open("wb") as log:
            self.process = subprocess.Popen(
                [python, "-m", "app.server"], cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )
        try:
            wait_until(self._is_up, 90, "the server to listen")
        except BaseException:
            self.stop()
            raise

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def redis_password(self) -> str:
        """Of the embedded Redis; '' when there is none."""
        url = embedded_url(self.data)
        return url.partition(":")[2].partition(":")[2].partition("@")[0] if url else ""

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **more: str) -> int:
        """Keep an answer, headers and all; its status. `more` are headers, in place of the key's or besides."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json", **more}
        try:
            with urlopen(Request(f"{self.address}{path}", body, headers, method=method), timeout=30) as answer:
                status, told = answer.status, str(answer.headers).encode() + answer.read(3_000_000)
        except HTTPError as error:
            status, told = error.code, str(error.headers).encode() + error.read()
        self.told.add(f"{method} {path} {status}", told)
        return status

    def description(self) -> dict:
        with urlopen(
            Request(f"{self.address}/api/v1/openapi.json", headers={"Authorization": f"Bearer {self.key}"}), timeout=30
        ) as answer:
            return json.load(answer)

    def note_processes(self) -> None:
        """How each process of it was called, which everybody on the machine can see."""
        me = psutil.Process(self.process.pid)
        for process in (me, *me.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                self.told.add(f"command line of {process.name()}", "\0".join(process.cmdline()))

    def note_files(self) -> None:
        """What lies in its folder, logs and database included."""
        for path in sorted(self.folder.rglob("*")):
            if path.is_file():
                self.told.add(f"file {path.relative_to(self.folder)}", path.read_bytes())

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(timeout=60)

    def _is_up(self) -> bool:
        log = (self.folder / "server.log").read_text()
        assert self.process.poll() is None, log
        return f"Dashboard: {self.address}/" in log

    def _command(self, *words: str, given: str = "") -> str:
        done = subprocess.run(
            [self._python, "-m", "nautilus_data", *words], cwd=ROOT, env=self._environment, input=given,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        self.told.add(f"command {words[0]} {words[1]}", done.stderr)
        return done.stdout
