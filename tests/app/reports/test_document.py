"""Sections as one HTML file."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from bokeh.plotting import figure

from app.reports.document import Document, Fact, Facts, Figure, Part, Rows, Section, Strip, Words
from app.views.table import ACCOUNTS, Context


def file_of(*parts: Part) -> str:
    return Document("Title", "As of noon", "", (Section("one", "One", parts),)).html()


def accounts(count: int) -> pd.DataFrame:
    return pd.DataFrame({"account_id": [f"A<{number}>" for number in range(count)], "total": ["1.50"] * count})


def test_every_word_is_escaped() -> None:
    text = file_of(Words("a<b>"), Strip((Fact("f<g>", "v<w>", "n<o>"),)), Facts((("k<l>", "x<y>"),)))
    assert not re.findall(r"<[bglowy]>", text)
    assert "a&lt;b&gt;" in text


def test_a_table_has_a_caption_headings_and_its_rows() -> None:
    text = file_of(Rows(accounts(2), ACCOUNTS, Context(), "Accounts", "none"))
    assert "<caption>Accounts</caption>" in text
    assert text.count('<th scope="col"') == len(ACCOUNTS)
    assert '<th scope="row">A&lt;1&gt;</th>' in text
    assert '<td class="number">1.50</td>' in text


def test_a_cut_table_says_so() -> None:
    text = file_of(Rows(accounts(7), ACCOUNTS, Context(), "Accounts", "none", limit=5))
    assert "Accounts: the newest 5 of 7" in text
    assert text.count('<th scope="row"') == 5


def test_an_empty_table_says_why() -> None:
    text = file_of(Rows(pd.DataFrame(), ACCOUNTS, Context(), "Accounts", "No account yet."))
    assert "No account yet." in text
    assert "<table" not in text


def test_without_a_figure_there_is_no_script() -> None:
    assert "<script" not in file_of(Words("text"))


def test_data_of_a_figure_can_not_end_its_script() -> None:
    plot = figure(title="</script><script>alert(1)</script>")
    plot.line([1], [1])
    text = file_of(Figure(plot, "A line", 100))
    assert "alert(1)</script>" not in text
    assert "\\u003c/script>" in text


@pytest.mark.parametrize("rule", ["default-src 'none'", "img-src data: blob:"])
def test_the_file_forbids_the_browser_to_load_anything(rule: str) -> None:
    assert rule in file_of(Words("text"))
