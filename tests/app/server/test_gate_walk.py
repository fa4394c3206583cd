"""No way in from outside without a login: every route, page, static file and WebSocket of the running server."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from re import _parser as parser

import bokeh
import pytest

from app.server.api import make_app
from tests.app.server.gated import ROOT, Answer, Gated

pytestmark = pytest.mark.timeout(300)
PAGES = sorted(path.stem for path in (ROOT / "app" / "pages").glob("*.py"))
# All that strangers may ask, and what it may answer them.
OPEN = {
    "/login": {200}, "/logout": {200}, "/health": {200}, "/liveness": {200}, "/favicon.ico": {200},
    "/share/x": {404},
}  # fmt: skip
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
LOGINS = ("/api/v1/auth/token", "/api/v1/auth/refresh", "/api/v1/auth/logout")


def paths_of(pattern: str) -> Iterator[str]:
    """Paths that a route's pattern takes: each of its branches, what repeats not at all and once."""
    yield from _expanded(parser.parse(pattern))


def _expanded(parts: parser.SubPattern) -> list[str]:
    choices = [_choices(kind, given) for kind, given in parts]
    return ["".join(words) for words in product(*choices)]


def _choices(kind: object, given: object) -> list[str]:
    name = str(kind)
    if name == "LITERAL":
        return [chr(given)]
    if name == "BRANCH":
        return [word for branch in given[1] for word in _expanded(branch)]
    if name == "SUBPATTERN":
        return _expanded(given[3])
    if name in ("MAX_REPEAT", "MIN_REPEAT"):
        least, _, inner = given
        return [*([""] if least == 0 else []), *_expanded(inner)]
    # A class of letters takes x, and so does the dot, which stands for one in a file's name too.
    return [""] if name == "AT" else ["."] if name == "ANY" else ["x"]


def rest_paths() -> list[tuple[str, str]]:
    paths = make_app().openapi()["paths"]
    return [
        (method.upper(), re.sub(r"\{[^}]+\}", "x", path))
        for path, operations in paths.items()
        for method in operations
        if method in {name.lower() for name in METHODS}
    ]


def check_refused(answer: Answer, what: str) -> None:
    """It says who it is not for, and nothing else."""
    if answer.status == 302:
        assert answer.headers["Location"].startswith("/login") and not answer.body, what
        return
    assert answer.status in (401, 403), f"{what} answered {answer.status}: {answer.text[:200]}"
    if answer.body:
        assert answer.headers["Content-Type"].startswith("application/problem+json"), what
        assert set(json.loads(answer.body)) == {"type", "title", "status", "detail", "instance", "request_id"}, what
    if answer.status == 401:
        assert answer.headers["WWW-Authenticate"].startswith("Bearer"), what


def test_a_pattern_becomes_paths_that_it_takes() -> None:
    assert set(paths_of(r"/(?:|health|api/.*)$")) == {"/", "/health", "/api/", "/api/."}
    assert set(paths_of(r"/market/?$")) == {"/market", "/market/"}
    assert set(paths_of(r"/share/([A-Za-z0-9_-]{1,9})$")) == {"/share/x"}


def test_every_route_of_the_application_is_closed_to_strangers(locked_server: Gated) -> None:
    rules = locked_server.rules()
    assert len(rules) > 40 and not [rule for rule in rules if not rule.startswith(("/", ".*", "AnyMatches"))], rules
    paths = {path for rule in rules if rule.startswith("/") for path in paths_of(rule)}
    assert {"/market", "/market/ws", "/market/autoload.js", "/market/metadata", "/docs", "/static/."} <= paths
    for path, method in product(sorted(paths), METHODS):
        if path not in OPEN or method not in ("GET", "HEAD"):
            answer = locked_server.ask(path, method, Origin=f"http://{locked_server.address}")
            if path in OPEN:
                assert answer.status in (200, 204, 403, 404, 405) and b"nautilus_" not in answer.body, (
                    f"{method} {path}"
                )
            else:
                check_refused(answer, f"{method} {path}")


