"""Feed: the newest filings of all registrants, as EDGAR's Atom feed has them."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from nautilus_data.errors import RetryableError, SkippableError
from nautilus_data.sources.edgar.days import day_of, known_from, may_be_filed, moment_of
from nautilus_data.sources.edgar.document import read_xml, said

if TYPE_CHECKING:
    from lxml.etree import _Element as Node

# `role` is what the company is to the filing: Filer, Issuer, Reporting, Subject …
COLUMNS = (
    "accession", "cik", "company", "role", "form", "ts_event", "ts_init", "filed", "items", "size", "link",
)  # fmt: skip
# "8-K - APPLE INC. (0000320193) (Filer)"
_TITLE = re.compile(r"(.*?) - (.*) \(([0-9]{1,10})\)(?: \(([^()]*)\))?")
_ACCESSION = re.compile(r"accession-number=([0-9]{10}-[0-9]{2}-[0-9]{6})$")
_FILED, _ITEM = re.compile(r"Filed:\D*([0-9]{4}-[0-9]{2}-[0-9]{2})"), re.compile(r"Item ([0-9]{1,2}\.[0-9]{2})")
_SIZE = re.compile(r"Size:\D*([0-9]{1,9}) ?([KMG]?)B")
_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}


def read_feed(body: bytes, now: int) -> tuple[pd.DataFrame, int]:
    """One row for each company of each filing, the newest first; and how many entries the page had.

    `ts_event` is when it was accepted: unlike its list of filings the feed names the zone. `ts_init` is as in FILINGS.
    """
    try:
        root = read_xml(body)
    except SkippableError as error:
        raise RetryableError(f"SEC EDGAR: {error}") from None
    if root.tag != "feed":
        raise RetryableError(f"SEC EDGAR: the answer is no feed: its root is {root.tag[:40]!r}")
    entries = root.findall("entry")
    rows = [row for entry in entries if (row := _row(entry, now))]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    times = frame[["filed", "ts_event", "size"]].astype("int64")
    known = known_from(times["filed"].to_numpy())
    return frame.assign(**times, ts_init=np.asarray(known, "int64")), len(entries)


def is_of(frame: pd.DataFrame, form: str) -> pd.Series:
    """Which are of a form, or correct one: EDGAR takes a form for the beginning of others, 4 for that of 424B2."""
    return frame["form"].isin([form, f"{form}/A"])


def _row(entry: Node, now: int) -> dict[str, Any] | None:
    title, number = _TITLE.fullmatch(said(entry, "title")), _ACCESSION.search(said(entry, "id"))
    accepted = moment_of(said(entry, "updated"))
    told = re.sub(r"<[^>]*>", " ", html.unescape(said(entry, "summary")))
    filed = _FILED.search(told)
    day = day_of(filed.group(1) if filed else said(entry, "updated"))
    if not title or not number or accepted is None or not may_be_filed(day, now):
        return None
    category, link, size = entry.find("category"), entry.find("link"), _SIZE.search(told)
    form = category.get("term", "") if category is not None else ""
    return {
        "accession": number.group(1), "cik": title.group(3).zfill(10), "company": title.group(2).strip(),
        "role": title.group(4) or "", "form": form or title.group(1), "ts_event": accepted, "filed": day,
        "items": ",".join(dict.fromkeys(_ITEM.findall(told))), "link": link.get("href", "") if link is not None else "",
        "size": int(size.group(1)) * _UNITS[size.group(2)] if size else 0,
    }  # fmt: skip
