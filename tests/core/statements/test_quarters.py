from __future__ import annotations

from decimal import Decimal

from nautilus_data.core.statements import Books, Facts, Line
from nautilus_data.core.timerange import to_ns
from tests.company_facts import LATER, fact, facts_of

CASH = "NetCashProvidedByUsedInOperatingActivities"
SPANS = {"Q1": ("2023-01-01", "2023-03-31"), "H1": ("2023-01-01", "2023-06-30"), "9M": ("2023-01-01", "2023-09-30"),
         "FY": ("2023-01-01", "2023-12-31")}  # fmt: skip
FILED = {"Q1": "2023-05-01", "H1": "2023-08-01", "9M": "2023-11-01", "FY": "2024-02-01"}


def to_date(tag: str, **values: object) -> list[tuple]:
    """Values from the year's start, each filed when it was due."""
    return [fact(tag, *SPANS[name], value, FILED[name]) for name, value in values.items()]


def line(rows: list[tuple], key: str = "operating_cash_flow", as_of: int = LATER) -> Line:
    return Books(Facts(facts_of(*rows))).at(as_of).line(key)


def quarters(rows: list[tuple], key: str = "operating_cash_flow", as_of: int = LATER) -> dict[str, Decimal]:
    found = line(rows, key, as_of).quarters
    return {day: found[to_ns(day)].value for _, day in SPANS.values() if to_ns(day) in found}


def test_quarters_of_cash_flows_are_differences_of_what_is_told_to_date() -> None:
    found = quarters(to_date(CASH, Q1=10, H1=25, **{"9M": 45}, FY=100))
    assert list(found.values()) == [10, 15, 20, 55]


def test_a_difference_is_known_when_the_later_of_its_facts_is_and_says_where_it_is_from() -> None:
    rows = to_date(CASH, Q1=10, H1=25)
    item = line(rows).quarters[to_ns("2023-06-30")]
    assert (item.how, item.known, item.start) == ("difference", to_ns("2023-08-02"), to_ns("2023-04-01"))
    assert [part.accession for part in item.parts] == ["2023-08-01", "2023-05-01"]
    assert to_ns("2023-06-30") not in line(rows, as_of=to_ns("2023-08-01")).quarters


def test_a_quarter_that_is_reported_is_taken_before_a_difference() -> None:
    rows = [
        *to_date("NetIncomeLoss", **{"9M": 45}, FY=100),
        fact("NetIncomeLoss", "2023-10-01", "2023-12-31", 56, "2024-02-01"),
    ]
    assert quarters(rows, "net_income")["2023-12-31"] == 56


def test_a_fourth_quarter_is_the_year_less_three_when_nine_months_are_not_told() -> None:
    starts = ("2023-01-01", "2023-04-01", "2023-07-01")
    ends = ("2023-03-31", "2023-06-30", "2023-09-30")
    rows = [fact("NetIncomeLoss", start, end, 10, "2023-11-01") for start, end in zip(starts, ends, strict=True)]
    assert quarters([*rows, *to_date("NetIncomeLoss", FY=100)], "net_income")["2023-12-31"] == 70


def test_weeks_of_52_and_53_week_years_are_quarters_and_years() -> None:
    rows = [fact("NetIncomeLoss", "2022-09-25", "2023-07-01", 60, "2023-08-01"),
            fact("NetIncomeLoss", "2022-09-25", "2023-09-30", 85, "2023-11-01")]  # fmt: skip
    found = line(rows, "net_income")
    assert found.years[to_ns("2023-09-30")].days == 371
    assert found.quarters[to_ns("2023-09-30")].value == 25


def test_after_a_changed_year_end_spans_that_begin_apart_are_not_subtracted() -> None:
    rows = [fact("NetIncomeLoss", "2022-07-01", "2023-03-31", 60, "2023-05-01"),
            fact("NetIncomeLoss", "2023-01-01", "2023-06-30", 50, "2023-08-01")]  # fmt: skip
    assert line(rows, "net_income").quarters == {}


def test_twelve_months_are_four_quarters_in_a_row_and_none_if_one_is_missing() -> None:
    rows = to_date(CASH, Q1=10, H1=25, **{"9M": 45}, FY=100)
    later = fact(CASH, "2024-01-01", "2024-03-31", 30, "2024-05-01")
    year = line([*rows, later]).year_to(to_ns("2024-03-31"))
    assert (year.value, year.how, year.start) == (120, "sum", to_ns("2023-04-01"))
    without = to_date(CASH, Q1=10, **{"9M": 45})
    assert line([*without, later]).year_to(to_ns("2024-03-31")) is None


def test_twelve_months_of_who_reports_halves_are_the_year_and_what_was_added_and_fell_out() -> None:
    rows = [*to_date(CASH, H1=40, FY=100), fact(CASH, "2024-01-01", "2024-06-30", 55, "2024-08-01", form="6-K")]
    assert line(rows).year_to(to_ns("2024-06-30")).value == 115


def test_twelve_months_to_a_years_end_are_the_year_as_reported() -> None:
    assert line(to_date(CASH, FY=100)).year_to(to_ns("2023-12-31")).value == 100


def test_the_first_tag_that_covers_a_period_counts_and_what_others_say_is_noted() -> None:
    first, second = "RevenueFromContractWithCustomerExcludingAssessedTax", "Revenues"
    item = line([*to_date(second, Q1=11, FY=44), *to_date(first, Q1=10)], "revenue")
    assert item.quarters[to_ns("2023-03-31")].value == 10
    assert item.quarters[to_ns("2023-03-31")].others == (("us-gaap:Revenues", Decimal(11)),)
    assert item.years[to_ns("2023-12-31")].value == 44


def test_values_of_two_tags_are_subtracted_only_if_the_tags_agree_where_they_meet() -> None:
    new = [*to_date("Revenues", FY=100), fact("Revenues", "2022-01-01", "2022-12-31", 80, "2024-02-01")]
    old = to_date("SalesRevenueNet", Q1=20, H1=40, **{"9M": 70})
    agreeing = fact("SalesRevenueNet", "2022-01-01", "2022-12-31", 80, "2023-02-01")
    differing = fact("SalesRevenueNet", "2022-01-01", "2022-12-31", 79, "2023-02-01")
    assert quarters([*new, *old, agreeing], "revenue")["2023-12-31"] == 30
    for rows in ([*new, *old], [*new, *old, differing]):
        assert "2023-12-31" not in quarters(rows, "revenue")


def test_averages_of_shares_are_neither_added_nor_subtracted() -> None:
    rows = [fact("WeightedAverageNumberOfSharesOutstandingBasic", *SPANS[name], value, FILED[name], unit="shares")
            for name, value in (("Q1", 100), ("9M", 102), ("FY", 103))]  # fmt: skip
    found = line(rows, "shares_basic")
    assert list(found.quarters) == [to_ns("2023-03-31")]
    assert found.year_to(to_ns("2023-12-31")).value == 103


def test_a_year_restated_where_nine_months_are_not_gives_a_difference_that_says_so() -> None:
    rows = to_date("NetIncomeLoss", **{"9M": 45}, FY=100)
    before = line(rows, "net_income").quarters[to_ns("2023-12-31")]
    assert (before.value, before.is_mixed, before.is_restated) == (55, False, False)
    restated = fact("NetIncomeLoss", *SPANS["FY"], 90, "2024-06-01", form="10-K/A")
    after = line([*rows, restated], "net_income").quarters[to_ns("2023-12-31")]
    assert (after.value, after.is_mixed, after.is_restated) == (45, True, True)
