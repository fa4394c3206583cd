"""What tests of FRED share: the source in front of a loopback server, and everything it has of a series."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nautilus_data.core.dataset import Series
from nautilus_data.core.macro_series import observations_of
from nautilus_data.core.timerange import NS_PER_S, TimeRange, to_ns
from nautilus_data.sources.fred import Fred
from nautilus_data.transport import Access, Ledger
from tests.loopback_fred import API_KEY, Line, LoopbackFred, loopback_fred

# A Sunday: nothing is published.
NOW = to_ns("2024-11-03T15:00")
ALL = TimeRange(to_ns("1700-01-01"), NOW)
RECORDINGS = Path(__file__).parents[3] / "shared" / "data" / "recordings" / "fred"


def fred(server: LoopbackFred, folder: Path | None = None, now: int = NOW, **access: Any) -> Fred:
    """A ledger whose clock leaps, so that nobody waits for the limits."""
    ticks = count(now, 10 * NS_PER_S)
    reach = Access(
        folder=folder, base_url=server.url, **{"api_key": API_KEY, "timeout_s": 15.0, "cache_s": 0, **access}
    )
    return Fred(reach, Ledger(clock=lambda: next(ticks)), clock=lambda: now)


@contextmanager
def serving(lines: dict[str, Line], now: int = NOW, **given: Any) -> Iterator[tuple[LoopbackFred, Fred]]:
    """A server with these lines, and the source asking it."""
    with loopback_fred(lines, clock=lambda: now / NS_PER_S, **given) as server:
        made = fred(server, now=now)
        try:
            yield server, made
        finally:
            made.close()


def fetched(source: Fred, series: Series | str, span: TimeRange = ALL) -> pd.DataFrame:
    """Every request of a span, one after the other."""
    one = observations_of(series) if isinstance(series, str) else series
    return pd.concat([asyncio.run(source.fetch(one, part)) for part in source.chunks(one, span)], ignore_index=True)


def told(frame: pd.DataFrame) -> list[tuple[str, str, float, str]]:
    """Rows to compare at a glance: date, when it was known in New York, value (2 decimals), how that is known."""
    dates = pd.to_datetime(frame["ts_event"]).dt.strftime("%Y-%m-%d")
    known = pd.to_datetime(frame["ts_init"], utc=True).dt.tz_convert("America/New_York").dt.strftime("%Y-%m-%d %H:%M")
    return list(zip(dates, known, frame["value"].round(2), frame["known_by"], strict=True))


def recorded(name: str) -> dict[str, Any]:
    """One of FRED's real answers in JSON."""
    if not (RECORDINGS / name).exists():
        pytest.skip(f"no recorded answers of FRED at {RECORDINGS}")
    return json.loads((RECORDINGS / name).read_text())
