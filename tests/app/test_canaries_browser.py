"""No planted secret comes out: of no page, answer, frame, log, file or command line."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import panel as pn
import pytest
from playwright.sync_api import Browser, Error, Page, Response, WebSocket

from nautilus_data.core.redaction import REDACTION
from tests import rest
from tests.canaries import (
    MARK,
    PASSWORD,
    USER,
    Server,
    Telltale,
    Told,
    planted,
    planted_in_demo,
    secret,
    secret_settings,
    telltale,
)
from tests.conftest import RedisServer, wait_until

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]
PAGES = sorted(path.stem for path in (Path(__file__).parents[2] / "app" / "pages").glob("*.py"))
_GIVEN = {
    "symbol": "IBM", "query": "IBM", "ticker": "AAPL", "cik": "320193", "series_id": "UNRATE", "text": "growth",
    "instrument_id": "AAPL.NASDAQ", "date": "2024-01-02", "end": "2024-01-02", "type": "Bar",
}  # fmt: skip
# Each makes the worker or the server ask a source that tells back what it was sent.
_ACTS = (
    ("/api/v1/macro/series/UNRATE/update", b""), ("/api/v1/macro/update", b""), ("/api/v1/edgar/update", b""),
    ("/api/v1/edgar/companies/refresh", b""), ("/api/v1/messagebus/reconnect", b""),
    ("/api/v1/yfinance/backfill", b'{"instrument_id": "AAPL.NASDAQ", "timeframe": "1d"}'),
    ("/api/v1/backfills", b'{"instrument_id": "AAPL.NASDAQ", "source": "alpha_vantage", "timeframe": "1d"}'),
)  # fmt: skip


@pytest.fixture(scope="module")
def source() -> Iterator[Telltale]:
    with telltale() as one:
        yield one


@pytest.fixture(scope="module")
def demo(python: str, tmp_path_factory: pytest.TempPathFactory, source: Telltale) -> Iterator[Server]:
    server = Server(python, tmp_path_factory.mktemp("demo"), {**planted(source), **planted_in_demo()})
    try:
        yield server
    finally:
        server.stop()


class Visitor:
    """A logged in browser that keeps all it gets."""

    def __init__(self, browser: Browser, server: Server) -> None:
        self.server = server
        self.tab: Page = browser.new_page()
        self.tab.set_default_timeout(60_000)
        self._answers: list[Response] = []
        self._seen: set[str] = set()
        self.tab.on("response", lambda answer: self._answers.append(answer))
        self.tab.on("websocket", self._listen)
        self.tab.on("console", lambda line: server.told.add("console", line.text))
        self.tab.on("pageerror", lambda error: server.told.add("console", str(error)))

    def log_in(self) -> str:
        """The secret of the session."""
        self.tab.goto(f"{self.server.address}/login")
        self.tab.fill("#username", USER)
        self.tab.fill("#password", f"{PASSWORD} mistyped")
        self.tab.click("button[type=submit]")
        self.tab.wait_for_selector("[role=alert]")
        self.server.told.add("page login after a wrong password", self.tab.content())
        self.tab.fill("#username", USER)
        self.tab.fill("#password", PASSWORD)
        self.tab.click("button[type=submit]")
        self.tab.wait_for_selector(".pill")
        [cookie] = [one for one in self.tab.context.cookies() if one["name"].endswith("nd_session")]
        return cookie["value"]

    def see(self, page: str) -> None:
        """Open a page, let it fill, keep what it shows and what it was sent."""
        self._answers.clear()
        self.tab.goto(f"{self.server.address}/{page}")
        self.tab.wait_for_selector(".pill")
        self.tab.wait_for_timeout(1_500)
        self.server.told.add(f"page {page}", self.tab.content())
        self.keep_answers()
        assert any(url.startswith(f"{self.server.address}/{page}") for url in self._seen)

    def keep_answers(self) -> None:
        for answer in self._answers:
            headers = answer.all_headers()
            # The one place where a session belongs.
            headers.pop("set-cookie", "")
            self.server.told.add(f"headers of {answer.url}", repr(headers))
            is_text = not headers.get("content-type", "").startswith(("image/", "font/"))
            if answer.ok and is_text and answer.url not in self._seen:
                # What the tab left behind has no body any more.
                with suppress(Error):
                    self.server.told.add(f"body of {answer.url}", answer.body())
                    self._seen.add(answer.url)
        self._answers.clear()

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: self.server.told.add(f"frame from {socket.url}", frame))
        socket.on("framesent", lambda frame: self.server.told.add(f"frame to {socket.url}", frame))


def ask_everything(server: Server) -> int:
    """Every GET of the description with a key, and the acts; how many were answered."""
    for path, body in _ACTS:
        server.ask(path, "POST", body)
    paths = [
        (path, [one for one in way["get"].get("parameters", []) if one.get("required") and one["in"] == "query"])
        for path, way in server.description()["paths"].items()
        if "get" in way
    ]
    for path, needed in paths:
        filled = re.sub(r"\{(\w+)\}", lambda found: _GIVEN.get(found[1], "x"), path)
        query = "&".join(f"{one['name']}={_GIVEN.get(one['name'], 'x')}" for one in needed)
        assert server.ask(f"{filled}?{query}") != 401, path
        server.ask(f"{filled}?limit=nonsense&as_of=nonsense")
    server.ask("/api/v1/status", Authorization="Bearer wrong")
    server.ask(f"/api/v1/status?api_key={server.key}", Authorization="")
    server.ask("/no/such/page")
    return len(paths)


def test_every_setting_that_is_a_secret_has_a_canary(source: Telltale) -> None:
    assert secret_settings() - {"REDIS_URL"} <= {*planted(source), *planted_in_demo()}


def test_a_planted_secret_would_be_found_however_it_is_quoted() -> None:
    for spelled in (secret("X"), quote(secret("X")), *(b64encode(b"x" * n + secret("X").encode()) for n in range(3))):
        told = Told()
        told.add("somewhere", spelled)
        assert told.where_is()
    told = Told()
    told.add("somewhere", "nothing of the kind, nor another secret")
    assert told.where_is("another secret")
    assert not told.where_is()


def test_one_id_leads_from_a_request_over_the_audit_log_to_what_the_worker_did(demo: Server) -> None:
    assert demo.ask("/api/v1/engine/pace", "POST", b'{"pace": 2}', **{"X-Request-ID": "one-id-4711"}) == 202

    def lines() -> list[dict]:
        path = demo.data / "logs" / "worker.jsonl"
        found = [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]
        return [line for line in found if line.get("correlation") == "one-id-4711"]

    wait_until(lambda: len(lines()) >= 2, 60, "the worker to tell of the job")
    assert {line["event"] for line in lines()} >= {"job begins", "job left"}
    assert {line["job"] for line in lines()} == {lines()[0]["job"]}
    for path in ("/api/v1/audit", "/api/v1/logs"):
        assert demo.ask(f"{path}?correlation=one-id-4711") == 200
    audit, logs = (what for _, what in demo.told.parts[-2:])
    assert b"engine.set_pace" in audit
    assert b"job begins" in logs


def test_no_secret_comes_out_of_the_demo(demo: Server, browser: Browser, source: Telltale) -> None:
    visitor = Visitor(browser, demo)
    session = visitor.log_in()
    redis_password = demo.redis_password
    assert redis_password
    assert ask_everything(demo) > 60
    for page in PAGES:
        visitor.see(page)
    visitor.tab.close()
    demo.note_processes()
    told = demo.told
    assert any(where.startswith("frame from ") for where, _ in told.parts)
    assert any(what.startswith(b"{") for where, what in told.parts if where.startswith("frame from "))
    demo.stop()
    demo.note_files()
    assert any(MARK in path for path in source.asked), "no source was asked with its key"
    assert {"server", "worker", "engine"} <= {path.stem for path in (demo.data / "logs").glob("*.jsonl")}
    keep_it = re.compile(r"file data/(redis\.json|redis\.conf|engine/[^/]+/config\.json)")
    assert not told.where_is(session, demo.key)
    assert not [one for one in told.where_is(redis_password) if not keep_it.match(one)]


@pytest.fixture
def locked_redis(redis_binary: Path, tmp_path: Path) -> Iterator[RedisServer]:
    """It wants its password."""
    (tmp_path / "redis").mkdir()
    redis = RedisServer(redis_binary, tmp_path / "redis").start()
    try:
        with redis.client() as client:
            client.config_set("requirepass", secret("REDIS_URL"))
        yield redis
    finally:
        redis.kill()


def test_no_secret_comes_out_with_a_redis_of_ones_own(
    python: str, tmp_path: Path, source: Telltale, locked_redis: RedisServer, browser: Browser
) -> None:
    url = f"redis://default:{secret('REDIS_URL')}@127.0.0.1:{locked_redis.port}/0"
    server = Server(python, tmp_path / "server", {**planted(source), "DEMO": "off", "REDIS_URL": url})
    try:
        visitor = Visitor(browser, server)
        visitor.log_in()
        locked_redis.kill()
        wait_until(lambda: server.ask("/api/v1/messagebus/status") == 200, 20, "the bus to be told lost")
        for page in ("overview", "bus"):
            visitor.see(page)
        for path in ("status", "messagebus/readers", "messagebus/streams", "multi-datasource/status"):
            server.ask(f"/api/v1/{path}")
        server.note_processes()
    finally:
        server.stop()
    server.note_files()
    assert not server.told.where_is(server.key)


def test_an_error_told_in_full_has_no_secret(monkeypatch: pytest.MonkeyPatch, stand_in: SimpleNamespace) -> None:
    REDACTION.keep(secret("FRED_API_KEY"))
    stand_in.settings = stand_in.settings.model_copy(update={"debug": True})
    monkeypatch.setitem(pn.state.cache, "workspace", stand_in)

    def fail() -> None:
        raise OSError(f"can't ask https://127.0.0.1/x?api_key=hunter2 with {secret('FRED_API_KEY')}")

    monkeypatch.setattr(stand_in.overview, "status", fail)
    answer = rest.client().get("/api/v1/status")
    assert answer.status_code == 500
    assert "OSError: can't ask https://127.0.0.1/x?api_key=•••" in answer.json()["traceback"]
    assert MARK not in answer.text
    assert "hunter2" not in answer.text
