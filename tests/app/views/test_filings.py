from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from app.views import (
    filings,
    filings_chart,
    filings_factors,
    filings_facts,
    filings_holdings,
    filings_insiders,
    filings_list,
    filings_notes,
    filings_statement,
)
from nautilus_data.core.timerange import to_ns
from nautilus_data.services.filings.matching import Hit, Known

NOW = to_ns("2024-03-01")


@pytest.mark.parametrize(
    ("value", "unit", "told"),
    [
        (Decimal("416161000000"), "USD", "416 bn USD"), (Decimal("-1234567"), "USD", "−1.23 m USD"),
        (Decimal("7.9"), "USD/shares", "7.90 USD a share"), (Decimal(12), "USD", "12 USD"), (None, "USD", "–"),
        (Decimal("45317000000"), "USD", "45.3 bn USD"), (float("nan"), "", "–"),
        (Decimal("14681140000"), "shares", "14.7 bn shares"),
    ],
)  # fmt: skip
def test_amounts_are_short(value, unit: str, told: str) -> None:
    assert filings.short(value, unit) == told


def test_a_change_is_told_of_what_was_above_nothing_only() -> None:
    assert filings.change(Decimal(110), Decimal(100)).text == "+10.0 %"
    assert filings.change(Decimal(110), Decimal(-100)).text == ""
    assert filings.change(None, Decimal(1)).text == "" and filings.change(Decimal(1), None).text == ""


def test_what_others_wrote_is_never_html() -> None:
    hostile = "<img src=x onerror=alert(1)>"
    told = {"name": hostile, "tickers": [hostile], "exchanges": [hostile], "former_names": [hostile], "sic": hostile,
            "industry": hostile, "state": hostile, "fiscal_year_end": "<b>1", "category": hostile}  # fmt: skip
    filing = {"form": hostile, "link": 'https://www.sec.gov/"onmouseover="x', "index": "", "filed": NOW,
              "report_date": 0, "ts_init": NOW}  # fmt: skip
    due = type("Due", (), {"ts_due": 0})()
    card = type("Card", (), {"told": told, "cik": "0000000042", "annual": filing, "quarterly": None, "due": due})()
    for text in (filings.head(card), filings.card(card, NOW, "UTC")):
        assert "<img" not in text and '"onmouseover' not in text and "&lt;img" in text
    assert "<img" not in filings_notes.told_above(hostile, 0)


def test_a_hit_says_by_what_it_was_found_and_what_it_was_called() -> None:
    known = Known("0001326801", "Meta Platforms, Inc.", ("META",), ("Nasdaq",), ("Facebook Inc",))
    section = filings.found([Hit(known, 90.0, "former name")], 10)
    (row,) = section.rows
    assert row.key == "0001326801" and row.cells[0].below == "formerly Facebook Inc"
    assert "None of 7,919 companies" in filings.found([], 7_919).empty


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (("loading", ""), "being asked for"), (("unavailable", "set X"), "set X"), (("refused", "404"), "404"),
        (("empty", ""), "has no filings"), (("not asked", ""), "press Ask now"),
        (("data", ""), "No filings were known"),
    ],
)  # fmt: skip
def test_why_there_is_nothing_is_said(state: tuple[str, str], words: str) -> None:
    assert words in filings.say_nothing("filings", {"filings": state}, "2020-01-01")


def row_of(**told: object) -> dict[str, object]:
    row = {
        "concept": "revenue", "title": "Revenue", "period": "FY to 2023-12-31", "ts_start": to_ns("2023-01-01"),
        "ts_event": to_ns("2023-12-31"), "value": Decimal(123_456_789_000), "unit": "USD", "tag": "us-gaap:Revenues",
        "form": "10-K", "accession": "a", "known_since": NOW, "is_restated": False, "restated_from": None,
        "restated_from_accession": "", "is_derived": False, "derived_from": "", "is_mixed": False, "others": "",
    }  # fmt: skip
    return row | told


def statement_of(*rows: dict[str, object]):
    return type("Told", (), {"frame": pd.DataFrame(list(rows)), "currency": "USD", "kind": "income"})()


def test_a_statement_is_in_one_scale_and_marks_what_was_restated_and_computed() -> None:
    told = statement_of(
        row_of(is_restated=True, restated_from=Decimal(120_000_000_000), is_derived=True, derived_from="9 months − 6"),
        row_of(concept="eps_basic", title="EPS", value=Decimal(3), unit="USD/shares"),
        row_of(ts_event=to_ns("2022-12-31"), period="FY to 2022-12-31", value=Decimal(1)),
    )
    columns, section = filings_statement.statement(told, "UTC", "nothing")
    assert [column.title for column in columns] == ["Item", "FY 2023-12-31", "FY 2022-12-31"]
    revenue, eps = section.rows
    assert (revenue.cells[1].text, revenue.cells[1].below) == ("123,457", "was 120,000 · computed")
    assert "123,456,789,000 USD" in revenue.cells[1].title and "= 9 months − 6" in revenue.cells[1].title
    assert (eps.cells[1].text, eps.cells[2].text) == ("3.00", "–")
    assert section.title == "Income" and "millions of USD" in section.note
    key = filings_statement.parse_key(revenue.cells[1].key)
    assert key == ("revenue", to_ns("2023-01-01"), to_ns("2023-12-31"))


