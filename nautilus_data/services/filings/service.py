"""Filings' verbs: find a company, keep it, and what was known of it at any time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from threading import Lock
from typing import Any

import pandas as pd

from nautilus_data.core.dataset import Series
from nautilus_data.core.filing_forms import FILING_FORMS
from nautilus_data.core.job import BACKFILL
from nautilus_data.core.macro_series import observations_of
from nautilus_data.core.observation import Vintages
from nautilus_data.core.plan import Mode
from nautilus_data.core.statements import Statement, statement
from nautilus_data.core.timerange import NS_PER_S, TimeRange
from nautilus_data.errors import SkippableError
from nautilus_data.factors.company import COMPANY_FACTORS, CompanyFactor
from nautilus_data.services.filings import concepts, insiders, portfolio
from nautilus_data.services.filings.beside import Beside
from nautilus_data.services.filings.directory import Directory
from nautilus_data.services.filings.forms import (
    ANNUAL_FORMS,
    MANAGER_FORMS,
    QUARTERLY_FORMS,
    is_of,
    last_of,
    next_due,
    with_links,
)
from nautilus_data.services.filings.matching import Hit
from nautilus_data.services.filings.polling import Polling
from nautilus_data.services.filings.scores import Scores
from nautilus_data.services.filings.shelf import KINDS, SOURCE, Shelf, Shelves, cik_of, series_of
from nautilus_data.services.filings.standing import Card, stated, statistics
from nautilus_data.sources import Source
from nautilus_data.sources.edgar.companies import ENDING, instrument_of
from nautilus_data.store import Store

_FEED_NS = 60 * NS_PER_S
_MOST_OF_FEED = 100
_OWN_LINES = ".ALPHAVANTAGE"
_NOT_TOLD = {"name": "", "tickers": [], "exchanges": [], "former_names": [], "sic": "", "industry": "", "state": "",
             "fiscal_year_end": "", "category": "", "ts_init": 0}  # fmt: skip


class Filings:
    """Everything takes `as_of` (ns): what was known then, and nothing that was not; None means now.

    Companies are named by their CIK in ten digits. `start(series, mode)` queues a backfill of what a series lacks, and
    returns its job, 0 when it lacks nothing.
    """

    def __init__(
        self, store: Store, sources: Mapping[str, Source], start: Callable[[Series, Mode], int],
        clock: Callable[[], int] = time.time_ns, factors: Mapping[str, CompanyFactor] = COMPANY_FACTORS,
    ) -> None:  # fmt: skip
        self._store, self._sources, self._start_backfill, self._clock = store, sources, start, clock
        self.directory = Directory(store, sources.get(SOURCE), clock)
        self._shelves, self._beside = Shelves(store), Beside(store)
        self._factors, self._scores = factors, Scores(factors)
        self._polling = Polling(store, sources, self._start, self.kept, clock)
        self._told: dict[str, tuple[int, pd.DataFrame]] = {}
        self._feeding = Lock()

    def refusal(self) -> str:
        """Why EDGAR can't be asked, and what to do; '' when it can."""
        return self._sources[SOURCE].refusal() if SOURCE in self._sources else "there is no source SEC EDGAR"

    def mark(self) -> Hashable:
        """What is another one once anything that is told here may have changed, but for the clock; cheap to ask."""
        jobs = [*self._store.jobs(1, kinds=[BACKFILL]), *self._store.jobs(100, kinds=[BACKFILL], active=True)]
        return (
            self._shelves.revisions(),
            tuple((job.id, job.status, job.ts_updated) for job in jobs),
            tuple(self.kept()),
            self.directory.newest,
            self.refusal(),
        )

    def search(self, text: str, limit: int = 20) -> list[Hit]:
        """Companies of the whole list that a text may mean, the best first; nobody is asked."""
        return self.directory.search(text, limit)

    def resolve(self, text: str) -> str:
        """The CIK (ten digits) a ticker, a CIK or a name means; SkippableError when it is of none, or of several."""
        return self.directory.resolve(text)

    def refresh_companies(self) -> int:
        """Ask EDGAR for the list of companies, and wait for it; how many there are."""
        self._demand()
        return self.directory.refresh()

    def companies(self) -> int:
        """How many companies can be searched."""
        return len(self.directory.index())

    def kept(self) -> list[str]:
        """CIKs of the companies kept up to date, in the order they were chosen."""
        choices = self._store.series_choices()
        return [cik_of(name) for name, is_kept in choices.items() if is_kept and name.endswith(ENDING)]

    def add(self, text: str) -> str:
        """Keep a company from now on, and have it asked for; its CIK. SkippableError when it is not known which."""
        cik = self.resolve(text)
        if SOURCE in self._sources:
            self._sources[SOURCE].check(series_of(cik, "filings"))
        self._store.choose_series(instrument_of(cik), True)
        return cik

    def remove(self, cik: str) -> None:
        """Ask for a company no longer; what is stored stays, and can be shown."""
        self._store.choose_series(instrument_of(cik), False)

    def update(self, ciks: Sequence[str]) -> list[int]:
        """Have companies asked for now, what was refused included; their jobs. 13F of those alone that file them."""
        self._demand()
        every = [series_of(cik, kind) for cik in ciks for kind in KINDS if kind != "holdings" or self._is_manager(cik)]
        return [job for series in every if (job := self._start(series))]

    def start_due(self) -> list[int]:
        """Queue what may have changed since it was asked for; the worker calls this every few seconds."""
        if not self.refusal():
            self.directory.refresh_due()
        return self._polling.start_due()

    def standing(self, as_of: int | None = None) -> pd.DataFrame:
        """One row a company kept: cik, name, tickers, filings, last form and when, state and note."""
        asked = {kind: self._polling.asked(kind) for kind in KINDS}
        running, refusal, at = self._polling.running(), self.refusal(), self._at(as_of)
        rows = [stated(self._card(cik, at), asked, running, refusal) for cik in self.kept()]
        return pd.DataFrame(rows)

    def company(self, cik: str, as_of: int | None = None) -> Card:
        """Who a company is, its last reports, what should come next, and how it stands here."""
        return self._card(cik, self._at(as_of))

    def state(self, cik: str) -> dict[str, Any]:
        """How each dataset of a company stands: `state` and `note` by dataset, and whether it is kept."""
        asked = {kind: self._polling.asked(kind) for kind in KINDS}
        return stated(self._card(cik, self._clock()), asked, self._polling.running(), self.refusal())

    def filings(
        self, cik: str, forms: Iterable[str] = (), span: TimeRange | None = None, text: str = "",
        as_of: int | None = None,
    ) -> pd.DataFrame:  # fmt: skip
        """Rows of FILINGS, the newest first, with `link` to the document and `index` to all of a filing's.

        `forms` take in their corrections; `span` is of the day of filing; `text` is looked for in what is said of it.
        """
        found = self._shelves.of(cik).known("filings", self._at(as_of))
        if wanted := [form for form in forms if form]:
            found = found[is_of(found["form"], wanted)]
        if span is not None:
            found = found[(found["filed"] >= span.start) & (found["filed"] < span.end)]
        if words := text.casefold().split():
            told = (found["form"] + " " + found["description"] + " " + found["items"] + " " + found["accession"]
                    + " " + found["document"]).str.casefold()  # fmt: skip
            # Of nothing, an empty list would choose columns.
            found = found[pd.Series([all(word in line for word in words) for line in told], found.index, dtype=bool)]
        return with_links(found.iloc[::-1].reset_index(drop=True), cik)

    def form_titles(self) -> dict[str, str]:
        """What each form tells that a trader looks for."""
        return dict(FILING_FORMS)

    def forms(self, cik: str, as_of: int | None = None) -> dict[str, int]:
        """How many filings there are of each form, corrections counted with what they correct; most first."""
        found = self._shelves.of(cik).known("filings", self._at(as_of))
        counts = found["form"].str.removesuffix("/A").value_counts()
        return {str(form): int(count) for form, count in counts.items()}

    def statement(
        self, cik: str, kind: str = "income", frequency: str = "annual", as_of: int | None = None
    ) -> Statement:
        """income, balance or cash_flow by annual, quarterly or ttm; see `core.statements.Statement`."""
        return statement(self._shelves.of(cik).books.at(self._at(as_of)), kind, frequency)

    def figures(self, cik: str, as_of: int | None = None) -> pd.DataFrame:
        """Key figures of the last twelve months or day, and a year before; see `concepts.FIGURES`."""
        return concepts.figures(self._shelves.of(cik), self._at(as_of))

    def restatements(self, cik: str, as_of: int | None = None) -> pd.DataFrame:
        """Each time a value was said differently than before, the newest first; see `Facts.restatements`."""
        return self._shelves.of(cik).facts.restatements(self._at(as_of)).iloc[::-1].reset_index(drop=True)

    def fact(self, cik: str, concept: str, frequency: str = "quarterly", as_of: int | None = None) -> pd.DataFrame:
        """One line of the statements, or one `taxonomy:tag`, over time; see `concepts.HISTORY`."""
        return concepts.history(self._shelves.of(cik), concept, frequency, self._at(as_of))

    def versions(self, cik: str, concept: str, ts_start: int, ts_event: int, as_of: int | None = None) -> pd.DataFrame:
        """Every version of one value in the order they became known; see `concepts.VERSIONS`."""
        return concepts.versions(self._shelves.of(cik), concept, ts_start, ts_event, self._at(as_of))

    def tags(self, cik: str, as_of: int | None = None) -> list[str]:
        """Every `taxonomy:tag` anything was known of."""
        return concepts.tags(self._shelves.of(cik), self._at(as_of))

    def insider_trades(self, cik: str, as_of: int | None = None) -> pd.DataFrame:
        """Rows of INSIDER_TRADES, the newest first, and `is_amended`: a correction came since."""
        return self._trades(cik, as_of).iloc[::-1].reset_index(drop=True)

    def insider_balance(self, cik: str, as_of: int | None = None) -> pd.DataFrame:
        """What insiders bought and sold in the open market by quarter; see `insiders.BALANCE`."""
        return insiders.balance(self._trades(cik, as_of))

    def holdings(self, cik: str, quarter: int | None = None, as_of: int | None = None) -> pd.DataFrame:
        """What a manager held at the end of a quarter (ns; None: the newest known); see `portfolio.COLUMNS`.

        `attrs`: quarter (0: none is known) and quarters, the ends of all that are known.
        """
        known = self._shelves.of(cik).known("holdings", self._at(as_of))
        every = portfolio.quarters(known)
        chosen = quarter if quarter in every else every[0] if every else 0
        frame = portfolio.portfolio(known, chosen)
        frame.attrs.update(quarter=chosen, quarters=every)
        return frame

    def factors(self) -> list[CompanyFactor]:
        """Every factor of companies there is, by family."""
        return list(self._factors.values())

    def scores(self, cik: str, as_of: int | None = None) -> pd.DataFrame:
        """One row a factor as it stood at a time; see `scores.STANDING`. The first time it takes a while."""
        shelf, sic = self._with_others(cik)
        return self._scores.standing(shelf, sic, self._lines(), self._at(as_of), self._clock())

    def factor(self, cik: str, key: str, as_of: int | None = None) -> pd.DataFrame:
        """A factor's history: ts_event, ts_init (known from), value, reason, and its components."""
        if key not in self._factors:
            raise SkippableError(f"there is no factor {key!r}; there are: {', '.join(self._factors)}")
        history = self._scores.history(key, *self._with_others(cik), self._lines(), self._clock())
        return history[history["ts_init"] <= self._at(as_of)].reset_index(drop=True)

    def uses_fred(self, keys: Iterable[str]) -> bool:
        """Is any of these factors made of a line of FRED's? Then FRED's notice belongs beside its values."""
        return any(not name.endswith(_OWN_LINES) for key in keys for name in self._factors[key].lines)

    def feed(self, form: str = "") -> pd.DataFrame:
        """The newest filings of all companies, as told a minute ago at the most; waits for EDGAR's answer."""
        with self._feeding:
            at, frame = self._told.get(form, (0, None))
            if frame is None or self._clock() - at >= _FEED_NS:
                self._demand()
                frame = asyncio.run(self._sources[SOURCE].current(form, _MOST_OF_FEED))
                frame.attrs["ts_asked"] = self._clock()
                self._told[form] = self._clock(), frame
            return frame

    def statistics(self) -> dict[str, Any]:
        """Requests, cache and errors of the source, by its ledger; and what is stored."""
        return statistics(self._sources.get(SOURCE), self._store) | {"companies": self.companies()}

    def extent(self, cik: str) -> TimeRange | None:
        """From when anything was known of a company until now."""
        frames = self._shelves.of(cik).frames.values()
        firsts = [int(frame["ts_init"].iloc[0]) for frame in frames if len(frame)]
        return TimeRange(min(firsts), max(min(firsts), self._clock())) if firsts else None

    def _card(self, cik: str, at: int) -> Card:
        told = {**_NOT_TOLD, **(self.directory.row(cik) or {})}
        shelf = self._shelves.of(cik)
        known = with_links(shelf.known("filings", at), cik)
        return Card(
            cik=cik, instrument_id=instrument_of(cik), is_kept=cik in self.kept(), told=told,
            annual=last_of(known, ANNUAL_FORMS), quarterly=last_of(known, QUARTERLY_FORMS),
            due=next_due(known, told["fiscal_year_end"], told["category"]),
            newest=known.iloc[-1].to_dict() if len(known) else None,
            rows={kind: len(shelf.known(kind, at)) for kind in KINDS},
            is_manager=bool(is_of(known["form"], MANAGER_FORMS).any()),
        )  # fmt: skip

    def _trades(self, cik: str, as_of: int | None) -> pd.DataFrame:
        return insiders.with_amended(self._shelves.of(cik).known("insider_trades", self._at(as_of)))

    def _with_others(self, cik: str) -> tuple[Shelf, str]:
        """All rows factors may need, and the industry."""
        told = self.directory.row(cik) or _NOT_TOLD
        return self._beside.of(self._shelves.of(cik), told["tickers"]), told["sic"]

    def _lines(self) -> dict[str, Vintages]:
        """Of observations that factors need, by whoever has them."""
        found = {}
        for name in dict.fromkeys(name for factor in self._factors.values() for name in factor.lines):
            if self._store.revision(series := _line_of(name)):
                found[name] = Vintages.of(self._store.read(series))
        return found

    def _is_manager(self, cik: str) -> bool:
        shelf: Shelf = self._shelves.of(cik)
        return bool(is_of(shelf.frames["filings"]["form"], MANAGER_FORMS).any())

    def _start(self, series: Series) -> int:
        mode = Mode.MISSING_FAILED if self._store.failures(series) else Mode.MISSING
        return self._start_backfill(series, mode)

    def _demand(self) -> None:
        if reason := self.refusal():
            raise SkippableError(f"SEC EDGAR can't be asked: {reason}")

    def _at(self, as_of: int | None) -> int:
        return self._clock() if as_of is None else min(as_of, self._clock())


def _line_of(name: str) -> Series:
    """Of `WTI.ALPHAVANTAGE`, or of an id of FRED's."""
    if name.endswith(_OWN_LINES):
        return Series(dataset="observations", instrument_id=name, source="alpha_vantage")
    return observations_of(name)
