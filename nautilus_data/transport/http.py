"""HTTP, the same for every source: cache → limiter → key → wire → body check, tried again where that helps.

The key is put in below the cache and below the client's own log, and an answer that is an error never comes back up
as far as the cache: so neither can be found there.
"""

from __future__ import annotations

import email.utils
import html
import json
import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

import hishel
import httpx2
import stamina
from hishel.httpx2 import CacheTransport
from stamina.instrumentation import LoggingOnRetryHook, PrometheusOnRetryHook, set_on_retry_hooks

from nautilus_data.errors import DashboardError, FatalError, RetryableError, SkippableError
from nautilus_data.transport.access import Access
from nautilus_data.transport.meter import Meter

_LOG = logging.getLogger(__name__)
# With structlog installed stamina logs by it, in a form the standard library's loggers refuse: the error would end the
# request that is to be tried again.
set_on_retry_hooks((PrometheusOnRetryHook, LoggingOnRetryHook))
Answer = TypeVar("Answer")
_TRIES, _LONGEST_WAIT_S, _ALL_TRIES_S = 3, 10.0, 45.0
_LATER = frozenset({408, 425, 500, 502, 503, 504, 520, 521, 522, 524})
_LONGEST_TEXT = 200
_XML_ERROR = re.compile(r"""<error\b[^>]*?\smessage\s*=\s*(["'])(.*?)\1""", re.DOTALL)
# Of a store of files, as Amazon's.
_XML_MESSAGE = re.compile(r"<Error>.*?<Message>()(.*?)</Message>", re.DOTALL)


class Place(StrEnum):
    """Where a source wants its key."""

    QUERY = "query"
    HEADER = "header"


@dataclass(frozen=True)
class Key:
    """A key, and how it goes on the wire."""

    name: str
    value: str = field(repr=False)
    place: Place = Place.QUERY

    def put_into(self, request: httpx2.Request) -> httpx2.Request:
        """A copy of the request that carries the key; the one above stays without."""
        url, headers = request.url, request.headers.copy()
        if self.place is Place.QUERY:
            url = url.copy_merge_params({self.name: self.value})
        else:
            headers[self.name] = self.value
        return httpx2.Request(
            request.method, url, headers=headers, stream=request.stream, extensions=request.extensions
        )


# What is wrong with the body of an answer of status 200, or None.
BodyCheck = Callable[[bytes], DashboardError | None]
# What an error status means by its body, where the status alone says too little; None: what it usually means.
Judge = Callable[[int, bytes], DashboardError | None]
IsFine = Callable[[int, bytes], bool]


def usual(status: int, body: bytes) -> DashboardError | None:
    """The judge of a source whose statuses say it all."""
    return None


def never_fine(status: int, body: bytes) -> bool:
    """No answer that looks like an error is none."""
    return False


