"""A small market, and engine folders whose child never outlives the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nautilus_data.core.dataset import BARS
from nautilus_data.core.instrument import Instrument
from nautilus_data.core.timerange import NS_PER_DAY, to_ns
from nautilus_data.engine import EngineProcess, EngineState, Identity, RunConfig, Status
from tests.conftest import RedisServer, wait_until

FIRST_CLOSE = to_ns("2005-01-03T21:00:00Z")


@pytest.fixture(scope="session")
def instruments() -> list[Instrument]:
    names = ("AAPL.NASDAQ", "MSFT.NASDAQ", "IBM.NYSE")
    return [Instrument(instrument_id=name, raw_symbol=name.partition(".")[0], price_precision=4) for name in names]


@pytest.fixture(scope="session")
def bars(instruments: list[Instrument]) -> dict[str, pd.DataFrame]:
    """Waves that cross their averages every few sessions; the second instrument begins later."""
    sizes = zip(instruments, (7, 9, 11), (0, 20, 0), strict=True)
    return {instrument.instrument_id: wave(80 - skipped, period, skipped) for instrument, period, skipped in sizes}


def wave(sessions: int, period: int, skipped: int = 0) -> pd.DataFrame:
    number = np.arange(skipped, skipped + sessions)
    close = np.round(100 + 10 * np.sin(number * 2 * np.pi / period) + number / 7, 4)
    spread = {"open": close - 0.5, "high": close + 1.25, "low": close - 1.0, "close": close}
    prices = {name: np.rint(values * 10_000).astype("int64") * 100_000 for name, values in spread.items()}
    times = FIRST_CLOSE + number * NS_PER_DAY
    volume = np.full(sessions, 1_000_000.0)
    return BARS.conform(pd.DataFrame({"ts_event": times, "ts_init": times, **prices, "volume": volume}))


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[EngineProcess]:
    """A folder of its own; needs the optional nautilus_trader."""
    pytest.importorskip("nautilus_trader")
    process = EngineProcess(tmp_path / "engine")
    yield process
    process.kill()


@pytest.fixture
def run_config(redis_server: RedisServer) -> Callable[..., RunConfig]:
    """A short-averaged run into this test's Redis, supervised by this test."""

    def build(**fields: object) -> RunConfig:
        defaults = {"run_id": "run-1", "fast": 2, "slow": 4, "pace": 50.0, "supervisor": Identity.of()}
        return RunConfig(**{**defaults, "redis_port": redis_server.port, **fields})

    return build


def reach(engine: EngineProcess, condition: Callable[[EngineState], object], timeout_s: float = 60.0) -> EngineState:
    """The first state for which `condition` is true; a failed run fails at once, with its log."""

    def look() -> EngineState | None:
        state = engine.state()
        if condition(state):
            return state
        if state.status is Status.FAILED:
            pytest.fail(f"the run failed: {state.error}\n" + "\n".join(engine.log_tail(60)))
        return None

    return wait_until(look, timeout_s, f"the engine; it says {engine.state()}")
