"""A factor in words."""

import pandas as pd

from app.views import macro_factor as views
from nautilus_data.core.timerange import to_ns
from nautilus_data.factors import FACTORS

AT = to_ns("2024-04-10")
ROW = {"key": "sahm", "title": "Sahm rule", "family": "labor", "units": "pp", "value": 0.2333333, "label": "",
       "previous": 0.2, "ts_event": to_ns("2024-03-01"), "ts_init": to_ns("2024-04-05"), "ts_previous": 0,
       "sources": ["fred"],
       "missing": [], "problem": ""}  # fmt: skip


def test_a_row_tells_value_previous_date_and_age() -> None:
    (section,) = views.listed(pd.DataFrame([ROW]), AT, "UTC")
    name, value, about = section.rows[0].cells
    assert (section.title, name.below, value.text, value.below) == ("labor", "FRED", "0.233 pp", "was 0.2 pp")
    assert (about.text, about.below) == ("2024-03-01", "known 5 d ago")


def test_one_that_failed_or_lacks_something_says_so() -> None:
    row = {**ROW, "ts_init": 0, "value": float("nan"), "missing": ["UNRATE"], "problem": "could not be computed: x"}
    (section,) = views.listed(pd.DataFrame([row]), AT, "UTC")
    assert [chip.text for chip in section.rows[0].cells[0].chips] == ["lacks UNRATE", "failed"]


def test_each_factor_can_be_told_with_its_parameters() -> None:
    for factor in FACTORS.values():
        told = views.facts(factor, None, AT, "UTC")
        assert "<dt>Formula</dt>" in told and "Nothing of it was known" in told
        assert views.told(factor, "2024-03-31", "", "notice")[-1] == "notice"
    assert "decay = 0.0609" in views.facts(FACTORS["nelson_siegel_level"], None, AT, "UTC")
