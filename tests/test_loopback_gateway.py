"""The loopback gateway is one to the client library itself: what it does by default works, and faults look as real."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from nautilus_data.sources.ib.library import load_library
from tests.loopback_gateway import LoopbackGateway


@pytest.fixture
def loopback() -> Iterator[LoopbackGateway]:
    with LoopbackGateway() as made:
        yield made


def use(loopback: LoopbackGateway, work: Callable[[Any, Any], Awaitable[Any]], **options: Any) -> Any:
    """Connect as the library does by itself, work, disconnect."""

    async def whole() -> Any:
        library = load_library()
        ib = library.IB()
        try:
            await ib.connectAsync("127.0.0.1", loopback.port, clientId=9, timeout=3, **options)
            return await work(library, ib)
        finally:
            ib.disconnect()
            await asyncio.sleep(0)

    return asyncio.run(whole())


@pytest.mark.parametrize("is_readonly", [True, False])
def test_the_library_connects_with_all_it_asks_for(loopback: LoopbackGateway, is_readonly: bool) -> None:
    async def look(library: Any, ib: Any) -> tuple[Any, ...]:
        return ib.managedAccounts(), [row.contract.symbol for row in ib.positions()], await ib.reqCurrentTimeAsync()

    accounts, positions, now = use(loopback, look, readonly=is_readonly)
    assert (accounts, positions) == (["DU1234567"], ["AAPL"])
    assert abs((datetime.now(UTC) - now).total_seconds()) < 5


def test_contracts_and_history_come_as_the_library_gives_them(loopback: LoopbackGateway) -> None:
    async def look(library: Any, ib: Any) -> Any:
        (stock,) = await ib.qualifyContractsAsync(library.Stock("PLTR", "SMART", "USD"))
        return stock, await ib.reqHistoricalDataAsync(
            stock, datetime(2026, 11, 21, tzinfo=UTC), "1 D", "1 hour", "TRADES", useRTH=True, formatDate=2
        )

    stock, bars = use(loopback, look)
    assert (stock.conId, stock.primaryExchange) == (444857009, "NASDAQ")
    assert [f"{bar.date:%H:%M}" for bar in bars] == ["14:30", "15:00", "16:00", "17:00", "18:00", "19:00", "20:00"]


def test_a_taken_client_id_is_refused_as_a_real_gateway_does(loopback: LoopbackGateway) -> None:
    loopback.taken_ids = {9}

    async def never(library: Any, ib: Any) -> None:
        pytest.fail("connected")

    with pytest.raises((TimeoutError, ConnectionError)):
        use(loopback, never)


def test_a_sixth_request_in_two_seconds_and_an_identical_one_break_the_pace(loopback: LoopbackGateway) -> None:
    async def hurry(library: Any, ib: Any) -> list[int]:
        stock = library.Contract(conId=265598, exchange="SMART")
        ends = [datetime(2026, 11, day, tzinfo=UTC) for day in (3, 4, 5, 6, 7, 10)]
        ask = [ib.reqHistoricalDataAsync(stock, end, "1 D", "1 hour", "TRADES", True) for end in ends]
        return [len(bars) for bars in await asyncio.gather(*ask)]

    assert use(loopback, hurry) == [7, 7, 7, 7, 7, 0]
    assert len(loopback.violations) == 1


@pytest.mark.parametrize(
    ("duration", "bar", "is_given"),
    [("1 D", "1 min", True), ("2 D", "1 min", False), ("60 S", "1 secs", True), ("1 W", "3 mins", True),
     ("1 W", "2 mins", False), ("1 M", "30 mins", True), ("1 Y", "1 hour", False), ("400 D", "1 day", False)],
)  # fmt: skip
def test_it_keeps_the_table_of_durations(loopback: LoopbackGateway, duration: str, bar: str, is_given: bool) -> None:
    async def look(library: Any, ib: Any) -> int:
        stock = library.Contract(conId=265598, exchange="SMART")
        return len(
            await ib.reqHistoricalDataAsync(
                stock, datetime(2026, 11, 20, 16, tzinfo=UTC), duration, bar, "TRADES", True
            )
        )

    assert bool(use(loopback, look)) is is_given
