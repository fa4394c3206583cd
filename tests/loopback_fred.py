"""A loopback server that speaks FRED's protocol, vintages as ALFRED has them, and its faults.

    rate = Line(
        {"title": "Unemployment Rate", "units": "Percent", "frequency_short": "M"},
        vintages=[
            ("2024-01-05", {"2023-11-01": 3.7, "2023-12-01": 3.7}),  # what came or changed that day
            ("2024-02-02", {"2023-12-01": 3.8, "2024-01-01": None}),  # None: published as missing, FRED writes "."
            ("2024-03-08", {"2023-12-01": WITHDRAWN}),
        ],
        release=(50, "Employment Situation"),
    )
    with loopback_fred({"UNRATE": rate}, clock=lambda: NOW / NS_PER_S, releases={50: ["2024-01-05"]}) as server:
        source = Fred(Access(base_url=server.url, api_key=API_KEY), ledger, clock=lambda: NOW)

What lies after its clock's day in Chicago is not there yet, so a test may let time pass. `server.faults` holds what it
does wrong next (`too_many()`, `html`, `truncated`, …), `server.documents` bodies served for a path, `server.requests`
what it was asked. `Line.recorded` makes a line of FRED's own rows; `fred_documents.transcribed` makes XML of its JSON.
"""

from __future__ import annotations

import threading
import time
from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pandas as pd

from tests.fred_documents import Answer, document, error
from tests.loopback_faults import ends_after, silent_for

API_KEY = "0123456789abcdefghijklmnopqrstuv"
WITHDRAWN = "withdrawn"
_FIRST_DAY, _LAST_DAY = "1776-07-04", "9999-12-31"
_MOST_VINTAGES = 2000
_CENTRAL = "America/Chicago"
_FREQUENCIES = {"D": "Daily", "W": "Weekly", "M": "Monthly", "Q": "Quarterly", "A": "Annual"}
Value = float | str | None
Fault = Callable[["Handler"], None]


@dataclass(frozen=True)
class Version:
    """What was said of a date from one day until another, both included."""

    date: str
    start: str
    end: str
    value: str


@dataclass(frozen=True)
class Line:
    """A series: what FRED says about it, and what was published on which day, in order.

    Without vintages in ALFRED only its latest values are there.
    """

    info: Mapping[str, str]
    vintages: Sequence[tuple[str, Mapping[str, Value]]]
    release: tuple[int, str] | None = (10, "Consumer Price Index")
    is_in_alfred: bool = True
    # Of a vintage day the time of its update, else 07:31:02.
    times: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def recorded(cls, rows: Iterable[Mapping[str, str]], info: Mapping[str, str], **given: Any) -> Line:
        """Of rows as FRED answers them in JSON: realtime_start, realtime_end, date, value."""
        vintages: dict[str, dict[str, Value]] = {}
        for row in rows:
            vintages.setdefault(row["realtime_start"], {})[row["date"]] = row["value"]
        for row in rows:
            if row["realtime_end"] != _LAST_DAY:
                vintages.setdefault(_after(row["realtime_end"]), {}).setdefault(row["date"], WITHDRAWN)
        return cls(info, sorted(vintages.items()), **given)

    @cached_property
    def days(self) -> list[str]:
        return [day for day, _ in self.vintages]

    @cached_property
    def versions(self) -> list[Version]:
        """By date, then by day."""
        said: dict[str, list[tuple[str, Value]]] = {}
        for day, changes in self.vintages:
            for named, value in changes.items():
                said.setdefault(named, []).append((day, value))
        return [version for named in sorted(said) for version in _versions(named, said[named])]

    def known(self, start: str, end: str) -> list[Version]:
        """As ALFRED cuts them: what began before a window begins on its first day there."""
        inside = (one for one in self.versions if one.start <= end and one.end >= start)
        return [Version(one.date, max(one.start, start), min(one.end, end), one.value) for one in inside]

    def initial(self, start: str, end: str) -> list[Version]:
        """First releases; of what the archive began with nobody knows when that was."""
        first: dict[str, Version] = {}
        for one in self.versions:
            first.setdefault(one.date, one)
        begun_with = max(self.vintages[0][1], default="")
        inside = (one for one in first.values() if start <= one.start <= end and one.date > begun_with)
        return [Version(one.date, one.start, min(one.end, end), one.value) for one in inside]

    def vintages_between(self, start: str, end: str) -> list[str]:
        return self.days[bisect_left(self.days, start) : bisect_right(self.days, end)]


def _versions(named: str, said: list[tuple[str, Value]]) -> Iterator[Version]:
    ends = [_before(day) for day, _ in said[1:]] + [_LAST_DAY]
    for (day, value), end in zip(said, ends, strict=True):
        if value != WITHDRAWN:
            yield Version(named, day, end, "." if value is None else str(value))


