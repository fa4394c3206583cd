import numpy as np
import pytest

from nautilus_data.core.observation import Vintages
from nautilus_data.factors.policy import OutputGap, TaylorGap
from tests.factors.lines import at, line, monthly, vintages
from tests.factors.offline import by_rule

# Forty-four quarters from 2013 to 2023 at potential but for the last, which is 1 % above; ten quarters are projected.
POTENTIAL = [20_000.0] * 54
OUTPUT = [20_000.0] * 43 + [20_200.0]


def quarterly(editions: dict[str, list[float]]) -> Vintages:
    return vintages("2013-01", editions, months=3)


def gap_of(output: dict[str, list[float]], potential: dict[str, list[float]]) -> list[float]:
    return OutputGap().compute({"GDPC1": quarterly(output), "GDPPOT": quarterly(potential)})["value"].tolist()


def test_the_output_gap_is_of_the_newest_quarter_of_output_not_of_projections() -> None:
    lines = {"GDPC1": quarterly({"2024-01-25": OUTPUT}), "GDPPOT": quarterly({"2023-02-15": POTENTIAL})}
    found = OutputGap().compute(lines)
    assert found["value"].tolist() == pytest.approx([1.0])
    assert found["ts_event"].tolist() == [at("2023-10-01")]
    assert found["ts_init"].tolist() == [at("2024-01-25")]


def test_potential_revised_later_changes_later_rows_only() -> None:
    revised = [20_000.0] * 43 + [20_100.0] * 11
    found = gap_of({"2024-01-25": OUTPUT}, {"2023-02-15": POTENTIAL, "2024-02-07": revised})
    # 20 200 / 20 100 − 1.
    assert found == pytest.approx([1.0, 0.4975124])


def test_output_in_a_new_base_year_is_aligned_until_potential_follows() -> None:
    # Dollars of the new base year count 9 % more of them; the quarter that comes is 0.5 % above potential.
    output = {"2024-01-25": OUTPUT, "2024-09-26": [value * 1.09 for value in OUTPUT] + [20_100.0 * 1.09]}
    potential = {"2023-02-15": POTENTIAL, "2025-02-12": [value * 1.09 for value in POTENTIAL]}
    assert gap_of(output, potential) == pytest.approx([1.0, 0.5])


def test_potential_in_a_new_base_year_is_aligned_until_output_follows() -> None:
    potential = {"2023-02-15": POTENTIAL, "2024-02-07": [value * 1.09 for value in POTENTIAL]}
    found = gap_of({"2024-01-25": OUTPUT, "2024-04-25": [*OUTPUT, 20_100.0]}, potential)
    # The second is that of 7 February: the same, but for the last bit of a float.
    assert found == pytest.approx([1.0, 1.0, 0.5])


def test_there_is_no_gap_in_two_base_years_that_were_never_one() -> None:
    assert gap_of({"2024-01-25": [value * 1.09 for value in OUTPUT]}, {"2023-02-15": POTENTIAL}) == []


def test_real_output_and_potential_in_different_base_years_give_no_gap() -> None:
    potential = by_rule("GDPPOT", "FRED_GDPPOT_fredgraph_export.csv")
    # GDPC1 is kept in dollars of 2017, GDPPOT in those of 2012.
    assert len(OutputGap().compute({"GDPC1": by_rule("GDPC1"), "GDPPOT": potential})) == 0


def test_the_gap_needs_forty_quarters_and_potential_of_the_newest() -> None:
    assert gap_of({"2022-10-27": OUTPUT[:39]}, {"2023-02-15": POTENTIAL}) == []
    assert gap_of({"2024-01-25": OUTPUT}, {"2023-02-15": POTENTIAL[:43]}) == []


def taylor_lines(rates: dict[str, float]) -> dict[str, Vintages]:
    return {
        "DFF": line(rates),
        # 2.8 % in December 2023.
        "PCEPILFE": monthly("2022-12", [100.0] * 12 + [102.8], late_days=56),
        "GDPC1": quarterly({"2024-01-25": OUTPUT}),
        "GDPPOT": quarterly({"2023-02-15": POTENTIAL}),
    }


def test_the_taylor_gap_is_the_rate_less_the_rule() -> None:
    lines = taylor_lines({"2024-01-24": 5.33, "2024-02-01": 5.33})
    # The rule: 2 + 2.8 + 0.5 · 0.8 + 0.5 · 1.0 = 5.7; prices of December are known on 26 January.
    found = TaylorGap().compute(lines)
    assert found["value"].tolist() == pytest.approx([-0.37])
    assert found["ts_event"].tolist() == [at("2024-02-01")]
    # With the weight of 1999: 6.2; with a real rate of 0.5: 4.2.
    assert TaylorGap(gap_weight=1.0).compute(lines)["value"].tolist() == pytest.approx([-0.87])
    assert TaylorGap(neutral=0.5).compute(lines)["value"].tolist() == pytest.approx([1.13])


def test_the_taylor_gap_ends_when_prices_stop_being_published() -> None:
    found = TaylorGap().compute(taylor_lines({"2024-05-08": 5.33, "2024-05-09": 5.33}))
    # 9 May, when the rate of the 8th is known, is 160 days after 1 December.
    assert found["ts_event"].tolist() == [at("2024-05-08")]


def test_without_one_of_its_lines_there_is_no_taylor_gap() -> None:
    lines = taylor_lines({"2024-02-01": 5.33})
    for name in lines:
        assert len(TaylorGap().compute({**lines, name: Vintages.nothing()})) == 0
        assert len(TaylorGap().compute({other: lines[other] for other in lines if other != name})) == 0


def test_the_weights_a_taylor_rule_can_have_are_those_of_its_papers() -> None:
    with pytest.raises(ValueError, match="gap_weight"):
        TaylorGap(gap_weight=0.7)
    assert np.unique(list(TaylorGap.param.gap_weight.objects)).tolist() == [0.5, 1.0]
