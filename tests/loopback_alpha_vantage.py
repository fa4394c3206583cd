"""A loopback server that speaks Alpha Vantage's protocol, its quota and its notices, which come with status 200.

    with loopback_alpha_vantage(clock=lambda: NOW / NS_PER_S, daily=25) as server:
        source = AlphaVantage(Access(base_url=server.url, api_key=API_KEY), ledger, clock=lambda: NOW)

Stocks in `server.symbols` have bars for each day New York trades, up to its clock; companies in `server.companies`
statements and earnings of eight quarters. `server.documents` holds bodies served for a function in place of made ones,
`server.faults` what it does wrong next, `server.requests` what it was asked. `server.as_csv` makes it answer in CSV
where Alpha Vantage can. With `daily` it refuses what is beyond, at `per_s` what comes too fast, without `is_paid` what
a free plan does not have.
"""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd

from nautilus_data.core.calendar import sessions
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S, TimeRange
from nautilus_data.sources.alpha_vantage.lines import LINES

API_KEY = "QX7KLOOPBACK42ZZ"
_DAY_S = 86_400.0
_LINES = frozenset(line.function for line in LINES.values())
_STEPS = {"annual": "YS", "quarterly": "QS", "monthly": "MS", "daily": "B"}
_BARS = ("open", "high", "low", "close", "volume")
_ADJUSTED = ("open", "high", "low", "close", "adjusted close", "volume", "dividend amount")
Fault = Callable[["Handler"], None]

DAILY = (
    "We have detected your API key as {key} and our standard API rate limit is {daily} requests per day. Please"
    " subscribe to any of the premium plans at https://www.alphavantage.co/premium/ to instantly remove all daily rate"
    " limits."
)
BURST = (
    "Thank you for using Alpha Vantage! Please consider spreading out your free API requests more sparingly (1 request"
    " per second). You may subscribe to any of the premium plans at https://www.alphavantage.co/premium/ to lift the"
    " free key rate limit (25 requests per day) and instantly remove all daily rate limits."
)
PREMIUM = (
    "Thank you for using Alpha Vantage! This is a premium endpoint. You may subscribe to any of the premium plans at"
    " https://www.alphavantage.co/premium/ to instantly unlock all premium endpoints"
)
FULL = (
    "Thank you for using Alpha Vantage! The outputsize=full parameter value is a premium feature for the"
    " TIME_SERIES_DAILY endpoint. You may subscribe to any of the premium plans at"
    " https://www.alphavantage.co/premium/ to instantly unlock all premium features"
)
INVALID = (
    "Invalid API call. Please retry or visit the documentation (https://www.alphavantage.co/documentation/) for {}."
)
NO_KEY = (
    "the parameter apikey is invalid or missing. Please claim your free API key on"
    " (https://www.alphavantage.co/support/#api-key). It should take less than 20 seconds."
)
MINUTE = (
    "Thank you for using Alpha Vantage! Our standard API call frequency is 5 calls per minute and 500 calls per day."
)
NO_ARTICLES = "No articles found. Please adjust the time range or refer to the API documentation."


