import numpy as np
import pytest

from nautilus_data.core.observation import Vintages
from nautilus_data.factors.labor import (
    ClaimsShock,
    MinimumIndicator,
    PayrollMomentum,
    PayrollPrints,
    SahmRule,
    Tightness,
)
from tests.factors.lines import DAY_NS, at, monthly, vintages
from tests.factors.offline import by_rule

NOT_PUBLISHED = float("nan")
# UNRATE from May 2023 to July 2024 as published on 2 August 2024, when the rule gave its signal.
SUMMER_2024 = [3.7, 3.6, 3.5, 3.8, 3.8, 3.8, 3.7, 3.7, 3.7, 3.9, 3.8, 3.9, 4.0, 4.1, 4.3]
# UNRATE from August 2024 to September 2025.
UNTIL_THE_SHUTDOWN = [4.2, 4.1, 4.1, 4.2, 4.1, 4.0, 4.1, 4.2, 4.2, 4.3, 4.1, 4.3, 4.3, 4.4]


def weekly(values: list[float]) -> Vintages:
    """From Saturday 6 January 2024, each known five days later."""
    dates = at("2024-01-06") + 7 * DAY_NS * np.arange(len(values))
    return Vintages(dates, dates + 5 * DAY_NS, np.array(values, "float64"))


def test_the_sahm_rule_gives_the_signal_published_in_august_2024() -> None:
    found = SahmRule().compute({"UNRATE": vintages("2023-05", {"2024-08-02": SUMMER_2024})})
    # (4.0 + 4.1 + 4.3) / 3 = 4.1333; lowest (3.7 + 3.6 + 3.5) / 3 = 3.6.
    assert found["value"].tolist() == [0.53]
    assert found["ts_event"].tolist() == [at("2024-07-01")]
    assert found["ts_init"].tolist() == [at("2024-08-02")]


def test_a_revision_of_unemployment_changes_later_rows_only() -> None:
    rate = vintages("2023-05", {"2024-08-02": SUMMER_2024, "2025-01-10": [*SUMMER_2024[:-1], 4.2]})
    found = SahmRule().compute({"UNRATE": rate})
    # (4.0 + 4.1 + 4.2) / 3 − 3.6.
    assert found["value"].tolist() == [0.53, 0.5]
    assert found["ts_init"].tolist() == [at("2024-08-02"), at("2025-01-10")]
    assert found["ts_event"].nunique() == 1


def test_with_october_2025_missing_the_mean_is_of_the_two_months_there_are() -> None:
    found = SahmRule().compute({"UNRATE": monthly("2024-08", [*UNTIL_THE_SHUTDOWN, NOT_PUBLISHED, 4.5])})
    # (4.4 + 4.5) / 2 = 4.45; lowest (4.1 + 4.0 + 4.1) / 3 = 4.0667, of February 2025.
    assert found["value"].iloc[-1] == 0.38
    assert at("2025-10-01") not in found["ts_event"].tolist()


def test_the_sahm_rule_says_nothing_with_two_of_three_months_missing() -> None:
    rate = monthly("2024-07", [4.2, *UNTIL_THE_SHUTDOWN, NOT_PUBLISHED, NOT_PUBLISHED, 4.5])
    assert SahmRule().compute({"UNRATE": rate})["ts_event"].tolist() == [at("2025-09-01")]


def test_the_sahm_rule_needs_the_twelve_means_before() -> None:
    assert len(SahmRule().compute({"UNRATE": vintages("2023-06", {"2024-08-02": SUMMER_2024[1:]})})) == 0


def test_the_sahm_rule_on_stored_unemployment_is_what_was_published() -> None:
    found = SahmRule().compute({"UNRATE": by_rule("UNRATE")}).set_index("ts_event")["value"]
    published = {"2020-04": 4.0, "2024-07": 0.53, "2024-08": 0.57}
    assert {month: found[at(f"{month}-01")] for month in published} == published


def test_the_minimum_indicator_is_what_its_authors_published_for_august_2024() -> None:
    unemployed = [5997, 5904, 6340, 6347, 6443, 6262, 6268, 6124, 6458, 6429, 6492, 6649, 6811, 7163, 7115]
    force = [
        167000, 167113, 167840, 167897, 167723, 168127, 167451, 167276, 167426, 167895, 167982, 167732, 168009, 168429,
        168549,
    ]  # fmt: skip
    openings = [9311, 9125, 8805, 9358, 9307, 8685, 8931, 8889, 8748, 8813, 8355, 7919, 8230, 7910, 7673]
    found = MinimumIndicator().compute(
        {
            "UNEMPLOY": vintages("2023-06", {"2024-09-06": unemployed}),
            "CLF16OV": vintages("2023-06", {"2024-09-06": force}),
            "JTSJOL": vintages("2023-05", {"2024-09-04": openings}),
        }
    )
    assert found["ts_event"].tolist() == [at("2024-08-01")]
    assert found["value"].tolist() == pytest.approx([0.54], abs=0.005)


