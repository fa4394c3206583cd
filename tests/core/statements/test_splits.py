from __future__ import annotations

from decimal import Decimal

from nautilus_data.core.statements import Books, Facts, statement
from nautilus_data.core.timerange import to_ns
from tests.company_facts import LATER, by_frame, fact, facts_of
from tests.recorded_facts import recorded_facts

Q1, H1 = ("2023-01-01", "2023-03-31"), ("2023-01-01", "2023-06-30")


def eps(span: tuple[str, str], value: object, filed: str, kind: str = "Basic") -> tuple:
    return fact(f"EarningsPerShare{kind}", *span, value, filed, unit="USD/shares")


def both(span: tuple[str, str], value: object, filed: str) -> list[tuple]:
    return [eps(span, value, filed, kind) for kind in ("Basic", "Diluted")]


def test_a_split_is_found_where_values_per_share_are_restated_by_one_round_ratio() -> None:
    facts = Facts(facts_of(*both(Q1, "2.51", "2023-05-01"), *both(Q1, "0.63", "2024-05-01")))
    (split,) = facts.splits
    assert (split.ratio, split.known) == (4, to_ns("2024-05-02"))
    assert set(facts.restatements(LATER)["reason"]) == {"split"}


def test_shares_put_together_are_a_split_too() -> None:
    rows = [fact("WeightedAverageNumberOfSharesOutstandingBasic", *span, value, filed, unit="shares")
            for span, value, filed in ((Q1, 100_000, "2023-05-01"), (H1, 100_500, "2023-08-01"),
                                       (Q1, 10_000, "2024-05-01"), (H1, 10_050, "2024-05-01"))]  # fmt: skip
    (split,) = Facts(facts_of(*rows)).splits
    assert split.ratio == Decimal(1) / 10


def test_a_split_is_found_once_though_other_values_are_restated_for_it_later() -> None:
    later = [*both(H1, "5.02", "2023-08-01"), *both(H1, "1.26", "2024-08-01")]
    facts = Facts(facts_of(*both(Q1, "2.51", "2023-05-01"), *both(Q1, "0.63", "2024-05-01"), *later))
    assert [split.ratio for split in facts.splits] == [4]
    assert set(facts.restatements(LATER)["reason"]) == {"split"}


def test_earnings_restated_with_the_profit_are_no_split() -> None:
    rows = [*both(Q1, "2.50", "2023-05-01"), *both(Q1, "1.25", "2024-05-01")]
    profit = [fact("NetIncomeLoss", *Q1, 1000, "2023-05-01"), fact("NetIncomeLoss", *Q1, 500, "2024-05-01")]
    assert Facts(facts_of(*rows, *profit)).splits == ()


def test_one_witness_an_odd_ratio_or_cents_that_hide_it_are_no_split() -> None:
    assert Facts(facts_of(eps(Q1, "2.50", "2023-05-01"), eps(Q1, "1.25", "2024-05-01"))).splits == ()
    assert Facts(facts_of(*both(Q1, "2.51", "2023-05-01"), *both(Q1, "1.90", "2024-05-01"))).splits == ()
    assert Facts(facts_of(*both(Q1, "0.02", "2023-05-01"), *both(Q1, "0.01", "2024-05-01"))).splits == ()


def test_a_quarter_derived_across_a_split_is_of_the_shares_after_it() -> None:
    nine, year = ("2023-01-01", "2023-09-30"), ("2023-01-01", "2023-12-31")
    rows = [*both(Q1, "2.00", "2023-05-01"), *both(nine, "6.00", "2023-11-01"),
            *both(year, "2.10", "2024-02-01"), *both(("2022-01-01", "2022-03-31"), "1.60", "2022-05-01"),
            *both(("2022-01-01", "2022-03-31"), "0.40", "2024-02-01")]  # fmt: skip
    accounts = Books(Facts(facts_of(*rows))).at(LATER)
    (quarter,) = (item for end, item in accounts.line("eps_basic").quarters.items() if end == to_ns("2023-12-31"))
    assert quarter.value == Decimal("0.60")
    said = by_frame(statement(accounts, "income", "quarterly").frame)
    adjusted = by_frame(statement(accounts, "income", "quarterly", adjusts_splits=True).frame)
    assert (said["eps_basic 2023-03-31"], adjusted["eps_basic 2023-03-31"]) == (2, Decimal("0.5"))
    assert adjusted["eps_basic 2023-12-31"] == said["eps_basic 2023-12-31"] == Decimal("0.60")


def test_before_a_split_is_known_nothing_is_adjusted() -> None:
    facts = Facts(facts_of(*both(Q1, "2.51", "2023-05-01"), *both(Q1, "0.63", "2024-05-01")))
    item = Books(facts).at(to_ns("2024-05-01")).line("eps_basic").quarters[to_ns("2023-03-31")]
    assert (item.value, item.adjusted) == (Decimal("2.51"), Decimal("2.51"))


def test_the_splits_of_apple_and_nvidia_are_found() -> None:
    assert [split.ratio for split in Facts(recorded_facts("AAPL")).splits] == [7, 4]
    assert [split.ratio for split in Facts(recorded_facts("NVDA")).splits] == [4, 10]
