from __future__ import annotations

from decimal import Decimal

import pytest

from nautilus_data.core.statements import CONCEPTS, FIRST, FREQUENCIES, STATEMENTS, Books, Facts, NotKnown, statement
from nautilus_data.core.timerange import to_ns
from tests.company_facts import LATER, by_frame, fact, facts_of
from tests.recorded_facts import recorded_facts

MILLION = 1_000_000
Y22, Y23 = ("2022-01-01", "2022-12-31"), ("2023-01-01", "2023-12-31")


def annual(
    tag: str, span: tuple[str, str], value: object, filed: str, accession: str = "", form: str = "10-K"
) -> tuple:
    return fact(tag, *span, value, filed, accession, form)


def told(name: str, kind: str, frequency: str, as_of: str) -> dict[str, Decimal]:
    return by_frame(statement(Books(Facts(recorded_facts(name))).at(to_ns(as_of)), kind, frequency).frame)


def test_before_a_restatement_a_statement_has_the_first_figure_and_after_it_the_new_one() -> None:
    rows = [annual("NetIncomeLoss", Y22, 100, "2023-02-01", "a"), annual("NetIncomeLoss", Y22, 90, "2024-02-01", "b")]
    books = Books(Facts(facts_of(*rows)))
    before, after = (statement(books.at(to_ns(day)), "income").frame.iloc[0] for day in ("2024-02-01", "2024-02-02"))
    assert (before["value"], before["accession"], before["is_restated"]) == (100, "a", False)
    assert (after["value"], after["accession"], after["is_restated"]) == (90, "b", True)
    assert (after["restated_from"], after["restated_from_accession"]) == (100, "a")
    assert after["known_since"] == to_ns("2024-02-02")
    first = statement(Books(books.facts, FIRST).at(LATER), "income").frame.iloc[0]
    assert (first["value"], first["is_restated"]) == (100, False)


def test_a_value_said_again_is_known_since_it_was_said_first() -> None:
    rows = [
        annual("NetIncomeLoss", Y22, 100, "2023-02-01", "a"),
        annual("NetIncomeLoss", Y22, "100.0", "2024-02-01", "b"),
    ]
    row = statement(Books(Facts(facts_of(*rows))).at(LATER), "income").frame.iloc[0]
    assert (row["accession"], row["known_since"]) == ("a", to_ns("2023-02-02"))


def test_what_is_not_reported_is_put_together_of_what_is_and_says_so() -> None:
    rows = [annual("Revenues", Y22, 100, "2023-02-01"), annual("CostOfRevenue", Y22, 60, "2023-02-01")]
    frame = statement(Books(Facts(facts_of(*rows))).at(LATER), "income").frame.set_index("concept")
    row = frame.loc["gross_profit"]
    assert (row["value"], row["is_derived"]) == (40, True)
    assert row["derived_from"] == (
        "Revenues 100 of 12 months to 2022-12-31 (10-K 2023-02-01)"
        " − CostOfRevenue 60 of 12 months to 2022-12-31 (10-K 2023-02-01)"
    )


def test_twelve_months_that_a_quarterly_report_tells_are_no_fiscal_year() -> None:
    rows = [annual("NetIncomeLoss", Y22, 100, "2023-02-01"),
            fact("NetIncomeLoss", "2022-04-01", "2023-03-31", 105, "2023-05-01", form="10-Q")]  # fmt: skip
    accounts = Books(Facts(facts_of(*rows))).at(LATER)
    assert list(by_frame(statement(accounts, "income").frame)) == ["net_income 2022-12-31"]
    assert by_frame(statement(accounts, "income", "ttm").frame)["net_income 2022-12-31"] == 100


