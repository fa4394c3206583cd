from __future__ import annotations

from decimal import Decimal

import pytest

from nautilus_data.core.statements.change import change
from nautilus_data.core.statements.splits import Split


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (1_151_587_000, 1_152_000_000, "rounded"),
        (671_387_000, 672_000_000, "rounded"),
        (1_152_000_000, 1_151_587_000, "rounded"),
        (3_496_000_000, 3_495_000_000, "restated"),
        (671_387_000, 673_000_000, "restated"),
        (500, 1000, "restated"),
        (500, 0, "restated"),
    ],
)
def test_rounder_figures_are_told_from_other_ones(old: int, new: int, why: str) -> None:
    assert change("USD", Decimal(old), Decimal(new), (1, 2), ()) == why


@pytest.mark.parametrize(
    ("unit", "old", "new", "known", "why"),
    [
        ("USD/shares", "2.51", "0.63", (1, 9), "split"),
        ("shares", "100", "400", (1, 9), "split"),
        ("USD/shares", "2.51", "0.70", (1, 9), "restated"),
        ("USD/shares", "2.51", "0.63", (1, 4), "restated"),
        ("USD/shares", "2.51", "0.63", (5, 9), "restated"),
    ],
)
def test_a_split_explains_what_changes_by_its_ratio_when_it_becomes_known(
    unit: str, old: str, new: str, known: tuple[int, int], why: str
) -> None:
    assert change(unit, Decimal(old), Decimal(new), known, (Split(5, Decimal(4)),)) == why
