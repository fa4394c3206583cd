"""Company facts to statements as they were known: from EDGAR's answer, and what a move of the as-of date asks.

Run: python -m benchmarks.statements <companyfacts….json> […]; facts of a company as data.sec.gov tells them. The bare
"known then" beside it is pandas' own way: the rows known by then, the last of each tag, unit and period, no statement.
With --times the facts are told again under so many more names, for answers as large as those of whole companies.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from nautilus_data.core.statements import FREQUENCIES, STATEMENTS, Books, statement
from nautilus_data.core.statements import Facts as KeptFacts
from nautilus_data.core.timerange import to_ns
from nautilus_data.factors.company import COMPANY_FACTORS, Company
from nautilus_data.sources.edgar.document import read_json
from nautilus_data.sources.edgar.facts import Facts as ToldFacts

NOW = "2026-11-25"
MOVES, RUNS = 20, 5
KEY = ["taxonomy", "tag", "unit", "ts_start", "ts_event"]


def timed(work: Callable[[], object]) -> float:
    """Milliseconds."""
    started = time.perf_counter()
    work()
    return 1e3 * (time.perf_counter() - started)


def median(work: Callable[[], object], runs: int = RUNS) -> float:
    return statistics.median(timed(work) for _ in range(runs))


def bare_known(frame: pd.DataFrame, as_of: int) -> pd.DataFrame:
    known = frame[frame["ts_init"] <= as_of].sort_values("ts_init", kind="stable")
    return known.drop_duplicates(KEY, keep="last")


def all_statements(books: Books, as_of: int) -> None:
    accounts = books.at(as_of)
    for kind in STATEMENTS:
        for frequency in FREQUENCIES:
            statement(accounts, kind, frequency)


def enlarged(frame: pd.DataFrame, times: int) -> pd.DataFrame:
    more = [frame.assign(tag=frame["tag"] + f"Again{place}") for place in range(1, times)]
    return pd.concat([frame, *more], ignore_index=True).sort_values("ts_init", kind="stable")


def measure(path: Path, times: int) -> None:
    body, now = path.read_bytes(), to_ns(NOW)
    told = ToldFacts(cik="", asked_at=now, said=read_json(body))
    reading = median(lambda: ToldFacts(cik="", asked_at=now, said=read_json(body)).frame())
    frame = enlarged(told.frame(), times)
    bare = median(lambda: bare_known(frame, now))
    print(f"{path.name}: {len(frame):,} facts")
    print(f"  EDGAR's answer to rows               {reading:8.1f} ms (as recorded)")
    print(f"  bare: known then, no statement       {bare:8.1f} ms")
    known = median(lambda: KeptFacts(frame).known(now))
    print(f"  facts known then                     {known:8.1f} ms; {bare / known:.2f} of bare")
    first = median(lambda: statement(Books(KeptFacts(frame)).at(now), "income", "quarterly"))
    print(f"  rows to one quarterly statement      {first:8.1f} ms; {bare / first:.2f} of bare")
    every = median(lambda: all_statements(Books(KeptFacts(frame)), now))
    print(f"  rows to three statements, each by year, quarter and twelve months {every:8.1f} ms")
    books = Books(KeptFacts(frame))
    moments = pd.date_range("2011-01-01", NOW, MOVES, tz="UTC").as_unit("ns").asi8.tolist()[::-1]
    for name in ("first time", "again"):
        moved = [timed(lambda at=at: statement(books.at(at), "income", "quarterly")) for at in moments]
        print(f"  a move of the as-of date, {name:<10} {statistics.median(moved):8.1f} ms, worst {max(moved):.1f}")
    company = Company(now, {"facts": frame})
    of_facts = [factor for factor in COMPANY_FACTORS.values() if factor.inputs == ("facts",)]
    took = timed(lambda: [factor.compute(company) for factor in of_facts])
    print(f"  {len(of_facts)} factors of facts, their whole history {took:8.1f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("answers", nargs="+", type=Path)
    parser.add_argument("--times", type=int, default=1)
    arguments = parser.parse_args()
    for path in arguments.answers:
        measure(path, arguments.times)


if __name__ == "__main__":
    main()