class SourceTransport(httpx2.BaseTransport):
    """limiter → key → wire → body check; an answer that is an error is raised as ours and noted as the source's health.

    `host` is the only one that is given the key: a redirect to another gets none. `is_fine` knows answers that look
    like errors and say that there is nothing; `judge` tells what an error is by its body.
    """

    def __init__(
        self,
        wire: httpx2.BaseTransport,
        meter: Meter,
        key: Key | None = None,
        host: str = "",
        check: BodyCheck | None = None,
        is_fine: IsFine = never_fine,
        cooldown_s: float = 60.0,
        judge: Judge = usual,
    ) -> None:
        self._wire, self._meter, self._key, self._host = wire, meter, key, host
        self._check, self._is_fine, self._cooldown_s = check or json_problem, is_fine, cooldown_s
        self._judge = judge

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self._meter.enter(request.extensions.get("keep", 0))
        is_ours = self._key and request.url.host == self._host
        started = time.perf_counter()
        try:
            response = self._answer(self._key.put_into(request) if is_ours else request)
            problem = self._problem(response, request)
        except httpx2.HTTPError as error:
            if isinstance(error, httpx2.ConnectError):
                # Nobody was reached: nothing is spent.
                self._meter.take_back()
            # The exception holds the request with its key: only its words go on.
            response, problem = (
                None,
                RetryableError(f"{self._meter.title} can't be reached: {self.hide(_words(error))}"),
            )
        self._meter.note(str(problem or ""), (time.perf_counter() - started) * 1000)
        if problem:
            raise problem
        return response

    def note_cached(self) -> None:
        """Note that an answer came from above, and nobody was asked."""
        self._meter.note_cached()

    def hide(self, text: str) -> str:
        return text.replace(self._key.value, "…") if self._key and self._key.value else text

    def close(self) -> None:
        self._wire.close()

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        """The whole answer, read and decoded, and without the key should the source repeat it."""
        response = self._wire.handle_request(request)
        response.request = request
        try:
            body = response.read()
        finally:
            response.close()
        if self._key and self._key.value:
            body = body.replace(self._key.value.encode(), b"REDACTED")
        gone = ("content-encoding", "content-length", "transfer-encoding", "set-cookie")
        headers = [pair for pair in response.headers.multi_items() if pair[0].lower() not in gone]
        return httpx2.Response(response.status_code, headers=headers, content=body, extensions=response.extensions)

    def _problem(self, response: httpx2.Response, request: httpx2.Request) -> DashboardError | None:
        status = response.status_code
        if status in request.extensions.get("let_through", ()) or response.has_redirect_location:
            return None
        if self._is_fine(status, response.content):
            return None
        problem = self._status_problem(response) or self._check(response.content)
        if problem is None:
            return None
        wait_s = getattr(problem, "retry_after", None)
        if status == 429 or wait_s:
            # The next process is told too.
            self._meter.leave_alone(wait_s or self._cooldown_s, self.hide(str(problem)))
        text = self.hide(f"{self._meter.title}: {problem}")
        return RetryableError(text, wait_s) if isinstance(problem, RetryableError) else type(problem)(text)

    def _status_problem(self, response: httpx2.Response) -> DashboardError | None:
        status, said = response.status_code, said_in(response.content)
        if status < 400:
            return None
        if problem := self._judge(status, response.content):
            return problem
        wait_s = retry_after_s(response.headers.get("retry-after"))
        if status == 429:
            return RetryableError(f"too many requests (429); {said}", wait_s or self._cooldown_s)
        if status in _LATER or status > 500:
            return RetryableError(f"answered with an error of its own ({status}); {said}", wait_s)
        if status in (401, 403):
            return FatalError(f"refused this access ({status}); {said}. Check its key in the settings")
        return SkippableError(f"refused the request ({status}); {said}")


class Http:
    """One source's client; `fetch` blocks, so an event loop calls it in a thread."""

    def __init__(
        self,
        access: Access,
        meter: Meter,
        *,
        base_url: str,
        key: Key | None = None,
        check: BodyCheck | None = None,
        user_agent: str = "",
        cooldown_s: float = 60.0,
        wire: httpx2.BaseTransport | None = None,
        is_fine: IsFine = never_fine,
        judge: Judge = usual,
        tries: int = _TRIES,
    ) -> None:
        address = httpx2.URL(access.base_url or base_url)
        inner = SourceTransport(
            wire or httpx2.HTTPTransport(), meter, key, address.host, check, is_fine, cooldown_s, judge
        )
        self._cache_s = access.cache_s
        self._client = httpx2.Client(
            base_url=address,
            transport=cached(inner, access, meter.source),
            timeout=access.timeout_s,
            follow_redirects=True,
            headers={"User-Agent": user_agent} if user_agent else None,
        )
        self._inner, self._tries = inner, tries

    def fetch(
        self, path: str, params: Mapping[str, str] | None = None, cache_s: float | None = None, keep: int = 0
    ) -> httpx2.Response:
        """An answer without errors in it; `cache_s` replaces the source's age of cached answers, 0 asks anew.

        `keep` calls of the source's longest limit are left for what is more urgent.
        """
        extensions = {**caching(self._cache_s if cache_s is None else cache_s), "keep": keep}
        return tried_again(lambda: self._ask(path, params or {}, extensions), self._tries)

    def close(self) -> None:
        self._client.close()

    def _ask(self, path: str, params: Mapping[str, str], extensions: Mapping[str, object]) -> httpx2.Response:
        request = self._client.build_request("GET", path, params=params, extensions=dict(extensions))
        try:
            return self._client.send(request)
        except httpx2.HTTPError as error:
            raise RetryableError(self._inner.hide(f"can't read the answer: {_words(error)}")) from None
        except RuntimeError:
            if not self._client.is_closed:
                raise
            raise FatalError(f"{request.url.host} is asked no more: this program ends") from None