def test_the_minimum_indicator_is_the_smaller_of_both_signs() -> None:
    lines = {
        "UNEMPLOY": monthly("2020-01", [4000] * 13 + [4300, 4600]),
        "CLF16OV": monthly("2020-01", [100_000] * 15),
        "JTSJOL": monthly("2019-12", [5000] * 14 + [4400]),
    }
    # Unemployment (4.0 + 4.3 + 4.6) / 3 − 4.0 = 0.3; vacancies 5.0 − (5.0 + 5.0 + 4.4) / 3 = 0.2.
    assert MinimumIndicator().compute(lines)["value"].iloc[-1] == pytest.approx(0.2)


def test_tightness_waits_for_the_month_of_the_later_line() -> None:
    openings = monthly("2025-08", [7200, 7650, 7700], late_days=65)
    unemployed = monthly("2025-08", [7500, 7650, NOT_PUBLISHED, 7800], late_days=35)
    found = Tightness().compute({"JTSJOL": openings, "UNEMPLOY": unemployed})
    # None for October, when the unemployed were not counted.
    assert found["ts_event"].tolist() == [at("2025-08-01"), at("2025-09-01")]
    assert found["value"].tolist() == [0.96, 1.0]
    assert found["ts_init"].tolist() == [at("2025-08-01") + 65 * DAY_NS, at("2025-09-01") + 65 * DAY_NS]


PAYROLLS = {
    "2025-02-07": [100, 130, 160, 190],
    "2025-03-07": [100, 130, 155, 180, 200],
    "2025-03-20": [100, 120, 155, 180, 200],
}


def test_payroll_momentum_takes_revisions_as_they_come() -> None:
    found = PayrollMomentum().compute({"PAYEMS": vintages("2024-10", PAYROLLS)})
    # (190 − 100) / 3, (200 − 130) / 3, (200 − 120) / 3.
    assert found["value"].tolist() == pytest.approx([30.0, 23.3333333, 26.6666667])
    assert found["ts_event"].tolist() == [at("2025-01-01"), at("2025-02-01"), at("2025-02-01")]


def test_payroll_prints_stay_as_first_printed() -> None:
    found = PayrollPrints().compute({"PAYEMS": vintages("2024-10", PAYROLLS)})
    # 30, 30 and 30 of the first edition; of the second only February's own 200 − 180 = 20.
    assert found["value"].tolist() == pytest.approx([30.0, 26.6666667])
    assert found["ts_init"].tolist() == [at("2025-02-07"), at("2025-03-07")]


def test_a_payroll_print_that_is_missing_leaves_three_months_without_a_mean() -> None:
    jobs = monthly("2024-10", [100, 130, 160, 190, NOT_PUBLISHED, 240, 270, 300, 330])
    found = PayrollPrints().compute({"PAYEMS": jobs})
    # March's change is not known, as February is not: the next mean is that of April to June.
    assert found["ts_event"].tolist() == [at("2025-01-01"), at("2025-06-01")]
    assert found["value"].tolist() == [30.0, 30.0]


def test_the_claims_shock_compares_four_weeks_with_those_a_year_before() -> None:
    found = ClaimsShock().compute({"ICSA": weekly([200.0] * 52 + [220.0, 230.0, 240.0, 250.0])})
    # (220 + 230 + 240 + 250) / 4 = 235 on 200.
    assert found["value"].tolist() == pytest.approx([17.5])
    assert found["ts_event"].tolist() == [at("2025-01-25")]


def test_a_week_without_claims_shifts_none_of_the_others() -> None:
    claims = [200.0] * 52 + [220.0, 230.0, 240.0, 250.0, 250.0, 250.0, 250.0]
    whole, holed = weekly(claims), weekly(claims)
    kept = np.arange(len(claims)) != 20
    holed = Vintages(whole.dates[kept], whole.known[kept], whole.values[kept])
    assert ClaimsShock().compute({"ICSA": holed}).equals(ClaimsShock().compute({"ICSA": whole}))
