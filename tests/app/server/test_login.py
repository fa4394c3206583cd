"""The login of a real server, as a browser and as a stranger use it."""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
import urllib.error
import urllib.request
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest

from app.server.doors import next_path
from nautilus_data.core.identity import Role
from tests.app.server.gated import PASSWORD, Gated, own_address
from tests.conftest import missing, wait_until

pytestmark = pytest.mark.timeout(180)


def test_the_page_needs_nothing_but_itself(locked_server: Gated) -> None:
    answer = locked_server.ask("/login?next=%2Fmarket")
    assert not re.search(r"https?://|//[a-z]|<script|@import|url\(", answer.text.replace("/favicon.ico", ""))
    assert 'autocomplete="username"' in answer.text and 'autocomplete="current-password"' in answer.text
    assert (
        'value="/market"' in answer.text
        and "prefers-color-scheme" in answer.text
        and "width=device-width" in answer.text
    )
    policy = answer.headers["Content-Security-Policy"]
    assert (
        "script-src" not in policy
        and "'unsafe" not in policy
        and "sha256-" in policy
        and "default-src 'none'" in policy
    )
    assert answer.headers["Cache-Control"] == "no-store"


def test_who_logs_in_goes_on_to_what_was_asked_for(locked_server: Gated) -> None:
    answer = locked_server.log_in("Vera", following="/market?trader=A")
    assert (answer.status, answer.headers["Location"]) == (303, "/market?trader=A")
    line = answer.cookie_line("nd_session")
    assert {"HttpOnly", "SameSite=Lax", "Path=/", f"Max-Age={30 * 86_400}"} <= {
        part.strip() for part in line.split(";")
    }
    assert "Secure" not in line and "Domain" not in line
    page = locked_server.ask("/market?trader=A", Cookie=f"nd_session={answer.cookie('nd_session')}")
    assert page.status == 200 and answer.cookie("nd_session") not in page.text


@pytest.mark.parametrize(
    "following",
    [
        "https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "/a\\b",
        "javascript:alert(1)",
        "/x\r\nX-Evil: 1", "/\t/evil.example", "", "market", "/login?next=/login", "/logout", "/share/x", "/ä", "///x",
    ],
)  # fmt: skip
def test_nobody_is_led_elsewhere(locked_server: Gated, following: str) -> None:
    assert next_path(following) == "/"
    assert 'name="next" value="/"' in locked_server.ask(f"/login?next={quote(following)}").text


def test_a_wrong_name_and_a_wrong_password_are_told_alike(locked_server: Gated) -> None:
    answers = [
        locked_server.log_in(name, password, X_Request_ID="same")
        for name, password in (("oliver", "wrong password here"), ("nobody.there", "wrong password here"))
    ]
    texts = {re.sub(r'value="[^"]*"', "", answer.text) for answer in answers}
    assert [answer.status for answer in answers] == [401, 401] and len(texts) == 1
    assert all(not answer.cookie("nd_session") and "wrong password here" not in answer.text for answer in answers)


def test_what_was_typed_is_shown_as_text(locked_server: Gated) -> None:
    answer = locked_server.log_in('"><script>alert(1)</script>', "wrong password here")
    assert answer.status in (401, 429) and "<script" not in answer.text


@pytest.mark.parametrize(
    "changed",
    [
        {"Cookie": ""}, {"Cookie": "_xsrf=2|00000000|00000000000000000000000000000000|1"}, {"Origin": "http://evil.example"},
        {"Origin": "null"}, {"Sec_Fetch_Site": "cross-site"},
    ],
)  # fmt: skip
def test_a_login_form_of_another_site_does_nothing(locked_server: Gated, changed: dict[str, str]) -> None:
    answer = locked_server.log_in("vera", **changed)
    assert answer.status == 403 and not answer.cookie("nd_session")


def test_a_session_set_by_another_is_not_taken_over(locked_server: Gated) -> None:
    form = locked_server.ask("/login")
    xsrf = re.search(r'name="_xsrf" value="([^"]+)"', form.text)[1]
    body = urlencode({"_xsrf": xsrf, "username": "vera", "password": PASSWORD, "next": "/"})
    before = locked_server.session("oliver")
    answer = locked_server.ask(
        "/login", "POST", body, Content_Type="application/x-www-form-urlencoded",
        Cookie=f"_xsrf={form.cookie('_xsrf')}; {before}", Origin=f"http://{locked_server.address}",
    )  # fmt: skip
    assert answer.status == 303 and f"nd_session={answer.cookie('nd_session')}" != before
    assert locked_server.ask("/api/v1/auth/me", Cookie=before).status == 401


def test_a_link_logs_nobody_out(locked_server: Gated) -> None:
    cookie = locked_server.session("vera")
    asked = locked_server.ask("/logout", Cookie=cookie)
    assert asked.status == 200 and 'action="/logout"' in asked.text
    assert locked_server.ask("/api/v1/auth/me", Cookie=cookie).status == 200


