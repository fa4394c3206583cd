"""Log in at an OAuth provider, which is one on loopback, with a real server."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from nautilus_data.core.identity import Role
from tests.app.server.gated import PASSWORD, Answer, Gated
from tests.loopback_oauth import LoopbackOauth

pytestmark = pytest.mark.timeout(180)
KEY, SECRET = "dashboard", "canary-client-secret"


@pytest.fixture(scope="module")
def provider() -> Iterator[LoopbackOauth]:
    with LoopbackOauth(KEY, SECRET) as found:
        yield found


@pytest.fixture(scope="module")
def server(provider: LoopbackOauth, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gated]:
    more = {
        "OAUTH_PROVIDER": "generic", "OAUTH_KEY": KEY, "OAUTH_SECRET": SECRET,
        "OAUTH_AUTHORIZE_URL": f"{provider.url}/authorize", "OAUTH_TOKEN_URL": f"{provider.url}/token",
        "OAUTH_USER_URL": f"{provider.url}/me",
    }  # fmt: skip
    made = Gated(tmp_path_factory.mktemp("oauth"), more)
    with made.workspace() as workspace:
        workspace.users.add("ada", PASSWORD, Role.ADMIN, oauth="ada@desk.example")
    try:
        yield made.start()
    finally:
        made.stop()


def go_there(server: Gated, following: str = "/market") -> tuple[str, str]:
    """The address the provider sends back to, and the cookies of the way."""
    start = server.ask(f"/login/oauth?next={following}", Sec_Fetch_Site="same-origin")
    assert start.status == 302, start.text
    away = urlsplit(start.headers["Location"])
    query = parse_qs(away.query)
    assert query["client_id"] == [KEY] and SECRET not in start.headers["Location"]
    assert query["redirect_uri"] == [f"http://{server.address}/login/oauth"]
    line = start.cookie_line("panel-oauth-state")
    assert "HttpOnly" in line and "SameSite=Lax" in line
    return f"/authorize?{away.query}", f"panel-oauth-state={start.cookie('panel-oauth-state')}"


def come_back(server: Gated, provider: LoopbackOauth, following: str = "/market") -> Answer:
    path, cookies = go_there(server, following)
    back = urlsplit(provider.agree(parse_qs(urlsplit(path).query)))
    followed = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    return server.ask(f"{back.path}?{back.query}", Cookie=cookies, **followed)


@pytest.mark.parametrize("with_id_token", [False, True])
def test_whom_the_provider_vouches_for_gets_a_session(
    server: Gated, provider: LoopbackOauth, with_id_token: bool
) -> None:
    provider.who, provider.with_id_token = {"email": "Ada@desk.example", "email_verified": True}, with_id_token
    answer = come_back(server, provider, "/market")
    assert (answer.status, answer.headers["Location"]) == (302, "/market"), answer.text
    names = {line.split("=")[0] for line in answer.headers.get_all("Set-Cookie") or []}
    assert "nd_session" in names and not names & {"access_token", "refresh_token", "id_token", "user", "oauth_expiry"}
    me = server.ask("/api/v1/auth/me", Cookie=f"nd_session={answer.cookie('nd_session')}")
    assert me.status == 200 and '"ada"' in me.text


@pytest.mark.parametrize(
    ("who", "words"),
    [
        ({"email": "eve@evil.example"}, "have an admin add you"),
        ({"email": "ada@desk.example", "email_verified": False}, "verify it there"),
        ({"sub": "ada"}, "did not confirm who you are"),
        ({"email": "<script>alert(1)</script>"}, "have an admin add you"),
    ],
)
@pytest.mark.parametrize("with_id_token", [False, True])
def test_nobody_else_comes_in(
    server: Gated, provider: LoopbackOauth, who: dict[str, object], words: str, with_id_token: bool
) -> None:
    provider.who, provider.with_id_token = who, with_id_token
    answer = come_back(server, provider)
    assert answer.status in (401, 403) and words in answer.text, answer.text
    assert not answer.cookie("nd_session") and "<script" not in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_a_way_back_that_was_not_begun_here_leads_nowhere(server: Gated, provider: LoopbackOauth) -> None:
    provider.who = {"email": "ada@desk.example"}
    path, cookies = go_there(server)
    back = urlsplit(provider.agree(parse_qs(urlsplit(path).query)))
    for query, given in (
        (back.query, ""), (re.sub(r"state=[^&]+", "state=x", back.query), cookies), ("code=x&state=x", ""),
        (back.query, "panel-oauth-state=x"), ("error=<b>no</b>&error_description=<script>", cookies),
    ):  # fmt: skip
        answer = server.ask(f"/login/oauth?{query}", Cookie=given)
        assert answer.status in (302, 401) and not answer.cookie("nd_session") and "<script" not in answer.text
    # A code is good once.
    assert server.ask(f"/login/oauth?{back.query}", Cookie=cookies).status == 302
    assert server.ask(f"/login/oauth?{back.query}", Cookie=cookies).status in (400, 401)


def test_nobody_is_led_elsewhere(server: Gated, provider: LoopbackOauth) -> None:
    provider.who = {"email": "ada@desk.example"}
    for following in ("https://evil.example", "//evil.example", "%5C%5Cevil.example"):
        assert come_back(server, provider, following).headers["Location"] == "/"


def test_the_login_page_leads_there_and_no_secret_is_told(server: Gated, provider: LoopbackOauth) -> None:
    assert 'href="/login/oauth?next=' in server.ask("/login").text
    told = server.log + server.ask("/login").text
    assert SECRET not in told and not [token for token in provider.tokens if token in told]
    assert "refresh-canary" not in told
