"""Threads: those that answer requests beside the loop, and their end."""

from __future__ import annotations

import threading

# As the library names them by which the application runs what would block the loop.
_NAME = "AnyIO worker thread"


def end_threads() -> None:
    """Let the threads of requests that were cut off end: Python waits for them at its end, and nobody tells them."""
    for thread in threading.enumerate():
        if thread.name == _NAME:
            thread.stop()
