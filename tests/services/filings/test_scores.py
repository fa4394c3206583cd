from __future__ import annotations

import pytest

from nautilus_data.core.timerange import NS_PER_DAY, to_ns
from nautilus_data.factors.company import CompanyAt, CompanyFactor, Score
from nautilus_data.services.filings.scores import Scores
from nautilus_data.services.filings.shelf import Shelf
from tests.company_facts import filings_of, trades_of
from tests.services.filings.seeded import ACME, RESTATED, facts, holdings

NOW = to_ns("2024-06-01")


class Assets(CompanyFactor):
    key, title, family, formula, reference, units, direction = "assets", "A", "tests", "AT", "none", "USD", "0"
    computed = 0

    def score(self, known: CompanyAt) -> Score:
        type(self).computed += 1
        return Score(known.accounts.end, known.number("assets"), {})


class Broken(Assets):
    key = "broken"

    def score(self, known: CompanyAt) -> Score:
        raise ZeroDivisionError("nobody foresaw this")


@pytest.fixture
def shelf() -> Shelf:
    frames = {"facts": facts(), "filings": filings_of(), "insider_trades": trades_of(), "holdings": holdings()}
    return Shelf(ACME, (1, 0, 0, 0), frames)


def test_it_is_computed_once_until_the_rows_or_the_day_are_others(shelf: Shelf) -> None:
    scores = Scores({"assets": Assets()})
    Assets.computed = 0
    row = scores.standing(shelf, "", {}, NOW, NOW).iloc[0]
    assert (row["value"], row["previous"], row["ts_init"]) == (240e6, 200e6, RESTATED)
    once = Assets.computed
    assert scores.standing(shelf, "", {}, RESTATED - 1, NOW).iloc[0]["value"] == 200e6
    assert len(scores.history("assets", shelf, "", {}, NOW)) == 2 and Assets.computed == once
    scores.standing(Shelf(ACME, (2, 0, 0, 0), shelf.frames), "", {}, NOW, NOW)
    assert Assets.computed == 2 * once
    scores.standing(shelf, "", {}, NOW, NOW + NS_PER_DAY)
    assert Assets.computed == 3 * once


def test_before_anything_was_known_there_is_a_reason_and_no_value(shelf: Shelf) -> None:
    row = Scores({"assets": Assets()}).standing(shelf, "", {}, to_ns("2020-01-01"), NOW).iloc[0]
    assert row["value"] != row["value"] and row["reason"] == "nothing it needs was known" and row["ts_init"] == 0


def test_one_that_fails_takes_no_other_with_it(shelf: Shelf, caplog: pytest.LogCaptureFixture) -> None:
    scores = Scores({"broken": Broken(), "assets": Assets()})
    frame = scores.standing(shelf, "", {}, NOW, NOW).set_index("key")
    assert "nobody foresaw this" in frame.loc["broken", "problem"] and frame.loc["assets", "value"] == 240e6
    assert "could not be computed" in caplog.text
