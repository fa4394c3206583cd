"""A loopback server that speaks as EDGAR's hosts do, each the first part of the path, and its faults.

    apple = Company("Apple Inc.", tickers={"AAPL": "Nasdaq"}, filings=[
        Filing("0000320193-24-000001", "4", "2024-02-02", document="xslF345X05/form4.xml", body=report(trade())),
    ], facts={"us-gaap": {"Assets": {"USD": [fact("2023-09-30", 352583000000, "…", "2023-11-03")]}}})
    with loopback_edgar({"0000320193": apple}) as server:
        source = Edgar(Access(base_url=server.url, user_agent=WHO), ledger, clock=lambda: NOW)

Who names no address to write to is refused, and so is who asks more than ten times in a second, over all hosts; then
for `blocked_s`. `server.faults` holds what it does wrong next, `server.documents` bodies served for a path,
`server.requests` what it was asked.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.edgar_documents import NOT_THERE, TOO_FAST, UNDECLARED, feed
from tests.loopback_faults import ends_after, silent_for

WHO = "A Trader trader@example.com"
WWW, DATA, FULL_TEXT = "www.sec.gov", "data.sec.gov", "efts.sec.gov"
_COLUMNS = {
    "accessionNumber": "accession", "filingDate": "filed", "reportDate": "report_date",
    "acceptanceDateTime": "accepted", "form": "form", "items": "items", "size": "size", "isXBRL": "is_xbrl",
    "isInlineXBRL": "is_xbrl", "primaryDocument": "document", "primaryDocDescription": "description",
}  # fmt: skip
Answer = tuple[bytes, int]
Fault = Callable[["Handler"], None]


@dataclass(frozen=True)
class Filing:
    """A filing; `body` is its document's, or of a 13F the whole submission's."""

    accession: str
    form: str
    filed: str
    report_date: str = ""
    accepted: str = ""
    document: str = "report.htm"
    items: str = ""
    description: str = ""
    size: int = 1000
    is_xbrl: int = 0
    body: bytes = b""


@dataclass(frozen=True)
class Company:
    """A registrant: tickers with their exchanges, filings in any order, facts by taxonomy, tag and unit."""

    name: str
    tickers: Mapping[str, str] = field(default_factory=dict)
    filings: Sequence[Filing] = ()
    facts: Mapping[str, Mapping[str, Mapping[str, Sequence[Any]]]] | None = None
    former_names: Sequence[str] = ()
    # What is older than so many filings is on pages of as many.
    most_recent: int = 1000

    @property
    def newest_first(self) -> list[Filing]:
        return sorted(self.filings, key=lambda one: one.filed, reverse=True)

    def pages(self) -> list[list[Filing]]:
        """The recent ones, then the older."""
        found, most = self.newest_first, self.most_recent
        return [found[start : start + most] for start in range(0, max(len(found), 1), most)]


class LoopbackEdgar:
    """The server's state: its companies, what it does wrong next, and what it was asked."""

    def __init__(
        self, companies: Mapping[str, Company] = {}, *, most_per_s: int = 10, blocked_s: float = 600.0, port: int = 0
    ) -> None:
        self.companies = dict(companies)
        self.entries: list[str] = []
        # What the full-text search has: the text of a document, and its hit.
        self.texts: list[tuple[str, dict[str, Any]]] = []
        self.has_exchanges = True
        # Each answers one request in place of the server.
        self.faults: deque[Fault] = deque()
        # Bodies served for host and path, in place of made ones.
        self.documents: dict[str, bytes] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.agents: list[str] = []
        self.times: list[float] = []
        self.refusals = 0
        self._most_per_s, self._blocked_s, self._blocked_until = most_per_s, blocked_s, 0.0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads, self._server.edgar = True, self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def asked(self, part: str = "") -> list[str]:
        """Hosts and paths asked for that have a part in them."""
        return [path for path, _ in self.requests if part in path]

    def serve(self) -> None:
        self._server.serve_forever(poll_interval=0.02)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def admit(self, path: str, query: dict[str, str], agent: str) -> Answer | None:
        """Note a request; the refusal it gets for how it asks."""
        with self._lock:
            now = time.monotonic()
            self.requests.append((path, query))
            self.agents.append(agent)
            self.times.append(now)
            recent = sum(1 for at in self.times[-50:] if at > now - 1)
            if recent > self._most_per_s:
                self._blocked_until = now + self._blocked_s
            if now < self._blocked_until:
                self.refusals += 1
                return TOO_FAST, 403
        return None if "@" in agent else (UNDECLARED, 403)

    def answer(self, path: str, query: dict[str, str]) -> Answer:
        """A body and its status."""
        if path in self.documents:
            return self.documents[path], 200
        host, _, rest = path.partition("/")
        if host == DATA and rest.startswith("submissions/"):
            return self._submissions(rest.removeprefix("submissions/"))
        if host == DATA and rest.startswith("api/xbrl/companyfacts/CIK"):
            return self._facts(rest.removeprefix("api/xbrl/companyfacts/CIK").removesuffix(".json"))
        if host == WWW and rest.startswith("files/"):
            return self._tickers(rest.removeprefix("files/"))
        if host == WWW and rest == "cgi-bin/browse-edgar":
            return self._current(query)
        if host == FULL_TEXT and rest == "LATEST/search-index":
            return self._full_text(query)
        if host == WWW and rest.startswith("Archives/edgar/data/"):
            return self._archives(rest.removeprefix("Archives/edgar/data/"))
        return NOT_THERE, 404

    def _submissions(self, name: str) -> Answer:
        cik, _, page = name.removeprefix("CIK").removesuffix(".json").partition("-submissions-")
        if (company := self.companies.get(cik)) is None:
            return NOT_THERE, 404
        pages = company.pages()
        if page:
            place = int(page)
            return _json(columns(pages[place])) if 0 < place < len(pages) else (NOT_THERE, 404)
        files = [
            {"name": f"CIK{cik}-submissions-{place:03d}.json", "filingCount": len(one), "filingFrom": one[-1].filed,
             "filingTo": one[0].filed}
            for place, one in enumerate(pages[1:], 1)
        ]  # fmt: skip
        named = [{"name": name, "from": "2000-01-01T00:00:00.000Z"} for name in company.former_names]
        return _json(
            {
                "cik": cik, "name": company.name, "tickers": list(company.tickers),
                "exchanges": list(company.tickers.values()), "sic": "3571", "sicDescription": "Electronic Computers",
                "category": "Large accelerated filer<br>Smaller reporting company", "fiscalYearEnd": "0930",
                "stateOfIncorporation": "CA", "formerNames": named,
                "filings": {"recent": columns(pages[0]), "files": files},
            }
        )  # fmt: skip

    def _facts(self, cik: str) -> Answer:
        company = self.companies.get(cik)
        if company is None or company.facts is None:
            return NOT_THERE, 404
        said = {
            taxonomy: {tag: {"label": tag, "description": "", "units": units} for tag, units in tags.items()}
            for taxonomy, tags in company.facts.items()
        }
        return _json({"cik": int(cik), "entityName": company.name, "facts": said})

    def _tickers(self, name: str) -> Answer:
        rows = [
            (int(cik), company.name, ticker, exchange)
            for cik, company in self.companies.items()
            for ticker, exchange in company.tickers.items()
        ]
        if name == "company_tickers.json":
            told = (dict(zip(("cik_str", "title", "ticker"), row, strict=False)) for row in rows)
            return _json({str(place): row for place, row in enumerate(told)})
        if name == "company_tickers_exchange.json" and self.has_exchanges:
            return _json({"fields": ["cik", "name", "ticker", "exchange"], "data": [list(row) for row in rows]})
        return NOT_THERE, 404

    def _current(self, query: Mapping[str, str]) -> Answer:
        start, count = int(query.get("start", 0)), min(int(query.get("count", 40)), 100)
        # A form is taken for the beginning of others.
        found = [one for one in self.entries if f'term="{query.get("type", "")}' in one]
        return feed(found[start : start + count]), 200

    def _full_text(self, query: Mapping[str, str]) -> Answer:
        first, last = query.get("startdt", "2001-01-01"), query.get("enddt", "9999-12-31")
        forms = [one for one in query.get("forms", "").split(",") if one]
        found = [
            hit
            for text, hit in self.texts
            if query["q"].strip('"').lower() in text.lower()
            and first <= hit["_source"]["file_date"] <= last
            and (not forms or hit["_source"]["form"] in forms)
        ]
        start = int(query.get("from", 0))
        total = {"value": len(found), "relation": "eq"}
        return _json({"took": 1, "timed_out": False, "hits": {"total": total, "hits": found[start : start + 100]}})

    def _archives(self, path: str) -> Answer:
        for company in self.companies.values():
            for filing in company.filings:
                folder = filing.accession.replace("-", "")
                raw = f"{folder}/{filing.document.rpartition('/')[2]}"
                if filing.body and path.partition("/")[2] in (raw, f"{filing.accession}.txt"):
                    return filing.body, 200
        return NOT_THERE, 404


