import numpy as np
import pytest

from nautilus_data.core.observation import Vintages
from nautilus_data.factors.momentum import DollarMomentum, GoldMomentum
from tests.factors.lines import at, line

YEAR = ("2024-02-09", "2025-01-10", "2025-02-10")


def year(*prices: float) -> Vintages:
    """Of a year ago (Friday 9 February 2024), a month ago and now, 10 February 2025."""
    return line(dict(zip(YEAR, prices, strict=True)))


def test_momentum_is_of_twelve_months_but_the_last() -> None:
    # 100·ln(129 / 120); the price of now, 90, is not in it.
    found = DollarMomentum().compute({"DTWEXBGS": year(120.0, 129.0, 90.0)})
    assert found["ts_event"].tolist() == [at("2025-02-10")]
    assert found["ts_init"].tolist() == [at("2025-02-11")]
    assert found["value"].tolist() == pytest.approx([7.232066], abs=1e-6)


def test_months_and_those_left_out_are_parameters() -> None:
    found = DollarMomentum(skip=0).compute({"DTWEXBGS": year(120.0, 129.0, 132.0)})
    # 100·ln(132 / 120)
    assert found["value"].tolist() == pytest.approx([9.531018], abs=1e-6)


def test_a_price_that_is_not_positive_gives_no_momentum() -> None:
    assert len(DollarMomentum().compute({"DTWEXBGS": year(-1.0, 129.0, 132.0)})) == 0


def test_gold_s_index_is_used_where_there_is_no_price() -> None:
    found = GoldMomentum().compute({"NASDAQQGLDI": year(100.0, 110.0, 111.0)})
    assert found["value"].tolist() == pytest.approx([9.531018], abs=1e-6)


def test_gold_s_price_is_preferred_where_it_is_given() -> None:
    # 100·ln(2690 / 2024)
    found = GoldMomentum().compute({"NASDAQQGLDI": year(100.0, 110.0, 111.0), "gold_usd": year(2024.0, 2690.0, 2900.0)})
    assert found["value"].tolist() == pytest.approx([28.446544], abs=1e-6)
    assert len(GoldMomentum().compute({"gold_usd": year(2024.0, 2690.0, 2900.0)})) == 1


def test_gold_s_price_and_index_are_never_parts_of_one_return() -> None:
    # A price that is too short for momentum of its own: the index's stays.
    young = line({"2025-01-10": 2690.0, "2025-02-10": 2900.0})
    found = GoldMomentum().compute({"NASDAQQGLDI": year(100.0, 110.0, 111.0), "gold_usd": young})
    assert found["value"].tolist() == pytest.approx([100 * np.log(1.1)])


def test_gold_s_index_takes_over_two_weeks_after_the_price_ended() -> None:
    index = line(
        {
            "2024-02-09": 100.0,
            "2024-02-23": 100.0,
            "2025-01-10": 110.0,
            "2025-01-24": 120.0,
            "2025-02-20": 1.0,
            "2025-02-25": 1.0,
        }
    )
    found = GoldMomentum().compute({"NASDAQQGLDI": index, "gold_usd": year(2024.0, 2690.0, 2900.0)})
    # 10 days after the price's last date its momentum stands; 15 days after it the index has 100·ln(120 / 100).
    assert found["ts_event"].tolist() == [at("2025-02-10"), at("2025-02-25")]
    assert found["value"].tolist() == pytest.approx([28.446544, 18.232156], abs=1e-6)
