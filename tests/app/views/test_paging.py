import pandas as pd

from app.views.paging import page

ROWS = pd.DataFrame({"name": ["b", "A.x", "c"], "count": [1, 3, 2]})


def test_a_page_is_filtered_ordered_and_counted():
    rows, total = page(ROWS, sort="count", descending=True, limit=2)
    assert (rows["count"].tolist(), total) == ([3, 2], 3)
    assert page(ROWS, sort="count", limit=2, offset=2)[0]["name"].tolist() == ["A.x"]


def test_a_text_is_looked_for_as_it_is_written_in_any_case():
    assert page(ROWS, match="a.X")[0]["name"].tolist() == ["A.x"]
    assert page(ROWS, match=".*")[1] == 0


def test_no_rows_are_a_page_too():
    rows, total = page(ROWS.iloc[:0], match="a", sort="count")
    assert (len(rows), total) == (0, 0)