def test_a_transition_period_is_shown_between_the_years_by_its_months() -> None:
    rows = [annual("NetIncomeLoss", Y22, 100, "2023-02-01"),
            fact("NetIncomeLoss", "2023-01-01", "2023-06-30", 55, "2023-09-01", form="10-KT"),
            fact("NetIncomeLoss", "2023-04-01", "2023-06-30", 25, "2023-09-01", form="10-KT"),
            fact("NetIncomeLoss", "2022-01-01", "2022-06-30", 45, "2023-09-01", form="10-KT"),
            annual("NetIncomeLoss", ("2023-07-01", "2024-06-30"), 120, "2024-09-01")]  # fmt: skip
    frame = statement(Books(Facts(facts_of(*rows))).at(LATER), "income").frame
    assert frame["period"].tolist() == ["FY to 2022-12-31", "6 months to 2023-06-30", "FY to 2024-06-30"]


def test_quarters_are_counted_from_the_fiscal_years_end() -> None:
    rows = [annual("NetIncomeLoss", ("2021-09-26", "2022-09-24"), 100, "2022-10-28"),
            fact("NetIncomeLoss", "2022-09-25", "2022-12-31", 30, "2023-02-01"),
            fact("NetIncomeLoss", "2022-09-25", "2023-04-01", 55, "2023-05-01")]  # fmt: skip
    frame = statement(Books(Facts(facts_of(*rows))).at(LATER), "income", "quarterly").frame
    assert frame["period"].tolist() == ["Q1 to 2022-12-31", "Q2 to 2023-04-01"]


def test_other_currencies_are_shown_as_they_are() -> None:
    said = (("Revenue", 100, "EUR"), ("BasicEarningsLossPerShare", "1.5", "EUR/shares"))
    rows = [
        fact(tag, *Y22, value, "2023-04-01", form="20-F", unit=unit, taxonomy="ifrs-full") for tag, value, unit in said
    ]
    shown = statement(Books(Facts(facts_of(*rows))).at(LATER), "income")
    assert shown.currency == "EUR"
    assert shown.frame["unit"].tolist() == ["EUR", "EUR/shares"]


def test_a_statement_of_nothing_is_empty_and_an_unknown_name_is_refused() -> None:
    accounts = Books(Facts.nothing()).at(LATER)
    for kind in STATEMENTS:
        for frequency in FREQUENCIES:
            shown = statement(accounts, kind, frequency)
            assert shown.frame.empty and shown.table().empty
    with pytest.raises(ValueError, match="annual, quarterly, ttm"):
        statement(accounts, "income", "monthly")
    with pytest.raises(ValueError, match="income, balance, cash_flow"):
        statement(accounts, "profits")


def test_what_is_asked_of_accounts_and_not_known_is_named_with_its_day() -> None:
    rows = [fact("Assets", "", "2022-12-31", 1, "2023-02-01"), annual("NetIncomeLoss", Y22, 100, "2023-02-01")]
    accounts = Books(Facts(facts_of(*rows))).at(LATER)
    assert (accounts.moment("assets").value, accounts.year("net_income").value) == (1, 100)
    with pytest.raises(NotKnown, match="Total assets of 2021-12-31 is not known"):
        accounts.moment("assets", 4)
    with pytest.raises(NotKnown, match="Revenue of the year to 2022-12-31 is not known"):
        accounts.year("revenue")
    with pytest.raises(NotKnown, match="Net income of a quarter is not known"):
        accounts.quarters("net_income")


def test_the_table_has_an_item_a_row_and_the_newest_period_first() -> None:
    rows = [annual("NetIncomeLoss", Y22, 100, "2023-02-01"), annual("NetIncomeLoss", Y23, 120, "2024-02-01"),
            annual("Revenues", Y23, 900, "2024-02-01")]  # fmt: skip
    table = statement(Books(Facts(facts_of(*rows))).at(LATER), "income").table()
    assert table.index.tolist() == ["revenue", "net_income"]
    assert table.to_numpy().tolist() == [[900, None], [120, 100]]


