from __future__ import annotations

import pandas as pd
import pytest

from nautilus_data.core.timerange import to_ns
from nautilus_data.services.filings.forms import Due, is_of, last_of, next_due, with_links
from tests.company_facts import filing, filings_of


def test_a_form_takes_in_its_corrections_and_no_other_form() -> None:
    forms = pd.Series(["4", "4/A", "424B2", "10-K", "10-K/A", "10-KT"])
    assert is_of(forms, ["4", "10-K"]).tolist() == [True, True, False, True, True, False]


@pytest.mark.parametrize(
    ("form", "report", "year_end", "category", "due"),
    [
        ("10-Q", "2023-03-31", "1231", "Large accelerated filer", ("10-Q", "2023-06-30", 40)),
        ("10-Q", "2023-09-30", "1231", "Large accelerated filer", ("10-K", "2023-12-30", 60)),
        ("10-Q", "2023-09-30", "1231", "Accelerated filer", ("10-K", "2023-12-30", 75)),
        ("10-K", "2023-12-31", "1231", "Non-accelerated filer; Smaller", ("10-Q", "2024-03-31", 45)),
        ("10-Q", "2023-07-01", "0930", "", ("10-K", "2023-09-30", 90)),
        ("20-F", "2023-12-31", "1231", "", ("20-F", "2024-12-31", 120)),
        ("10-Q", "2023-09-30", "", "", ("10-Q", "2023-12-30", 45)),
        ("10-Q", "2023-09-30", "9999", "", ("10-Q", "2023-12-30", 45)),
    ],
)  # fmt: skip
def test_what_is_due_next_goes_by_form_year_and_kind_of_filer(form, report, year_end, category, due) -> None:
    found = next_due(filings_of(filing(form, "2024-02-01", report)), year_end, category)
    day = pd.Timestamp(found.ts_event).date()
    assert abs((day - pd.Timestamp(due[1]).date()).days) <= 1
    assert (found.form, found.days) == (due[0], due[2])
    assert found.ts_due == found.ts_event + due[2] * 86_400 * 10**9


def test_of_a_company_without_reports_nothing_is_due() -> None:
    assert next_due(filings_of(filing("8-K", "2024-01-01")), "1231", "") == Due()
    assert next_due(filings_of(), "1231", "") == Due()


def test_the_last_report_is_the_one_filed_last_corrections_aside() -> None:
    frame = filings_of(filing("10-K", "2023-02-01"), filing("10-K", "2024-02-01"), filing("10-K/A", "2024-03-01"))
    assert last_of(frame, ["10-K"])["filed"] == to_ns("2024-02-01")
    assert last_of(frame, ["10-Q"]) is None


def test_links_lead_to_the_document_and_to_all_documents() -> None:
    frame = filings_of(filing("10-K", "2024-02-01")).assign(accession="0000320193-24-000001", document="a.htm")
    told = with_links(frame, "0000320193").iloc[0]
    folder = "https://www.sec.gov/Archives/edgar/data/320193/000032019324000001/"
    assert (told["link"], told["index"]) == (f"{folder}a.htm", f"{folder}0000320193-24-000001-index.htm")
    assert with_links(frame.assign(document=""), "0000320193")["link"].tolist() == [""]
