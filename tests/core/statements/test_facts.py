from __future__ import annotations

from decimal import Decimal

import pytest

from nautilus_data.core.statements import Facts
from nautilus_data.core.timerange import to_ns
from tests.company_facts import LATER, fact, facts_of

YEAR = ("2022-01-01", "2022-12-31")


def assets(value: object, filed: str, accession: str = "", end: str = "2022-12-31") -> tuple:
    return fact("Assets", "", end, value, filed, accession)


def test_the_version_with_the_greatest_time_up_to_as_of_is_known() -> None:
    facts = Facts(facts_of(assets(100, "2023-02-01"), assets(90, "2023-05-01"), assets(95, "2024-02-01")))
    known = {day: facts.known(to_ns(day)).texts for day in ("2023-02-01", "2023-02-02", "2023-05-02", "2025-01-01")}
    assert known == {"2023-02-01": [], "2023-02-02": ["100"], "2023-05-02": ["90"], "2025-01-01": ["95"]}


def test_a_period_of_another_start_unit_or_tag_is_another_fact() -> None:
    facts = Facts(
        facts_of(
            fact("Revenues", *YEAR, 4, "2023-02-01"),
            fact("Revenues", "2022-10-01", "2022-12-31", 1, "2023-02-01"),
            fact("Revenues", *YEAR, 5, "2023-02-01", unit="EUR"),
            fact("SalesRevenueNet", *YEAR, 6, "2023-02-01"),
        )
    )
    assert sorted(facts.known(LATER).texts) == ["1", "4", "5", "6"]


def test_of_two_filings_of_one_moment_the_later_accession_counts_in_any_order() -> None:
    rows = [assets(1, "2023-02-01", "0001-23-000001"), assets(2, "2023-02-01", "0001-23-000002")]
    for order in (rows, rows[::-1]):
        assert Facts(facts_of(*order)).known(LATER).texts == ["2"]


def test_restatements_say_when_where_from_what_to_what_and_by_how_much() -> None:
    facts = Facts(facts_of(assets("100.50", "2023-02-01", "a"), assets("100.5", "2023-05-01", "b"),
                           assets("90.25", "2023-08-01", "c")))  # fmt: skip
    (row,) = facts.restatements(LATER).to_dict("records")
    assert (row["before"], row["value"], row["difference"]) == (Decimal("100.50"), Decimal("90.25"), Decimal("-10.25"))
    assert (row["before_accession"], row["accession"], row["reason"]) == ("b", "c", "restated")
    assert row["ts_init"] == to_ns("2023-08-02")
    assert facts.restatements(to_ns("2023-08-01")).empty


def test_figures_in_millions_instead_of_thousands_are_rounded_and_not_restated() -> None:
    facts = Facts(facts_of(assets(1_151_587_000, "2023-02-01"), assets(1_152_000_000, "2023-05-01")))
    assert facts.restatements(LATER)["reason"].tolist() == ["rounded"]
    facts = Facts(facts_of(assets(3_496_000_000, "2023-02-01"), assets(3_495_000_000, "2023-05-01")))
    assert facts.restatements(LATER)["reason"].tolist() == ["restated"]


def test_rows_without_a_value_are_left_out_and_text_that_is_no_number_is_named() -> None:
    assert len(Facts(facts_of(assets("", "2023-02-01")))) == 0
    with pytest.raises(ValueError, match="'many' of us-gaap:Assets is not a decimal"):
        Facts(facts_of(assets("many", "2023-02-01"), assets(1, "2023-05-01"))).restatements(LATER)


def test_values_are_exact() -> None:
    text = "123456789012345678.123456789"
    facts = Facts(facts_of(assets(text, "2023-02-01")))
    assert facts.value(0) == Decimal(text)
    assert facts.numbers[0] == float(text)


def test_the_currency_is_that_of_most_values_known_then() -> None:
    rows = [fact("Assets", "", "2022-12-31", 1, "2023-02-01", unit="CNY")]
    rows += [fact(tag, "", "2023-12-31", 1, "2024-02-01", unit="USD") for tag in ("Assets", "Liabilities")]
    rows += [fact("EarningsPerShareBasic", *YEAR, 1, f"2023-02-0{day}", unit="USD/shares") for day in range(1, 9)]
    facts = Facts(facts_of(*rows))
    days = ("2023-01-01", "2023-12-31", "2025-01-01")
    assert [facts.currency(to_ns(day)) for day in days] == ["", "CNY", "USD"]


def test_until_has_every_version_known_at_a_time() -> None:
    facts = Facts(facts_of(assets(100, "2023-02-01"), assets(90, "2023-05-01"), assets(95, "2024-02-01")))
    assert facts.until(to_ns("2023-05-02")).texts == ["100", "90"]


def test_of_nothing_nothing_is_known() -> None:
    facts = Facts.nothing()
    assert len(facts.known(LATER)) == 0
    assert facts.restatements(LATER).empty
    assert facts.splits == ()
