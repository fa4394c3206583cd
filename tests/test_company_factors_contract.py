"""No factor of a company sees the future: over every one, on a company made at random with restatements."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from nautilus_data.core.observation import Vintages
from nautilus_data.core.statements import CONCEPTS, KNOWN, NotKnown
from nautilus_data.core.timerange import to_ns
from nautilus_data.factors.company import COMPANY_FACTORS, Company, CompanyAt, CompanyFactor, Score
from nautilus_data.factors.company.base import COLUMNS
from tests.made_up_company import AS_OF, SPLIT, YEARS, company
from tests.made_up_reports import reported_company

EDGAR = (
    "asset_growth", "gross_profitability", "operating_profitability", "cash_profitability", "accruals",
    "net_operating_assets", "net_share_issuance", "book_leverage", "roe", "interest_cover", "f_score", "o_score",
    "m_score", "rd_intensity", "investment", "sue", "earnings_volatility", "total_payout", "filing_lag", "late_filing",
    "event_intensity", "restatement", "auditor_change", "insider_net_buying", "filing_size_growth",
)  # fmt: skip
ALPHA_VANTAGE = {
    **dict.fromkeys(("earnings_surprise", "surprise_streak", "eps_growth_accel"), "P2"),
    **dict.fromkeys(
        ("revenue_growth", "gross_margin_change", "operating_margin", "roic", "fcf_margin", "net_debt_ebitda",
         "current_ratio_change", "real_asset_momentum"), "P3",
    ),
    **dict.fromkeys(("peg", "target_gap"), "P4"), **dict.fromkeys(("news_sentiment", "news_attention"), "P0"),
}  # fmt: skip
POISON = 10**9
# A moment at random, and one a report became known at, where a slip of one shows.
CUTS = (int(np.random.default_rng(5).integers(to_ns("2016-01-01"), to_ns("2026-03-01"))), to_ns("2021-08-07"))
OF_FACTS = [key for key, factor in COMPANY_FACTORS.items() if key in EDGAR and "facts" in factor.inputs]
# What a value is computed without where it is not reported, and says so.
DONE_WITHOUT = {
    "cash_profitability": {"inventory", "prepaid", "accrued", "deferred_revenue"},
    "net_operating_assets": {"short_term_investments", "long_term_debt_current", "short_term_borrowings"},
    "book_leverage": {"long_term_debt_current", "short_term_borrowings"},
    "sue": {"eps_basic"},
    "gross_profitability": {"gross_profit"},
    "f_score": {"gross_profit"},
    "m_score": {"gross_profit"},
    "investment": {"capital_expenditure"},
}

each_factor = pytest.mark.parametrize("key", list(COMPANY_FACTORS))
each_of_facts = pytest.mark.parametrize("key", OF_FACTS)


@cache
def computed(key: str) -> pd.DataFrame:
    return COMPANY_FACTORS[key].compute(company_of(key))


def company_of(key: str) -> Company:
    """As EDGAR tells of it, or as Alpha Vantage does."""
    return whole() if key in EDGAR else reported_company()


@cache
def whole() -> Company:
    return company()


@cache
def changed(**options: int) -> Company:
    return company(**options)


def cuts_of(key: str) -> list[int]:
    """Those at which all factors are cut, and of factors not made of facts a moment of a row of their own."""
    known = computed(key)["ts_init"].to_numpy()
    return [*CUTS, *([] if key in OF_FACTS else [int(known[zlib.crc32(key.encode()) % len(known)])])]


@cache
def truncated(one: Company, moment: int) -> Company:
    """With no row at all of what became known later."""
    frames = {name: frame[frame["ts_init"] <= moment] for name, frame in one.frames.items()}
    return Company(moment, frames, {name: line.until(moment) for name, line in one.lines.items()}, one.sic)


@cache
def poisoned(one: Company, moment: int) -> Company:
    """With numbers of a billion in all that became known later."""
    frames = {name: _poisoned(frame, moment) for name, frame in one.frames.items()}
    lines = {
        name: Vintages(line.dates, line.known, np.where(line.known > moment, POISON, line.values))
        for name, line in one.lines.items()
    }
    return Company(one.as_of, frames, lines, one.sic)


def _poisoned(frame: pd.DataFrame, moment: int) -> pd.DataFrame:
    is_later = (frame["ts_init"] > moment).to_numpy()
    changed = {}
    for name in ("value", "shares", "price", "size", "score", "relevance", "close"):
        if name in frame:
            poison = POISON if frame[name].dtype.kind in "if" else str(POISON)
            changed[name] = frame[name].where(~is_later, poison)
    return frame.assign(**changed)


def upto(frame: pd.DataFrame, moment: int) -> pd.DataFrame:
    return frame[frame["ts_init"] <= moment].reset_index(drop=True)


def numbers(frame: pd.DataFrame) -> np.ndarray:
    return frame[["value", *(name for name in frame.columns if name not in COLUMNS)]].to_numpy("float64")


def test_the_twenty_five_factors_of_edgar_are_registered() -> None:
    assert len(EDGAR) == 25
    assert set(EDGAR) <= set(COMPANY_FACTORS)


def test_the_fifteen_factors_of_alpha_vantage_are_registered_with_how_well_their_inputs_are_known() -> None:
    assert len(ALPHA_VANTAGE) == 15
    assert {key: COMPANY_FACTORS[key].pit for key in COMPANY_FACTORS if key not in EDGAR} == ALPHA_VANTAGE


@each_factor
def test_a_factor_says_what_it_is(key: str) -> None:
    factor = COMPANY_FACTORS[key]
    assert factor.key == key
    for said in (factor.title, factor.family, factor.formula, factor.reference, factor.units):
        assert said.strip() == said != ""
    assert factor.direction in ("+", "-", "?", "0")
    assert factor.evidence in ("published", "practitioner", "exploratory")
    assert factor.pit in ("P0", "P1", "P2", "P3", "P4")
    assert factor.inputs or factor.lines


@each_factor
def test_every_parameter_of_a_factor_says_what_it_is_and_how_far_it_goes(key: str) -> None:
    for name, parameter in COMPANY_FACTORS[key].param.objects("existing").items():
        if name != "name":
            assert parameter.doc, name
            is_yes_or_no = isinstance(parameter.default, bool)
            assert is_yes_or_no or getattr(parameter, "bounds", None) or getattr(parameter, "objects", None), name


@each_factor
def test_rows_are_ordered_by_when_they_were_known_and_have_a_number_or_a_reason(key: str) -> None:
    frame = computed(key)
    assert list(frame.columns) == [*COLUMNS, *COMPANY_FACTORS[key].components]
    assert frame["ts_init"].is_monotonic_increasing and frame["ts_init"].is_unique
    assert (frame["ts_init"] >= frame["ts_event"]).all()
    is_number = np.isfinite(frame["value"].to_numpy())
    assert is_number.sum() >= 2
    assert ((frame["reason"] == "").to_numpy() == is_number).all()


@each_factor
@pytest.mark.parametrize("basis", ["first", "known"])
def test_what_is_computed_of_what_was_known_then_is_what_all_that_is_known_gives(key: str, basis: str) -> None:
    factor = type(COMPANY_FACTORS[key])(basis=basis)
    expected = computed(key) if basis == factor.param["basis"].default else factor.compute(company_of(key))
    for moment in cuts_of(key):
        pd.testing.assert_frame_equal(
            factor.compute(truncated(company_of(key), moment)), upto(expected, moment), check_exact=True
        )


@each_factor
def test_a_company_looked_at_earlier_is_the_company_as_it_was(key: str) -> None:
    frame = COMPANY_FACTORS[key].compute(earlier(key in EDGAR))
    pd.testing.assert_frame_equal(frame, upto(computed(key), CUTS[0]), check_exact=True)


@cache
def earlier(is_filed: bool) -> Company:
    return (whole() if is_filed else reported_company()).until(CUTS[0])


@each_factor
def test_poison_in_all_that_became_known_later_changes_nothing(key: str) -> None:
    for moment in CUTS:
        frame = COMPANY_FACTORS[key].compute(poisoned(company_of(key), moment))
        pd.testing.assert_frame_equal(upto(frame, moment), upto(computed(key), moment), check_exact=True)


@each_factor
def test_nothing_is_computed_of_nothing(key: str) -> None:
    frame = COMPANY_FACTORS[key].compute(Company(AS_OF))
    assert frame.empty and list(frame.columns) == [*COLUMNS, *COMPANY_FACTORS[key].components]


@dataclass(frozen=True, eq=False)
class Watched(Company):
    """Says which datasets and lines were asked for."""

    asked: set[str] = field(default_factory=set)

    def rows(self, dataset: str) -> pd.DataFrame:
        self.asked.add(dataset)
        return super().rows(dataset)


@each_factor
def test_a_factor_reads_what_it_declares_and_nothing_else(key: str) -> None:
    factor, one = COMPANY_FACTORS[key], company_of(key)
    watched = Watched(one.as_of, one.frames, {name: one.lines[name] for name in factor.lines})
    pd.testing.assert_frame_equal(factor.compute(watched), computed(key), check_exact=True)
    assert watched.asked == set(factor.inputs)


def reported() -> list[str]:
    """The concepts the company has facts of by tags of their own."""
    tags = set(whole().frames["facts"]["tag"])
    return [name for name, concept in CONCEPTS.items() if any(tag.partition(":")[2] in tags for tag in concept.tags)]


def last_score(key: str, one: Company) -> Score:
    try:
        return COMPANY_FACTORS[key].score(one.at(AS_OF))
    except NotKnown as unknown:
        return Score(0, math.nan, reason=str(unknown))


@cache
def without(name: str) -> Company:
    own = {tag.partition(":")[2] for tag in CONCEPTS[name].tags}
    facts = whole().frames["facts"]
    return replace(whole(), frames={**whole().frames, "facts": facts[~facts["tag"].isin(own)]})


@each_of_facts
def test_without_an_input_there_is_no_value_but_a_reason(key: str) -> None:
    before, noticed = computed(key).iloc[-1], 0
    for name in reported():
        last = last_score(key, without(name))
        is_same = last.value == before["value"]
        noticed += not is_same
        if not is_same and name not in DONE_WITHOUT.get(key, ()):
            assert math.isnan(last.value) and last.reason, (name, last)
    assert noticed


@each_of_facts
def test_a_thousand_times_the_money_is_the_same_score(key: str) -> None:
    frame, expected = COMPANY_FACTORS[key].compute(changed(scale=1000)), computed(key)
    if key == "o_score":
        # Size is part of it, in dollars.
        frame, expected = frame[["value"]] + 0.407 * math.log(1000), expected[["value"]]
    np.testing.assert_allclose(numbers(frame), numbers(expected), rtol=1e-9, atol=1e-9)


@each_of_facts
@pytest.mark.parametrize("split", [1, 2 * SPLIT])
def test_a_split_changes_no_score(key: str, split: int) -> None:
    frame = COMPANY_FACTORS[key].compute(changed(split=split))
    np.testing.assert_allclose(numbers(frame), numbers(computed(key)), rtol=1e-6, atol=1e-9)


def test_the_company_made_here_holds_what_is_hard_about_real_ones() -> None:
    books = whole().books(KNOWN)
    restatements = books.facts.restatements(AS_OF)
    assert {"restated", "split"} <= set(restatements["reason"])
    assert [split.ratio for split in books.facts.splits] == [SPLIT]
    cash = books.at(AS_OF).line("operating_cash_flow").quarters
    assert sum(item.is_derived for item in cash.values()) > len(cash) / 2
    revenue = books.at(AS_OF).line("revenue").quarters
    assert len({item.tag for item in revenue.values()}) == 2 and len(revenue) == len(YEARS) * 4


class LatestAssets(CompanyFactor):
    """What these tests are there to find: the last balance sheet of all, whenever it is asked for."""

    key, title, family, formula, reference, units, direction = "l", "L", "tests", "AT", "none", "USD", "0"

    def score(self, known: CompanyAt) -> Score:
        accounts = known._company.books().at(to_ns("2040-01-01"))
        return Score(accounts.end, accounts.moment("assets").number / known.number("assets"))


def test_a_factor_that_sees_the_future_is_found_both_ways() -> None:
    moment = to_ns("2016-01-01")
    expected = upto(LatestAssets().compute(whole()), moment)
    changed: Mapping[str, Company] = {"cut": truncated(whole(), moment), "poisoned": poisoned(whole(), moment)}
    for one in changed.values():
        assert not upto(LatestAssets().compute(one), moment).equals(expected)
