"""Choosing: which of the lines of bars there are is meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def pick(choices: Sequence[Any], timeframe: str, source: str, adjustment: str) -> Any:
    """The choice nearest to what is selected; None when there is none."""
    same = [choice for choice in choices if choice.timeframe == timeframe] or list(choices)
    exact = [choice for choice in same if (choice.source, choice.adjustment) == (source, adjustment)]
    named = [choice for choice in same if choice.source == source]
    return next(iter([*exact, *named, *same]), None)


def place(choice: Any) -> str:
    """Source and adjustment as one value of a picker."""
    return f"{choice.source}/{choice.adjustment}"
