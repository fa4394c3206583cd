"""What strangers and users try on a real server that others reach: forged keys, endless bodies, slow clients."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
import time
from urllib.parse import urlencode

import jwt
import pytest

from nautilus_data.core.identity import Role
from tests.app.server.gated import PASSWORD, Gated, token_of
from tests.conftest import wait_until

pytestmark = pytest.mark.timeout(180)


def _part(value: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def pair(locked_server: Gated) -> dict[str, str]:
    body = json.dumps({"name": "oliver", "password": PASSWORD})
    answer = locked_server.ask("/api/v1/auth/token", "POST", body, Content_Type="application/json")
    assert answer.status == 200, answer.text
    return json.loads(answer.body)


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def test_a_token_and_a_key_open_rest(locked_server: Gated, pair: dict[str, str]) -> None:
    assert locked_server.ask("/api/v1/status", **bearer(pair["access_token"])).status == 200
    with locked_server.workspace() as workspace:
        secret, ref = workspace.keys.add("vera", "a script", Role.VIEWER)
    assert locked_server.ask("/api/v1/status", **bearer(secret)).status == 200
    assert locked_server.ask("/api/v1/status", X_API_Key=secret).status == 200
    with locked_server.workspace() as workspace:
        workspace.keys.revoke(ref)
    wait_until(lambda: locked_server.ask("/api/v1/status", X_API_Key=secret).status == 401, 10, "the key to end")


def test_a_key_opens_no_page_and_no_websocket(locked_server: Gated, pair: dict[str, str]) -> None:
    token = bearer(pair["access_token"])
    for path in ("/market", "/market/autoload.js?bokeh-autoload-element=x", "/market/metadata"):
        assert locked_server.ask(path, **token).status == 403
    assert locked_server.websocket("/market/ws", **token).status == 403


def test_a_key_for_one_area_opens_no_other(locked_server: Gated) -> None:
    with locked_server.workspace() as workspace:
        secret, _ = workspace.keys.add("vera", "macro only", Role.VIEWER, ["macro"])
    assert locked_server.ask("/api/v1/macro/series", **bearer(secret)).status == 200
    assert locked_server.ask("/api/v1/openapi.json", **bearer(secret)).status == 200
    for path in (
        "/api/v1/status",
        "/api/v1/macro/../status",
        "/api/v1//macro",
        "/api/v1/macro%2f..%2fstatus",
        "/api/v1/jobs",
    ):
        answer = locked_server.ask(path, **bearer(secret))
        assert answer.status in (403, 404), path


def test_forged_tokens_are_refused(locked_server: Gated, pair: dict[str, str]) -> None:
    good = pair["access_token"]
    claims = jwt.decode(good, options={"verify_signature": False})
    head, body, signature = good.split(".")
    mine = {**claims, "sub": "ada", "role": "admin"}
    forged = [
        f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(mine)}.",
        f"{_part({'alg': 'None'})}.{body}.{signature}",
        f"{_part({'alg': 'none'})}.{body}.",
        f"{head}.{_part(mine)}.{signature}",
        jwt.encode(mine, "secret" * 8, algorithm="HS256"),
        jwt.encode({**claims, "exp": int(time.time()) - 10}, "secret" * 8, algorithm="HS256"),
        jwt.encode(mine, "secret" * 11, algorithm="HS512"),
        f"{head}.{body}.{base64.urlsafe_b64encode(hashlib.sha256(b'x').digest()).decode()}",
        f"{head}.{body}", f"{good}x", good[:-2], good.upper(), "x", ".", "..", "a.b.c", "nd_", "nd_x_y", "x" * 5000,
        pair["refresh_token"],
    ]  # fmt: skip
    for secret in forged:
        answer = locked_server.ask("/api/v1/status", **bearer(secret))
        assert answer.status in (401, 429), secret
        assert "is_demo" not in answer.text and (len(secret) < 8 or secret not in answer.text)
    with locked_server.workspace() as workspace:
        assert workspace.tokens.identity(good) is not None


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer"}, {"Authorization": "Bearer "}, {"Authorization": "bearer x"}, {"X_API_Key": ""},
        {"X_API_Key": "x"}, {"Authorization": "Bearer a", "X_API_Key": "b"}, {"Authorization": "Basic YWRhOngK"},
        {"Authorization": "Digest x"}, {"Cookie": "nd_session="}, {"Cookie": "nd_session=x"}, {"Cookie": "nd_share=x"},
        {"Cookie": "__Host-nd_session=x"}, {"Cookie": "nd_session=" + "x" * 5000}, {"Cookie": 'nd_session="'},
        {"Cookie": "user=ada; is_guest=1; id_token=x"},
    ],
)  # fmt: skip
def test_what_is_no_login_lets_nobody_in(locked_server: Gated, headers: dict[str, str]) -> None:
    answer = locked_server.ask("/api/v1/status", **headers)
    assert answer.status in (401, 429) and "is_demo" not in answer.text
    assert locked_server.ask("/market", **headers).status in (302, 401, 403, 429)


def test_a_wrong_key_never_falls_back_to_a_cookie(locked_server: Gated) -> None:
    cookie = locked_server.session("vera")
    assert locked_server.ask("/api/v1/status", Cookie=cookie).status == 200
    assert locked_server.ask("/api/v1/status", Cookie=cookie, Authorization="Bearer x").status in (401, 429)


def test_a_body_without_end_is_cut_off(locked_server: Gated, pair: dict[str, str]) -> None:
    head = (
        f"POST /api/v1/engine/stop HTTP/1.1\r\nHost: {locked_server.address}\r\n"
        f"Authorization: Bearer {pair['access_token']}\r\n"
    ).encode()
    declared = locked_server.raw(head + b"Content-Length: 1000000001\r\n\r\n{}")
    assert declared.startswith(b"HTTP/1.1 400") and b"job_id" not in declared
    with socket.create_connection((locked_server.host, locked_server.port), timeout=10) as wire:
        wire.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
        chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
        sent = 0
        with pytest.raises((ConnectionError, TimeoutError)):
            while sent < 20_000_000:
                wire.sendall(chunk)
                sent += len(chunk)
        assert sent < 10_000_000
    assert locked_server.ask("/health").status == 200


def test_long_headers_are_refused(locked_server: Gated) -> None:
    long = (
        b"GET /health HTTP/1.1\r\nHost: "
        + locked_server.address.encode()
        + b"\r\nX-Long: "
        + b"x" * 40_000
        + b"\r\n\r\n"
    )
    assert b"200 OK" not in locked_server.raw(long, wait_s=3)
    many = b"GET /health?" + b"a=1&" * 5_000 + b" HTTP/1.1\r\nHost: " + locked_server.address.encode() + b"\r\n\r\n"
    assert b"200 OK" not in locked_server.raw(many, wait_s=3)


def test_slow_clients_hold_up_nobody(locked_server: Gated) -> None:
    slow = [socket.create_connection((locked_server.host, locked_server.port), timeout=10) for _ in range(100)]
    for index, wire in enumerate(slow):
        head = (
            b"GET /health HTTP/1.1\r\nHost: x"
            if index % 2
            else b"POST /login HTTP/1.1\r\nHost: %b\r\nContent-Length: 9\r\n\r\na"
        )
        wire.sendall(head.replace(b"%b", locked_server.address.encode()))
    assert locked_server.ask("/health").status == 200
    for wire in slow:
        wire.close()


def test_a_cookie_changes_nothing_unless_our_own_page_asks(locked_server: Gated) -> None:
    cookie = locked_server.session("oliver")
    own = {"Origin": f"http://{locked_server.address}", "Sec_Fetch_Site": "same-origin"}
    for headers in (
        {}, {"Origin": "http://evil.example"}, {"Sec_Fetch_Site": "cross-site"}, {"Origin": "null"},
        {"Origin": f"http://{locked_server.host}:1"}, {"Referer": f"http://{locked_server.address}/"},
    ):  # fmt: skip
        assert locked_server.ask("/api/v1/messagebus/reconnect", "POST", "", Cookie=cookie, **headers).status == 403
        assert locked_server.ask("/logout", "POST", "", Cookie=cookie, **headers).status == 403 or not headers
    assert locked_server.ask("/api/v1/messagebus/reconnect", "POST", "", Cookie=cookie, **own).status == 202


def test_a_page_cannot_be_taken_over_by_another_user(locked_server: Gated) -> None:
    vera, oliver = locked_server.session("vera"), locked_server.session("oliver")
    token = token_of(locked_server.ask("/market", Cookie=vera).text)
    assert locked_server.websocket("/market/ws", token, Cookie=oliver).status == 403
    assert locked_server.websocket("/market/ws", token).status == 403
    again = locked_server.session("vera")
    assert locked_server.websocket("/market/ws", token, Cookie=again).status == 403


def test_a_session_that_ended_opens_nothing(locked_server: Gated) -> None:
    cookie = locked_server.session("vera")
    page = locked_server.ask("/market", Cookie=cookie)
    assert page.status == 200 and page.headers["Cache-Control"] == "no-store"
    own = {"Origin": f"http://{locked_server.address}"}
    assert locked_server.ask("/logout", "POST", "", Cookie=cookie, **own).status == 200
    assert locked_server.ask("/market", Cookie=cookie).status == 302
    assert locked_server.ask("/api/v1/status", Cookie=cookie).status == 401
    assert locked_server.websocket("/market/ws", token_of(page.text), Cookie=cookie).status == 403


def test_a_share_link_opens_its_page_as_it_was_shared_and_nothing_else(locked_server: Gated) -> None:
    with locked_server.workspace() as workspace:
        token, ref = workspace.shares.add("ada", "portfolio", "trader=DEMO-001&tz=UTC", hours=1)
    opened = locked_server.ask(f"/share/{token}")
    assert (opened.status, opened.headers["Location"]) == (302, "/portfolio?trader=DEMO-001&tz=UTC")
    assert opened.headers["Referrer-Policy"] == "no-referrer" and "HttpOnly" in opened.cookie_line("nd_share")
    share = {"Cookie": f"nd_share={opened.cookie('nd_share')}"}
    page = locked_server.ask("/portfolio?trader=DEMO-001&tz=UTC", **share)
    assert page.status == 200 and token not in page.text
    assert locked_server.ask("/static/js/bokeh.min.js", **share).status == 200
    other = locked_server.ask("/portfolio?trader=OTHER-001", **share)
    assert (other.status, other.headers["Location"]) == (302, "/portfolio?trader=DEMO-001&tz=UTC")
    for path in (
        "/",
        "/market",
        "/portfolio/metadata",
        "/portfolio/autoload.js",
        "/api/v1/status",
        "/docs",
        "/portfolio/",
    ):
        assert locked_server.ask(path, **share).status == 403, path
    assert locked_server.websocket("/market/ws", token_of(page.text), **share).status == 403
    assert locked_server.ask("/portfolio", "POST", "", **share, Origin=f"http://{locked_server.address}").status == 403
    with locked_server.workspace() as workspace:
        workspace.shares.revoke(ref)
    gone = lambda: locked_server.ask("/portfolio?trader=DEMO-001&tz=UTC", **share).status == 302  # noqa: E731
    wait_until(lambda: gone() and locked_server.ask(f"/share/{token}").status == 404, 10, "the link to end")


def test_rest_is_limited_by_user_and_says_what_is_left(locked_server: Gated) -> None:
    with locked_server.workspace() as workspace:
        secret, _ = workspace.keys.add("vera", "too eager", Role.VIEWER)
    first = locked_server.ask("/api/v1/auth/me", **bearer(secret))
    assert (first.headers["RateLimit-Limit"], first.headers["RateLimit-Remaining"]) == ("300", "299")
    connection = locked_server.connect()
    statuses = []
    for _ in range(301):
        connection.request("GET", "/api/v1/auth/me", headers={"Authorization": f"Bearer {secret}"})
        answer = connection.getresponse()
        answer.read()
        statuses.append(answer.status)
    connection.close()
    assert statuses.count(200) == 299 and statuses[-1] == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 60 and answer.headers["RateLimit-Remaining"] == "0"
    assert locked_server.ask("/api/v1/auth/me", Cookie=locked_server.session("vera")).status == 200


def test_who_tries_many_keys_must_wait_and_others_need_not(locked_server: Gated) -> None:
    cookie = locked_server.session("vera")
    statuses = [locked_server.ask("/api/v1/status", **bearer("wrong")).status for _ in range(70)]
    assert statuses[-1] == 429
    assert locked_server.ask("/api/v1/status", Cookie=cookie).status == 200


def test_a_query_is_data_whatever_is_in_it(locked_server: Gated) -> None:
    cookie = locked_server.session("vera")
    for text in ("<script>alert(1)</script>", "' OR 1=1 --", "../../etc/passwd", "%00", "\u202e", "=cmd|' /C calc'!A0"):
        query = urlencode({"instrument_id": text, "trader": text, "next": text})
        page = locked_server.ask(f"/market?{query}", Cookie=cookie)
        assert page.status == 200 and "<script>alert(1)" not in page.text
        login = locked_server.ask(f"/login?{query}")
        assert login.status == 200 and "<script" not in login.text
