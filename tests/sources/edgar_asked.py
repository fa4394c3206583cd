"""What tests of EDGAR share: the source in front of a loopback server, and its recorded answers."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nautilus_data.core.dataset import Series
from nautilus_data.core.timerange import NS_PER_S, TimeRange, to_ns
from nautilus_data.sources.edgar import Edgar
from nautilus_data.transport import Access, Ledger
from tests.loopback_edgar import WHO, Company, LoopbackEdgar, loopback_edgar

# A Sunday: nothing is filed.
NOW = to_ns("2024-11-03T15:00")
ALL = TimeRange(to_ns("1993-01-01"), NOW)
# What is asked for year by year.
LATELY = TimeRange(to_ns("2022-06-01"), NOW)
APPLE = "0000320193"
RECORDINGS = Path(__file__).parents[3] / "shared" / "data" / "recordings" / "edgar"


def series_of(dataset: str, cik: str = APPLE) -> Series:
    return Series(dataset=dataset, instrument_id=f"CIK{cik}.SEC", source="edgar")


def edgar(server: LoopbackEdgar, folder: Path | None = None, now: int = NOW, **access: Any) -> Edgar:
    """A ledger whose clock leaps, so that nobody waits for the limits."""
    ticks = count(now, 10 * NS_PER_S)
    reach = Access(
        folder=folder, base_url=server.url, **{"user_agent": WHO, "timeout_s": 15.0, "cache_s": 600.0, **access}
    )
    return Edgar(reach, Ledger(clock=lambda: next(ticks)), clock=lambda: now)


@contextmanager
def serving(
    companies: Mapping[str, Company] = {}, now: int = NOW, **given: Any
) -> Iterator[tuple[LoopbackEdgar, Edgar]]:
    """A server with these companies, and the source asking it; it may ask as fast as it can."""
    with loopback_edgar(companies, **{"most_per_s": 10_000, **given}) as server:
        made = edgar(server, now=now)
        try:
            yield server, made
        finally:
            made.close()


def fetched(source: Edgar, dataset: str, span: TimeRange | None = None, cik: str = APPLE) -> pd.DataFrame:
    """Every request of a span, one after the other."""
    one, span = series_of(dataset, cik), span or _usual(dataset)
    return pd.concat([asyncio.run(source.fetch(one, part)) for part in source.chunks(one, span)], ignore_index=True)


def refusals(source: Edgar, dataset: str) -> list[str]:
    """Why rows of the answers could not be read."""
    one, span = series_of(dataset), _usual(dataset)
    answers = [asyncio.run(source.extract(one, part)) for part in source.chunks(one, span)]
    return [reason for answer in answers for reason in source.refused(answer, one)["reason"]]


def _usual(dataset: str) -> TimeRange:
    return LATELY if dataset in ("insider_trades", "holdings") else ALL


def when(ns: pd.Series) -> list[str]:
    """In New York, to the minute."""
    return pd.to_datetime(ns, utc=True).dt.tz_convert("America/New_York").dt.strftime("%Y-%m-%d %H:%M").tolist()


def days(ns: pd.Series) -> list[str]:
    return pd.to_datetime(ns, utc=True).dt.strftime("%Y-%m-%d").tolist()


def recorded(name: str) -> bytes:
    """One of EDGAR's real answers."""
    if not (RECORDINGS / name).exists():
        pytest.skip(f"no recorded answers of EDGAR at {RECORDINGS}")
    return (RECORDINGS / name).read_bytes()