class LoopbackFred:
    """The server's state: its series, what it does wrong next, and what it was asked."""

    def __init__(
        self,
        lines: Mapping[str, Line] = (),
        *,
        releases: Mapping[int, Sequence[str]] = (),
        clock: Callable[[], float] = time.time,
        most_rows: int = 100_000,
        port: int = 0,
    ) -> None:
        self.lines, self.releases = dict(lines), dict(releases)
        self.clock, self.most_rows = clock, most_rows
        self.keys = {API_KEY}
        # Each answers one request in place of the server.
        self.faults: deque[Fault] = deque()
        # Bodies served for a path, such as "series/observations", in place of made ones.
        self.documents: dict[str, bytes] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads, self._server.fred = True, self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/fred"

    @property
    def today(self) -> str:
        return f"{pd.Timestamp(self.clock(), unit='s', tz='UTC').tz_convert(_CENTRAL):%Y-%m-%d}"

    def asked(self, path: str) -> list[dict[str, str]]:
        """The queries a path was asked with."""
        return [query for one, query in self.requests if one == path]

    def serve(self) -> None:
        self._server.serve_forever(poll_interval=0.02)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, query: dict[str, str]) -> Answer:
        """A body and its status."""
        if refusal := self._key_problem(query.get("api_key", "")):
            return refusal
        if path in self.documents:
            return self.documents[path], 200
        routes = {
            "series": self._series, "series/observations": self._observations, "series/release": self._release,
            "series/vintagedates": self._vintage_dates, "series/search": self._search,
            "release/dates": self._release_dates,
        }  # fmt: skip
        return routes[path](query) if path in routes else error("Not Found.", 404)

    def _key_problem(self, key: str) -> Answer | None:
        read = "Read https://fred.stlouisfed.org/docs/api/api_key.html for more information."
        if not key:
            return error(f"Bad Request.  Variable api_key has not been set.  {read}")
        if len(key) != 32 or not key.isalnum() or key != key.lower():
            said = "is not a 32 character alpha-numeric lower-case string"
            return error(f"Bad Request.  The value for variable api_key {said}.  {read}")
        return None if key in self.keys else error(
            f"Bad Request.  The value for variable api_key is not registered.  {read}"
        )  # fmt: skip

    def _series(self, query: dict[str, str]) -> Answer:
        if (line := self.lines.get(query["series_id"])) is None:
            return error("Bad Request.  The series does not exist.")
        return document("seriess", {}, [("series", self.described(query["series_id"], line), None)])

    def described(self, series_id: str, line: Line) -> dict[str, str]:
        """What FRED says about a series today."""
        dates = [one.date for one in line.known(self.today, self.today)]
        frequency = line.info.get("frequency_short", "M")
        said = {
            "id": series_id, "realtime_start": self.today, "realtime_end": self.today, "title": series_id,
            "observation_start": min(dates, default=_LAST_DAY), "observation_end": max(dates, default=_LAST_DAY),
            "frequency": _FREQUENCIES.get(frequency, frequency), "frequency_short": frequency, "units": "Index",
            "units_short": "Index", "seasonal_adjustment": "Seasonally Adjusted", "seasonal_adjustment_short": "SA",
            "last_updated": self._last_updated(line), "popularity": "50", "notes": "",
        }  # fmt: skip
        return {**said, **line.info}

    def _last_updated(self, line: Line) -> str:
        done = line.vintages_between(_FIRST_DAY, self.today)
        day = done[-1] if done else _FIRST_DAY
        stamp = pd.Timestamp(f"{day} {line.times.get(day, '07:31:02')}", tz=_CENTRAL)
        return f"{stamp:%Y-%m-%d %H:%M:%S%z}"[:-2]

    def _observations(self, query: dict[str, str]) -> Answer:
        if (line := self.lines.get(query["series_id"])) is None:
            return error("Bad Request.  The series does not exist.")
        is_vintage = "realtime_start" in query or "realtime_end" in query
        start, end = query.get("realtime_start", self.today), query.get("realtime_end", self.today)
        if refusal := self._window_problem(line, start, end, is_vintage):
            return refusal
        kind = query.get("output_type", "1")
        found = line.initial(start, end) if kind == "4" else line.known(start, end)
        # What is not published yet is not there.
        rows = [one for one in found if one.start <= self.today]
        first, last = query.get("observation_start", "1600-01-01"), query.get("observation_end", _LAST_DAY)
        rows = [one for one in rows if first <= one.date <= last]
        said = {"realtime_start": start, "realtime_end": end, "output_type": kind, "units": "lin"}
        return self._page("observations", query, said, [
            ("observation", {
                "realtime_start": one.start, "realtime_end": self._shown_end(one.end, end), "date": one.date,
                "value": one.value,
            }, None)
            for one in rows
        ])  # fmt: skip

    def _shown_end(self, until: str, end: str) -> str:
        """The end of a version that will be followed by one not published yet is open."""
        return end if until >= self.today else until

    def _window_problem(self, line: Line, start: str, end: str, is_vintage: bool) -> Answer | None:
        if start > end:
            return error("Bad Request.  realtime_end can not be before realtime_start.")
        for name, day in (("realtime_start", start), ("realtime_end", end)):
            if self.today < day < _LAST_DAY:
                return error(f"Bad Request.  Variable {name} can not be after today's date ({self.today}).")
        if not is_vintage:
            return None
        if not line.is_in_alfred or not line.days or end < line.days[0]:
            return error("Bad Request.  The series does not exist in ALFRED but may exist in FRED.")
        count = len(line.vintages_between(start, min(end, self.today)))
        if count <= _MOST_VINTAGES:
            return None
        said = f"There are {count} vintage dates in the specified real-time period: {start} to {end}"
        most = f"the maximum number of vintage dates allowed for this file type ({_MOST_VINTAGES})"
        return error(f"Bad Request.  {said}.  This exceeds {most}.")

    def _vintage_dates(self, query: dict[str, str]) -> Answer:
        if (line := self.lines.get(query["series_id"])) is None:
            return error("Bad Request.  The series does not exist.")
        if not line.is_in_alfred:
            return error("Bad Request.  The series does not exist in ALFRED but may exist in FRED.")
        days = line.vintages_between(query.get("realtime_start", _FIRST_DAY), self.today)
        rows = [("vintage_date", {}, day) for day in days]
        return self._page("vintage_dates", {"limit": "10000", **query}, {}, rows)

    def _release(self, query: dict[str, str]) -> Answer:
        if (line := self.lines.get(query["series_id"])) is None:
            return error("Bad Request.  The series does not exist.")
        if line.release is None:
            return error("Bad Request.  The series is on no release.")
        number, name = line.release
        said = {"id": str(number), "realtime_start": self.today, "realtime_end": self.today, "name": name}
        return document("releases", {}, [("release", {**said, "press_release": "true"}, None)])

    def _release_dates(self, query: dict[str, str]) -> Answer:
        number = query.get("release_id", "")
        if not number.isdigit() or int(number) not in self.releases:
            return error("Bad Request.  The release does not exist.")
        is_all = query.get("include_release_dates_with_no_data") == "true"
        days = [day for day in sorted(self.releases[int(number)]) if is_all or day <= self.today]
        if query.get("sort_order") == "desc":
            days.reverse()
        rows = [("release_date", {"release_id": number}, day) for day in days]
        return self._page("release_dates", {"limit": "10000", **query}, {}, rows)

    def _search(self, query: dict[str, str]) -> Answer:
        words = query.get("search_text", "").lower().split()
        told = [self.described(series_id, line) for series_id, line in self.lines.items()]
        hits = [one for one in told if all(word in f"{one['id']} {one['title']}".lower() for word in words)]
        return self._page("seriess", {"limit": "1000", **query}, {}, [("series", one, None) for one in hits])

    def _page(self, name: str, query: Mapping[str, str], said: dict[str, str], rows: list[tuple]) -> Answer:
        limit = min(int(query.get("limit", self.most_rows)), self.most_rows)
        offset = int(query.get("offset", 0))
        paging = {"count": str(len(rows)), "offset": str(offset), "limit": str(limit)}
        return document(name, {**said, **paging}, rows[offset : offset + limit])


