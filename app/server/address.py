"""Address: where the server listens, who reaches it there, and what must be so before it may."""

from __future__ import annotations

import argparse
import ipaddress
import socket
from dataclasses import dataclass, field

from nautilus_data import Settings, errors

_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
_EVERYWHERE = frozenset({"", "0.0.0.0", "::"})
# They would serve pages where the gate does not look for them, or let anybody say where a request comes from.
_REFUSED_OPTIONS = ("--prefix", "--root-path", "--unix-socket", "--use-xheaders", "--admin", "--rest-provider")


@dataclass(frozen=True)
class Bound:
    """Where a server listens; `proxies` speak TLS for it, `hosts` are names it is reached by."""

    address: str
    port: int
    is_tls: bool = False
    proxies: frozenset[str] = field(default_factory=frozenset)
    hosts: frozenset[str] = field(default_factory=frozenset)
    origins: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_private(self) -> bool:
        """Does only this machine reach it? A proxy in front opens it to others."""
        return is_loopback(self.address) and not self.proxies

    @property
    def url(self) -> str:
        return f"{'https' if self.is_tls else 'http'}://{in_url(self.address)}:{self.port}/"

    def is_named(self, name: str, arrived_at: str) -> bool:
        """Is a Host header's name one of this server? The address a connection arrived at always is."""
        return name in _LOOPBACK_NAMES | self.hosts | {self.address.lower()} - _EVERYWHERE or name == arrived_at


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
    _check_reach(host, settings, is_tls=settings.dashboard_tls_cert is not None)
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


def check_arguments(argv: list[str], settings: Settings) -> Bound:
    """What a `panel serve` command line binds; a ConfigError when it mustn't be."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--address", default="")
    parser.add_argument("--port", type=int, default=5006)
    parser.add_argument("--num-procs", type=int, default=1)
    parser.add_argument("--ssl-certfile", default="")
    given, rest = parser.parse_known_args(argv)
    if given.num_procs != 1:
        raise errors.ConfigError(
            "run one process: leave --num-procs out. Each would start a worker and a Redis of its own"
        )
    if wrong := [word for word in rest if word.split("=")[0] in _REFUSED_OPTIONS]:
        raise errors.ConfigError(f"{wrong[0]} opens a way past the login: leave it out, or run python -m app.server")
    _check_reach(given.address, settings, is_tls=bool(given.ssl_certfile))
    return Bound(
        given.address, given.port, bool(given.ssl_certfile), settings.tls_proxies, settings.host_names,
        settings.allowed_origins,
    )  # fmt: skip


def check_users(bound: Bound, has_users: bool) -> None:
    """Raise ConfigError when others reach a server that nobody needs to log in to."""
    if not bound.is_private and not has_users:
        where = bound.address or "all network interfaces"
        raise errors.ConfigError(
            f"others would reach the server on {where}, and there are no users yet:"
            " python -m nautilus_data users add NAME --role admin"
        )


def _check_reach(address: str, settings: Settings, is_tls: bool) -> None:
    if is_loopback(address) or is_tls or settings.tls_proxies or settings.dashboard_plain_http:
        return
    raise errors.ConfigError(
        f"the server would listen on {address or 'all network interfaces'} without TLS, and passwords could be read on"
        " the way: set DASHBOARD_TLS_CERT and DASHBOARD_TLS_KEY, or DASHBOARD_TLS_PROXY to the address of a proxy that"
        " speaks TLS; DASHBOARD_PLAIN_HTTP=true where the network itself is safe; or listen on 127.0.0.1"
    )