def test_terms_name_concepts_of_the_same_measure() -> None:
    for concept in CONCEPTS.values():
        assert len(set(concept.tags)) == len(concept.tags)
        assert concept.tags or concept.terms
        for term in concept.terms:
            assert CONCEPTS[term.concept].measure is concept.measure


def test_a_line_is_the_same_whatever_was_asked_before() -> None:
    facts = Facts(recorded_facts("AAPL"))
    used = Books(facts)
    for day in ("2025-01-01", "2012-01-01", "2019-01-01"):
        fresh, again = (statement(books.at(to_ns(day)), "income", "ttm").frame for books in (Books(facts), used))
        assert fresh.equals(again)


def test_a_statement_of_what_was_known_then_is_that_of_all_facts_seen_as_of_then() -> None:
    facts = Facts(recorded_facts("AAPL"))
    for day in ("2010-01-20", "2010-02-01", "2014-08-01", "2021-01-01"):
        for frequency in FREQUENCIES:
            cut = statement(Books(facts.until(to_ns(day))).at(to_ns(day)), "income", frequency)
            whole = statement(Books(facts).at(to_ns(day)), "income", frequency)
            assert cut.frame.equals(whole.frame)


def test_the_figures_of_apples_statements_are_those_it_printed() -> None:
    years = told("AAPL", "income", "annual", "2024-01-01")
    assert years["revenue 2023-09-30"] == 383_285 * MILLION
    assert years["net_income 2023-09-30"] == 96_995 * MILLION
    assert years["eps_diluted 2023-09-30"] == Decimal("6.13")
    assert years["revenue 2022-09-24"] == 394_328 * MILLION
    quarters = told("AAPL", "income", "quarterly", "2024-01-01")
    assert quarters["revenue 2023-09-30"] == 89_498 * MILLION
    assert quarters["net_income 2023-09-30"] == 22_956 * MILLION
    assert quarters["eps_diluted 2023-09-30"] == Decimal("1.46")
    balance = told("AAPL", "balance", "annual", "2024-01-01")
    assert balance["assets 2023-09-30"] == 352_583 * MILLION
    assert balance["equity 2023-09-30"] == 62_146 * MILLION
    cash = told("AAPL", "cash_flow", "annual", "2024-01-01")
    assert cash["operating_cash_flow 2023-09-30"] == 110_543 * MILLION


def test_apples_change_of_revenue_accounting_is_known_from_its_amended_report_on() -> None:
    before, after = (told("AAPL", "income", "annual", day) for day in ("2010-01-25", "2010-01-27"))
    assert (before["revenue 2009-09-26"], after["revenue 2009-09-26"]) == (36_537 * MILLION, 42_905 * MILLION)
    assert (before["net_income 2009-09-26"], after["net_income 2009-09-26"]) == (5_704 * MILLION, 8_235 * MILLION)


def test_the_figures_of_nvidias_statements_are_those_it_printed() -> None:
    years = told("NVDA", "income", "annual", "2024-03-01")
    assert years["revenue 2024-01-28"] == 60_922 * MILLION
    assert years["net_income 2024-01-28"] == 29_760 * MILLION
    quarters = told("NVDA", "income", "quarterly", "2024-03-01")
    assert quarters["revenue 2024-01-28"] == 22_103 * MILLION
    assert quarters["net_income 2024-01-28"] == 12_285 * MILLION


def test_a_foreign_filers_statements_are_read_by_their_own_tags() -> None:
    years = told("ifrs", "income", "annual", "2030-01-01")
    assert years["revenue 2024-12-31"] == 43_862_372
    balance = Books(Facts(recorded_facts("ifrs"))).at(LATER)
    shown = by_frame(statement(balance, "balance").frame)
    assert shown["assets 2024-12-31"] == shown["liabilities_and_equity 2024-12-31"]
    assert shown["liabilities 2024-12-31"] + shown["total_equity 2024-12-31"] == shown["assets 2024-12-31"]