@contextmanager
def loopback_fred(lines: Mapping[str, Line] = (), **given: Any) -> Iterator[LoopbackFred]:
    """A running server, on a port of its own."""
    fred = LoopbackFred(lines, **given)
    thread = threading.Thread(target=fred.serve, daemon=True)
    thread.start()
    try:
        yield fred
    finally:
        fred.stop()
        thread.join()


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    # A head and a body are two writes: the second would wait for the first to be acknowledged.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        fred: LoopbackFred = self.server.fred
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        path = parts.path.removeprefix("/fred/")
        fred.requests.append((path, query))
        if fred.faults:
            fred.faults.popleft()(self)
            return
        self.say(*fred.answer(path, query))

    def say(
        self,
        body: bytes | str,
        status: int = 200,
        content_type: str = "text/xml; charset=UTF-8",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        data = body.encode() if isinstance(body, str) else body
        self.send_response(status)
        for name, value in {"Content-Type": content_type, "Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        # One that waited long enough has gone.
        with suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the tests look at `requests`."""


def _before(day: str) -> str:
    return str(date.fromisoformat(day) - timedelta(days=1))


def _after(day: str) -> str:
    return str(date.fromisoformat(day) + timedelta(days=1))


# What goes wrong, one request each.


def too_many(retry_after: str = "") -> Fault:
    headers = {"Retry-After": retry_after} if retry_after else None
    return lambda handler: handler.say("Too Many Requests.", 429, "text/plain", headers)


def says(body: bytes | str, status: int = 200, content_type: str = "text/xml; charset=UTF-8") -> Fault:
    return lambda handler: handler.say(body, status, content_type)


def errs(message: str, status: int = 400) -> Fault:
    return lambda handler: handler.say(*error(message, status))


def html(handler: Handler) -> None:
    handler.say("<!DOCTYPE html><html><title>Maintenance</title>Back soon...</html>", 200, "text/html")


def truncated(handler: Handler) -> None:
    handler.say('<?xml version="1.0" encoding="utf-8" ?>\n<observations count="2"><observation realtime_start="20')


slow, drops = silent_for, ends_after(b"<observations>")
