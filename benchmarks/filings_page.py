"""Page filings of a large company in a real browser: first render, and the as-of slider's moves.

Run: python -m benchmarks.filings_page [--tags 150] [--moves 12]. A server of its own on SQLite, a Chromium, a company
with fifteen years of quarters of every line of the statements and of so many other tags, 2,000 filings and 1,000 trades
of insiders, among 10,000 listed ones. A move is from the slider's input event until the frame after a sheet changed;
beside it stands what the service alone takes for the same question in this process, and how many times as long.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.browser import Tab, chromium, tab_of
from benchmarks.bus_to_page import dashboard
from benchmarks.company_search import made_up
from benchmarks.macro_page import MOVE, bare_ms, wait
from benchmarks.server import load
from nautilus_data import Settings, open_workspace
from nautilus_data.core.dataset import COMPANIES, FACTS, FILINGS, INSIDER_TRADES
from nautilus_data.core.statements import CONCEPTS
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange, to_ns
from nautilus_data.services.filings import Filings
from nautilus_data.services.filings.directory import merged
from nautilus_data.services.filings.shelf import series_of
from nautilus_data.workspace import Workspace

CIK = "0000000001"
_PATIENCE_MS = 120_000
_FORMS = ("4", "8-K", "10-Q", "144", "424B2")


def seed(workspace: Workspace, tags: int, today: str) -> int:
    """Write the company and the list; how many facts it has."""
    span, dice = TimeRange(to_ns("1993-01-01"), to_ns(today)), random.Random(7)
    rows = list(_facts(tags, today))
    store = workspace.store
    store.write(series_of(CIK, "facts"), FACTS.conform(pd.DataFrame(rows, columns=list(FACTS.columns))), span)
    store.write(series_of(CIK, "filings"), _filings(2_000, today), span)
    store.write(series_of(CIK, "insider_trades"), _trades(1_000, today, dice), span)
    listed = [(one.cik, one.tickers[0], one.name, "NYSE") for one in made_up(10_000, dice)]
    frame = pd.DataFrame(listed, columns=["cik", "ticker", "name", "exchange"])
    store.write_rows({COMPANIES: merged(frame, COMPANIES.empty(), to_ns(today))})
    workspace.filings.add(CIK)
    return len(rows)


def _facts(tags: int, today: str) -> Iterator[tuple]:
    """Each quarter with the one of a year before again, and each year; every tenth is said otherwise then."""
    lines = [(tag, concept.measure) for concept in CONCEPTS.values() for tag in concept.tags[:1] if "us-gaap" in tag]
    lines += [(f"us-gaap:Other{number}", CONCEPTS["revenue"].measure) for number in range(tags)]
    ends = pd.date_range("2010-03-31", today, freq="QE").as_unit("ns").asi8.tolist()
    for number, (name, measure) in enumerate(lines):
        taxonomy, _, tag = name.partition(":")
        unit = measure.unit("USD")
        for place, end in enumerate(ends):
            starts = (
                [0] if measure.is_instant else [end - 90 * NS_PER_DAY] + [end - 364 * NS_PER_DAY] * (place % 4 == 3)
            )
            for start in starts:
                for later in (0, 4):
                    if place + later < len(ends):
                        filed = ends[place + later] + 30 * NS_PER_DAY
                        value = 10**9 + number * 10**6 + place * 10**5 + later * (place % 10 == 0)
                        yield (
                            taxonomy, tag, unit, start, end, filed + NS_PER_DAY,
                            f"0000000001-{place + later:02d}-000001",
                            str(value), "10-K" if (place + later) % 4 == 3 else "10-Q", 0, "", filed, "filed",
                        )  # fmt: skip


def _filings(count: int, today: str) -> pd.DataFrame:
    filed = np.linspace(to_ns("2010-02-01"), to_ns(today) - 5 * NS_PER_DAY, count).astype("int64")
    filed -= filed % NS_PER_DAY
    frame = pd.DataFrame({"filed": filed, "ts_event": filed, "ts_init": filed + NS_PER_DAY, "report_date": filed})
    forms = [_FORMS[place % len(_FORMS)] for place in range(count)]
    told = {"items": "", "size": 10_000, "document": "report.htm", "description": "report", "is_xbrl": False}
    numbers = [f"0000000001-10-{place:06d}" for place in range(count)]
    return FILINGS.conform(frame.assign(accession=numbers, form=forms, **told))


def _trades(count: int, today: str, dice: random.Random) -> pd.DataFrame:
    days = np.linspace(to_ns("2010-02-01"), to_ns(today) - 5 * NS_PER_DAY, count).astype("int64")
    frame = pd.DataFrame({"ts_event": days - days % NS_PER_DAY, "ts_init": days})
    told = {
        "sequence": 0, "form": "4", "insider": "DOE JANE", "insider_cik": "0000000002", "role": "director",
        "security": "Common Stock", "held_after": "1000", "is_direct": True, "is_derivative": False,
        "is_planned": False, "amends": 0, "price": "10.5",
    }  # fmt: skip
    codes = dice.choices("PSAM", k=count)
    shares = [str(dice.randint(100, 9_000)) for _ in range(count)]
    numbers = [f"0000000002-10-{place:06d}" for place in range(count)]
    bought = [code != "S" for code in codes]
    return INSIDER_TRADES.conform(
        frame.assign(accession=numbers, code=codes, is_acquired=bought, shares=shares, **told)
    )


def asked(filings: Filings, view: str) -> Callable[[int], object]:
    """What a tab asks as of a time."""
    questions = {
        "statements": lambda at: (filings.statement(CIK, as_of=at), filings.restatements(CIK, at)),
        "filings": lambda at: filings.filings(CIK, as_of=at),
        "facts": lambda at: (filings.fact(CIK, "revenue", "annual", at), filings.tags(CIK, at)),
    }
    return questions[view]


def measure(address: str, filings: Filings, days: list[str]) -> None:
    with chromium() as browser:
        for view in ("overview", "statements", "filings", "facts"):
            with tab_of(browser) as tab:
                began = time.perf_counter()
                tab.open(f"{address}/filings?view={view}")
                tab.page.wait_for_selector("tr.row", timeout=_PATIENCE_MS)
                first = time.perf_counter() - began
                if view == "overview":
                    print(f"{view:10} first {first:5.1f} s   {load()}")
                    continue
                tab.settle(4_000)
                took = sorted(_moved_ms(tab, days))
                bare = bare_ms(asked(filings, view), days)
            median, p90 = statistics.median(took), took[int(len(took) * 0.9)]
            print(
                f"{view:10} first {first:5.1f} s   redraw p50 {median:4.0f} ms, p90 {p90:4.0f} ms"
                f"   bare {bare:4.0f} ms   {median / bare:4.1f} times   {load()}"
            )


def _moved_ms(tab: Tab, days: list[str]) -> list[float]:
    took = []
    for day in days:
        took.append(tab.page.evaluate(MOVE, [day, ".frame tbody"]))
        tab.settle(300)
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tags", type=int, default=150)
    parser.add_argument("--moves", type=int, default=12)
    given = parser.parse_args()
    # A yearly report comes between any two: without news nothing is drawn anew.
    days = [f"{2025 - number % 12}-{3 + number // 12:02}-15" for number in range(given.moves)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        workspace = open_workspace(Settings(_env_file=None, nautilus_data_dir=folder / "data", demo="off"))
        print(f"{seed(workspace, given.tags, f'{pd.Timestamp.now():%Y-%m-%d}'):,} facts stored")
        with dashboard(folder, DEMO="off", EDGAR_BASE_URL="http://127.0.0.1:1") as (address, _):
            wait(folder / "server.log")
            measure(address, workspace.filings, days)
        workspace.close()


if __name__ == "__main__":
    main()
