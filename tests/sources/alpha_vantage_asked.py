"""What tests of Alpha Vantage share: the source in front of a loopback server, and its recorded answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd
import pytest

from nautilus_data.core.dataset import Series
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, TimeRange, to_ns
from nautilus_data.sources.alpha_vantage import AlphaVantage
from nautilus_data.sources.alpha_vantage.call import Call, Said
from nautilus_data.transport import Access, Ledger
from tests.loopback_alpha_vantage import API_KEY, LoopbackAlphaVantage, loopback_alpha_vantage

# A Wednesday in the middle of New York's session.
NOW = to_ns("2024-05-15T16:00")
RECORDINGS = Path(__file__).parents[3] / "shared" / "data" / "recordings" / "alpha_vantage"
# When the newest of them were made, a Sunday.
RECORDED = to_ns("2026-05-17T18:00")
needs_recordings = pytest.mark.skipif(not RECORDINGS.exists(), reason="recorded answers are not at hand")


def asking(
    server: LoopbackAlphaVantage, folder: Path | None = None, leap_s: int = 7_200, now: int = NOW, **access: Any
) -> AlphaVantage:
    """A ledger whose clock leaps, so that nobody waits for the limits."""
    ticks = count(now, leap_s * NS_PER_S)
    reach = Access(folder=folder, base_url=server.url, **{"api_key": API_KEY, "timeout_s": 15.0, **access})
    return AlphaVantage(reach, Ledger(clock=lambda: next(ticks)), clock=lambda: now)


@contextmanager
def serving(now: int = NOW, daily: int = 0, **given: Any) -> Iterator[tuple[LoopbackAlphaVantage, AlphaVantage]]:
    """A server, and the source asking it; `daily` is the source's plan."""
    with loopback_alpha_vantage(clock=lambda: now / NS_PER_S, **given) as server:
        made = asking(server, now=now, daily=daily)
        try:
            yield server, made
        finally:
            made.close()


def of(dataset: str = "bars", instrument_id: str = "IBM.NYSE", **given: str) -> Series:
    return Series(dataset=dataset, instrument_id=instrument_id, source="alpha_vantage", **given)


def last(days: int, now: int = NOW) -> TimeRange:
    return TimeRange(now - days * NS_PER_DAY, now)


def fetched(source: AlphaVantage, series: Series, span: TimeRange) -> pd.DataFrame:
    """Every request of a span, one after the other."""
    parts = [asyncio.run(source.fetch(series, part)) for part in source.chunks(series, span)]
    return pd.concat(parts, ignore_index=True)


def said(function: str, body: bytes, said_at: int = RECORDED, **params: str) -> Said:
    return Said(call=Call(function=function, params=MappingProxyType(params)), body=body, said_at=said_at)


def recorded(function: str, file: str) -> Said:
    return said(function, (RECORDINGS / file).read_bytes())


def days(times: pd.Series) -> list[str]:
    return pd.to_datetime(times).dt.strftime("%Y-%m-%d").tolist()


def moments(times: pd.Series) -> list[str]:
    """In New York."""
    return pd.to_datetime(times, utc=True).dt.tz_convert("America/New_York").dt.strftime("%Y-%m-%d %H:%M").tolist()
