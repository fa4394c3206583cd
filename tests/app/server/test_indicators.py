"""REST of indicators."""

from __future__ import annotations

import numpy as np
import pytest

from tests.app.server.test_bars import store_bars

VALUES = "/api/v1/indicators/values"


def test_every_indicator_is_told_with_its_parameters(client, workspace) -> None:
    rows = {row["name"]: row for row in client.get("/api/v1/indicators?limit=1000").json()}
    assert set(rows) == set(workspace.indicators.known)
    (length,) = rows["ema"]["parameters"]
    assert (length["name"], rows["ema"]["outputs"]) == ("length", ["ema"]) and length["low"] < length["high"]


def test_values_are_those_the_chart_draws(client, workspace) -> None:
    series = store_bars(workspace, count=40)
    (chosen,) = workspace.indicators.parse_list("macd:fast=3:slow=6")
    drawn = workspace.indicators.over(series.instrument_id, "1-DAY", "sample", "raw", chosen)
    rows = client.get(VALUES, params={"symbol": "AAPL", "indicator": "macd:fast=3:slow=6", "limit": 1000}).json()
    assert len(rows) == len(drawn) * (len(drawn.columns) - 1)
    for name in drawn.columns.drop("ts_event"):
        told = [row["value"] for row in rows if row["output"] == name]
        expected = [None if np.isnan(value) else value for value in drawn[name]]
        assert told == expected


def test_a_span_says_which_bars(client, workspace) -> None:
    store_bars(workspace, count=40)
    asked = {"symbol": "AAPL", "indicator": "ema:length=5", "start": "2012-01-20", "end": "2012-01-22"}
    rows = client.get(VALUES, params=asked).json()
    assert [row["ts_event"][:10] for row in rows] == ["2012-01-20", "2012-01-21"]
    assert all(row["value"] is not None for row in rows)


@pytest.mark.parametrize(
    ("indicator", "status", "word"),
    [("nope", 404, "there is no indicator"), ("ema:length=0", 404, "length"), ("ema:size=3", 404, "size"),
     ("EMA", 422, "indicator"), ("ema,rsi", 422, "indicator"), ("ema:length=1e9", 422, "indicator")],
)  # fmt: skip
def test_what_is_none_says_what_there_is(client, workspace, indicator: str, status: int, word: str) -> None:
    store_bars(workspace, count=40)
    answer = client.get(VALUES, params={"symbol": "AAPL", "indicator": indicator})
    assert (answer.status_code, word in answer.json()["detail"]) == (status, True), answer.json()
