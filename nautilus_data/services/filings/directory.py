"""Directory: the list of all companies, kept in the store, searched in memory, asked anew once a day."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping
from threading import Lock, Thread
from typing import Any

import pandas as pd

from nautilus_data.core.dataset import COMPANIES
from nautilus_data.core.timerange import NS_PER_S
from nautilus_data.errors import DashboardError, SkippableError
from nautilus_data.services.filings.matching import Hit, Index, Known
from nautilus_data.sources.edgar import Edgar
from nautilus_data.sources.edgar.companies import resolved
from nautilus_data.store import Store

_LOG = logging.getLogger(__name__)
_DAY_NS, _REST_NS = 24 * 3_600 * NS_PER_S, 15 * 60 * NS_PER_S
# So often it is looked for what other processes wrote.
_LOOK_S = 5.0


class Directory:
    """Safe to share between threads. Companies nobody lists any more, but which were asked for, stay."""

    def __init__(self, store: Store, source: Edgar | None, clock: Callable[[], int]) -> None:
        self._store, self._source, self._clock = store, source, clock
        self._index, self._newest, self._looked_at = Index(()), 0, float("-inf")
        self._reading, self._asking = Lock(), Lock()
        self._asked_at = self._failed_at = 0
        self.problem = ""

    @property
    def newest(self) -> int:
        """When anything was last told of any company (ns); 0: never."""
        self.index()
        return self._newest

    def search(self, text: str, limit: int = 20) -> list[Hit]:
        """Companies a text may mean, the best first."""
        return self.index().search(text, limit)

    def resolve(self, text: str) -> str:
        """The CIK (ten digits) a ticker, a CIK or a name means; SkippableError when it is of none, or of several."""
        index = self.index()
        if found := index.of_ticker(text) or index.of_cik(text):
            return found.cik
        rows = [(one.cik, ticker, one.name, "") for one in index.companies for ticker in one.tickers or ("",)]
        return resolved(text, pd.DataFrame(rows, columns=["cik", "ticker", "name", "exchange"]))

    def index(self) -> Index:
        """What is stored, read again in the background when it changed; only the first reading is waited for."""
        if time.monotonic() - self._looked_at < _LOOK_S:
            return self._index
        if not len(self._index):
            with self._reading:
                self._read()
        elif self._reading.acquire(blocking=False):
            Thread(target=self._read_aside, name="companies", daemon=True).start()
        return self._index

    def row(self, cik: str) -> dict[str, Any] | None:
        """What is told of one company, its lists as lists; None when nothing is."""
        found = self._store.read(COMPANIES, where={"cik": cik}).to_dict("records")
        if not found:
            return None
        lists = {name: json.loads(found[0][name] or "[]") for name in ("tickers", "exchanges", "former_names")}
        return found[0] | lists

    def refresh(self) -> int:
        """Ask for the list and keep it; how many companies it has. It waits for the answer."""
        if self._source is None:
            raise SkippableError("there is no source SEC EDGAR")
        listed = asyncio.run(self._source.company_list())
        rows = merged(listed, self._store.read(COMPANIES), self._clock())
        self._store.write_rows({COMPANIES: rows})
        self._asked_at, self.problem, self._looked_at = self._clock(), "", float("-inf")
        return len(rows)

    def refresh_due(self) -> None:
        """Ask for the list in the background, once a day; after a failure again some minutes later."""
        now = self._clock()
        is_due = now - self._asked_at >= _DAY_NS and now - self._failed_at >= _REST_NS
        if is_due and self._source is not None and not self._source.refusal() and self._asking.acquire(blocking=False):
            Thread(target=self._ask_aside, name="companies-list", daemon=True).start()

    def _ask_aside(self) -> None:
        try:
            self.refresh()
        except DashboardError as error:
            self._failed_at, self.problem = self._clock(), str(error)
            _LOG.warning("the list of companies could not be had reason=%s", error)
        finally:
            self._asking.release()

    def _read_aside(self) -> None:
        try:
            self._read()
        except DashboardError as error:
            _LOG.warning("the list of companies could not be read reason=%s", error)
        finally:
            self._reading.release()

    def _read(self) -> None:
        last = self._store.read(COMPANIES, last=1, columns=["ts_init"])["ts_init"]
        newest = int(last.iloc[0]) if len(last) else 0
        if newest != self._newest:
            columns = ["cik", "name", "tickers", "exchanges", "former_names", "ts_init"]
            self._index = Index(_known(row) for row in self._store.read(COMPANIES, columns=columns).to_dict("records"))
            self._newest = newest
        self._looked_at = time.monotonic()


def merged(listed: pd.DataFrame, kept: pd.DataFrame, now: int) -> pd.DataFrame:
    """Rows of COMPANIES of a list with one row a ticker; what only a company's own filings tell stays as told."""
    groups = listed.groupby("cik", sort=False)
    told = pd.DataFrame(
        {
            "name": groups["name"].first(),
            "tickers": groups["ticker"].agg(_texts),
            "exchanges": groups["exchange"].agg(_texts),
        }
    )
    blank: Mapping[str, Any] = {name: "" for name in COMPANIES.columns} | {"former_names": "[]"}
    rows = told.assign(**{name: value for name, value in blank.items() if name not in told}).drop(columns="cik")
    before = kept.set_index("cik").reindex(rows.index)
    for name in ("former_names", "sic", "industry", "state", "fiscal_year_end", "category"):
        rows[name] = before[name].where(before[name].notna(), rows[name])
    return COMPANIES.conform(rows.assign(ts_init=now).rename_axis("cik").reset_index())


def _texts(values: pd.Series) -> str:
    return json.dumps([text for text in dict.fromkeys(values) if text])


def _known(row: Mapping[str, Any]) -> Known:
    tickers, exchanges, names = (
        tuple(json.loads(row[name] or "[]")) for name in ("tickers", "exchanges", "former_names")
    )
    return Known(row["cik"], row["name"], tuple(map(str.upper, tickers)), exchanges, names)
