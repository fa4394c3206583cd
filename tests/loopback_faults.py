"""What goes wrong on any wire, one request each; a handler is a `BaseHTTPRequestHandler` that is answering."""

from __future__ import annotations

import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

Wrong = Callable[[BaseHTTPRequestHandler], None]


def silent_for(seconds: float) -> Wrong:
    """No answer, and the connection ends after so long."""

    def wait(handler: BaseHTTPRequestHandler) -> None:
        time.sleep(seconds)
        handler.close_connection = True

    return wait


def ends_after(body: bytes) -> Wrong:
    """The connection ends in the middle of a body."""

    def end(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(body)
        handler.close_connection = True

    return end
