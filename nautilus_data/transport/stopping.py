"""Stopping: work that is given up as soon as there is a reason to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

# How long work that was given up may take to clean up.
_GRACE_S = 1.0


async def until_stopped(
    work: Coroutine[Any, Any, Any], reason: Callable[[], str], error: type[Exception], look_s: float = 0.5
) -> Any:
    """The result of `work`; `error(reason())` as soon as there is a reason, whatever the work waits for."""
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({task}, timeout=look_s))[0]:
            if why := await asyncio.to_thread(reason):
                raise error(why)
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=_GRACE_S)
