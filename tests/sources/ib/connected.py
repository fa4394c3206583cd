"""A gateway of ours, connected to the one on loopback."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nautilus_data.core.dataset import Series
from nautilus_data.core.timerange import TimeRange
from nautilus_data.sources.ib import Gateway, Limits, Pace, Pacing
from nautilus_data.sources.interactive_brokers import InteractiveBrokers
from nautilus_data.transport import Connection, State
from tests.conftest import wait_until
from tests.loopback_gateway import LoopbackGateway

QUICK = Pace(connect_s=2.0, request_s=5.0, beat_s=0.2, patience_s=1.0, garbled_s=2.0)
NO_LIMITS = Limits(calls=100_000, calls_per_line=100_000, same_window_s=0.0)
DAY = TimeRange.of("2026-11-20", "2026-11-21")


@contextmanager
def connected(loopback: LoopbackGateway, **options: Any) -> Iterator[Gateway]:
    """Started and connected; stopped at the end."""
    with started(loopback.port, **options) as gateway:
        await_state(gateway, State.CONNECTED)
        yield gateway


@contextmanager
def started(port: int, folder: Path | None = None, limits: Limits | None = None, **options: Any) -> Iterator[Gateway]:
    with tempfile.TemporaryDirectory() as made:
        connection = Connection("ib", base_s=0.05, max_s=0.2, probe_s=0.1, tries=100)
        options = {"pace": QUICK, "connection": connection} | options
        pacing = Pacing(folder or Path(made), limits=limits)
        gateway = Gateway("127.0.0.1", port, pacing, **options)
        try:
            gateway.start()
            yield gateway
        finally:
            gateway.stop()
            pacing.close()


def await_state(gateway: Gateway, state: State, timeout_s: float = 10.0) -> None:
    wait_until(lambda: gateway.connection.state is state, timeout_s, f"the state {state}")


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def series(instrument_id: str = "AAPL.NASDAQ", timeframe: str = "1-HOUR", **options: Any) -> Series:
    adjustment = options.pop("adjustment", "split" if instrument_id.endswith((".NASDAQ", ".ARCA", ".NYSE")) else "raw")
    return Series(
        instrument_id=instrument_id,
        source="interactive_brokers",
        timeframe=timeframe,
        adjustment=adjustment,
        **options,
    )


def fetch(gateway: Gateway, wanted: Series, span: TimeRange = DAY) -> Any:
    return run(InteractiveBrokers(gateway=gateway).fetch(wanted, span))
