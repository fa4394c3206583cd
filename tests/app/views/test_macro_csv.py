"""Files of what is shown."""

import io

import pandas as pd

from app.views.macro_csv import as_of_words, csv, file_name
from nautilus_data.core.timerange import to_ns


def test_what_it_is_stands_above_the_rows() -> None:
    frame = pd.DataFrame({"ts_event": [to_ns("1948-01-01")], "ts_init": [to_ns("2024-01-05T13:30")], "value": [3.4]})
    text = csv(frame, ["UNRATE:\nUnemployment rate", "as known now"])
    assert text.splitlines()[:2] == ["# UNRATE: Unemployment rate", "# as known now"]
    read = pd.read_csv(io.StringIO(text), comment="#")
    assert read.to_dict("records") == [{"ts_event": "1948-01-01", "ts_init": "2024-01-05T13:30:00Z", "value": 3.4}]
    assert frame["ts_event"].iloc[0] == to_ns("1948-01-01")


def test_a_value_that_is_missing_is_an_empty_field() -> None:
    frame = pd.DataFrame({"ts_event": [0], "value": [float("nan")]})
    assert csv(frame, []).splitlines()[-1] == "1970-01-01,"


def test_a_name_holds_nothing_a_file_system_minds() -> None:
    assert file_name("gold/usd", "a b", "", as_of_words("2020-03-31", "")) == "macro_gold-usd_a-b_as_of_2020-03-31.csv"
    assert as_of_words("", "2024-01-01") == "as_of_2024-01-01"
