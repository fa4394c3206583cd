"""What may be started, and where."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app.server.__main__ import serve_arguments
from app.server.address import Bound, check_arguments, check_settings, check_users, is_loopback
from app.server.setup import stop
from nautilus_data import Settings, errors
from tests.conftest import free_port

ROOT = Path(__file__).parents[3]


def settings(**given: object) -> Settings:
    return Settings(_env_file=None, **given)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_loopback_is_this_machine(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize("address", ["", "0.0.0.0", "::", "192.168.1.5", "example.org", "*"])
def test_everything_else_is_not(address: str) -> None:
    assert not is_loopback(address)


@pytest.mark.parametrize("given", [[], ["--address", "0.0.0.0"], ["--address=10.0.0.1"], ["--address", "example.org"]])
def test_passwords_are_not_sent_in_the_clear_unless_told_so(given: list[str]) -> None:
    words = ["serve", "page.py", *given]
    with pytest.raises(
        errors.ConfigError, match=r"without TLS.*DASHBOARD_TLS_CERT.*DASHBOARD_PLAIN_HTTP.*127\.0\.0\.1"
    ):
        check_arguments(words, settings())
    assert not check_arguments(words, settings(dashboard_plain_http=True)).is_private
    assert check_arguments([*words, "--ssl-certfile", "cert.pem"], settings()).is_tls
    assert not check_arguments(words, settings(dashboard_tls_proxy="10.0.0.2")).is_private


def test_panels_default_of_all_interfaces_is_named() -> None:
    with pytest.raises(errors.ConfigError, match="all network interfaces without TLS"):
        check_arguments(["serve", "app/pages/overview.py", "--setup", "app/server/setup.py"], settings())


def test_a_host_beyond_loopback_needs_tls_or_a_word_that_it_does_not() -> None:
    with pytest.raises(errors.ConfigError, match=r"listen on 0\.0\.0\.0 without TLS"):
        check_settings(settings(dashboard_host="0.0.0.0"))
    check_settings(settings(dashboard_host="0.0.0.0", dashboard_plain_http=True, dashboard_port=free_port()))


@pytest.mark.parametrize(
    "bound", [Bound("0.0.0.0", 1, is_tls=True), Bound("", 1), Bound("127.0.0.1", 1, proxies=frozenset({"127.0.0.1"}))]
)
def test_nobody_else_reaches_a_server_without_users(bound: Bound) -> None:
    with pytest.raises(errors.ConfigError, match="users add NAME --role admin"):
        check_users(bound, has_users=False)
    check_users(bound, has_users=True)


def test_this_machine_alone_needs_no_users() -> None:
    check_users(Bound("127.0.0.1", 5006), has_users=False)


@pytest.mark.parametrize(
    "option", ["--use-xheaders", "--prefix=/x", "--admin", "--unix-socket", "--root-path", "--rest-provider"]
)
def test_options_that_lead_past_the_gate_are_refused(option: str) -> None:
    with pytest.raises(errors.ConfigError, match=option.split("=")[0]):
        check_arguments(["serve", "--address", "127.0.0.1", option], settings())


def test_several_processes_are_refused() -> None:
    with pytest.raises(errors.ConfigError, match="one process"):
        check_arguments(["serve", "--address", "127.0.0.1", "--num-procs", "4"], settings())


def test_what_a_command_line_binds_is_known() -> None:
    bound = check_arguments(["serve", "--address", "127.0.0.1", "--port", "5077"], settings())
    assert bound == Bound("127.0.0.1", 5077) and bound.is_private and bound.url == "http://127.0.0.1:5077/"
    given = settings(dashboard_hosts="desk.example", cors_origins="https://a.example", dashboard_tls_proxy="::1")
    bound = check_arguments(["serve", "--address", "127.0.0.1"], given)
    assert (bound.hosts, bound.origins, bound.proxies) == ({"desk.example"}, {"https://a.example"}, {"::1"})


@pytest.mark.parametrize(
    ("name", "arrived_at", "is_ours"),
    [
        ("localhost", "10.0.0.1", True), ("127.0.0.1", "", True), ("desk.example", "10.0.0.1", True),
        ("10.0.0.1", "10.0.0.1", True), ("10.0.0.2", "10.0.0.1", False), ("0.0.0.0", "10.0.0.1", False),
        ("evil.example", "10.0.0.1", False), ("evil.desk.example", "10.0.0.1", False),
    ],
)  # fmt: skip
def test_a_server_knows_its_names(name: str, arrived_at: str, is_ours: bool) -> None:
    bound = Bound("0.0.0.0", 1, hosts=frozenset({"desk.example"}))
    assert bound.is_named(name, arrived_at) is is_ours


def test_a_used_port_is_named_with_the_setting_that_changes_it() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(errors.ConfigError, match=rf"port {port} .*DASHBOARD_PORT"):
            check_settings(settings(dashboard_port=port))


def test_a_free_port_is_fine() -> None:
    check_settings(settings(dashboard_port=free_port()))


def test_the_command_line_serves_every_page_on_loopback_only() -> None:
    words = serve_arguments(settings(dashboard_port=5099))
    assert check_arguments(words, settings()) == Bound("127.0.0.1", 5099)
    assert [word for word in words if word.endswith("overview.py")]
    assert not [word for word in words if word.endswith("__init__.py")]


@pytest.mark.timeout(120)
def test_without_the_gate_no_server_runs(tmp_path: Path) -> None:
    port = free_port()
    lines = [
        "import runpy, sys",
        "from tornado.httpserver import HTTPServer",
        # As a version of Tornado or Bokeh would that makes its server in another way.
        "HTTPServer.configure = classmethod(lambda *given, **more: None)",
        f"sys.argv = ['panel', 'serve', 'app/pages/overview.py', '--setup', 'app/server/setup.py', '--port', '{port}',",
        "            '--plugins', 'app.server.api', '--address', '127.0.0.1']",
        "sys.path.insert(0, '.')",
        "runpy.run_module('panel', run_name='__main__')",
    ]
    environment = os.environ | {"NAUTILUS_DATA_DIR": str(tmp_path), "DEMO": "off"}
    ended = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], cwd=ROOT, env=environment, capture_output=True, text=True
    )  # fmt: skip
    assert ended.returncode == 2 and "pages would be open to everybody" in ended.stderr
    assert "Dashboard:" not in ended.stdout


def test_stopping_twice_is_harmless() -> None:
    stop()
    stop()