class LoopbackAlphaVantage:
    """The server's state."""

    def __init__(
        self, *, clock: Callable[[], float] = time.time, daily: int = 0, per_s: float = 0.0, is_paid: bool = False
    ) -> None:
        self.clock, self.daily, self.per_s, self.is_paid = clock, daily, per_s, is_paid
        self.symbols = {"IBM": "NYSE", "AAPL": "NASDAQ", "MSFT": "NASDAQ", "SPY": "NYSE ARCA", "BRK-B": "NYSE"}
        self.companies = {"IBM", "AAPL"}
        self.articles: list[dict[str, Any]] = []
        self.as_csv = False
        self.documents: dict[str, bytes] = {}
        self.faults: deque[Fault] = deque()
        self.requests: list[dict[str, str]] = []
        self.served: list[float] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads, self._server.owner = True, self

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def asked(self, function: str) -> list[dict[str, str]]:
        return [query for query in self.requests if query.get("function") == function]

    def serve(self) -> None:
        self._server.serve_forever(poll_interval=0.02)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, query: dict[str, str]) -> Any:
        """A body: bytes, or what JSON is made of."""
        if query.get("apikey") != API_KEY:
            return {"Error Message": NO_KEY}
        with self._lock:
            if notice := self._quota_problem(query):
                return {"Information": notice}
            self.served.append(self.clock())
        function = query.get("function", "")
        if function in self.documents:
            return self.documents[function]
        if function in _LINES:
            return self._line(query)
        made = {
            "SYMBOL_SEARCH": self._search, "LISTING_STATUS": self._listing, "GLOBAL_QUOTE": self._quote,
            "NEWS_SENTIMENT": self._news, "DIVIDENDS": self._dividends, "SPLITS": self._splits,
            "OVERVIEW": self._overview, "EARNINGS": self._earnings, "CURRENCY_EXCHANGE_RATE": self._rate,
            **dict.fromkeys(("INCOME_STATEMENT", "BALANCE_SHEET", "CASH_FLOW"), self._statement),
            **dict.fromkeys(("SMA", "RSI", "BBANDS"), self._indicator),
        }  # fmt: skip
        if function in made:
            return made[function](query)
        return self._bars(query)

    def _quota_problem(self, query: dict[str, str]) -> str:
        now = self.clock()
        if self.daily and sum(now - at < _DAY_S for at in self.served) >= self.daily:
            return DAILY.format(key=query["apikey"], daily=self.daily)
        if self.per_s and self.served and now - self.served[-1] < self.per_s:
            return BURST
        function = query.get("function", "")
        if self.is_paid:
            return ""
        if query.get("outputsize") == "full" and function == "TIME_SERIES_DAILY":
            return FULL
        return PREMIUM if function in ("TIME_SERIES_DAILY_ADJUSTED", "TIME_SERIES_INTRADAY") else ""

    def _bars(self, query: dict[str, str]) -> Any:
        function = query["function"]
        parts = function.removesuffix("_ADJUSTED")
        is_stock = parts.startswith("TIME_SERIES_")
        if is_stock and query.get("symbol") not in self.symbols:
            return {"Error Message": INVALID.format(function)}
        if not parts.startswith(("TIME_SERIES_", "FX_", "DIGITAL_CURRENCY_")):
            return {"Error Message": INVALID.format(function)}
        if parts.endswith("INTRADAY"):
            rows = self._intraday(query)
        else:
            rows = _grouped(self._days(always=not is_stock), parts.rpartition("_")[2])
        if parts == "TIME_SERIES_DAILY" and query.get("outputsize") != "full":
            rows = rows[-100:]
        columns = _ADJUSTED if function.endswith("ADJUSTED") else _BARS if is_stock else _BARS[:4]
        return self._series(f"Time Series ({parts})", rows[::-1], columns)

    def _days(self, always: bool) -> list[dict[str, Any]]:
        now = pd.Timestamp(self.clock(), unit="s")
        if always:
            days = pd.bdate_range(now - pd.Timedelta(days=400), now)
        else:
            span = TimeRange(int((self.clock() - 4_000 * _DAY_S) * NS_PER_S), int(self.clock() * NS_PER_S))
            days = pd.DatetimeIndex(sessions("XNYS", span).closes // NS_PER_DAY * NS_PER_DAY)
        return [_bar(f"{day:%Y-%m-%d}", number) for number, day in enumerate(days)]

    def _intraday(self, query: dict[str, str]) -> list[dict[str, Any]]:
        step = int(query["interval"].removesuffix("min"))
        month = pd.Period(query["month"])
        span = TimeRange(month.start_time.value, month.end_time.value)
        known = sessions("XNYS", span)
        rows = []
        for opened, closed in zip(known.opens, known.closes, strict=True):
            for at in range(int(opened), int(closed), step * 60 * NS_PER_S):
                if at < self.clock() * NS_PER_S:
                    local = pd.Timestamp(at, tz="UTC").tz_convert("America/New_York")
                    rows.append(_bar(f"{local:%Y-%m-%d %H:%M:%S}", len(rows)))
        return rows

    def _series(self, title: str, rows: list[dict[str, Any]], columns: tuple[str, ...]) -> Any:
        if self.as_csv:
            return _csv(["timestamp", *columns], [[row["timestamp"], *(row[name] for name in columns)] for row in rows])
        named = {row["timestamp"]: {f"{n}. {name}": row[name] for n, name in enumerate(columns, 1)} for row in rows}
        return {"Meta Data": {"1. Information": title, "5. Time Zone": "US/Eastern"}, title: named}

    def _line(self, query: dict[str, str]) -> Any:
        now = pd.Timestamp(self.clock(), unit="s").normalize()
        step = _STEPS[query.get("interval", "monthly")]
        dates = pd.date_range(now - pd.DateOffset(years=3), now - pd.DateOffset(months=2), freq=step)[::-1]
        column = "price" if query["function"] == "GOLD_SILVER_HISTORY" else "value"
        values = ["." if number == 5 else f"{100 + number % 40}.5" for number in range(len(dates))]
        said = list(zip(dates, values, strict=True))
        if self.as_csv:
            return _csv(["timestamp", column], [[f"{day:%Y-%m-%d}", value] for day, value in said])
        data = [{"date": f"{day:%Y-%m-%d}", column: value} for day, value in said]
        return {"name": f"Line {query['function']}", "interval": "monthly", "unit": "percent", "data": data}

    def _search(self, query: dict[str, str]) -> Any:
        hits = [name for name in self.symbols if query["keywords"].upper() in name]
        rows = [
            {"1. symbol": name, "2. name": f"{name} Inc", "3. type": "Equity", "4. region": "United States",
             "8. currency": "USD", "9. matchScore": "1.0000"}
            for name in hits
        ]  # fmt: skip
        return {"bestMatches": rows}

    def _listing(self, query: dict[str, str]) -> Any:
        rows = [[name, f"{name} Inc", exchange, "Stock", "1999-11-18"] for name, exchange in self.symbols.items()]
        return _csv(["symbol", "name", "exchange", "assetType", "ipoDate"], rows)

    def _quote(self, query: dict[str, str]) -> Any:
        if query["symbol"] not in self.symbols:
            return {"Global Quote": {}}
        bar = self._days(always=False)[-1]
        if self.as_csv:
            row = [query["symbol"], bar["close"], bar["timestamp"], "0.4259%"]
            return _csv(["symbol", "price", "latestDay", "changePercent"], [row])
        return {
            "Global Quote": {
                "01. symbol": query["symbol"], "05. price": bar["close"],
                "07. latest trading day": bar["timestamp"], "10. change percent": "0.4259%",
            }
        }  # fmt: skip

    def _rate(self, query: dict[str, str]) -> Any:
        at = pd.Timestamp(self.clock(), unit="s")
        told = {
            "1. From_Currency Code": query["from_currency"], "3. To_Currency Code": query["to_currency"],
            "5. Exchange Rate": "1.10302230", "6. Last Refreshed": f"{at:%Y-%m-%d %H:%M:%S}", "7. Time Zone": "UTC",
            "8. Bid Price": "1.10300000", "9. Ask Price": "1.10310000",
        }  # fmt: skip
        return {"Realtime Currency Exchange Rate": told}

    def _news(self, query: dict[str, str]) -> Any:
        first, last = query["time_from"] + "00", query["time_to"] + "59"
        found = sorted(
            (one for one in self.articles if first <= one["time_published"] <= last),
            key=lambda one: one["time_published"],
        )
        return {"items": str(len(found)), "feed": found[: int(query["limit"])]} if found else {
            "Information": NO_ARTICLES
        }  # fmt: skip

    def _dividends(self, query: dict[str, str]) -> Any:
        rows = [["2024-05-09", "2024-04-30", "1.67"], ["2024-02-08", "None", "1.66"]]
        if self.as_csv:
            return _csv(["ex_dividend_date", "declaration_date", "amount"], rows)
        named = [dict(zip(("ex_dividend_date", "declaration_date", "amount"), row, strict=True)) for row in rows]
        return {"symbol": query["symbol"], "data": named}

    def _splits(self, query: dict[str, str]) -> Any:
        return {"symbol": query["symbol"], "data": [{"effective_date": "2021-11-04", "split_factor": "1.0460"}]}

    def _overview(self, query: dict[str, str]) -> Any:
        if query["symbol"] not in self.companies:
            return {}
        return {
            "Symbol": query["symbol"], "CIK": "51143", "Currency": "USD", "LatestQuarter": "2024-03-31",
            "PEGRatio": "2.152", "AnalystTargetPrice": "278.18", "SharesOutstanding": "939885000", "Beta": "None",
            "DividendDate": "2024-06-10",
        }  # fmt: skip

    def _earnings(self, query: dict[str, str]) -> Any:
        if query["symbol"] not in self.companies:
            return {}
        quarters = [
            {
                "fiscalDateEnding": end, "reportedDate": f"{pd.Timestamp(end) + pd.Timedelta(days=24):%Y-%m-%d}",
                "reportedEPS": f"{2 + number / 10:.2f}", "estimatedEPS": "2.00", "surprise": f"{number / 10:.2f}",
                "surprisePercentage": f"{5 * number:.4f}", "reportTime": "post-market",
            }
            for number, end in enumerate(_quarter_ends())
        ]  # fmt: skip
        return {"symbol": query["symbol"], "annualEarnings": [], "quarterlyEarnings": quarters[::-1]}

    def _statement(self, query: dict[str, str]) -> Any:
        if query["symbol"] not in self.companies:
            return {}
        tags = {
            "INCOME_STATEMENT": ("totalRevenue", "grossProfit", "netIncome", "ebitda"),
            "BALANCE_SHEET": ("totalAssets", "commonStockSharesOutstanding"),
            "CASH_FLOW": ("operatingCashflow", "netIncome", "capitalExpenditures"),
        }[query["function"]]
        reports = [
            {"fiscalDateEnding": end, "reportedCurrency": "USD", **{tag: str(10**9 + number) for tag in tags},
             "depreciation": "None"}
            for number, end in enumerate(_quarter_ends())
        ]  # fmt: skip
        annual = [report for report in reports if report["fiscalDateEnding"].endswith("12-31")]
        return {"symbol": query["symbol"], "annualReports": annual[::-1], "quarterlyReports": reports[::-1]}

    def _indicator(self, query: dict[str, str]) -> Any:
        columns = {"BBANDS": ("Real Upper Band", "Real Middle Band", "Real Lower Band")}
        names = columns.get(query["function"], (query["function"],))
        bars = self._days(always=False)[-30:]
        if self.as_csv:
            return _csv(["time", *names], [[bar["timestamp"], *[bar["close"]] * len(names)] for bar in bars])
        rows = {bar["timestamp"]: dict.fromkeys(names, bar["close"]) for bar in bars}
        return {"Meta Data": {"1: Symbol": query["symbol"]}, f"Technical Analysis: {query['function']}": rows}


@contextmanager
def loopback_alpha_vantage(**given: Any) -> Iterator[LoopbackAlphaVantage]:
    """A running server, on a port of its own."""
    server = LoopbackAlphaVantage(**given)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    # A head and a body are two writes: the second would wait for the first to be acknowledged.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        owner: LoopbackAlphaVantage = self.server.owner
        parts = urlsplit(self.path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        owner.requests.append(query)
        if owner.faults:
            owner.faults.popleft()(self)
            return
        self.say(owner.answer(query) if parts.path == "/query" else {"Error Message": INVALID.format("")})

    def say(self, body: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body, indent=4).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        # One that waited long enough has gone.
        with suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the tests look at `requests`."""


def article(url: str, at: str, ticker: str = "IBM", score: str = "0.25", relevance: str = "0.5") -> dict[str, Any]:
    """As NEWS_SENTIMENT has it."""
    about = {
        "ticker": ticker, "relevance_score": relevance, "ticker_sentiment_score": score,
        "ticker_sentiment_label": "Somewhat-Bullish",
    }  # fmt: skip
    return {
        "title": f"Title of {url}", "url": url, "time_published": at, "summary": "Of nothing.", "source": "A Paper",
        "overall_sentiment_score": 0.1, "ticker_sentiment": [about],
    }  # fmt: skip


def _quarter_ends() -> list[str]:
    return [f"{day:%Y-%m-%d}" for day in pd.date_range("2022-06-30", periods=8, freq="QE")]


def _bar(timestamp: str, number: int) -> dict[str, Any]:
    close = 100 + number % 50
    return {
        "timestamp": timestamp, "open": f"{close - 1}.5000", "high": f"{close + 2}.0000", "low": f"{close - 3}.2500",
        "close": f"{close}.1234", "adjusted close": f"{close / 2:.4f}", "volume": str(1_000 + number),
        "dividend amount": "0.0000",
    }  # fmt: skip


def _grouped(days: list[dict[str, Any]], step: str) -> list[dict[str, Any]]:
    """The last row of each week or month stands for it, as the protocol has it; that of the running one too."""
    if step == "DAILY":
        return days
    periods = pd.DatetimeIndex([day["timestamp"] for day in days]).to_period({"WEEKLY": "W", "MONTHLY": "M"}[step])
    is_last = np.append(periods[1:] != periods[:-1], True)
    return [day for day, last in zip(days, is_last, strict=True) if last]


def _csv(header: list[str], rows: list[list[str]]) -> bytes:
    return "\r\n".join(",".join(row) for row in (header, *rows)).encode() + b"\r\n"


# What goes wrong, one request each.


def says(body: bytes | dict[str, Any], status: int = 200) -> Fault:
    return lambda handler: handler.say(body, status)


def notice(text: str, name: str = "Information") -> Fault:
    return says({name: text})


def html(handler: Handler) -> None:
    handler.say(b"<!DOCTYPE html><html><title>Maintenance</title>Back soon...</html>")


def truncated(handler: Handler) -> None:
    handler.say(b'{"Meta Data": {"1. Information": "Daily Prices"}, "Time Series (Daily)": {"2024-05-14": {"1. op')


def drops(handler: Handler) -> None:
    """The connection ends in the middle of a body."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"Meta')
    handler.close_connection = True
