import numpy as np
import pytest

from nautilus_data.core.observation import Vintages
from nautilus_data.factors.real_rate import RealRate, ShortRealRate, TermPremium
from tests.factors.lines import at, line, monthly


def test_the_real_rate_is_the_yield_as_published() -> None:
    found = RealRate().compute({"DFII10": line({"2025-01-02": 2.24, "2025-01-03": 2.27})})
    assert found["value"].tolist() == [2.24, 2.27]


def test_the_term_premium_of_a_date_stays_as_first_published() -> None:
    dates = np.array([at("2025-01-02"), at("2025-01-02")])
    revised = Vintages(dates, np.array([at("2025-01-09"), at("2025-01-16")]), np.array([0.51, 0.44]))
    found = TermPremium().compute({"THREEFYTP10": revised})
    assert found["value"].tolist() == [0.51]
    assert found["ts_init"].tolist() == [at("2025-01-09")]


def test_the_short_real_rate_takes_the_inflation_known_when_the_rate_was() -> None:
    # Core PCE 100 in January 2024, 102.5 in January 2025, 102.8 in February on 100.3: 2.5 % and 2.4925 %.
    prices = monthly("2024-01", [100.0, 100.3, *[101.0] * 10, 102.5, 102.8], late_days=58)
    rates = line({"2025-02-20": 4.33, "2025-02-27": 4.33, "2025-03-03": 4.33, "2025-03-31": 4.33})
    found = ShortRealRate().compute({"DFF": rates, "PCEPILFE": prices})
    # January's, of 1 January, is known on 28 February; February's on 31 March.
    assert found["ts_event"].tolist() == [at("2025-02-27"), at("2025-03-03"), at("2025-03-31")]
    assert found["value"].tolist() == pytest.approx([4.33 - 2.5, 4.33 - 2.5, 4.33 - 2.4925224], abs=1e-6)


def test_inflation_that_is_no_longer_published_stands_for_160_days_of_its_month() -> None:
    prices = monthly("2024-01", [100.0, *[101.0] * 11, 102.5], late_days=58)
    rates = line({"2025-06-09": 4.33, "2025-06-11": 4.33})
    found = ShortRealRate().compute({"DFF": rates, "PCEPILFE": prices})
    # Day 160 after 1 January is 10 June.
    assert found["ts_event"].tolist() == [at("2025-06-09")]


def test_prices_of_less_than_a_year_give_no_short_real_rate() -> None:
    lines = {"DFF": line({"2025-02-27": 4.33}), "PCEPILFE": monthly("2024-06", [100.0, 101.0])}
    assert len(ShortRealRate().compute(lines)) == 0
