"""Setup: what the server process opens before its pages, and closes after them; run by `panel serve --setup`."""

from __future__ import annotations

import asyncio
import atexit
import gc
import logging
import sys
import time
import warnings
from typing import Any

import panel as pn
from tornado.ioloop import IOLoop
from tornado.websocket import WebSocketClosedError

from app.server import processes
from app.server.address import check_arguments, in_url
from nautilus_data import Settings, errors, load_settings, open_workspace, set_up_logs

_LOG = logging.getLogger(__name__)
_STARTED = time.monotonic()


def start(settings: Settings) -> None:
    """Redis and worker first, then this process' own workspace; pages and REST find it in the cache."""
    processes.start(settings)
    atexit.register(stop)
    pn.state.cache["workspace"] = open_workspace(settings, tail=True)


def stop() -> None:
    """Close the workspace, then stop the worker, the node and Redis; safe to call twice."""
    workspace = pn.state.cache.pop("workspace", None)
    if workspace is not None:
        workspace.close()
    processes.stop()


def announce(address: str, port: int) -> None:
    """Say where the pages are; runs once the server listens."""
    sys.stdout.write(f"Dashboard: http://{in_url(address)}:{port}/   (Ctrl+C stops it)\n")
    sys.stdout.flush()
    _LOG.info("server listens address=%s port=%s started_in_s=%.1f", address, port, time.monotonic() - _STARTED)
    asyncio.get_running_loop().set_exception_handler(_tell_unretrieved)
    # Modules live as long as the process: the collector need not walk them again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _tell_unretrieved(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A browser that leaves while a value is on its way to it is no error."""
    if not isinstance(context.get("exception"), WebSocketClosedError):
        loop.default_exception_handler(context)


def _quiet_logs() -> None:
    """A line per request, and one for each tab that was closed, tell nothing."""
    for name in ("tornado.access", "panel"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("bokeh.server.views.ws").setLevel(logging.ERROR)
    # Panel sends the stylesheets of each Tabulator twice; the browser does not mind.
    warnings.filterwarnings("ignore", message="reference already known")


def main() -> None:
    """Start, or say in one line why not and end with 2."""
    try:
        address, port = check_arguments(sys.argv[1:])
        settings = load_settings()
        set_up_logs(settings)
        _quiet_logs()
        start(settings)
    except errors.DashboardError as error:
        stop()
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2)
    IOLoop.current().add_callback(announce, address, port)


# `panel serve` runs this file under this name; an import, as in tests, starts nothing.
if __name__ == "panel_setup_module":
    main()
