import pytest

from nautilus_data.factors.liquidity import NetLiquidity
from tests.factors.lines import at, line

# Wednesday, 8 January 2025: 6,853,943 mn, 671,000 mn and 177.6 bn dollars.
LINES = {
    "WALCL": line({"2025-01-08": 6_853_943.0}),
    "WTREGEN": line({"2025-01-08": 671_000.0}),
    "RRPONTSYD": line({"2025-01-08": 177.6}),
}


def test_net_liquidity_is_in_billions_whatever_its_parts_are_in() -> None:
    found = NetLiquidity().compute(LINES)
    # 6853.943 - 671.000 - 177.6
    assert found["value"].tolist() == pytest.approx([6005.343])
    assert found["ts_event"].tolist() == [at("2025-01-08")]
    assert "exploratory" in NetLiquidity().title


def test_on_a_wednesday_without_repurchases_the_last_ones_count() -> None:
    # Christmas 2024 was a Wednesday.
    lines = {
        "WALCL": line({"2024-12-25": 6_886_000.0}),
        "WTREGEN": line({"2024-12-25": 735_000.0}),
        "RRPONTSYD": line({"2024-12-24": 98.4}),
    }
    assert NetLiquidity().compute(lines)["value"].tolist() == pytest.approx([6052.6])


def test_repurchases_of_long_ago_do_not_count() -> None:
    assert len(NetLiquidity().compute({**LINES, "RRPONTSYD": line({"2024-12-20": 177.6})})) == 0
