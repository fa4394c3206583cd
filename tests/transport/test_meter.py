"""The meter: who waits gets a turn, and who no longer waits spends nothing."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from nautilus_data.errors import RetryableError
from nautilus_data.transport import Ledger, Meter, RateLimit, ask_in_thread


def test_a_request_nobody_waits_for_any_more_does_not_leave(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    source = Meter(ledger, "yahoo", "Yahoo Finance", (RateLimit(1, 1.5),))
    source.enter()
    ended: list[str] = []

    def ask() -> None:
        try:
            source.enter()
        except RetryableError as error:
            ended.append(str(error))

    async def call_off() -> None:
        waiting = asyncio.ensure_future(ask_in_thread(ask))
        await asyncio.sleep(0.1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    asyncio.run(call_off())
    assert ended == ["Yahoo Finance is not asked: nobody waits for the answer any more"]
    assert len(ledger.quota("yahoo")) == 1 and ledger.quota("yahoo")[0].used == 1
    ledger.close()


def test_many_in_a_queue_all_get_their_turn(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    source = Meter(ledger, "yahoo", "Yahoo Finance", (RateLimit(2, 0.2),), patience_s=0.3)

    async def ask() -> list[None]:
        return await asyncio.gather(*(ask_in_thread(source.enter) for _ in range(12)))

    started = time.monotonic()
    assert asyncio.run(ask()) == [None] * 12
    assert time.monotonic() - started >= 1.0
    ledger.close()
