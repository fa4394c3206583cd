"""Session: EDGAR's documents by host and path, each used again as long as it stays the same."""

from __future__ import annotations

from collections.abc import Mapping

from nautilus_data.sources.edgar.document import PAUSE_S, judged, problem
from nautilus_data.transport import Access, Meter
from nautilus_data.transport.http import Http

WWW, DATA, FULL_TEXT = "www.sec.gov", "data.sec.gov", "efts.sec.gov"
_HOUR_S, _DAY_S = 3_600.0, 86_400.0
# What was filed stays as it was filed.
_FOREVER_S = 20 * 365 * _DAY_S


class EdgarApi:
    """EDGAR's answers; it blocks, so an event loop calls it in a thread.

    With a base URL each host is the first part of the path below it.
    """

    def __init__(self, access: Access, meter: Meter) -> None:
        self._base_url, self._list_s = access.base_url.rstrip("/"), access.cache_s
        self._http = Http(
            access, meter, base_url=f"https://{WWW}", check=problem, judge=judged, cooldown_s=PAUSE_S,
            user_agent=access.user_agent,
        )  # fmt: skip

    def close(self) -> None:
        self._http.close()

    def submissions(self, name: str) -> bytes:
        """A registrant with its filings (`CIK0000320193.json`), or a page of its older ones."""
        return self._fetch(DATA, f"/submissions/{name}", self._list_s)

    def facts(self, cik: str) -> bytes:
        return self._fetch(DATA, f"/api/xbrl/companyfacts/CIK{cik}.json", _HOUR_S)

    def document(self, cik: str, path: str) -> bytes:
        """What was filed, by its path below the registrant's folder."""
        return self._fetch(WWW, f"/Archives/edgar/data/{int(cik)}/{path}", _FOREVER_S)

    def tickers(self, name: str) -> bytes:
        return self._fetch(WWW, f"/files/{name}", _DAY_S)

    def current(self, form: str, start: int, count: int) -> bytes:
        """The newest filings of all registrants; asked anew each time."""
        asked = {"action": "getcurrent", "type": form, "company": "", "dateb": "", "owner": "include"}
        paging = {"start": str(start), "count": str(count), "output": "atom"}
        return self._fetch(WWW, "/cgi-bin/browse-edgar", 0, {**asked, **paging})

    def full_text(self, params: Mapping[str, str]) -> bytes:
        """Documents that have some words in them, by page."""
        return self._fetch(FULL_TEXT, "/LATEST/search-index", self._list_s, params)

    def _fetch(self, host: str, path: str, age_s: float, params: Mapping[str, str] | None = None) -> bytes:
        address = f"{self._base_url}/{host}{path}" if self._base_url else f"https://{host}{path}"
        return self._http.fetch(address, params, age_s if self._list_s else 0).content
