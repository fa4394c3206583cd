"""A loopback server that speaks Yahoo Finance's protocol: cookie, crumb, chart, quote, search, and its faults.

Prices are made up and the same at each start. `python -m tests.loopback_yahoo PORT` serves until it is stopped.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import exchange_calendars
import numpy as np
import pandas as pd

from tests.loopback_faults import ends_after, silent_for

CRUMB = "s3cr3t.crumb"
_STEPS = {"1m": 60, "2m": 120, "5m": 300, "15m": 900, "30m": 1800, "60m": 3600, "1h": 3600, "90m": 5400}
_DEPTH_DAYS = {"1m": 30, "2m": 60, "5m": 60, "15m": 60, "30m": 60, "90m": 60, "60m": 730, "1h": 730}
_DAY = 86_400


@dataclass(frozen=True)
class Listing:
    """A thing that is traded; splits and dividends by the date of the session they take effect at."""

    symbol: str
    exchange: str = "NMS"
    kind: str = "EQUITY"
    currency: str = "USD"
    zone: str = "America/New_York"
    name: str = ""
    first: str = "2015-01-02"
    price: float = 100.0
    splits: dict[str, tuple[int, int]] = field(default_factory=dict)
    dividends: dict[str, float] = field(default_factory=dict)

    @property
    def is_round_the_clock(self) -> bool:
        return self.kind in ("CURRENCY", "CRYPTOCURRENCY", "FUTURE")


LISTINGS = (
    Listing(
        "AAPL",
        name="Apple Inc.",
        splits={"2020-08-31": (4, 1)},
        dividends={"2020-08-07": 0.205, "2020-11-06": 0.205},
    ),
    Listing("MSFT", name="Microsoft Corporation", price=250.0),
    Listing("JPM", "NYQ", name="JPMorgan Chase & Co.", price=140.0),
    Listing("SPY", "PCX", "ETF", name="SPDR S&P 500", price=400.0),
    Listing("EURUSD=X", "CCY", "CURRENCY", zone="Europe/London", name="EUR/USD", price=1.1),
    Listing("ES=F", "CME", "FUTURE", name="E-Mini S&P 500", price=5000.0),
    Listing("^GSPC", "SNP", "INDEX", name="S&P 500", price=5000.0),
    Listing("BTC-USD", "CCC", "CRYPTOCURRENCY", zone="UTC", name="Bitcoin USD", price=60000.0),
    Listing("SAP.DE", "GER", currency="EUR", zone="Europe/Berlin", name="SAP SE", price=180.0),
)
Fault = Callable[["Handler"], None]


class LoopbackYahoo:
    """The server's state: what it lists, what it does wrong next, and what it was asked."""

    def __init__(
        self, listings: tuple[Listing, ...] = LISTINGS, clock: Callable[[], float] = time.time, port: int = 0
    ) -> None:
        self.listings = {one.symbol: one for one in listings}
        self.clock = clock
        # Each answers one request for data in place of the server.
        self.faults: deque[Fault] = deque()
        # Documents served for a path in place of made-up ones.
        self.documents: dict[str, Any] = {}
        # Where a path redirects to, and intervals it has no chart of.
        self.redirected: dict[str, str] = {}
        self.lacks: set[str] = set()
        self.requests: list[tuple[float, str, dict[str, str]]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._server.yahoo = self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def paths(self) -> list[str]:
        return [path for _, path, _ in self.requests]

    def serve(self) -> None:
        self._server.serve_forever(poll_interval=0.02)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def loopback_yahoo(**given: Any) -> Iterator[LoopbackYahoo]:
    """A running server, on a port of its own."""
    yahoo = LoopbackYahoo(**given)
    thread = threading.Thread(target=yahoo.serve, daemon=True)
    thread.start()
    try:
        yield yahoo
    finally:
        yahoo.stop()
        thread.join()


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server_version, sys_version = "ATS", ""
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        yahoo: LoopbackYahoo = self.server.yahoo
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        yahoo.requests.append((time.time(), parts.path, query))
        is_data = parts.path.startswith(("/v8/", "/v7/", "/v1/finance/"))
        if is_data and yahoo.faults:
            yahoo.faults.popleft()(self)
            return
        if parts.path in yahoo.redirected:
            redirects(yahoo.redirected[parts.path])(self)
            return
        if parts.path in yahoo.documents:
            self.say(yahoo.documents[parts.path])
            return
        self._route(yahoo, parts.path, query)

    def _route(self, yahoo: LoopbackYahoo, path: str, query: dict[str, str]) -> None:
        if path == "/v1/test/getcrumb":
            self.say(CRUMB, content_type="text/plain;charset=utf-8")
        elif path.startswith("/v8/finance/chart/"):
            self.say(*chart(yahoo, path.rpartition("/")[2].replace("%5E", "^").replace("%3D", "="), query))
        elif path == "/v7/finance/quote":
            self._quote(yahoo, query)
        elif path == "/v1/finance/search":
            self.say(search(yahoo, query.get("q", "")), 200 if query.get("q") else 400)
        else:
            # What fc.yahoo.com answers; the cookie is what counts.
            self.say("<html>Not Found</html>", 404, "text/html", {"Set-Cookie": "A3=d=cookie; Path=/; HttpOnly"})

    def _quote(self, yahoo: LoopbackYahoo, query: dict[str, str]) -> None:
        if query.get("crumb") != CRUMB:
            error = {"code": "Unauthorized", "description": "Invalid Crumb"}
            self.say({"finance": {"result": None, "error": error}}, 401)
            return
        found = [yahoo.listings[name] for name in query["symbols"].split(",") if name in yahoo.listings]
        self.say({"quoteResponse": {"result": [quote(one, yahoo.clock()) for one in found], "error": None}})

    def say(
        self,
        body: Any,
        status: int = 200,
        content_type: str = "application/json;charset=utf-8",
        headers: dict[str, str] | None = None,
    ) -> None:
        """One answer; a text goes as it is, anything else as JSON."""
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": content_type, "Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        # One that waited long enough has gone.
        with suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the tests look at `requests`."""


def chart(yahoo: LoopbackYahoo, symbol: str, query: dict[str, str]) -> tuple[dict[str, Any], int]:
    """A chart document and its status."""
    if symbol not in yahoo.listings or query.get("interval") in yahoo.lacks:
        return _error("chart", "Not Found", "No data found, symbol may be delisted"), 404
    listing, now = yahoo.listings[symbol], yahoo.clock()
    interval = query.get("interval", "1d")
    start, end = (int(query.get(name, at)) for name, at in (("period1", 0), ("period2", int(now))))
    if refusal := _refusal(interval, start, end, now):
        return refusal
    if interval == "3mo":
        return _document(listing, interval, np.array([], int), start, now, now), 200
    starts = _starts(listing, interval, start, min(end, now))
    return _document(listing, interval, starts, start, end, now), 200


def _refusal(interval: str, start: int, end: int, now: float) -> tuple[dict[str, Any], int] | None:
    depth = _DEPTH_DAYS.get(interval)
    if depth is None:
        return None
    if start < now - depth * _DAY:
        text = f"{interval} data not available for startTime={start} and endTime={end}. The requested range must be"
        return _error("chart", "Unprocessable Entity", f"{text} within the last {depth} days."), 422
    if interval == "1m" and end - start > 8 * _DAY:
        text = (
            f"1m data not available for startTime={start} and endTime={end}. Only 8 days worth of 1m granularity data"
        )
        return _error("chart", "Unprocessable Entity", f"{text} are allowed to be fetched per request."), 422
    return None


def _starts(listing: Listing, interval: str, start: float, end: float) -> np.ndarray:
    """Starts of the bars there are in [start, end]."""
    opens, closes = sessions(listing)
    if interval == "1d":
        starts = opens
    else:
        step = _STEPS[interval]
        near = (closes > start - step) & (opens <= end)
        days = [np.arange(one, close, step) for one, close in zip(opens[near], closes[near], strict=True)]
        starts = np.concatenate(days) if days else np.array([], int)
    return starts[(starts >= start) & (starts <= end)]


def sessions(listing: Listing) -> tuple[np.ndarray, np.ndarray]:
    """Opens and closes (seconds) of its trading days."""
    if listing.is_round_the_clock:
        return _days(listing.zone, listing.first, "D" if listing.kind == "CRYPTOCURRENCY" else "B")
    return _calendar("XETR" if listing.exchange == "GER" else "XNYS", listing.first)


@cache
def _days(zone: str, first: str, freq: str) -> tuple[np.ndarray, np.ndarray]:
    days = pd.date_range(first, "2027-12-31", freq=freq)
    return _seconds(days.tz_localize(zone)), _seconds((days + pd.Timedelta(days=1)).tz_localize(zone))


@cache
def _calendar(name: str, first: str) -> tuple[np.ndarray, np.ndarray]:
    calendar = exchange_calendars.get_calendar(name, start=first, end="2027-06-30")
    return _seconds(pd.DatetimeIndex(calendar.opens)), _seconds(pd.DatetimeIndex(calendar.closes))


def _document(
    listing: Listing, interval: str, starts: np.ndarray, start: float, end: float, now: float
) -> dict[str, Any]:
    columns = prices(listing, starts, interval, now)
    result = {"meta": meta(listing, interval, now), "indicators": {"quote": [{}]}}
    if len(starts):
        result["timestamp"] = [int(one) for one in starts]
        result["indicators"] = {"quote": [{name: columns[name] for name in columns if name != "adjclose"}]}
        if interval == "1d":
            result["indicators"]["adjclose"] = [{"adjclose": columns["adjclose"]}]
    if events := _events(listing, start, end, now):
        result["events"] = events
    return {"chart": {"result": [result], "error": None}}


def prices(listing: Listing, starts: np.ndarray, interval: str, now: float) -> dict[str, list[float]]:
    """Columns adjusted as Yahoo does: for every split up to now, `adjclose` for dividends too."""
    open_, close = true_price(listing, starts), true_price(listing, starts + _STEPS.get(interval, _DAY) // 2)
    split, paid = np.ones(len(starts)), np.ones(len(starts))
    for at, (many, one) in _dated(listing, listing.splits):
        if at <= now:
            split[starts < at] *= many / one
    for at, amount in _dated(listing, listing.dividends):
        if at <= now:
            paid[starts < at] *= 1 - amount / listing.price
    low, high = np.minimum(open_, close) * 0.999, np.maximum(open_, close) * 1.001
    rows = {"open": open_, "high": high, "low": low, "close": close}
    columns = {
        name: _as_yahoo(np.round(values, 2 if listing.price > 10 else 5) / split) for name, values in rows.items()
    }
    columns["adjclose"] = _as_yahoo(np.array(columns["close"]) * paid)
    columns["volume"] = [int(one) for one in (1000 + starts // 60 % 977) * split]
    return columns


def true_price(listing: Listing, at: np.ndarray) -> np.ndarray:
    """What was traded at a time: a slow wave with a fast one on it; a split divides it."""
    wave = 1 + 0.2 * np.sin(at / (_DAY * 90)) + 0.01 * np.sin(at / 1000)
    price = listing.price * wave
    for effective, (many, one) in _dated(listing, listing.splits):
        price = np.where(at >= effective, price / (many / one), price)
    return price


def _as_yahoo(values: np.ndarray) -> list[float]:
    """Float32 written out as doubles."""
    return values.astype("float32").astype("float64").tolist()


def _events(listing: Listing, start: float, end: float, now: float) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for at, (many, one) in _dated(listing, listing.splits):
        if start <= at <= min(end, now):
            row = {"date": at, "numerator": many, "denominator": one, "splitRatio": f"{many}:{one}"}
            found.setdefault("splits", {})[str(at)] = row
    for at, amount in _dated(listing, listing.dividends):
        if start <= at <= min(end, now):
            found.setdefault("dividends", {})[str(at)] = {"amount": amount, "date": at}
    return found


def _dated(listing: Listing, by_day: dict[str, Any]) -> list[tuple[int, Any]]:
    opens, _ = sessions(listing) if by_day else (np.array([]), None)
    days = {str(pd.Timestamp(one, unit="s", tz="UTC").tz_convert(listing.zone).date()): int(one) for one in opens}
    return [(days[day], value) for day, value in by_day.items()]


def meta(listing: Listing, interval: str, now: float) -> dict[str, Any]:
    opens, closes = sessions(listing)
    place = min(int(np.searchsorted(closes, now)), len(opens) - 1)
    period = {"timezone": "EST", "gmtoffset": 0, "start": int(opens[place]), "end": int(closes[place])}
    return {
        "currency": listing.currency, "symbol": listing.symbol, "exchangeName": listing.exchange,
        "instrumentType": listing.kind, "firstTradeDate": int(opens[0]), "regularMarketTime": int(now),
        "exchangeTimezoneName": listing.zone, "regularMarketPrice": listing.price, "priceHint": 2,
        "currentTradingPeriod": {"pre": period, "regular": period, "post": period},
        "dataGranularity": interval, "range": "", "validRanges": ["1d", "5d", "max"],
    }  # fmt: skip


def quote(listing: Listing, now: float) -> dict[str, Any]:
    price = float(np.round(true_price(listing, np.array([now]))[0], 2))
    return {
        "symbol": listing.symbol, "exchange": listing.exchange, "quoteType": listing.kind, "currency": listing.currency,
        "regularMarketPrice": price, "bid": round(price - 0.01, 2), "ask": round(price + 0.01, 2),
        "regularMarketTime": int(now) - 1,
        "exchangeDataDelayedBy": 0, "marketState": "REGULAR",
    }  # fmt: skip


def search(yahoo: LoopbackYahoo, text: str) -> dict[str, Any]:
    if not text:
        return _error("finance", "Bad Request", "Missing required query parameter=q")
    hits = [one for one in yahoo.listings.values() if text.lower() in f"{one.symbol} {one.name}".lower()]
    rows = [
        {"symbol": hit.symbol, "exchange": hit.exchange, "quoteType": hit.kind, "longname": hit.name} for hit in hits
    ]
    return {"count": len(rows), "quotes": rows, "news": []}


def _error(envelope: str, code: str, description: str) -> dict[str, Any]:
    return {envelope: {"result": None, "error": {"code": code, "description": description}}}


def _seconds(times: pd.DatetimeIndex) -> np.ndarray:
    return times.tz_convert("UTC").as_unit("s").asi8


# What goes wrong, one request each.


def too_many(retry_after: str = "") -> Fault:
    headers = {"Retry-After": retry_after} if retry_after else None
    return lambda handler: handler.say("Too Many Requests\r\n", 429, "text/plain", headers)


def says(body: Any, status: int = 200, content_type: str = "application/json") -> Fault:
    return lambda handler: handler.say(body, status, content_type)


def html(handler: Handler) -> None:
    handler.say("<!DOCTYPE html><title>Yahoo</title>Will be right back...", 200, "text/html")


def truncated(handler: Handler) -> None:
    handler.say('{"chart":{"result":[{"meta":{"currency":"USD","sym')


hangs, drops = silent_for, ends_after(b'{"chart":')


def redirects(target: str) -> Fault:
    return lambda handler: handler.say("", 302, "text/html", {"Location": target})


def main() -> None:
    LoopbackYahoo(port=int(sys.argv[1])).serve()


if __name__ == "__main__":
    main()
