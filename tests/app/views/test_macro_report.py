"""Macro as tables of words."""

from __future__ import annotations

import pandas as pd

from app.views.macro_report import FACTORS, RELEASES, SERIES, score
from app.views.table import Context, render
from nautilus_data.core.timerange import to_ns

NOW = to_ns("2024-02-03T13:30")
CONTEXT = Context(now=NOW, zone="UTC")
ROW = {
    "name": "Unemployment rate", "series_id": "UNRATE", "value": 3.7, "previous": 3.8, "change": -0.1, "yoy": 8.82,
    "units": "%", "frequency": "M", "ts_event": to_ns("2024-01-01"), "ts_init": to_ns("2024-02-02T13:30"),
    "source": "fred", "known_by": "vintage", "note": "",
}  # fmt: skip


def words(fields: tuple, **given: object) -> dict[str, str]:
    return render(pd.DataFrame([{**ROW, **given}]), fields, CONTEXT).iloc[0].to_dict()


def test_a_series_tells_its_value_period_age_and_source() -> None:
    said = words(SERIES)
    assert (said["Value"], said["To previous"], said["Over a year, %"]) == ("3.7", "−0.1", "–")
    assert (said["Period"], said["Known since"], said["Age"]) == ("2024-01", "2024-02-02 13:30", "24 h")
    assert (said["Source"], said["Known by"]) == ("FRED", "vintage")


def test_a_period_of_1970_is_a_period_and_a_long_name_is_cut() -> None:
    said = words(SERIES, ts_event=0, name="a" * 60, units="index")
    assert (said["Period"], said["Over a year, %"]) == ("1970-01", "+8.8")
    assert said["Series"] == "a" * 43 + "…"


def test_a_factor_tells_its_value_or_its_state() -> None:
    told = {"title": "Slope", "sources": ["fred", "arch"], "problem": "", "label": "", "value": -1.3000000000000007}
    assert words(FACTORS, **told)["Value"] == "−1.3"
    assert words(FACTORS, **told)["Source"] == "FRED, arch package"
    assert words(FACTORS, **{**told, "label": "calm", "value": 0.0})["Value"] == "calm"
    assert score(float("nan")) == "–"


def test_a_release_is_ahead_or_out() -> None:
    told = {"release": "Employment", "series": ["UNRATE", "PAYEMS"], "ts_seen": NOW}
    assert words(RELEASES, **told, ts_event=NOW + 3_600 * 10**9)[""] == "in 60 min"
    assert words(RELEASES, **told, ts_event=NOW)[""] == "out"
    assert words(RELEASES, **told, ts_event=NOW)["Series"] == "UNRATE, PAYEMS"
