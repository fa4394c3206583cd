"""Series: how a line of history and its rows are told in words."""

from __future__ import annotations

from nautilus_data.core.dataset import DATASETS, Series, say_dataset, show_timeframe


def what(series: Series) -> str:
    """`1d · raw` of bars, `observations` of those."""
    if series.dataset != "bars":
        return say_dataset(series.dataset)
    return f"{show_timeframe(series.timeframe)} · {series.adjustment}"


def rows_word(dataset: str) -> str:
    """`bars`, `observations`, `release dates`; `rows` of a dataset nobody named."""
    return f"{DATASETS[dataset].row}s" if dataset in DATASETS else "rows"
