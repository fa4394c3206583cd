"""Threads: those that answer requests beside the loop, and their end."""

from __future__ import annotations

import threading

from anyio._backends._asyncio import WorkerThread


def end_threads() -> None:
    """Let the threads of requests that were cut off end: Python waits for them at its end, and nobody tells them."""
    for thread in threading.enumerate():
        if isinstance(thread, WorkerThread):
            thread.stop()
