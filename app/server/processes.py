"""Processes: Redis and the worker beside this server, started once, as early as can be."""

from __future__ import annotations

import atexit

from nautilus_data import Settings, Supervisor

_RUNNING: list[Supervisor] = []


def start(settings: Settings) -> None:
    """Start them unless they run; a ConfigError or FatalError says why they can't."""
    if _RUNNING:
        return
    supervisor = Supervisor(settings)
    supervisor.start()
    _RUNNING.append(supervisor)
    atexit.register(stop)


def stop() -> None:
    """Stop the worker, its node and Redis; safe to call twice."""
    while _RUNNING:
        _RUNNING.pop().stop()
