"""The gate of a real server that nobody needs to log in to: hosts, origins, headers, ids and what pages tell."""

from __future__ import annotations

import json
import re

import pytest
from bokeh.util.token import get_token_payload

from tests.app.server.gated import Gated, token_of

pytestmark = pytest.mark.timeout(120)
STOP = "/api/v1/engine/stop"
CORS = "https://pages.example"


@pytest.mark.parametrize("path", ["/", "/market", "/health", "/liveness", "/docs", "/api/v1/openapi.json", "/login"])
def test_a_foreign_host_is_refused_everywhere(open_server: Gated, path: str) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "desk.example.evil.example", "10.9.8.7", "[::2]:5006"):
        answer = open_server.ask(path, Host=f"{host}:{open_server.port}" if "[" not in host else host)
        assert answer.status == 421 and "DASHBOARD_HOSTS" in answer.detail, host
    assert open_server.websocket("/market/ws", Host="evil.example").status == 421


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]", "desk.example", "localhost."])
def test_every_name_of_this_server_is_let_in(open_server: Gated, host: str) -> None:
    assert open_server.ask("/health", Host=f"{host}:{open_server.port}").status == 200
    assert open_server.ask("/health", Host=host).status == 200


@pytest.mark.parametrize(
    "lines",
    [
        b"Host: 127.0.0.1\r\nHost: evil.example\r\n", b"Host: 127.0.0.1, evil.example\r\n", b"",
        b"Host: 127.0.0.1\r\nX-A: b\rX-Evil: c\r\n", b"Host: 127.0.0.1@evil.example\r\n", b"Host: 127.0.0.1/x\r\n",
        b"Host: 127.0.0.1\r\nBad Name: x\r\n",
        b"Host: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        b"Host: 127.0.0.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n", b"Host: 127.0.0.1\r\nContent-Length: -1\r\n",
        b"Host: 127.0.0.1\r\nX-Nul: a\0b\r\n", b"Host: 127.0.0.1\r\nTransfer-Encoding: x\r\n",
    ],
)  # fmt: skip
def test_split_and_doubled_headers_are_no_request(open_server: Gated, lines: bytes) -> None:
    answer = open_server.raw(b"POST /api/v1/engine/stop HTTP/1.1\r\n" + lines + b"\r\n", wait_s=3)
    assert re.match(rb"HTTP/1.1 4(00|21)", answer) and b"job_id" not in answer


def test_no_answer_can_be_split(open_server: Gated) -> None:
    answer = open_server.ask("/health", X_Request_ID="a%0d%0aX-Evil:%20b", Origin="https://a%0d%0aX-Evil: b")
    assert answer.headers["X-Evil"] is None and answer.headers["X-Request-Id"] != "a%0d%0aX-Evil:%20b"
    away = open_server.ask("/login?next=%2Fmarket%0d%0aX-Evil:%20b")
    assert away.headers["X-Evil"] is None and away.headers["Location"] == "/"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"}, {"Origin": "http://127.0.0.1:8888"}, {"Origin": "null"},
        {"Origin": "https://127.0.0.1:{port}"}, {"Origin": "http://localhost:{port}"}, {"Origin": CORS},
        {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"},
        {"Origin": "http://127.0.0.1:{port}", "Sec_Fetch_Site": "cross-site"},
    ],
)  # fmt: skip
def test_another_origin_changes_nothing(open_server: Gated, headers: dict[str, str]) -> None:
    given = {name: value.format(port=open_server.port) for name, value in headers.items()}
    for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded"):
        answer = open_server.ask(STOP, "POST", "{}", Content_Type=kind, **given)
        assert answer.status == 403, answer.text
    assert open_server.websocket("/market/ws", **given).status == 403
    with open_server.workspace() as workspace:
        assert not workspace.overview.jobs(1)


def test_our_own_pages_and_command_lines_may_change_things(open_server: Gated) -> None:
    own = {"Origin": f"http://127.0.0.1:{open_server.port}", "Sec_Fetch_Site": "same-origin"}
    for headers in ({}, own):
        answer = open_server.ask("/api/v1/messagebus/reconnect", "POST", "", **headers)
        assert answer.status == 202, answer.text


@pytest.mark.parametrize("mode", ["no-cors", "cors", "websocket", "same-origin"])
def test_a_page_of_another_site_embeds_nothing(open_server: Gated, mode: str) -> None:
    for path in (
        "/market/autoload.js?bokeh-autoload-element=x",
        "/market",
        "/api/v1/status",
        "/static/js/bokeh.min.js",
    ):
        asked = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": mode, "Sec_Fetch_Dest": "script"}
        assert open_server.ask(path, **asked).status == 403, path
    framed = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "iframe"}
    assert open_server.ask("/market", **framed).status == 403


def test_a_link_on_another_site_may_be_followed(open_server: Gated) -> None:
    followed = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    assert open_server.ask("/market", **followed).status == 200