def columns(filings: Sequence[Filing]) -> dict[str, list[Any]]:
    """As EDGAR lists filings: one list a column."""
    return {name: [getattr(one, ours) for one in filings] for name, ours in _COLUMNS.items()}


def _json(found: object) -> Answer:
    return json.dumps(found).encode(), 200


@contextmanager
def loopback_edgar(companies: Mapping[str, Company] = {}, **given: Any) -> Iterator[LoopbackEdgar]:
    """A running server, on a port of its own."""
    edgar = LoopbackEdgar(companies, **given)
    thread = threading.Thread(target=edgar.serve, daemon=True)
    thread.start()
    try:
        yield edgar
    finally:
        edgar.stop()
        thread.join()


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    # A head and a body are two writes: the second would wait for the first to be acknowledged.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        edgar: LoopbackEdgar = self.server.edgar
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        path = unquote(parts.path).removeprefix("/")
        refusal = edgar.admit(path, query, self.headers.get("User-Agent", ""))
        if refusal is None and edgar.faults:
            edgar.faults.popleft()(self)
            return
        self.say(*(refusal or edgar.answer(path, query)))

    def say(self, body: bytes, status: int = 200, content_type: str = "application/octet-stream") -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        # One that waited long enough has gone.
        with suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the tests look at `requests`."""


# What goes wrong, one request each.


def says(body: bytes, status: int = 200) -> Fault:
    return lambda handler: handler.say(body, status)


def cut(body: bytes) -> Fault:
    """An answer that ends in its middle, as if it were whole."""
    return says(body[: len(body) // 2])


slow, drops = silent_for, ends_after(b"{")
