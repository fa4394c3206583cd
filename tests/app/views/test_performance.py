from decimal import Decimal

import holoviews as hv
import pandas as pd
import pytest

from app.views import performance
from nautilus_data.core.timerange import NS_PER_S, to_ns

START = to_ns("2026-01-05T12:00Z")


def history(*equity: float, currency: str = "USD", unpriced: int = 0) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "run_id": 1,
            "account_id": "SIM-1",
            "currency": currency,
            "ts_event": [START + number * 60 * NS_PER_S for number in range(len(equity))],
            "equity": [Decimal(str(value)) for value in equity],
            "unpriced": unpriced,
        }
    )


def curves(overlay: hv.Overlay) -> list[hv.Curve]:
    return [element for element in overlay if isinstance(element, hv.Curve)]


def test_drawdown_is_the_fall_from_the_highest_so_far():
    points = performance.equity_points(history(100, 200, 150, 250))
    assert points["drawdown"].tolist() == [0, 0, -0.25, 0]


def test_equity_that_was_never_above_zero_has_no_drawdown():
    assert performance.equity_points(history(-5, -6))["drawdown"].isna().all()


def test_currencies_are_never_added():
    both = pd.concat([history(100, 110), history(5, 6, currency="EUR")])
    assert [curve.label for curve in curves(performance.equity(both))] == ["SIM-1 EUR", "SIM-1 USD"]


def test_a_new_run_starts_a_new_height():
    second = history(50, 60).assign(run_id=2, ts_event=lambda frame: frame["ts_event"] + 3_600 * NS_PER_S)
    points = performance.equity_points(pd.concat([history(100, 90), second]))
    assert points["drawdown"].tolist() == pytest.approx([0, -0.1, 0, 0])


def test_a_long_history_is_thinned_and_keeps_its_newest_point():
    curve = curves(performance.equity(history(*range(1, 10_001))))[0]
    assert len(curve) <= performance.MOST_POINTS + 1
    assert curve.data["equity"].iloc[-1] == 10_000


def test_points_with_unpriced_positions_are_marked():
    overlay = performance.equity(history(100, 110, unpriced=1))
    marked = [element for element in overlay if isinstance(element, hv.Points) and element.vdims]
    assert [len(element) for element in marked] == [2]


@pytest.mark.parametrize("view", [performance.equity, performance.drawdown])
def test_no_history_and_one_point_are_drawn_too(view):
    for frame in (history(), history(100)):
        assert hv.render(view(frame, zone="Asia/Tokyo")) is not None
