"""Change: why a later filing says another value of the same thing: a split, rounder figures, or a restatement."""

from __future__ import annotations

from decimal import Decimal

from nautilus_data.core.statements.splits import Split

RESTATED, ROUNDED, SPLIT = "restated", "rounded", "split"
# Figures are given in thousands, millions or billions, or in full.
_UNITS = tuple(Decimal(10) ** power for power in (3, 6, 9))


def change(unit: str, old: Decimal, new: Decimal, known: tuple[int, int], splits: tuple[Split, ...]) -> str:
    """Of a value of a unit, said one way and then another at the times `known` (ns)."""
    if any(split.explains(unit, old, new, *known) for split in splits):
        return SPLIT
    return ROUNDED if _is_rounded(old, new) or _is_rounded(new, old) else RESTATED


def _is_rounded(fine: Decimal, coarse: Decimal) -> bool:
    """Is one the other in round thousands, millions or billions, within one of them?

    Rounded figures are made to add up, so one may be off by more than half of the unit.
    """
    return any(not coarse % unit and fine % unit and abs(fine - coarse) < unit for unit in _UNITS if abs(fine) > unit)
