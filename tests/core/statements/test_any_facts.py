"""Whatever facts there are: statements are made of what was known, and of nothing else."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from nautilus_data.core.statements import CONCEPTS, FIRST, FREQUENCIES, KNOWN, STATEMENTS, Books, Facts, statement
from nautilus_data.core.timerange import NS_PER_DAY, to_ns
from tests.company_facts import facts_of

TAGS = [tag for concept in CONCEPTS.values() for tag in concept.tags[:2] if tag.startswith("us-gaap")]
UNITS = ("USD", "USD", "USD", "USD/shares", "shares", "EUR", "pure", "USDPerOunce")
# Spans of quarters, halves, nine months, years, a day, and some that end before they begin.
DAYS = (90, 90, 91, 181, 272, 364, 365, 366, 371, 0, 45, 150, -30)
VALUES = ("0", "-0", "1", "-3.5", "1E+30", "123456789012345678901234567890", "0.0000001", "1000000", "999999")
FORMS = ("10-K", "10-Q", "10-K/A", "10-KT", "20-F", "8-K", "")
FIRST_DAY = to_ns("2019-12-31") // NS_PER_DAY
MIDDLE, END = to_ns("2021-12-31"), to_ns("2025-01-01")


@cache
def any_facts(seed: int, count: int = 400) -> pd.DataFrame:
    dice = np.random.default_rng(seed)
    tags = dice.choice(TAGS, 12)
    rows = []
    for place in range(count):
        taxonomy, tag = str(dice.choice(tags)).split(":")
        end = FIRST_DAY + 91 * int(dice.integers(-2, 12)) + int(dice.integers(0, 2))
        start = 0 if dice.random() < 0.3 else (end - int(dice.choice(DAYS)) + 1) * NS_PER_DAY
        known = (end + int(dice.integers(-5, 400))) * NS_PER_DAY
        rows.append((taxonomy, tag, str(dice.choice(UNITS)), start, end * NS_PER_DAY, known, str(place),
                     str(dice.choice(VALUES)), str(dice.choice(FORMS)), 0, "", known, "filed"))  # fmt: skip
    return facts_of(*rows)


each_seed = pytest.mark.parametrize("seed", range(6))


@each_seed
@pytest.mark.parametrize("basis", [FIRST, KNOWN])
def test_a_statement_is_that_of_the_facts_known_then_alone(seed: int, basis: str) -> None:
    facts = Facts(any_facts(seed))
    whole, cut = Books(facts, basis), Books(facts.until(MIDDLE), basis)
    whole_later = {kind: statement(whole.at(END), kind, "ttm").frame for kind in STATEMENTS}
    for kind in STATEMENTS:
        for frequency in FREQUENCIES:
            then, alone = (statement(books.at(MIDDLE), kind, frequency).frame for books in (whole, cut))
            pd.testing.assert_frame_equal(then, alone, check_exact=True)
        again = statement(whole.at(END), kind, "ttm").frame
        pd.testing.assert_frame_equal(again, whole_later[kind], check_exact=True)


@each_seed
def test_known_facts_are_the_last_of_each_tag_unit_and_span(seed: int) -> None:
    frame = any_facts(seed)
    known = Facts(frame).known(MIDDLE).frame
    order = ["ts_init", "filed", "accession"]
    expected = frame[frame["ts_init"] <= MIDDLE].sort_values(order, kind="stable")
    expected = expected.drop_duplicates(["tag", "unit", "ts_start", "ts_event"], keep="last")
    assert sorted(known["accession"]) == sorted(expected["accession"])


@each_seed
def test_every_value_is_reported_or_says_what_it_was_computed_of(seed: int) -> None:
    for kind in STATEMENTS:
        for frequency in FREQUENCIES:
            shown = statement(Books(Facts(any_facts(seed))).at(END), kind, frequency, adjusts_splits=True)
            frame = shown.frame
            assert (frame["derived_from"].ne("") == frame["is_derived"]).all()
            assert frame["known_since"].le(END).all()
            assert not frame.duplicated(["concept", "ts_event"]).any()
            shown.table()
