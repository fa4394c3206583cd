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

from app.server import gate, login, oauth, processes
from app.server.address import Bound, check_arguments, check_users
from nautilus_data import Settings, errors, load_settings, open_workspace, set_up_logs

_LOG = logging.getLogger(__name__)
_STARTED = time.monotonic()


def start(settings: Settings, bound: Bound) -> None:
    """Redis and worker first, then the gate and this process' own workspace, which pages and REST find in the cache."""
    processes.start(settings)
    atexit.register(stop)
    workspace = open_workspace(settings, tail=True)
    pn.state.cache["workspace"] = workspace
    check_users(bound, workspace.users.has_any())
    gate.put_before_servers(workspace, bound, [*login.ROUTES, *oauth.routes(settings)])


def stop() -> None:
    """Close the workspace, then stop the worker, the node and Redis; safe to call twice."""
    workspace = pn.state.cache.pop("workspace", None)
    if workspace is not None:
        workspace.close()
    processes.stop()


def announce(bound: Bound) -> None:
    """Say where the pages are; the first that runs once the server listens, so that none is open without the gate."""
    if not gate.is_standing():
        stop()
        sys.stderr.write("error: pages would be open to everybody: this version of Tornado or Bokeh is not known\n")
        sys.exit(2)
    sys.stdout.write(f"Dashboard: {bound.url}   (Ctrl+C stops it)\n")
    sys.stdout.flush()
    took_s = time.monotonic() - _STARTED
    _LOG.info("server listens address=%s port=%s started_in_s=%.1f", bound.address, bound.port, took_s)
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
        settings = load_settings()
        bound = check_arguments(sys.argv[1:], settings)
        set_up_logs(settings)
        _quiet_logs()
        start(settings, bound)
    except errors.DashboardError as error:
        stop()
        sys.stderr.write(f"error: {error}\n")
        sys.exit(2)
    IOLoop.current().add_callback(announce, bound)


# `panel serve` runs this file under this name; an import, as in tests, starts nothing.
if __name__ == "panel_setup_module":
    main()
