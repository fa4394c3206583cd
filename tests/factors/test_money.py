import pytest

from nautilus_data.factors.money import MonetaryBaseGrowth, RealMoneyGrowth
from tests.factors.lines import DAY_NS, at, monthly, vintages

NONE = float("nan")


def test_money_beyond_inflation_is_of_the_newest_month_both_lines_have() -> None:
    lines = {
        "M2SL": monthly("2024-01", [20_000.0] * 12 + [21_000.0], late_days=56),
        "CPIAUCSL": monthly("2024-01", [100.0] * 12 + [103.0, 104.0], late_days=43),
    }
    found = RealMoneyGrowth().compute(lines)
    # 5 % less 3 %; February's prices wait for February's money.
    assert found["value"].tolist() == pytest.approx([2.0])
    assert found["ts_event"].tolist() == [at("2025-01-01")]
    assert found["ts_init"].tolist() == [at("2025-01-01") + 56 * DAY_NS]


def test_without_prices_of_october_2025_there_is_no_real_growth_of_that_month() -> None:
    lines = {
        "M2SL": monthly("2024-10", [20_000.0] * 12 + [21_000.0, 21_200.0]),
        "CPIAUCSL": monthly("2024-10", [100.0] * 12 + [NONE, 103.0]),
    }
    found = RealMoneyGrowth().compute(lines)
    assert found["ts_event"].tolist() == [at("2025-11-01")]
    assert found["value"].tolist() == pytest.approx([3.0])


def test_the_base_in_other_units_grows_as_before() -> None:
    millions = [5_000_000.0] * 12 + [5_250_000.0]
    billions = [value / 1000 for value in millions] + [5_300.0]
    found = MonetaryBaseGrowth().compute(
        {"BOGMBASE": vintages("2024-01", {"2025-02-25": millions, "2025-03-25": billions})}
    )
    assert found["value"].tolist() == pytest.approx([5.0, 6.0])
