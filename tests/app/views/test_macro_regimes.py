"""Lanes of regimes and what holds now."""

import pandas as pd

from app.views import macro_regimes as views
from nautilus_data.core.timerange import to_ns

STATES = {"vol": ("calm", "crisis")}
AT = to_ns("2024-01-01")


def test_what_holds_has_no_end_and_each_state_its_colour() -> None:
    rows = [("vol", "Volatility", "calm", to_ns("2020-01-01"), to_ns("2021-01-01")),
            ("vol", "Volatility", "crisis", to_ns("2021-01-01"), AT)]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["key", "title", "label", "start", "end"])
    columns = views.bar_columns(frame, {"vol": "Volatility"}, STATES, AT)
    assert columns["until"] == ["2021-01-01", "it holds"] and columns["since"] == ["2020-01-01", "2021-01-01"]
    assert columns["color"][0] != columns["color"][1]


def test_states_of_one_regime_are_told_apart() -> None:
    for count in range(2, 6):
        states = [str(place) for place in range(count)]
        assert len({views.color(states, state) for state in states}) == count


def test_a_regime_that_is_not_known_says_what_it_lacks() -> None:
    row = {"key": "vol", "title": "Volatility", "label": "", "missing": ["VIXCLS"], "problem": "", "sources": []}
    (card,) = views.cards(pd.DataFrame([row]), pd.DataFrame(columns=["key", "start"]), ["vol"], AT).cards
    assert (card.value, card.note) == ("not known", "lacks VIXCLS")
