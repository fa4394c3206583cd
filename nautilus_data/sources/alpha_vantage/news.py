"""News: articles about an instrument as rows, with what they say of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from nautilus_data.sources.alpha_vantage.call import Said
from nautilus_data.sources.alpha_vantage.cells import CellError, Refused, moment, number, text_of, told
from nautilus_data.sources.alpha_vantage.document import read, rows_of

# As many as one answer may have.
MOST = 1_000
_COLUMNS = ("url", "ts_event", "ts_init", "title", "publisher", "summary", "score", "relevance", "label")


def news(said: Iterable[Said], ticker: str) -> tuple[pd.DataFrame, list[Refused]]:
    """Rows of NEWS, each article once; and articles that can't be such."""
    found: dict[str, dict[str, Any]] = {}
    refused: list[Refused] = []
    for one in said:
        for article in rows_of(read(one.body), "feed"):
            at = 0
            try:
                at = published(article)
                row = _row(article, at, ticker)
                found[row["url"]] = row
            except CellError as error:
                refused.append(told(at, error, {"url": article.get("url")} if isinstance(article, dict) else {}))
    frame = pd.DataFrame(list(found.values()), columns=list(_COLUMNS))
    frame = frame.astype({"ts_event": "int64", "ts_init": "int64", "score": "float64", "relevance": "float64"})
    return frame.sort_values("ts_init", kind="stable", ignore_index=True), refused


def published(article: object) -> int:
    """When it came out (ns); CellError for what is no article."""
    if not isinstance(article, dict):
        raise CellError("not an article")
    return moment(article.get("time_published"))


def _row(article: dict[str, Any], at: int, ticker: str) -> dict[str, Any]:
    tickers = article.get("ticker_sentiment")
    said = [one for one in tickers if isinstance(one, dict)] if isinstance(tickers, list) else []
    about = next((one for one in said if str(one.get("ticker", "")).upper() == ticker.upper()), None)
    if about is None:
        raise CellError(f"not about {ticker}")
    if not (url := text_of(article, "url")):
        raise CellError("no address")
    return {
        "url": url, "ts_event": at, "ts_init": at, "title": text_of(article, "title"),
        "publisher": text_of(article, "source"), "summary": text_of(article, "summary"),
        "score": _number(about, "ticker_sentiment_score"), "relevance": _number(about, "relevance_score"),
        "label": text_of(about, "ticker_sentiment_label"),
    }  # fmt: skip


def _number(about: dict[str, Any], name: str) -> float:
    value = number(about.get(name))
    return float("nan") if value is None else float(value)


def times_in(said: Said) -> list[int]:
    """When the articles of an answer came out; those that don't say are left out."""
    times = []
    for article in rows_of(read(said.body), "feed"):
        try:
            times.append(published(article))
        except CellError:
            continue
    return times


def say_time(ns: int) -> str:
    """To the minute, as it is asked for."""
    return f"{pd.Timestamp(max(ns, 0), tz='UTC'):%Y%m%dT%H%M}"
