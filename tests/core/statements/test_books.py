from __future__ import annotations

import pytest

from nautilus_data.core.statements import Books, Facts, NotKnown
from nautilus_data.core.statements.books import day, quarters_before
from nautilus_data.core.timerange import to_ns
from tests.company_facts import LATER, facts_of, quarterly

INCOME = [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("end", "count", "before"),
    [
        ("2024-02-29", 4, "2023-02-28"),
        ("2023-06-30", 1, "2023-03-31"),
        ("2023-09-30", 4, "2022-09-30"),
        ("2023-05-15", 1, "2023-02-15"),
        ("2023-05-30", 1, "2023-02-28"),
        ("2024-01-28", 4, "2023-01-28"),
        ("2023-12-31", 0, "2023-12-31"),
    ],
)
def test_quarters_before_a_months_end_are_months_ends(end: str, count: int, before: str) -> None:
    assert day(quarters_before(to_ns(end), count)) == before


def test_a_year_and_a_moment_are_found_so_many_quarters_back() -> None:
    accounts = Books(Facts(quarterly({"NetIncomeLoss": INCOME}, {"Assets": [10, 20, 30, 40, 50]}))).at(LATER)
    assert (accounts.moment("assets").value, accounts.moment("assets", 4).value) == (50, 10)
    assert (accounts.year("net_income").value, accounts.year("net_income", 1).value) == (14, 10)
    assert [item.value for item in accounts.quarters("net_income", 2, 3)] == [3, 4, 5]


def test_as_many_quarters_in_a_row_as_there_are_are_told_and_too_few_are_named() -> None:
    accounts = Books(Facts(quarterly({"NetIncomeLoss": [1, None, 3, 4, 5]}, {"Assets": [1]}))).at(LATER)
    assert [item.value for item in accounts.quarters("net_income", 2, 20)] == [3, 4, 5]
    with pytest.raises(NotKnown, match="Net income of 4 quarters in a row up to 2024-12-31 is not known"):
        accounts.quarters("net_income", 4)


def test_without_a_balance_sheet_there_is_no_last_day() -> None:
    with pytest.raises(NotKnown, match="no total assets are known"):
        Books(Facts(facts_of())).at(LATER).moment("cash")
