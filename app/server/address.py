"""Address: where the server may listen; until login exists, on this machine only."""

from __future__ import annotations

import argparse
import ipaddress
import socket

from nautilus_data import Settings, errors


def is_loopback(address: str) -> bool:
    """Is it an address of this machine only?"""
    if address == "localhost":
        return True
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def in_url(address: str) -> str:
    """An address as a URL writes it."""
    return f"[{address}]" if ":" in address else address


def check_settings(settings: Settings) -> None:
    """Raise ConfigError when the settings' address can't or mustn't be used."""
    host, port = settings.dashboard_host, settings.dashboard_port
    if not is_loopback(host):
        raise errors.ConfigError(
            f"DASHBOARD_HOST={host} reaches beyond this machine, but login does not exist yet:"
            " set it to 127.0.0.1 and reach it through an SSH tunnel"
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As Tornado binds: else a port just freed would look used.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise errors.ConfigError(
                f"port {port} of {host} can't be used ({error.strerror}):"
                " stop what uses it, or set DASHBOARD_PORT to another"
            ) from error


def check_arguments(argv: list[str]) -> tuple[str, int]:
    """Address and port a `panel serve` command line binds; a ConfigError when that reaches beyond this machine."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--address", default="")
    parser.add_argument("--port", type=int, default=5006)
    parser.add_argument("--num-procs", type=int, default=1)
    given, _ = parser.parse_known_args(argv)
    if not is_loopback(given.address):
        bound = given.address or "all network interfaces"
        raise errors.ConfigError(
            f"the server would listen on {bound}, but login does not exist yet: anyone there could control the engine."
            " Add --address 127.0.0.1, or run python -m app.server"
        )
    if given.num_procs != 1:
        raise errors.ConfigError(
            "run one process: leave --num-procs out. Each would start a worker and a Redis of its own"
        )
    return given.address, given.port