def cached(inner: SourceTransport, access: Access, source: str) -> httpx2.BaseTransport:
    """`inner` below a cache in the access' folder; by itself where there is no folder or no age to keep answers for."""
    if access.folder is None or access.cache_s <= 0:
        return inner
    storage = hishel.SqliteStorage(
        database_path=access.folder / "cache" / f"{source}.sqlite", default_ttl=access.cache_s, max_size=200 * 2**20
    )
    return _OptionalCache(inner, storage)


def caching(age_s: float) -> dict[str, object]:
    """Request extensions: keep the answer so long; 0 goes past the cache."""
    return {"caching": {"ttl": age_s}, "uncached": age_s <= 0}


class _OptionalCache(CacheTransport):
    """hishel's cache, which a request may go past; what it answers is noted."""

    def __init__(self, inner: SourceTransport, storage: hishel.SqliteStorage) -> None:
        super().__init__(inner, storage)
        self._inner = inner

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.extensions.get("uncached"):
            return self._inner.handle_request(request)
        response = super().handle_request(request)
        if response.extensions["caching"]["from_cache"]:
            self._inner.note_cached()
        return response


def tried_again(ask: Callable[[], Answer], tries: int = _TRIES, longest_wait_s: float = _LONGEST_WAIT_S) -> Answer:
    """Ask, and again after a RetryableError: `retry_after` is kept to, unless it is too long to wait for here."""

    def hook(error: Exception) -> bool | float:
        if not isinstance(error, RetryableError):
            return False
        wait_s = error.retry_after
        return True if wait_s is None else wait_s if wait_s <= longest_wait_s else False

    for attempt in stamina.retry_context(on=hook, attempts=tries, timeout=_ALL_TRIES_S, wait_initial=0.5):
        with attempt:
            return ask()
    raise AssertionError("stamina returns or raises")


def json_problem(body: bytes) -> DashboardError | None:
    """What keeps a body from being a JSON document: it may be there at the next try."""
    text = body[:_LONGEST_TEXT].strip()
    if not text:
        return RetryableError("the answer is empty")
    try:
        json.loads(body)
    except RecursionError:
        return RetryableError("the answer is not data: it is nested too deep")
    except ValueError:
        if text[:1] == b"<":
            return RetryableError(f"answered with a web page instead of data; {said_in(body)}")
        if text[:1] in b"[{":
            return RetryableError(f"the answer was cut short after {len(body)} bytes")
        return RetryableError(f"the answer is not data; {said_in(body)}")
    return None


def said_in(body: bytes) -> str:
    """The source's own words in the body of an error, on one line."""
    text = body[:4096].decode("utf-8", "replace")
    if found := _described(text):
        text = found
    elif found := _XML_ERROR.search(text) or _XML_MESSAGE.search(text):
        text = html.unescape(found.group(2))
    elif text.lstrip()[:1] == "<":
        title = text.partition("<title>")[2].partition("</title>")[0]
        text = title or "a web page"
    words = " ".join(text.split())[:_LONGEST_TEXT].rstrip(".")
    return f"it says: {words}" if words else "it says nothing more"


def _described(text: str) -> str:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    texts: list[str] = []
    _collect(found, texts)
    return "; ".join(texts)


def _collect(node: object, texts: list[str]) -> None:
    """Strings below keys that carry an error's words, whatever envelope the source uses."""
    names = ("description", "message", "error_message", "error", "detail", "errors", "code")
    if isinstance(node, dict):
        nested = [value for value in node.values() if isinstance(value, dict)]
        named = [node[name] for name in names if isinstance(node.get(name), str)]
        texts.extend(named[:1])
        for value in nested:
            _collect(value, texts)


def retry_after_s(header: str | None, now: Callable[[], float] = time.time) -> float | None:
    """Seconds of a Retry-After header, which has seconds or a date; None when it has neither."""
    if not header:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(header).timestamp() - now())
    except ValueError:
        return None


def _words(error: Exception) -> str:
    if isinstance(error, httpx2.TimeoutException):
        return "no answer in time"
    return str(error) or type(error).__name__
