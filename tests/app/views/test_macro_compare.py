"""Several series on one time axis."""

import pandas as pd

from app.views import macro_compare as views

ROWS = {"UNRATE": {"units": "%"}, "DGS10": {"units": "%"}, "PAYEMS": {"units": "thousand"}, "GDP": {"units": "bn $"}}


def test_the_first_two_units_have_a_scale_and_a_third_has_none() -> None:
    assert views.scales(list(ROWS), ROWS, "level") == {"UNRATE": 0, "DGS10": 0, "PAYEMS": 1, "GDP": -1}
    assert set(views.scales(list(ROWS), ROWS, "z").values()) == {0}


def test_ids_are_taken_once_and_no_more_than_can_be_told_apart() -> None:
    assert views.ids_of(" UNRATE,GDP,,UNRATE") == ["UNRATE", "GDP"]
    assert len(views.ids_of(",".join(map(str, range(20))))) == views.MOST


def test_the_file_has_each_row_with_its_series_and_source() -> None:
    frame = pd.DataFrame({"ts_event": [0], "ts_init": [1], "value": [2.0], "known_by": ["rule"]})
    frame.attrs["source"] = "fred"
    assert views.table_of({"A": frame}).to_dict("records") == [
        {"series_id": "A", "source": "fred", "ts_event": 0, "ts_init": 1, "value": 2.0, "known_by": "rule"}
    ]
    assert views.table_of({}).empty and views.span_of({}).duration_ns == 0
