"""The session yfinance asks with: its requests go the way those of every HTTP source go, with its cookies and crumb."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import curl_cffi.requests
import httpx2
import yfinance
from curl_cffi.requests.exceptions import RequestException, Timeout
from yfinance.data import YfData
from yfinance.exceptions import YFException, YFRateLimitError

from nautilus_data.errors import DashboardError, RetryableError, SkippableError
from nautilus_data.transport import Access, Meter
from nautilus_data.transport.http import SourceTransport, cached, caching, json_problem, said_in, tried_again

# Yahoo publishes no limit; once it answers 429 it goes on doing so for a while.
COOLDOWN_S = 900.0
_API = "https://query2.finance.yahoo.com"
_DATA_HOSTS = frozenset({"query1.finance.yahoo.com", "query2.finance.yahoo.com"})
_COOKIE_HOST, _CRUMB_PATH = "fc.yahoo.com", "/getcrumb"
_A_CRUMB = re.compile(rb"[^\s<>{}\[\]\"]{1,64}")
_MOST_REDIRECTS = 6
# A stale crumb or cookie: yfinance gets new ones and asks again.
_STALE = (401, 403)
_ANY = range(100, 600)
_NOTHING_THERE = b"Data doesn't exist for startDate"
_NO_CHART = b'{"chart":{"result":[],"error":null}}'


class YahooApi:
    """Yahoo's JSON by path, fetched by yfinance; it blocks, so an event loop calls it in a thread."""

    def __init__(self, access: Access, meter: Meter) -> None:
        self._meter, self._timeout_s = meter, access.timeout_s
        # At DEBUG it logs the crumb; by default it answers a failure with an empty frame.
        logging.getLogger("yfinance").setLevel(logging.WARNING)
        yfinance.config.debug.hide_exceptions = False
        if access.folder:
            yfinance.set_tz_cache_location(str(access.folder / "cache" / "yfinance"))
        self._session = YahooSession(access, meter)
        # Not YfData(…): that is one for the whole process, whose session the next caller replaces.
        self._data: YfData = type.__call__(YfData, session=self._session)

    def fetch(self, path: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The document at a path, without an error in it."""
        return tried_again(lambda: self._ask(path, params))

    def close(self) -> None:
        self._session.close()

    def _ask(self, path: str, params: Mapping[str, Any]) -> dict[str, Any]:
        try:
            answer = self._data.get(f"{_API}{path}", params=dict(params), timeout=self._timeout_s)
        except YFRateLimitError:
            self._meter.leave_alone(COOLDOWN_S, "Yahoo answered: too many requests (429)")
            raise RetryableError(f"{self._meter.title}: too many requests (429)", COOLDOWN_S) from None
        except (YFException, RequestException) as error:
            raise RetryableError(f"{self._meter.title}: {_words(error)}") from None
        except (LookupError, AttributeError, TypeError, ValueError) as error:
            # yfinance reads cookies and consent pages as they are today; its own words would tell nothing.
            raise RetryableError(f"{self._meter.title}: yfinance stumbled over {type(error).__name__}") from error
        if problem := self._left_over(answer):
            self._meter.note(str(problem), answer.elapsed.total_seconds() * 1000)
            raise problem
        return answer.json()

    def _left_over(self, answer: curl_cffi.requests.Response) -> DashboardError | None:
        """What the transport let through for yfinance to deal with, and it could not."""
        if answer.status_code >= 400:
            said = f"refused its own cookie and crumb ({answer.status_code}); {said_in(answer.content)}"
            return RetryableError(f"{self._meter.title}: {said}")
        problem = json_problem(answer.content)
        return problem and RetryableError(f"{self._meter.title}: {problem}")


class YahooSession(curl_cffi.requests.Session):
    """cache → limiter → crumb → wire → body check, and with a base URL no request that leaves for another address."""

    def __init__(self, access: Access, meter: Meter) -> None:
        # A proxy of the environment would be asked for a loopback address too.
        super().__init__(impersonate="chrome", trust_env=not access.base_url)
        self._base_url, self._timeout_s, self._cache_s = access.base_url, access.timeout_s, access.cache_s
        self._title = meter.title
        # yfinance fetches its cookie anew for each request wherever it can't keep it on disk.
        self._cookie_answer: curl_cffi.requests.Response | None = None
        self._wire = SourceTransport(
            _CurlWire(super().request), meter, check=yahoo_problem, is_fine=_is_nothing_there, cooldown_s=COOLDOWN_S
        )
        self._chain = cached(self._wire, access, meter.source)

    def request(
        self,
        method: str,
        url: str,
        params: Mapping[str, Any] | None = None,
        timeout: float | None = None,
        allow_redirects: bool | None = True,
        **given: Any,
    ) -> curl_cffi.requests.Response:
        """As the session's own; the URL of the answer is Yahoo's, wherever it came from."""
        asked, is_cookie = url, urlsplit(url).hostname == _COOKIE_HOST
        if is_cookie and self._cookie_answer:
            return self._cookie_answer
        query = {name: value for name, value in (params or {}).items() if name != "crumb"}
        given["crumb"] = (params or {}).get("crumb", "")
        given["timeout"] = min(timeout or self._timeout_s, self._timeout_s)
        for _ in range(_MOST_REDIRECTS):
            answer = self._send(method, url, query, given)
            target = answer.headers.get("location")
            if not (allow_redirects and target and 300 <= answer.status_code < 400):
                return self._remembered(answer, asked)
            method, url, query = "GET", urljoin(url, target), {}
            given = {"crumb": "", "timeout": given["timeout"]}
        if _is_data(asked):
            raise RetryableError(f"{self._title}: redirected more than {_MOST_REDIRECTS} times")
        # Bars come without cookie and crumb too.
        return self._remembered(answer, asked)

    def close(self) -> None:
        self._chain.close()
        super().close()

    def _remembered(self, answer: curl_cffi.requests.Response, asked: str) -> curl_cffi.requests.Response:
        parts = urlsplit(asked)
        if parts.hostname == _COOKIE_HOST:
            self._cookie_answer = answer
        elif parts.path.endswith(_CRUMB_PATH) and answer.status_code == 200:
            answer.content = _crumb_in(answer.content)
        elif answer.status_code in _STALE:
            self._cookie_answer = None
        return answer

    def _send(self, method: str, url: str, query: Mapping[str, Any], given: dict[str, Any]) -> Any:
        extensions = {"curl": given, "let_through": _STALE if _is_data(url) else _ANY, **caching(0)}
        chain = self._wire
        if method == "GET" and _is_data(url) and (age_s := self._age_s(url, query)):
            chain = self._chain
            extensions.update(caching(age_s))
        request = httpx2.Request(method, self._address(url), params=query or None, extensions=extensions)
        try:
            answer = chain.handle_request(request)
            answer.read()
        except RetryableError:
            # yfinance goes on without a cookie when it can't have one.
            if not _is_data(url) and (failure := given.pop("failure", None)):
                raise failure from None
            raise
        return _as_curl(answer, url)

    def _address(self, url: str) -> str:
        if not self._base_url or url.startswith(self._base_url):
            return url
        parts = urlsplit(url)
        return f"{self._base_url}{parts.path}" + (f"?{parts.query}" if parts.query else "")

    def _age_s(self, url: str, query: Mapping[str, Any]) -> float:
        """Only what names no times is used again: a bar of today changes while its request stays the same."""
        return 0.0 if "period1" in query or "period2" in query else self._cache_s


class _CurlWire(httpx2.BaseTransport):
    """The last step: curl, as the browser it impersonates."""

    def __init__(self, ask: Any) -> None:
        self._ask = ask

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        given = dict(request.extensions["curl"])
        params = {"crumb": crumb} if (crumb := given.pop("crumb")) else None
        try:
            answer = self._ask(request.method, str(request.url), params=params, allow_redirects=False, **given)
        except Timeout as error:
            request.extensions["curl"]["failure"] = error
            raise httpx2.ReadTimeout("no answer in time") from None
        except RequestException as error:
            request.extensions["curl"]["failure"] = error
            raise httpx2.TransportError(_words(error)) from None
        # Curl has decoded the body.
        kept = [pair for pair in answer.headers.multi_items() if pair[0].lower() != "content-encoding"]
        return httpx2.Response(answer.status_code, headers=kept, content=answer.content)


def yahoo_problem(body: bytes) -> DashboardError | None:
    """An error in an answer of status 200, whatever envelope it comes in."""
    if problem := json_problem(body):
        return problem
    found = json.loads(body)
    if not isinstance(found, dict):
        return RetryableError("the answer is not one of Yahoo's documents")
    for envelope in filter(lambda value: isinstance(value, dict), found.values()):
        if error := envelope.get("error"):
            said = said_in(json.dumps({"error": error}).encode())
            kind = SkippableError if _is_final(error) else RetryableError
            return kind(f"answered with an error; {said}")
    return None


def _is_final(error: object) -> bool:
    code = str(error.get("code", "")) if isinstance(error, dict) else ""
    return code in ("Not Found", "Bad Request", "Unprocessable Entity")


def _is_nothing_there(status: int, body: bytes) -> bool:
    """Yahoo's way to say that a span has no bars; a mistake in the request would read otherwise."""
    return status == 400 and _NOTHING_THERE in body


def _is_data(url: str) -> bool:
    parts = urlsplit(url)
    return parts.hostname in _DATA_HOSTS and not parts.path.endswith(_CRUMB_PATH)


def _crumb_in(body: bytes) -> bytes:
    """A crumb; what yfinance knows for a page, of any page; nothing, of anything else it would send along."""
    if _A_CRUMB.fullmatch(body):
        return body
    return b"<html>" if body.lstrip()[:1] == b"<" else b""


def _as_curl(answer: httpx2.Response, url: str) -> curl_cffi.requests.Response:
    """What yfinance reads an answer from."""
    made = curl_cffi.requests.Response()
    made.url, made.status_code, made.content = url, answer.status_code, answer.content
    if _is_nothing_there(answer.status_code, answer.content):
        # Or yfinance takes it for a stale cookie and asks again.
        made.status_code, made.content = 200, _NO_CHART
    made.ok = made.status_code < 400
    made.headers = curl_cffi.requests.Headers(dict(answer.headers))
    return made


def _words(error: Exception) -> str:
    return str(error).partition(" See https://")[0].rstrip(".")
