"""When a difference counts."""

from __future__ import annotations

from nautilus_data.core.difference import Difference, Finding, Patience


def finding(mark: object = 1, subject: str = "P-1") -> Finding:
    return Finding(Difference("T-1", "position", subject, "LONG 1", "FLAT 0"), {}, mark)


def test_a_finding_counts_when_it_is_met_again_later() -> None:
    patience = Patience(10)
    assert not patience.is_over(finding(), 7, 100)
    assert patience.end_round() == {"T-1"}
    assert not patience.is_over(finding(), 7, 109)
    patience.end_round()
    assert patience.is_over(finding(), 7, 110)
    assert patience.end_round() == set()


def test_what_was_stored_meanwhile_or_not_met_begins_anew() -> None:
    patience = Patience(10)
    patience.is_over(finding(mark=1), 7, 100)
    patience.end_round()
    assert not patience.is_over(finding(mark=2), 7, 120)
    patience.end_round()
    patience.end_round()
    assert not patience.is_over(finding(mark=2), 7, 140)


def test_a_round_that_failed_is_as_if_it_had_not_been() -> None:
    patience = Patience(10)
    patience.is_over(finding(), 7, 100)
    patience.end_round()
    patience.is_over(finding(subject="P-2"), 7, 105)
    patience.drop_round()
    assert patience.is_over(finding(), 7, 110)
    assert patience.end_round() == set()


def test_a_seed_says_so() -> None:
    assert finding().as_seed.difference.is_seed
