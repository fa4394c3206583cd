"""What is open, what is REST, and how far a share link or a key reaches."""

from __future__ import annotations

import pytest
from tornado.httputil import HTTPHeaders, HTTPServerRequest, RequestStartLine

from app.server import doors
from nautilus_data.core.identity import LOCAL, Door, Identity, Role, Share

SHARED = Identity("share of ada", Role.VIEWER, Door.SHARE, "l1", share=Share("portfolio", "trader=A", True, 0))
USER = Identity("vera", Role.VIEWER, Door.SESSION, "s1")


def asked(uri: str, method: str = "GET", **headers: str) -> HTTPServerRequest:
    given = HTTPHeaders({"Host": "127.0.0.1", **headers})
    return HTTPServerRequest(start_line=RequestStartLine(method, uri, "HTTP/1.1"), headers=given)


def key(*areas: str) -> Identity:
    return Identity("vera", Role.VIEWER, Door.KEY, "k1", frozenset(areas))


@pytest.mark.parametrize(
    "uri", ["/login", "/login?next=/x", "/logout", "/health", "/favicon.ico", "/share/x", "/liveness"]
)
def test_these_are_open(uri: str) -> None:
    assert doors.is_open(asked(uri))


@pytest.mark.parametrize(
    "uri",
    ["/", "/market", "/login/", "/health/x", "/liveness?endpoint=/market", "/static/x", "/share", "/api/v1/auth/me"],
)
def test_all_else_is_not(uri: str) -> None:
    assert not doors.is_open(asked(uri))


def test_a_login_by_rest_is_open_and_nothing_else_of_it() -> None:
    # By whatever method: a wrong one is told as that.
    assert doors.is_open(asked("/api/v1/auth/token", "POST")) and doors.is_open(asked("/api/v1/auth/token"))
    assert not doors.is_open(asked("/api/v1/auth/password", "POST")) and not doors.is_open(asked("/api/v1/auth/me"))


@pytest.mark.parametrize("identity", [LOCAL, USER])
@pytest.mark.parametrize("uri", ["/", "/market", "/market/ws", "/api/v1/status", "/static/x"])
def test_who_is_logged_in_reaches_everything(identity: Identity, uri: str) -> None:
    assert doors.reach(identity, asked(uri)) == ""


@pytest.mark.parametrize("uri", ["/portfolio?trader=A", "/portfolio/ws", "/static/js/x.js", "/chart-assets/1/x.js"])
def test_a_share_link_reaches_its_page_and_what_that_is_made_of(uri: str) -> None:
    assert doors.reach(SHARED, asked(uri)) == ""


@pytest.mark.parametrize(
    "uri", ["/portfolio", "/portfolio?trader=B", "/portfolio?trader=A&trader=B", "/portfolio?trader=A&x=1", "/market",
            "/market/ws", "/api/v1/portfolio", "/portfolio/metadata", "/portfolio2?trader=A", "/"],
)  # fmt: skip
def test_a_share_link_reaches_nothing_else(uri: str) -> None:
    assert "/portfolio" in doors.reach(SHARED, asked(uri))


def test_a_key_reaches_rest_and_its_description() -> None:
    for uri in ("/api/v1/status", "/docs", "/", "/widgets.json"):
        assert doors.reach(key(), asked(uri)) == ""
    for uri in ("/market", "/market/ws", "/static/x", "/market/autoload.js"):
        assert "log in" in doors.reach(key(), asked(uri))
    assert doors.reach(key(), asked("/api/v1/status", Upgrade="websocket"))


@pytest.mark.parametrize(
    ("area", "path", "is_within"),
    [
        ("macro", "macro", True), ("macro", "macro/series/CPI", True), ("macro", "macros", False),
        ("macro", "auth/me", True), ("macro", "auth/password", False), ("macro", "openapi.json", True),
        ("market-data/historical", "market-data/historical/bars", True),
        ("market-data/historical", "market-data", False),
        ("macro", "macro%2f..%2fusers", False), ("macro", "users/macro/", False),
    ],
)  # fmt: skip
def test_a_key_for_an_area_reaches_what_lies_below_it(area: str, path: str, is_within: bool) -> None:
    assert (doors.reach(key(area), asked(f"/api/v1/{path}")) == "") is is_within
