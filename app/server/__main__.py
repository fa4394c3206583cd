"""Start the dashboard: `python -m app.server`."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

from panel.command import main as panel_main

from app.server.setup import is_loopback
from nautilus_data import Settings, errors, load_settings

_APP = Path(__file__).resolve().parent.parent


def serve_arguments(settings: Settings) -> list[str]:
    """The `panel serve` command line that the settings ask for."""
    pages = sorted(str(path) for path in (_APP / "pages").glob("*.py"))
    host, port = settings.dashboard_host, settings.dashboard_port
    names = dict.fromkeys((_shown(host), "127.0.0.1", "localhost"))
    origins = [word for name in names for word in ("--allow-websocket-origin", f"{name}:{port}")]
    return [
        "serve", *pages, "--setup", str(_APP / "server" / "setup.py"), "--plugins", "app.server.api",
        "--address", host, "--port", str(port), *origins, "--liveness", "--log-level", "warning",
        "--keep-alive", "10000", "--check-unused-sessions", "5000", "--unused-session-lifetime", "15000",
    ]  # fmt: skip


def check(settings: Settings) -> None:
    """Raise ConfigError when the address can't or mustn't be used."""
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


def main() -> None:
    try:
        settings = load_settings()
        check(settings)
    except errors.DashboardError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2)
    # `panel serve` puts a path of its own first; pages and plugins import from the checkout.
    sys.path.insert(0, os.fspath(_APP.parent))
    sys.argv = ["panel", *serve_arguments(settings)]
    panel_main()


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


if __name__ == "__main__":
    main()