def test_a_statement_of_nothing_says_why() -> None:
    empty = type("Told", (), {"frame": pd.DataFrame(columns=list(row_of())), "currency": "", "kind": "income"})()
    columns, section = filings_statement.statement(empty, "UTC", "not asked yet")
    assert len(columns) == 1 and section.rows == () and section.empty == "not asked yet"


@pytest.mark.parametrize("key", ["", "revenue", "a|b|c", "|", "x|1"])
def test_what_is_no_key_is_none(key: str) -> None:
    assert filings_statement.parse_key(key) is None


def test_items_of_an_8k_are_named() -> None:
    assert filings_list.items("2.02,9.99") == "2.02 results, 9.99"
    assert filings_list.items("") == ""


def test_of_very_many_filings_it_is_said_that_only_the_newest_are_listed() -> None:
    row = {"form": "4", "description": "", "document": "a.xml", "link": "", "filed": NOW, "report_date": 0,
           "ts_init": NOW, "items": "", "accession": "a", "index": "", "size": 0, "is_xbrl": False}  # fmt: skip
    section = filings_list.filings(pd.DataFrame([row] * 201), NOW, "UTC", "")
    assert (section.title, len(section.rows)) == ("Filings", 200) and "the newest 200 of 201" in section.note


def test_a_form_in_the_url_that_is_none_is_offered_with_no_filings() -> None:
    assert filings_list.options({"10-K": 3}, "X-1") == {"all forms": "", "10-K (3)": "10-K", "X-1 (0)": "X-1"}


def test_purchases_stand_above_and_sales_below() -> None:
    balance = pd.DataFrame(
        [("2023Q2", 1, 2, Decimal(100), Decimal(300), Decimal(-200), 1)],
        columns=["quarter", "buys", "sells", "bought", "sold", "net", "unpriced"],
    )
    columns = filings_insiders.balance_columns(balance)
    assert (columns["bought"][0], columns["sold"][0], columns["net"][0]) == (100, -300, -200)
    assert np.datetime64(int(columns["x"][0]), "ms").astype("datetime64[M]") == np.datetime64("2023-05")
    assert "net −200 USD. 1 more have no price" in filings_insiders.balance_words(balance)
    assert "No purchase or sale" in filings_insiders.balance_words(balance.head(0))


def test_a_position_says_what_changed() -> None:
    row = {"cusip": "1", "put_call": "PUT", "amount_type": "SH", "issuer": "A", "title": "COM", "value": Decimal(10),
           "amount": Decimal(5), "before": Decimal(4), "change": Decimal(1), "weight": 0.5, "ts_init": NOW,
           "accession": "0000000042-24-000001"}  # fmt: skip
    frame = pd.DataFrame([row, row | {"before": Decimal(0)}, row | {"change": Decimal(0)}, row | {"change": None}])
    frame.attrs["quarter"] = to_ns("2023-12-31")
    section = filings_holdings.holdings(frame, "0000000042", NOW, "UTC", "")
    assert [one.cells[4].text for one in section.rows] == ["+1", "new", "same", ""]
    assert section.title == "Held on 2023-12-31" and section.rows[0].cells[0].below == "COM · put"


def test_points_of_a_chart_tell_whether_they_were_restated() -> None:
    row = {"ts_start": to_ns("2023-01-01"), "ts_event": to_ns("2023-12-31"), "ts_init": NOW, "value": Decimal("1.5"),
           "unit": "USD", "tag": "t", "form": "10-K", "accession": "a", "is_restated": True,
           "is_derived": True}  # fmt: skip
    columns = filings_chart.fact_columns(pd.DataFrame([row]))
    assert columns["mark"] == ["restated computed"] and columns["said"] == ["1.5 USD"]
    assert filings_chart.price_columns(None)["x"].size == 0
    section = filings_facts.history(pd.DataFrame([row]), "revenue", "0000000042", NOW, "UTC", "")
    assert [chip.text for chip in section.rows[0].cells[0].chips] == ["restated", "computed"]
    options = filings_facts.options({}, ["us-gaap:A"], "x")
    assert options == {"us-gaap:A": "us-gaap:A", "x": "x"}


def test_how_the_sec_was_asked_is_told_in_a_line() -> None:
    told = {"ts_last": NOW - 10**9, "ts_ok": 0, "ts_error": NOW - 2 * 10**9, "error": "", "last_error": "404",
            "latency_ms": 12.0, "limits": [(1, 5, 1.0)], "pause": "left alone", "stored": {"filings": 2},
            "companies": 7, "asked": 3, "failed": 1, "cached": 2}  # fmt: skip
    text = filings_notes.told_below(told, NOW)
    for words in (
        "today 3 requests, 1 failed, 2 answered by what was kept",
        "1 of 5 requests in 1 s",
        "404",
        "left alone",
    ):
        assert words in text
    assert filings_notes.told_above("", 5) == "" and "list of all companies" in filings_notes.told_above("", 0)


def test_freds_notice_stands_below_the_factors_it_belongs_to() -> None:
    row = {"key": "o_score", "title": "O-score", "family": "Scores", "value": -1.5, "previous": float("nan"),
           "units": "log odds", "direction": "-", "pit": "P2", "evidence": "published", "ts_event": 1, "ts_init": 1,
           "problem": "", "reason": ""}  # fmt: skip
    frame = pd.DataFrame([row])
    assert [one.empty for one in filings_factors.listed(frame, 2, "UTC", "none", "FRED says")][-1] == "FRED says"
    assert len(filings_factors.listed(frame, 2, "UTC", "none")) == 1
