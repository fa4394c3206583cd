"""Every macro factor over decades of vintages out of the store, and what a move of the as-of slider asks.

Run: python -m benchmarks.macro_factors [years]. The bare reading beside it is the driver's own, of the same rows; the
bare "known then" is pandas' own way: the rows known by then, the last of each date.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from benchmarks.macro_lines import seed
from nautilus_data.core.macro_series import MACRO_SERIES, observations_of
from nautilus_data.core.timerange import to_ns
from nautilus_data.factors import FACTORS
from nautilus_data.services.macro import Macro
from nautilus_data.store import Store

LAST = "2026-11-01"
MOVES = 20


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def bare_read(path: Path) -> float:
    with sqlite3.connect(path) as database:
        return timed(lambda: database.execute("SELECT series, ts_event, ts_init, value FROM observations").fetchall())


def bare_known(frames: list[pd.DataFrame], as_of: int) -> None:
    for frame in frames:
        known = frame[frame["ts_init"] <= as_of].sort_values("ts_init", kind="stable")
        known.drop_duplicates("ts_event", keep="last").sort_values("ts_event")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("years", nargs="?", type=int, default=60)
    first = f"{int(LAST[:4]) - parser.parse_args().years}{LAST[4:]}"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.sqlite"
        store = Store(f"sqlite:///{path}")
        count = seed(store, first, LAST)
        print(f"{len(MACRO_SERIES)} series from {first}: {count:,} versions")
        macro = Macro(store, {}, lambda series, mode: 0, clock=lambda: to_ns(LAST))
        reading = timed(lambda: macro.sparks(MACRO_SERIES))
        print(f"lines out of the store   {reading:6.2f} s, {bare_read(path) / reading:.2f} of the driver's rows alone")
        each = {key: timed(lambda key=key: macro.factor(key)) for key in FACTORS}
        total, (slowest, longest) = sum(each.values()), max(each.items(), key=lambda item: item[1])
        rows = sum(len(macro.factor(key)) for key in FACTORS)
        print(f"{len(each)} factors, {rows:,} rows   {total:6.2f} s; the slowest, {slowest}: {longest:.2f} s")
        for key, seconds in sorted(each.items(), key=lambda item: -item[1])[1:6]:
            print(f"    {key:<28}{seconds:6.2f} s")
        frames = [store.read(observations_of(name)) for name in MACRO_SERIES]
        moments = pd.date_range("1990-01-01", LAST, MOVES, tz="UTC").as_unit("ns").asi8.tolist()
        asked = {
            "series as known": macro.series, "factors as known": macro.scores, "regimes as known": macro.regimes,
            "one factor's history": lambda at: macro.factor("sahm_rule" if "sahm_rule" in FACTORS else slowest, at),
        }  # fmt: skip
        bare = statistics.median(timed(lambda at=at: bare_known(frames, at)) for at in moments)
        print(f"bare: known then of every line   median {1e3 * bare:7.1f} ms")
        for name, ask in asked.items():
            took = [timed(lambda at=at, ask=ask: ask(at)) for at in moments]
            middle = statistics.median(took)
            print(
                f"{name:<32} median {1e3 * middle:7.1f} ms, worst {1e3 * max(took):7.1f}; {bare / middle:.2f} of bare"
            )
        store.close()


if __name__ == "__main__":
    main()
