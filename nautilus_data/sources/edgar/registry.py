"""Registry: which of EDGAR's documents tell what became known of a company in a span, asked for."""

from __future__ import annotations

import re
from types import MappingProxyType
from urllib.parse import quote

import numpy as np
import pandas as pd

from nautilus_data.core.timerange import NS_PER_DAY, TimeRange
from nautilus_data.errors import SkippableError
from nautilus_data.sources.edgar import holdings, insiders
from nautilus_data.sources.edgar.companies import listed
from nautilus_data.sources.edgar.days import day_of
from nautilus_data.sources.edgar.document import read_json
from nautilus_data.sources.edgar.facts import Facts
from nautilus_data.sources.edgar.feed import COLUMNS, is_of, read_feed
from nautilus_data.sources.edgar.fulltext import COLUMNS as HIT_COLUMNS
from nautilus_data.sources.edgar.fulltext import read_hits
from nautilus_data.sources.edgar.reports import Filed, Report, Reports, filed_in
from nautilus_data.sources.edgar.session import EdgarApi
from nautilus_data.sources.edgar.submissions import Submissions

Answer = Submissions | Facts | Reports
_FORMS = MappingProxyType({"insider_trades": insiders.FORMS, "holdings": holdings.FORMS})
# A filing is known by the next session: this long after the day it is of, at the most.
_CLOSED_NS = 15 * NS_PER_DAY
_PAGE = re.compile(r"CIK[0-9]{10}-submissions-[0-9]{1,6}\.json")
# Below a folder of style sheets the document is shown as a page; itself it is beside the folder.
_STYLE = re.compile(r"xsl[A-Za-z0-9_]+/")
_NAME = re.compile(r"[A-Za-z0-9_.,()&+~ -]{1,200}")
_FEED_PAGE, _MOST_PAGES = 100, 20


class Registry:
    """EDGAR's answers about companies; it blocks."""

    def __init__(self, api: EdgarApi) -> None:
        self._api = api
        # By CIK: from when on its filings were listed last, and by dataset when those with its documents became known.
        self._listed: dict[str, tuple[int, dict[str, np.ndarray]]] = {}

    def answer(self, dataset: str, cik: str, span: TimeRange, now: int) -> Answer:
        """All that tells what became known in a span."""
        if dataset == "facts":
            return Facts(cik=cik, asked_at=now, said=read_json(self._api.facts(cik)))
        submissions = self._submissions(cik, span, now)
        if dataset == "filings":
            return submissions
        found = filed_in(submissions.frame(), _FORMS[dataset], span)
        kind, path_of = _KINDS[dataset]
        return kind(submissions=submissions, reports=tuple(self._report(cik, one, path_of(one)) for one in found))

    def documents(self, dataset: str, cik: str, span: TimeRange) -> int | None:
        """How many documents tell what became known in a span; None where its filings were not asked for yet."""
        since, known = self._listed.get(cik, (span.end, {}))
        if since > span.start or dataset not in known:
            return None
        first, last = np.searchsorted(known[dataset], [span.start, span.end])
        return int(last - first)

    def companies(self) -> pd.DataFrame:
        """The list with exchanges; without them where that one is not to be had."""
        try:
            return listed(read_json(self._api.tickers("company_tickers_exchange.json")))
        except SkippableError:
            return listed(read_json(self._api.tickers("company_tickers.json")))

    def current(self, form: str, count: int, now: int) -> pd.DataFrame:
        """The newest filings, of a form or of all, page by page until there are enough; for a company one row each."""
        frames = [pd.DataFrame(columns=list(COLUMNS))]
        for page in range(_MOST_PAGES):
            found, entries = read_feed(self._api.current(form, page * _FEED_PAGE, _FEED_PAGE), now)
            frames.append(found[is_of(found, form)] if form else found)
            if entries < _FEED_PAGE or sum(map(len, frames)) >= count:
                break
        filled = [one for one in frames if len(one)] or frames[:1]
        rows = pd.concat(filled, ignore_index=True)
        # What is filed between two pages moves others onto the second.
        return rows.drop_duplicates(["accession", "cik", "role"], ignore_index=True).head(count)

    def full_text(self, params: dict[str, str], count: int, now: int) -> pd.DataFrame:
        """Documents with words in them, page by page until there are enough; `attrs["total"]` is how many there are."""
        frames, asked, total = [pd.DataFrame(columns=list(HIT_COLUMNS))], 0, 0
        for _ in range(_MOST_PAGES):
            answer = read_json(self._api.full_text({**params, "from": str(asked)}))
            found, hits, total = read_hits(answer, now)
            frames.append(found)
            asked += hits
            if not hits or asked >= min(total, count):
                break
        filled = [one for one in frames if len(one)] or frames[:1]
        rows = pd.concat(filled, ignore_index=True).drop_duplicates(["accession", "document"], ignore_index=True)
        rows = rows.head(count)
        rows.attrs["total"] = total
        return rows

    def _submissions(self, cik: str, span: TimeRange, now: int) -> Submissions:
        head = read_json(self._api.submissions(f"CIK{cik}.json"))
        bare = Submissions(cik=cik, asked_at=now, head=head)
        names = [str(one.get("name")) for one in bare.older if _reaches(one.get("filingTo"), span.start)]
        pages = tuple(read_json(self._api.submissions(name)) for name in names if _PAGE.fullmatch(name))
        whole = Submissions(cik=cik, asked_at=now, head=head, pages=pages)
        filings = whole.frame()
        self._listed[cik] = (
            span.start,
            {dataset: filings["ts_init"][filings["form"].isin(forms)].to_numpy() for dataset, forms in _FORMS.items()},
        )
        return whole

    def _report(self, cik: str, filing: Filed, path: str) -> Report:
        if not path:
            return Report(filing=filing, problem="its document is no XML")
        try:
            return Report(filing=filing, body=self._api.document(cik, path))
        except SkippableError as error:
            return Report(filing=filing, problem=str(error))


def _own_document(filing: Filed) -> str:
    """Where the document itself is, not how it is shown; '' where it is no XML."""
    name = _STYLE.sub("", filing.document, count=1)
    is_xml = name.lower().endswith(".xml") and _NAME.fullmatch(name)
    return f"{filing.accession.replace('-', '')}/{quote(name)}" if is_xml else ""


def _whole_submission(filing: Filed) -> str:
    """The text with all of its documents: which one the table is in, its list doesn't tell."""
    return f"{filing.accession}.txt"


def _reaches(last_day: object, start: int) -> bool:
    """May a page whose last filing is of that day tell what became known from then on?"""
    day = day_of(last_day)
    return day is None or day + _CLOSED_NS >= start


_KINDS = MappingProxyType(
    {
        "insider_trades": (insiders.InsiderTrades, _own_document),
        "holdings": (holdings.Holdings, _whole_submission),
    }
)
