from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from nautilus_data.core.observation import Vintages
from nautilus_data.core.statements import FIRST, KNOWN, NotKnown
from nautilus_data.core.timerange import to_ns
from nautilus_data.factors.company import Company
from tests.company_facts import LATER, company_of, fact, facts_of, filing, filings_of, quarterly


def two_filings(as_of: int = LATER) -> Company:
    return Company(as_of, {"filings": filings_of(filing("10-Q", "2024-05-01"), filing("8-K", "2024-08-01"))})


def test_rows_are_those_known_when_it_is_looked_at() -> None:
    assert len(two_filings().rows("filings")) == 2
    assert len(two_filings(to_ns("2024-08-01")).rows("filings")) == 1
    assert len(two_filings().at(to_ns("2024-05-02")).rows("filings")) == 1
    assert two_filings().rows("facts").empty


def test_rows_come_in_the_order_they_became_known() -> None:
    frame = two_filings().frames["filings"]
    company = Company(LATER, {"filings": frame.iloc[::-1]})
    pd.testing.assert_frame_equal(company.rows("filings"), two_filings().rows("filings"))


def test_what_is_not_there_is_named() -> None:
    known = Company(LATER).at(LATER)
    with pytest.raises(NotKnown, match="no filing is known"):
        known.rows("filings")
    with pytest.raises(NotKnown, match="the line GNPDEF is not known"):
        known.line("GNPDEF")


def test_a_company_seen_earlier_sees_no_later_row_and_never_more_than_before() -> None:
    company = two_filings()
    assert len(company.rows("filings")) == 2
    earlier = company.until(to_ns("2024-06-01"))
    assert (len(earlier.rows("filings")), len(company.rows("filings"))) == (1, 2)
    assert earlier.until(LATER).as_of == to_ns("2024-06-01")


def test_rows_a_choice_takes_are_chosen_once_and_cut_at_each_time() -> None:
    company, calls = two_filings(), []

    def choose(rows: pd.DataFrame) -> pd.DataFrame:
        calls.append(len(rows))
        return rows[rows["form"] == "8-K"]

    assert [len(company.at(to_ns(day)).selected("filings", "x", choose)) for day in ("2024-06-01", "2025-01-01")] == [
        0,
        1,
    ]
    assert calls == [2]


def test_a_line_is_as_it_was_known() -> None:
    dates = np.array([to_ns("2023-01-01"), to_ns("2023-01-01")])
    line = Vintages(dates, np.array([to_ns("2023-04-01"), to_ns("2023-07-01")]), np.array([1.0, 2.0]))
    company = Company(LATER, {}, {"X": line})
    assert [company.at(to_ns(day)).line("X").values[0] for day in ("2023-05-01", "2023-08-01")] == [1, 2]


def test_a_number_is_of_the_day_or_the_year_by_what_it_is() -> None:
    company = company_of(quarterly({"NetIncomeLoss": [1, 2, 3, 4]}, {"Assets": [10, 20, 30, 40]}))
    known = company.at(LATER)
    assert (known.number("net_income"), known.number("assets"), known.number("assets", 1)) == (10, 40, 30)


def test_statements_are_as_first_filed_or_as_said_last() -> None:
    rows = [fact("Assets", "", "2022-12-31", 100, "2023-02-01"), fact("Assets", "", "2022-12-31", 90, "2024-02-01")]
    company = company_of(facts_of(*rows))
    assert [company.at(LATER, basis).number("assets") for basis in (FIRST, KNOWN)] == [100, 90]


@pytest.mark.parametrize(
    ("sic", "is_financial"), [("6021", True), ("6999", True), ("7000", False), ("", False), ("x", False)]
)
def test_banks_insurers_and_funds_are_financial(sic: str, is_financial: bool) -> None:
    assert Company(LATER, sic=sic).is_financial is is_financial