def test_a_listed_origin_may_read_rest_and_no_other_may(open_server: Gated) -> None:
    asked = {"Origin": CORS, "Sec_Fetch_Site": "cross-site"}
    answer = open_server.ask("/api/v1/jobs", **asked)
    assert answer.status == 200 and answer.headers["Access-Control-Allow-Origin"] == CORS
    assert answer.headers["Access-Control-Allow-Credentials"] is None and "Origin" in answer.headers["Vary"]
    before = open_server.ask(
        "/api/v1/jobs", "OPTIONS", **asked, Access_Control_Request_Method="GET",
        Access_Control_Request_Private_Network="true",
    )  # fmt: skip
    assert before.status == 204 and "Authorization" in before.headers["Access-Control-Allow-Headers"]
    assert before.headers["Access-Control-Allow-Private-Network"] == "true"
    for origin in ("https://evil.example", "https://pages.example.evil.example", "http://pages.example", "null"):
        refused = open_server.ask("/api/v1/jobs", Origin=origin, Sec_Fetch_Site="cross-site")
        assert refused.status == 403 and refused.headers["Access-Control-Allow-Origin"] is None
    for path in ("/market", "/market/autoload.js?bokeh-autoload-element=x", "/static/js/bokeh.min.js"):
        assert open_server.ask(path, **asked).headers["Access-Control-Allow-Origin"] is None


@pytest.mark.parametrize("path", ["/", "/market", "/static/js/bokeh.min.js", "/api/v1/status", "/nothing", "/docs"])
def test_every_answer_says_what_a_browser_may_do_with_it(open_server: Gated, path: str) -> None:
    answer = open_server.ask(path)
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == policy["object-src"] == "'none'"
    assert policy["form-action"] == "'self'" and not re.search(r"https?:|\*", answer.headers["Content-Security-Policy"])
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert (
        answer.headers["Cross-Origin-Opener-Policy"] == answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    )
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert answer.headers["Server"] is None and answer.headers["Strict-Transport-Security"] is None
    if not path.startswith("/static"):
        assert "no-store" in answer.headers["Cache-Control"] or "no-cache" in answer.headers["Cache-Control"]


def test_a_websocket_answers_with_the_headers_too(open_server: Gated) -> None:
    token = token_of(open_server.ask("/market").text)
    head = open_server.raw(
        b"GET /market/ws HTTP/1.1\r\nHost: %b\r\nOrigin: http://%b\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        b"Sec-WebSocket-Protocol: bokeh, %b\r\n\r\n"
        % (open_server.address.encode(), open_server.address.encode(), token.encode()), wait_s=2,
    )  # fmt: skip
    assert head.startswith(b"HTTP/1.1 101") and b"X-Request-Id: " in head and b"Server:" not in head
    # The first message: the document is there.
    assert b"ACK" in head


def test_an_id_is_kept_or_made_and_is_in_the_problem(open_server: Gated) -> None:
    assert open_server.ask("/api/v1/none", X_Request_ID="mine-1.2_3").headers["X-Request-Id"] == "mine-1.2_3"
    assert json.loads(open_server.ask("/api/v1/none", X_Request_ID="mine-1").body)["request_id"] == "mine-1"
    for wrong in ("a b", "x" * 65, "<b>", "a\tb", "ä"):
        made = open_server.ask("/health", X_Request_ID=wrong).headers["X-Request-Id"]
        assert re.fullmatch(r"[0-9a-f]{16}", made)


def test_a_page_holds_no_cookie_and_no_header_of_who_asked(open_server: Gated) -> None:
    secrets = {"Cookie": "nd_session=canary1; other=canary2", "X_Canary": "canary3"}
    page = open_server.ask("/market?trader=T", **secrets).text
    payload = get_token_payload(token_of(page))
    assert payload["headers"] == {} and payload["cookies"] == {} and payload["arguments"] == {"trader": [b"T"]}
    assert "canary" not in page and token_of(page).count(".") == 1


def test_a_document_opens_by_a_signed_token_alone(open_server: Gated) -> None:
    token = token_of(open_server.ask("/market").text)
    body, signature = token.split(".")
    for forged in (body, f"{body}.", f"{body}.{signature[:-2]}AA", f"{body[:-4]}AAAA.{signature}"):
        answer = open_server.raw(
            b"GET /market/ws HTTP/1.1\r\nHost: %b\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Sec-WebSocket-Protocol: bokeh, %b\r\n\r\n" % (open_server.address.encode(), forged.encode()), wait_s=2,
        )  # fmt: skip
        assert b"ACK" not in answer, forged


@pytest.mark.parametrize("query", ["bokeh-session-id=x", "bokeh-token=x", "a=1&bokeh%2Dsession-id=x"])
def test_no_page_opens_by_the_name_of_a_document(open_server: Gated, query: str) -> None:
    for path in ("/market", "/market/autoload.js"):
        assert open_server.ask(f"{path}?{query}").status == 403
    assert open_server.ask("/market", Bokeh_Session_Id="x").status == 403


@pytest.mark.parametrize("header", ["X_Forwarded_For", "X_Real_Ip", "Forwarded", "Via"])
def test_who_comes_through_a_proxy_is_not_from_this_machine(open_server: Gated, header: str) -> None:
    assert open_server.ask("/api/v1/status", **{header: "10.0.0.1"}).status == 401
    assert open_server.ask("/market", **{header: "127.0.0.1"}).status == 302


@pytest.mark.parametrize(
    "header", ["X-Identity", "X-User", "X-Remote-User", "Remote-User", "X-Forwarded-User", "X-Role"]
)
def test_headers_of_who_one_is_are_not_believed(locked_server: Gated, header: str) -> None:
    assert locked_server.ask("/api/v1/status", **{header.replace("-", "_"): "ada"}).status == 401


def test_requests_that_are_answered_are_logged_without_what_was_asked_for(open_server: Gated) -> None:
    open_server.ask("/api/v1/none?api_key=canary-query", X_Request_ID="logged-1")
    open_server.ask("/share/canary-share-token-0123456789")
    assert "path=/api/v1/none" in open_server.log and "canary-" not in open_server.log
