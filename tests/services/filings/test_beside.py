from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from nautilus_data.core.dataset import Series
from nautilus_data.core.timerange import TimeRange, to_ns
from nautilus_data.services.filings import Filings
from nautilus_data.services.filings.beside import Beside
from nautilus_data.services.filings.shelf import Shelves
from nautilus_data.store import Store
from tests.company_facts import fact, facts_of, quarter_ends
from tests.services.filings.seeded import ACME, PAST, seed
from tests.services.macro.seeded import Clock

THEIRS = Series(dataset="facts", instrument_id="ACME.B.NYSE", source="alpha_vantage")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'store.sqlite'}")
    seed(opened)
    yield opened
    opened.close()


def revenue_by_quarter() -> pd.DataFrame:
    rows = [
        fact("totalRevenue", "2022-01-01", end, 100 + 10 * place, str(pd.Timestamp(end).date()), "INCOME_STATEMENT",
             "quarterly", taxonomy="alpha_vantage")
        for place, end in enumerate(quarter_ends(8, "2023-12-31"))
    ]  # fmt: skip
    return facts_of(*rows)


def test_what_alpha_vantage_tells_of_the_companys_instrument_is_put_beside(store: Store) -> None:
    shelf = Shelves(store).of(ACME)
    beside = Beside(store)
    assert beside.of(shelf, ["ACME-B"]) is shelf
    store.write(THEIRS, revenue_by_quarter(), PAST)
    joined = beside.of(shelf, ["ACME", "ACME-B"])
    assert len(joined.frames["facts"]) == len(shelf.frames["facts"]) + 8
    assert joined.frames["facts"]["ts_init"].is_monotonic_increasing
    assert beside.of(shelf, ["ACME-B"]) is joined and beside.of(shelf, ["OTHER"]) is shelf


def test_prices_are_of_one_line_as_traded(store: Store) -> None:
    bars = pd.DataFrame(
        {"ts_event": [to_ns("2024-01-02T21:00")], "ts_init": [to_ns("2024-01-02T21:00")], "volume": 1.0}
    )
    bars = bars.assign(**{name: 5 * 10**9 for name in ("open", "high", "low", "close")})
    span = TimeRange(to_ns("2024-01-02"), to_ns("2024-01-03"))
    for source, adjustment in (("yahoo", "raw"), ("alpha_vantage", "raw"), ("sample", "total")):
        store.write(Series(instrument_id="ACME.NYSE", source=source, adjustment=adjustment), bars, span)
    joined = Beside(store).of(Shelves(store).of(ACME), ["ACME"])
    assert len(joined.frames["bars"]) == 1


def test_factors_of_both_sources_stand_side_by_side(store: Store) -> None:
    store.write(THEIRS, revenue_by_quarter(), PAST)
    scores = Filings(store, {}, lambda series, mode: 0, Clock("2024-06-01")).scores(ACME).set_index("key")
    assert scores.loc["asset_growth", "value"] == pytest.approx(0.2)
    assert scores.loc["revenue_growth", "value"] == pytest.approx(170 / 130 - 1)
