"""Companies: EDGAR's list of those with tickers, and which of them a text means."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from nautilus_data.errors import RetryableError, SkippableError

ENDING = ".SEC"
COLUMNS = ("cik", "ticker", "name", "exchange")
_CIK = re.compile(r"(?:CIK)?0*([1-9][0-9]{0,9})(?:\.SEC)?", re.IGNORECASE)
_FORM_OF_FIRM = frozenset(
    {
        "ag", "co", "company", "corp", "corporation", "group", "holding", "holdings", "inc", "incorporated", "limited",
        "llc", "lp", "ltd", "nv", "plc", "sa", "se", "the",
    }
)  # fmt: skip
_MOST_NAMED = 5


def instrument_of(cik: str) -> str:
    """`CIK0000320193.SEC` of any way a CIK is written in digits."""
    return f"CIK{cik.lstrip('0').zfill(10)}{ENDING}"


def listed(found: Mapping[str, Any]) -> pd.DataFrame:
    """Text columns cik (ten digits), ticker, name, exchange, in EDGAR's order; RetryableError for what is no list."""
    rows = _by_fields(found) if "fields" in found else _by_number(found)
    named = [row for row in rows if row[0] and row[1]]
    if not named:
        raise RetryableError("SEC EDGAR: its list of companies has none in it")
    return pd.DataFrame(named, columns=list(COLUMNS)).drop_duplicates(["cik", "ticker"], ignore_index=True)


def resolved(text: str, companies: pd.DataFrame) -> str:
    """The CIK (ten digits) a ticker, a CIK or a name means; SkippableError when it is of none, or of several."""
    words = text.strip()
    if found := _CIK.fullmatch(words):
        return found.group(1).zfill(10)
    for ticker in _spellings(words):
        if len(same := companies.loc[companies["ticker"] == ticker, "cik"]):
            return same.iloc[0]
    classes = companies.loc[companies["ticker"].str.startswith(f"{words.upper()}-") if words else [], "cik"]
    if classes.nunique() == 1:
        return classes.iloc[0]
    return _by_name(words, companies)


def ranked(text: str, companies: pd.DataFrame) -> pd.DataFrame:
    """Companies whose ticker or name has the text in it, the best first."""
    wanted, name = text.strip().upper().replace(".", "-"), text.strip().casefold()
    names = companies["name"].str.casefold()
    fits = (
        companies["ticker"] == wanted,
        companies["ticker"].str.startswith(wanted),
        names.str.startswith(name),
        names.str.contains(rf"\b{re.escape(name)}", regex=True),
        names.str.contains(name, regex=False),
    )
    ranks = pd.Series(len(fits), index=companies.index)
    for rank, is_fit in reversed(list(enumerate(fits))):
        ranks[is_fit] = rank
    found = companies.assign(rank=ranks)
    return found[found["rank"] < len(fits)].sort_values("rank", kind="stable").drop(columns="rank")


def _by_name(words: str, companies: pd.DataFrame) -> str:
    wanted = _plain(words)
    plain = companies["name"].map(_plain)
    for fits in (plain == wanted, plain.str.startswith(f"{wanted} ")) if wanted else ():
        found = companies[fits].drop_duplicates("cik")
        if len(found) == 1:
            return found["cik"].iloc[0]
        if len(found):
            named = ", ".join(f"{one.ticker} ({one.name})" for one in found.head(_MOST_NAMED).itertuples(index=False))
            raise SkippableError(f"{words!r} may be {named}{', …' if len(found) > _MOST_NAMED else ''}: write one")
    raise SkippableError(f"SEC EDGAR lists no company {words[:80]!r}: search for its name, or write its CIK")


def _spellings(words: str) -> Iterator[str]:
    """As EDGAR writes it, BRK-B; and without a venue after it."""
    for one in dict.fromkeys((words, words.rpartition(".")[0])):
        if one:
            yield re.sub(r"[./ ]", "-", one.upper().lstrip("$"))


def _plain(name: str) -> str:
    """A name without what firms are called by besides, and without what follows a slash, as in /DE/."""
    words = re.sub(r"[^a-z0-9& ]", " ", name.casefold().replace("'", "").partition("/")[0]).split()
    while len(words) > 1 and words[-1] in _FORM_OF_FIRM:
        words.pop()
    return " ".join(words[1:] if len(words) > 1 and words[0] == "the" else words)


def _by_fields(found: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    fields, rows = found.get("fields"), found.get("data")
    if not isinstance(fields, list) or not isinstance(rows, list):
        raise RetryableError("SEC EDGAR: its list of companies can't be read")
    for row in rows:
        if isinstance(row, list) and len(row) == len(fields):
            yield _row({str(name): value for name, value in zip(fields, row, strict=True)})


def _by_number(found: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for one in found.values():
        if isinstance(one, dict):
            yield _row({"cik": one.get("cik_str"), "name": one.get("title"), "ticker": one.get("ticker")})


def _row(said: Mapping[str, object]) -> tuple[str, ...]:
    texts = {name: value.strip() if isinstance(value, str) else "" for name, value in said.items()}
    cik = texts.get("cik", "")
    is_cik = cik.isascii() and cik.isdigit() and len(cik) <= 10
    return (
        cik.zfill(10) if is_cik else "", texts.get("ticker", "").upper(), texts.get("name", ""),
        texts.get("exchange", ""),
    )  # fmt: skip
