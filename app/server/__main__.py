"""Start the dashboard: `python -m app.server`."""

from __future__ import annotations

import os
import runpy
import sys
from pathlib import Path

from app.server import processes
from app.server.address import check_settings
from app.server.threads import end_threads
from nautilus_data import Settings, errors, load_settings, set_up_logs

_APP = Path(__file__).resolve().parent.parent


def serve_arguments(settings: Settings) -> list[str]:
    """The `panel serve` command line that the settings ask for."""
    pages = sorted(str(path) for path in (_APP / "pages").glob("*.py"))
    host, port = settings.dashboard_host, settings.dashboard_port
    cert, key = settings.dashboard_tls_cert, settings.dashboard_tls_key
    tls = ["--ssl-certfile", str(cert), "--ssl-keyfile", str(key)] if cert else []
    return [
        "serve", *pages, "--setup", str(_APP / "server" / "setup.py"), "--plugins", "app.server.api",
        "--address", host, "--port", str(port), *tls, "--liveness", "--log-level", "warning",
        "--keep-alive", "10000", "--check-unused-sessions", "5000", "--unused-session-lifetime", "15000",
    ]  # fmt: skip


def main() -> None:
    try:
        settings = load_settings()
        check_settings(settings)
        set_up_logs(settings)
        # Before Panel is loaded, which takes seconds: the worker and its node get ready meanwhile.
        processes.start(settings)
    except errors.DashboardError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2)
    # `panel serve` puts a path of its own first; pages and plugins import from the checkout.
    sys.path.insert(0, os.fspath(_APP.parent))
    sys.argv = ["panel", *serve_arguments(settings)]
    try:
        runpy.run_module("panel", run_name="__main__")
    finally:
        end_threads()


if __name__ == "__main__":
    main()