def test_what_is_open_tells_nothing(locked_server: Gated) -> None:
    for path, statuses in OPEN.items():
        answer = locked_server.ask(path)
        assert answer.status in statuses, path
    assert set(json.loads(locked_server.ask("/health").body)) == {"status"}
    assert json.loads(locked_server.ask("/liveness").body) == {"/liveness": True}
    check_refused(locked_server.ask("/liveness?endpoint=/market"), "a page run by /liveness")


def test_every_path_of_the_api_is_closed_to_strangers(locked_server: Gated) -> None:
    found = rest_paths()
    assert len(found) > 100
    for method, path in found:
        if path in LOGINS or path == "/health":
            continue
        answer = locked_server.ask(path, method, "{}", Content_Type="application/json")
        check_refused(answer, f"{method} {path}")
        assert answer.status == 401, path


def test_a_login_by_rest_tells_strangers_nothing(locked_server: Gated) -> None:
    for path in LOGINS:
        answer = locked_server.ask(path, "POST", "{}", Content_Type="application/json")
        assert answer.status == 422, path


@pytest.mark.parametrize("page", PAGES)
def test_no_page_opens_and_no_websocket_of_it(locked_server: Gated, page: str) -> None:
    assert locked_server.ask(f"/{page}").headers["Location"] == f"/login?next=%2F{page}"
    for token in ("t", "eyJzZXNzaW9uX2lkIjoieCJ9", ""):
        check_refused(locked_server.websocket(f"/{page}/ws", token), "a WebSocket")
        own = locked_server.websocket(f"/{page}/ws", token, Origin=f"http://{locked_server.address}")
        check_refused(own, "a WebSocket of our own page")


def test_no_file_is_served(locked_server: Gated) -> None:
    static = Path(bokeh.__file__).parent / "server" / "static"
    files = [f"/static/{path.relative_to(static)}" for path in sorted(static.rglob("*.js"))]
    more = ("/static/extensions/panel/panel.min.js", "/chart-assets/v/lightweight-charts.js",
            "/docs-assets/swagger-ui.css", "/components/x/y.js")  # fmt: skip
    assert len(files) > 10
    for path in (*files, *more):
        check_refused(locked_server.ask(path), path)


@pytest.mark.parametrize(
    "path",
    [
        "//market", "/./market", "/x/../market", "/%6darket", "/market/", "/market%2f", "/market;x", "/market//ws",
        "/static/../market", "/static/..%2fmarket", "/static/%2e%2e/%2e%2e/etc/passwd", "/login/../market", "/login/",
        "/share/../market", "/share/x/../../market", "/health/../api/v1/status", "/LOGIN", "/health/", "/api",
        "/favicon.ico/../market", "/api/v1/auth/../status", "/api/v1/auth/tokens", "/api/v1/auth/token/",
    ],
)  # fmt: skip
def test_no_spelling_of_a_path_leads_past_the_gate(locked_server: Gated, path: str) -> None:
    answer = locked_server.ask(path)
    if path.startswith("/share/"):
        assert answer.status == 404 and b"<title>Market" not in answer.body
    else:
        check_refused(answer, path)


@pytest.mark.parametrize("path", ["/api/v1/auth/token", "/api/v1/auth/logout?x=/health"])
def test_the_way_to_a_login_is_asked_by_post_alone(locked_server: Gated, path: str) -> None:
    for method in ("GET", "TRACE", "DELETE"):
        answer = locked_server.ask(path, method)
        assert (answer.status, answer.headers["Allow"]) == (405, "POST, OPTIONS")


def test_a_request_that_is_no_path_is_no_request(locked_server: Gated) -> None:
    for target in (b"http://evil.example/market", b"market", b"*"):
        answer = locked_server.raw(
            b"GET " + target + b" HTTP/1.1\r\nHost: " + locked_server.address.encode() + b"\r\n\r\n"
        )
        assert answer.startswith(b"HTTP/1.1 400"), target
