"""Tables of macro: frames as tables for people, JSON or CSV, always with where they are from."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from nautilus_data.commands import OUT, show
from nautilus_data.core.timerange import say_time
from nautilus_data.errors import ConfigError
from nautilus_data.services.macro import NOTICE

_TIMES = ("ts_event", "ts_init", "ts_previous", "ts_released", "ts_next", "ts_seen")
_ROWS = ("period", "value", "label", "known", "known_by")


def tell_rows(found: pd.DataFrame, last: int, output: Path | None, as_json: bool, sources: Iterable[str]) -> None:
    """The newest rows of a history, or all of it into a file; as JSON nothing else."""
    if output is not None:
        _write(found, output)
    shown = found.tail(last) if last else found
    if as_json:
        show(with_times(shown), True)
        return
    OUT.print(f"from {', '.join(sources) or 'no source yet'}")
    if output is not None:
        OUT.print(f"{len(found):,} rows written to {output}")
    else:
        told = readable(shown)
        show(told[[name for name in _ROWS if name in told]])
        if len(shown) < len(found):
            OUT.print(f"the newest {len(shown)} of {len(found):,}; --last 0 shows all")
    tell_notice(sources)


def _write(found: pd.DataFrame, output: Path) -> None:
    try:
        with_times(found).to_csv(output, index=False)
    except OSError as error:
        raise ConfigError(
            f"can't write {output}: {error.strerror or error}; choose another place with --output"
        ) from error


def with_times(frame: pd.DataFrame) -> pd.DataFrame:
    """Nanoseconds as times; what was not known yet has none."""
    times = {}
    for name in (one for one in _TIMES if one in frame):
        is_known = frame["ts_init"] != 0 if name == "ts_event" and "ts_init" in frame else frame[name] != 0
        times[name] = pd.to_datetime(frame[name], utc=True).where(is_known)
    return frame.assign(**times)


def readable(frame: pd.DataFrame) -> pd.DataFrame:
    """With words for `value`, its date (`period`) and when it was known (`known`)."""
    return frame.assign(
        value=[f"{value:,.10g}" if value == value else "-" for value in frame["value"]],
        known=[f"{say_time(known)}" if known else "-" for known in frame["ts_init"]],
        period=[
            f"{pd.Timestamp(event):%Y-%m-%d}" if known else "-"
            for event, known in zip(frame["ts_event"], frame["ts_init"], strict=True)
        ],
    )


def tell_notice(sources: Iterable[str]) -> None:
    """FRED wants its notice wherever its values are shown."""
    if "fred" in set(sources):
        OUT.print(NOTICE)