def test_a_server_that_others_reach_does_not_start_without_users(tmp_path: Path) -> None:
    server = Gated(tmp_path, {"DASHBOARD_HOST": "0.0.0.0", "DASHBOARD_PLAIN_HTTP": "true"})
    with pytest.raises(AssertionError):
        server.start()
    assert server.process is not None and server.process.wait(30) == 2
    assert "users add NAME --role admin" in server.log and "Traceback" not in server.log


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    if shutil.which("openssl") is None:
        missing("no openssl found: install it to run the tests of TLS")
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    words = ["openssl", "req", "-x509", *kind, *names, "-keyout", key, "-out", cert]
    subprocess.run(words, check=True, capture_output=True)
    return cert, key


def test_under_tls_cookies_are_for_tls_alone(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    cert, key = certificate
    more = {"DASHBOARD_TLS_CERT": str(cert), "DASHBOARD_TLS_KEY": str(key)}
    server = Gated(tmp_path, more)
    with server.workspace() as workspace:
        workspace.users.add("ada", PASSWORD, Role.ADMIN)
        secret, _ = workspace.users.log_in("ada", PASSWORD)
    context = ssl.create_default_context(cafile=str(cert))
    try:
        server.start()
        form = urllib.request.urlopen(f"https://127.0.0.1:{server.port}/login", context=context, timeout=10)
        assert form.headers["Strict-Transport-Security"] and "Secure" in form.headers["Set-Cookie"]
        for name, status in (("nd_session", 401), ("__Host-nd_session", 200)):
            request = urllib.request.Request(f"https://127.0.0.1:{server.port}/api/v1/status")
            request.add_header("Cookie", f"{name}={secret}")
            try:
                found = urllib.request.urlopen(request, context=context, timeout=10).status
            except urllib.error.HTTPError as error:
                found = error.code
                error.close()
            assert found == status, name
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning):
            old.maximum_version = ssl.TLSVersion.TLSv1_1
            old.minimum_version = ssl.TLSVersion.TLSv1
        with pytest.raises((urllib.error.URLError, ConnectionError, ssl.SSLError)):
            urllib.request.urlopen(f"https://127.0.0.1:{server.port}/login", context=old, timeout=10)
    finally:
        server.stop()


def test_with_the_first_user_everybody_must_log_in_and_a_login_outlives_the_server(tmp_path: Path) -> None:
    server = Gated(tmp_path)
    try:
        assert server.start().ask("/api/v1/status").status == 200
        assert server.ask("/login?next=/market").headers["Location"] == "/market"
        with server.workspace() as workspace:
            workspace.users.add("ada", PASSWORD, Role.ADMIN)
        wait_until(lambda: server.ask("/api/v1/status").status == 401, 10, "the end of what needs no login")
        assert server.ask("/market").status == 302
        cookie = server.session("ada")
        answers = [server.log_in("ada", f"wrong password {number}") for number in range(7)]
        assert answers[0].status == 401 and answers[-1].status == 429
        assert int(answers[-1].headers["Retry-After"]) >= 1 and "wait" in answers[-1].text.lower()
        server.stop()
        assert server.start().ask("/market", Cookie=cookie).status == 200
    finally:
        server.stop()


def test_behind_a_proxy_only_the_proxy_is_listened_to(tmp_path: Path) -> None:
    more = {"DASHBOARD_HOST": "0.0.0.0", "DASHBOARD_TLS_PROXY": "127.0.0.1", "DASHBOARD_HOSTS": "desk.example"}
    server = Gated(tmp_path, more)
    with server.workspace() as workspace:
        workspace.users.add("ada", PASSWORD, Role.ADMIN)
    through = {"Host": "desk.example", "X_Forwarded_Proto": "https", "X_Forwarded_For": "203.0.113.9, 198.51.100.7"}
    try:
        server.start()
        assert server.ask("/market").status == 403 and "X-Forwarded-Proto" in server.ask("/market").detail
        assert server.ask("/health").status == 200
        form = server.ask("/login", **through)
        assert form.status == 200 and form.headers["Strict-Transport-Security"]
        assert "Secure" in form.cookie_line("_xsrf")
        xsrf = re.search(r'name="_xsrf" value="([^"]+)"', form.text)[1]
        body = urlencode({"_xsrf": xsrf, "username": "ada", "password": PASSWORD, "next": "/"})
        answer = server.ask(
            "/login", "POST", body, **through, Cookie=f"_xsrf={form.cookie('_xsrf')}", Origin="https://desk.example",
            Content_Type="application/x-www-form-urlencoded",
        )  # fmt: skip
        assert answer.status == 303 and "Secure" in answer.cookie_line("__Host-nd_session")
        with server.workspace() as workspace:
            # What stands before the last hop, anybody may have written.
            assert "198.51.100.7" in set(workspace.audit.list(10, act="login")["address"])
        past = replace(server, host=own_address())
        if past.host != server.host:
            for path in ("/login", "/health", "/market"):
                refused = past.ask(path, X_Forwarded_Proto="https", X_Forwarded_For="127.0.0.1")
                assert refused.status == 403 and "proxy" in refused.detail
    finally:
        server.stop()
