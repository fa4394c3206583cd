"""What was known of a made-up company, restated once, at times before and after."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from nautilus_data.core.timerange import TimeRange, to_ns
from nautilus_data.errors import SkippableError
from nautilus_data.services.filings import Filings
from nautilus_data.services.filings.shelf import series_of
from nautilus_data.store import Store
from tests.company_facts import fact, facts_of
from tests.services.filings.seeded import ACME, FIRST_SAID, PAST, RESTATED, SALES, seed
from tests.services.macro.seeded import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock("2024-06-01")


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    opened = Store(f"sqlite:///{tmp_path / 'store.sqlite'}", clock=clock)
    seed(opened)
    yield opened
    opened.close()


@pytest.fixture
def filings(store: Store, clock: Clock) -> Filings:
    return Filings(store, {}, lambda series, mode: 0, clock)


def year_of_2022(filings: Filings, as_of: int) -> dict[str, object]:
    frame = filings.statement(ACME, "income", "annual", as_of).frame
    return frame[(frame["concept"] == "revenue") & (frame["ts_event"] == to_ns("2022-12-31"))].iloc[0].to_dict()


def test_before_a_restatement_the_first_value_is_told_and_after_it_the_new_one(filings: Filings) -> None:
    first = year_of_2022(filings, RESTATED - 1)
    assert (first["value"], first["is_restated"]) == (Decimal(90_000_000), False)
    later = year_of_2022(filings, RESTATED)
    assert (later["value"], later["is_restated"], later["restated_from"]) == (
        Decimal(85_000_000), True, Decimal(90_000_000),
    )  # fmt: skip
    assert filings.restatements(ACME, RESTATED - 1).empty
    (row,) = filings.restatements(ACME).to_dict("records")
    assert (row["before"], row["value"], row["ts_init"]) == (Decimal(90_000_000), Decimal(85_000_000), RESTATED)
    assert filings.statement(ACME, as_of=FIRST_SAID - 1).frame.empty


def test_the_last_quarter_is_the_year_less_nine_months_and_names_its_parts(filings: Filings) -> None:
    row = filings.fact(ACME, "revenue", "quarterly").iloc[-1]
    assert (row["value"], row["is_derived"]) == (Decimal(32_000_000), True)
    parts = filings.versions(ACME, "revenue", int(row["ts_start"]), int(row["ts_event"]))
    assert parts["is_part"].all() and len(parts) == 4
    assert filings.fact(ACME, "revenue", "quarterly", RESTATED - 1)["ts_event"].max() == to_ns("2023-09-30")


def test_a_tag_has_its_history_and_each_value_its_versions(filings: Filings) -> None:
    tag, start, end = f"us-gaap:{SALES}", to_ns("2022-01-01"), to_ns("2022-12-31")
    frame = filings.fact(ACME, tag)
    row = frame[(frame["ts_start"] == start) & (frame["ts_event"] == end)].iloc[0]
    assert (row["value"], row["is_restated"]) == (Decimal(85_000_000), True)
    assert filings.versions(ACME, tag, start, end)["value"].tolist() == [Decimal(90_000_000), Decimal(85_000_000)]
    assert filings.versions(ACME, tag, start, end, RESTATED - 1)["value"].tolist() == [Decimal(90_000_000)]
    versions = filings.versions(ACME, "revenue", start, end)
    assert versions["is_current"].tolist() == [False, True]
    assert filings.versions(ACME, "revenue", 1, 2).empty
    assert tag in filings.tags(ACME) and filings.tags(ACME, FIRST_SAID - 1) == []
    with pytest.raises(SkippableError, match="taxonomy:tag"):
        filings.fact(ACME, "nonsense")


def test_key_figures_stand_beside_those_of_a_year_before(filings: Filings) -> None:
    row = filings.figures(ACME).set_index("key").loc["revenue"]
    assert (row["value"], row["year_before"]) == (Decimal(110_000_000), Decimal(85_000_000))
    before = filings.figures(ACME, RESTATED - 1).set_index("key").loc["assets"]
    assert (before["value"], before["year_before"]) == (Decimal(200_000_000), None)
    assert filings.figures("0000000007").empty


def test_filings_are_filtered_by_form_day_and_words_and_lead_to_their_documents(filings: Filings) -> None:
    assert filings.filings(ACME)["form"].tolist()[0] == "10-K/A"
    assert filings.filings(ACME, ["10-K"])["form"].tolist() == ["10-K/A", "10-K", "10-K"]
    assert filings.filings(ACME, text="2.02")["form"].tolist() == ["8-K"]
    assert filings.filings(ACME, text="REPORT 8-k")["form"].tolist() == ["8-K"]
    spring = TimeRange(to_ns("2023-05-01"), to_ns("2023-06-12"))
    assert filings.filings(ACME, span=spring)["form"].tolist() == ["8-K", "10-Q"]
    assert filings.filings(ACME, as_of=FIRST_SAID)["form"].tolist() == ["10-K"]
    assert filings.filings(ACME)["link"].iloc[0].startswith("https://www.sec.gov/Archives/edgar/data/42/")
    assert filings.forms(ACME)["10-K"] == 3


def test_the_card_tells_of_the_last_reports_known_then(filings: Filings) -> None:
    card = filings.company(ACME)
    assert (card.annual["report_date"], card.quarterly["form"]) == (to_ns("2023-12-31"), "10-Q")
    assert (card.due.form, card.due.days, card.is_manager) == ("10-Q", 40, True)
    early = filings.company(ACME, FIRST_SAID)
    assert (early.annual["report_date"], early.quarterly, early.rows["filings"]) == (to_ns("2022-12-31"), None, 1)
    unknown = filings.company("0000000007")
    assert (unknown.told["name"], unknown.newest, unknown.due.ts_due) == ("", None, 0)


def test_insiders_and_holdings_are_those_known_then(filings: Filings) -> None:
    assert filings.insider_trades(ACME)["code"].tolist() == ["A", "S", "S", "P"]
    assert len(filings.insider_trades(ACME, to_ns("2023-06-15"))) == 1
    assert filings.insider_balance(ACME)["net"].tolist() == [Decimal("6100.0"), Decimal(-3600)]
    newest = filings.holdings(ACME)
    assert (newest.attrs["quarter"], len(newest.attrs["quarters"])) == (to_ns("2023-09-30"), 2)
    assert filings.holdings(ACME, as_of=to_ns("2023-10-01")).attrs["quarter"] == to_ns("2023-06-30")
    assert filings.holdings(ACME, to_ns("2023-06-30"))["issuer"].tolist() == ["BETA", "ALPHA"]
    assert filings.holdings("0000000007").attrs["quarter"] == 0


def test_factors_as_they_stood_are_their_history_cut(filings: Filings) -> None:
    scores = filings.scores(ACME).set_index("key")
    assert len(scores) == len(filings.factors()) >= 25
    assert scores.loc["asset_growth", "value"] == pytest.approx(0.2)
    early = filings.scores(ACME, RESTATED - 1).set_index("key").loc["asset_growth"]
    assert early["value"] != early["value"] and early["reason"]
    history = filings.factor(ACME, "asset_growth")
    assert history["value"].iloc[-1] == pytest.approx(0.2)
    assert (filings.factor(ACME, "asset_growth", RESTATED - 1)["ts_init"] < RESTATED).all()
    with pytest.raises(SkippableError, match="there is no factor"):
        filings.factor(ACME, "nonsense")


def test_what_comes_is_read_again(filings: Filings, store: Store) -> None:
    before, mark = len(filings.tags(ACME)), filings.mark()
    more = facts_of(fact("Goodwill", "", "2023-12-31", 5, "2024-02-15", "later", "10-K"))
    store.write(series_of(ACME, "facts"), more, PAST)
    assert len(filings.tags(ACME)) == before + 1 and filings.mark() != mark


def test_companies_are_kept_by_ticker_number_or_name_until_dropped(filings: Filings) -> None:
    assert filings.kept() == []
    assert filings.add("acme.b") == ACME and filings.add("7") == "0000000007"
    assert filings.kept() == [ACME, "0000000007"]
    standing = filings.standing().set_index("cik")
    assert standing.loc[ACME, ["filings", "state"]].tolist() == [8, "data"]
    assert standing.loc["0000000007", "state"] == "unavailable"
    filings.remove(ACME)
    assert filings.kept() == ["0000000007"]
    assert filings.extent(ACME).start == FIRST_SAID and filings.extent("0000000007") is None


def test_without_a_source_all_that_is_stored_is_told_and_nothing_is_asked(filings: Filings) -> None:
    assert "no source" in filings.refusal()
    assert filings.start_due() == []
    for ask in (filings.feed, filings.refresh_companies, lambda: filings.update([ACME])):
        with pytest.raises(SkippableError, match="can't be asked"):
            ask()
    told = filings.statistics()
    assert (told["stored"]["facts"], told["ts_last"], told["companies"]) == (1, 0, 1)
    assert filings.search("acme")[0].company.cik == ACME and filings.resolve("acme") == ACME
