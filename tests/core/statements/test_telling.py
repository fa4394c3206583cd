from __future__ import annotations

import pytest

from nautilus_data.core.statements import FIRST, KNOWN, Facts, Measure
from nautilus_data.core.statements.telling import Telling
from nautilus_data.core.timerange import to_ns
from tests.company_facts import fact, facts_of

DAYS = ("2023-02-01", "2023-02-02", "2024-02-02", "2025-02-02")


def telling(basis: str) -> Telling:
    rows = [
        fact("Assets", "", "2022-12-31", 100, "2023-02-01", "a"),
        fact("Assets", "", "2022-12-31", 90, "2024-02-01", "b"),
        fact("Assets", "", "2023-12-31", 120, "2024-02-01", "b"),
        fact("Assets", "", "2023-12-31", 120, "2025-02-01", "c"),
        fact("Assets", "2022-01-01", "2022-12-31", 7, "2023-02-01"),
        fact("Assets", "", "2022-12-31", 8, "2023-02-01", unit="EUR"),
    ]
    return Telling(Facts(facts_of(*rows)), "us-gaap:Assets", "USD", Measure.INSTANT, basis)


def values(told: Telling, day: str) -> list[int]:
    return [int(item.value) for _, item in sorted(told.at(to_ns(day)).items())]


@pytest.mark.parametrize(
    ("basis", "expected"), [(FIRST, [[], [100], [100, 120], [100, 120]]), (KNOWN, [[], [100], [90, 120], [90, 120]])]
)
def test_a_tag_tells_the_same_in_whatever_order_it_is_asked(basis: str, expected: list[list[int]]) -> None:
    told = telling(basis)
    assert [values(told, day) for day in DAYS] == expected
    assert [values(told, day) for day in DAYS[::-1]] == expected[::-1]


def test_what_was_told_before_does_not_change_what_was_handed_out() -> None:
    told = telling(KNOWN)
    before = told.at(to_ns(DAYS[1]))
    told.at(to_ns(DAYS[3]))
    assert [int(item.value) for item in before.values()] == [100]


def test_a_value_said_again_keeps_its_filing_and_when_it_was_said_last() -> None:
    told = telling(KNOWN)
    item = told.at(to_ns(DAYS[3]))[0, to_ns("2023-12-31")]
    assert (item.accession, item.known, item.said) == ("b", to_ns("2024-02-02"), to_ns("2025-02-02"))
    assert (item.before, item.is_restated) == ((), False)


def test_a_restated_value_keeps_the_versions_before_it() -> None:
    item = telling(KNOWN).at(to_ns(DAYS[2]))[0, to_ns("2022-12-31")]
    assert [(int(version.value), version.accession) for version in item.before] == [(100, "a")]
    assert item.is_restated
