"""EDGAR asked as fast as it allows: planned requests against a loopback that answers 403 above ten a second.

Run: python -m benchmarks.edgar_rate [requests] [--sources 2]. A backfill of insiders' trades is planned, one document a
request, and carried out by so many sources at once, each with a ledger of its own on the same file, as processes have.
Raw: the same server asked without a limit. Promise: no refusal, and the rate is the limit's, 5 a second.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import threading
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import pandas as pd

from nautilus_data.core.dataset import INSIDER_TRADES, Series
from nautilus_data.core.timerange import to_ns
from nautilus_data.services.backfill import Backfill
from nautilus_data.sources.edgar import Edgar
from nautilus_data.store import Store
from nautilus_data.transport import Access, Ledger
from tests.edgar_documents import report, trade
from tests.loopback_edgar import WHO, Company, Filing, LoopbackEdgar, loopback_edgar

NOW = to_ns("2024-11-03T15:00")
DAYS = pd.bdate_range("2024-01-02", "2024-10-25")


def company(cik: str, documents: int) -> Company:
    """One whose insiders reported so often this year."""
    filings = [
        Filing(f"{cik}-24-{place:06d}", "4", f"{DAYS[place % len(DAYS)]:%Y-%m-%d}", document="xslF345X05/form4.xml",
               body=report(trade(shares=place + 1), issuer=cik))
        for place in range(documents)
    ]  # fmt: skip
    return Company(f"Company {cik}", {cik[-4:]: "NYSE"}, filings, most_recent=documents)


def carry_out(server: LoopbackEdgar, folder: Path, cik: str, done: list[tuple[int, int]]) -> None:
    """Plan and fetch everything of one company; append requests planned and rows stored."""
    ledger = Ledger(folder)
    source = Edgar(Access(base_url=server.url, user_agent=WHO), ledger, clock=lambda: NOW)
    series = Series(dataset="insider_trades", instrument_id=f"CIK{cik}.SEC", source="edgar")
    with closing(Store(f"sqlite:///{folder / f'{cik}.sqlite'}")) as store, closing(source), closing(ledger):
        backfill = Backfill({"edgar": source}, store)
        plan = backfill.plan(
            series.instrument_id, "edgar", start="2024-01-01", end="2024-11-03", dataset=series.dataset
        )
        asyncio.run(backfill.fetch(plan))
        done.append((source.cost(series, plan.span), len(store.read(series))))


def without_a_limit(server: LoopbackEdgar) -> int:
    """How many requests in a row are answered before the first refusal."""
    for place in range(1_000):
        asked = urllib.request.Request(
            f"{server.url}/www.sec.gov/files/company_tickers.json", headers={"User-Agent": WHO}
        )
        try:
            urllib.request.urlopen(asked).close()
        except urllib.error.HTTPError:
            return place
    return 1_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("requests", nargs="?", type=int, default=1_000)
    parser.add_argument("--sources", type=int, default=2)
    given = parser.parse_args()
    ciks = [f"{place:010d}" for place in range(1, given.sources + 1)]
    each = given.requests // given.sources - 1
    companies = {cik: company(cik, each) for cik in ciks}
    done: list[tuple[int, int]] = []
    with tempfile.TemporaryDirectory() as folder, loopback_edgar(companies) as server:
        started = time.monotonic()
        threads = [threading.Thread(target=carry_out, args=(server, Path(folder), cik, done)) for cik in ciks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took_s = time.monotonic() - started
        times = server.times
        busiest = max(sum(1 for at in times if start <= at < start + 1) for start in times)
        planned, rows = (sum(values) for values in zip(*done, strict=True))
        print(
            f"{planned} requests planned, {len(times)} asked, {rows} {INSIDER_TRADES.row}s stored, {len(done)} sources"
        )
        print(f"refusals: {server.refusals} (promise: 0)")
        print(
            f"{took_s:.1f} s: {len(times) / took_s:.2f} requests a second, at most {busiest} in any second (limit: 5)"
        )
    with loopback_edgar(companies) as server:
        print(f"raw, without a limit: refused after {without_a_limit(server)} requests")


if __name__ == "__main__":
    main()
