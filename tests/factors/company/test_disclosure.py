from __future__ import annotations

import math

import pandas as pd
import pytest

from nautilus_data.core.timerange import NS_PER_DAY, to_ns
from nautilus_data.factors.company import COMPANY_FACTORS, Company
from tests.company_facts import filing, filings_of


def rows_of(key: str, *filings: tuple, as_of: str = "2026-01-01") -> pd.DataFrame:
    return COMPANY_FACTORS[key].compute(Company(to_ns(as_of), {"filings": filings_of(*filings)}))


def by_day(frame: pd.DataFrame) -> dict[str, float]:
    days = frame["ts_init"].to_numpy().astype("datetime64[ns]").astype("datetime64[D]")
    return {str(day): value for day, value in zip(days, frame["value"], strict=True)}


OLD = filing("8-K", "2015-01-05")


def test_filing_lag_is_against_the_mean_of_three_of_the_same_form() -> None:
    reports = [filing("10-K", f"{year}-02-{day}", f"{year - 1}-12-31")
               for year, day in ((2020, "10"), (2021, "12"), (2022, "14"), (2023, "24"))]  # fmt: skip
    quarters = [filing("10-Q", "2022-05-30", "2022-03-31")]
    frame = rows_of("filing_lag", *reports, *quarters)
    row = frame.iloc[-1]
    assert row["value"] == pytest.approx(55 - (41 + 43 + 45) / 3)
    assert row["ts_event"] == to_ns("2022-12-31")
    assert frame["reason"].iloc[0] == "fewer than 3 earlier reports on 10-K are known"


def test_filing_size_growth_compares_a_yearly_report_with_the_one_before() -> None:
    reports = [
        filing("10-K", "2023-02-10", "2022-12-31", size=1000),
        filing("10-K", "2024-02-10", "2023-12-31", size=1500),
    ]
    others = [filing("10-K/A", "2023-05-01", "2022-12-31", size=10), filing("10-Q", "2023-06-01", "2023-03-31", size=7)]
    frame = rows_of("filing_size_growth", *reports, *others)
    assert frame["value"].iloc[-1] == pytest.approx(math.log(1.5))
    assert frame["reason"].iloc[0] == "fewer than two yearly reports of one form are known"


def test_a_late_filing_counts_for_a_year_from_when_it_was_known() -> None:
    frame = rows_of("late_filing", OLD, filing("NT 10-K", "2024-03-01"))
    assert by_day(frame)["2024-03-02"] == 1
    assert by_day(frame)["2025-03-02"] == 0
    assert frame["value"].iloc[-3:].tolist() == [0, 1, 0]


def test_no_warning_is_told_of_a_window_filings_are_not_known_of() -> None:
    frame = rows_of("late_filing", filing("10-Q", "2024-05-01", "2024-03-31"), as_of="2024-12-31")
    assert frame["reason"].tolist() == ["filings are known of less than the last 365 days"]
    assert rows_of("late_filing", filing("10-Q", "2024-05-01", "2024-03-31"))["value"].iloc[-1] == 0


def test_after_the_day_it_is_looked_at_nothing_is_told() -> None:
    frame = rows_of("late_filing", OLD, filing("NT 10-Q", "2024-03-01"), as_of="2024-06-01")
    assert frame["value"].iloc[-1] == 1
    assert frame["ts_init"].max() <= to_ns("2024-06-01")


@pytest.mark.parametrize(
    ("one", "part"),
    [(filing("8-K", "2024-03-01", items="2.02, 4.02"), "non_reliance"), (filing("10-K/A", "2024-03-01"), "amendments"),
     (filing("10-Q/A", "2024-03-01"), "amendments")],
)  # fmt: skip
def test_a_restatement_is_told_by_an_item_or_an_amended_report(one: tuple, part: str) -> None:
    frame = rows_of("restatement", OLD, one)
    row = frame[frame["value"] == 1].iloc[0]
    assert (row[part], row["non_reliance"] + row["amendments"]) == (1, 1)


def test_an_auditor_change_is_told_by_its_item_alone() -> None:
    assert 1 in rows_of("auditor_change", OLD, filing("8-K", "2024-03-01", items="4.01,9.01"))["value"].tolist()
    assert 1 not in rows_of("auditor_change", OLD, filing("8-K", "2024-03-01", items="14.01"))["value"].tolist()


def test_event_intensity_is_of_ninety_days_against_the_two_years_before() -> None:
    before = [filing("8-K", day) for day in ("2022-06-01", "2022-09-01", "2023-03-01", "2023-09-01")]
    now = [filing("8-K", "2024-02-01", items="2.02"), filing("8-K", "2024-02-10", items="5.02,9.01")]
    frame = rows_of("event_intensity", OLD, *before, *now)
    row = frame[frame["ts_init"] == to_ns("2024-02-11")].iloc[0]
    assert row["value"] == pytest.approx(2 / (4 * 90 / 730))
    assert (row["results"], row["officers"], row["agreements"]) == (1, 1, 0)
    assert by_day(frame)["2024-05-02"] == pytest.approx(1 / (5 * 90 / 730))


def test_what_is_counted_in_windows_is_told_once_a_value_not_once_a_filing() -> None:
    many = [
        filing("10-Q", str(day.date()), "2020-01-01") for day in pd.date_range("2020-01-01", periods=50, freq="30D")
    ]
    assert len(rows_of("late_filing", OLD, *many)) == 2
    assert (rows_of("late_filing", OLD, *many)["ts_init"].diff().dropna() == 365 * NS_PER_DAY).all()
