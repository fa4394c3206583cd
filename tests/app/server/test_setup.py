"""What may be started, and where."""

import socket

import pytest

from app.server.__main__ import serve_arguments
from app.server.address import check_arguments, check_settings, is_loopback
from app.server.setup import stop
from nautilus_data import Settings, errors
from tests.conftest import free_port


def settings(**given: object) -> Settings:
    return Settings(_env_file=None, **given)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_loopback_is_this_machine(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize("address", ["", "0.0.0.0", "::", "192.168.1.5", "example.org", "*"])
def test_everything_else_is_not(address: str) -> None:
    assert not is_loopback(address)


def test_panels_default_of_all_interfaces_is_refused() -> None:
    with pytest.raises(errors.ConfigError, match=r"all network interfaces.*login.*--address 127\.0\.0\.1"):
        check_arguments(["serve", "app/pages/overview.py", "--setup", "app/server/setup.py"])


@pytest.mark.parametrize("given", [["--address", "0.0.0.0"], ["--address=0.0.0.0"], ["--address", "10.0.0.1"]])
def test_an_address_beyond_this_machine_is_refused(given: list[str]) -> None:
    with pytest.raises(errors.ConfigError, match="login does not exist yet"):
        check_arguments(["serve", "page.py", *given])


def test_several_processes_are_refused() -> None:
    with pytest.raises(errors.ConfigError, match="one process"):
        check_arguments(["serve", "--address", "127.0.0.1", "--num-procs", "4"])


def test_a_loopback_address_and_its_port_are_taken() -> None:
    assert check_arguments(["serve", "--address", "127.0.0.1", "--port", "5077"]) == ("127.0.0.1", 5077)


def test_a_host_beyond_loopback_does_not_start() -> None:
    with pytest.raises(errors.ConfigError, match=r"DASHBOARD_HOST=0\.0\.0\.0.*login does not exist yet"):
        check_settings(settings(dashboard_host="0.0.0.0"))


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
    assert check_arguments(words) == ("127.0.0.1", 5099)
    assert "127.0.0.1:5099" in words and "localhost:5099" in words
    assert [word for word in words if word.endswith("overview.py")]
    assert not [word for word in words if word.endswith("__init__.py")]


def test_stopping_twice_is_harmless() -> None:
    stop()
    stop()
