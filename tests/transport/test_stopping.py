"""Work is given up as soon as there is a reason to."""

from __future__ import annotations

import asyncio
import time

import pytest

from nautilus_data.transport import until_stopped


async def work(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "done"


def test_work_nobody_stops_gives_its_result() -> None:
    assert asyncio.run(until_stopped(work(0.0), lambda: "", RuntimeError)) == "done"


def test_an_error_of_the_work_comes_through() -> None:
    async def fail() -> None:
        raise LookupError("no such")

    with pytest.raises(LookupError, match="no such"):
        asyncio.run(until_stopped(fail(), lambda: "", RuntimeError))


def test_work_is_cancelled_for_a_reason() -> None:
    cancelled = []

    async def hang() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    started = time.monotonic()
    with pytest.raises(RuntimeError, match="enough"):
        asyncio.run(until_stopped(hang(), lambda: "enough", RuntimeError, 0.01))
    assert time.monotonic() - started < 5
    assert cancelled == [True]
