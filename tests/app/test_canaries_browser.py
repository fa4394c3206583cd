"""No planted secret comes out: of no page, answer, frame, log, file or command line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import panel as pn
import pytest
from playwright.sync_api import Browser, Error, Page, Response, WebSocket

from nautilus_data.core.redaction import REDACTION
from tests import rest
from tests.canaries import MARK, PASSWORD, USER, Server, planted, planted_in_demo, secret, secret_settings, telltale
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
def source() -> Iterator[str]:
    with telltale() as address:
        yield address


@pytest.fixture(scope="module")
def demo(python: str, tmp_path_factory: pytest.TempPathFactory, source: str) -> Iterator[Server]:
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
    server.ask("/api/v1/status", key="wrong")
    server.ask(f"/api/v1/status?api_key={server.key}", key="")
    server.ask("/no/such/page")
    return len(paths)


def test_every_setting_that_is_a_secret_has_a_canary(source: str) -> None:
    assert secret_settings() - {"REDIS_URL"} <= {*planted(source), *planted_in_demo()}


def test_no_secret_comes_out_of_the_demo(demo: Server, browser: Browser) -> None:
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
    keep_it = re.compile(r"file data/(redis\.json|redis\.conf|engine/[^/]+/config\.json)")
    assert not told.where_is(session, demo.key)
    assert not [one for one in told.where_is(redis_password) if not keep_it.match(one)]


def test_no_secret_comes_out_with_a_redis_of_ones_own(
    python: str, tmp_path: Path, source: str, redis_binary: Path, browser: Browser
) -> None:
    (tmp_path / "redis").mkdir()
    redis = RedisServer(redis_binary, tmp_path / "redis").start()
    redis.client().config_set("requirepass", secret("REDIS_URL"))
    url = f"redis://default:{secret('REDIS_URL')}@127.0.0.1:{redis.port}/0"
    server = Server(python, tmp_path / "server", {**planted(source), "DEMO": "off", "REDIS_URL": url})
    try:
        visitor = Visitor(browser, server)
        visitor.log_in()
        ask_everything(server)
        redis.kill()
        wait_until(lambda: server.ask("/api/v1/messagebus/status") == 200, 20, "the bus to be told lost")
        for page in ("overview", "bus", "sources"):
            visitor.see(page)
        server.note_processes()
    finally:
        server.stop()
        redis.kill()
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
