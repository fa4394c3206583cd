"""Full text: documents of all companies that have some words in them, since 2001; EDGAR documents this nowhere."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from nautilus_data.errors import RetryableError
from nautilus_data.sources.edgar.days import day_of, known_from, may_be_filed
from nautilus_data.sources.edgar.submissions import ACCESSION

COLUMNS = ("accession", "cik", "company", "form", "filed", "ts_init", "report_date", "document", "type", "description")
# "Apple Inc.  (AAPL)  (CIK 0000320193)"
_IDENTITY = re.compile(r"\s*\(CIK [0-9]+\)\s*$")


def read_hits(found: Mapping[str, Any], now: int) -> tuple[pd.DataFrame, int, int]:
    """One row a document, the best first; how many hits the page had, and how many there are in all.

    `company` names all who filed it together, `cik` is the first's; `type` is the document's own, as EX-99.1.
    """
    outer = found.get("hits")
    hits = outer.get("hits") if isinstance(outer, dict) else None
    if not isinstance(hits, list):
        raise RetryableError("SEC EDGAR: the answer has no hits in it")
    rows = [row for hit in hits if (row := _row(hit, now))]
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype({"filed": "int64", "report_date": "int64"})
    frame["ts_init"] = np.asarray(known_from(frame["filed"].to_numpy()), "int64")
    return frame, len(hits), _total(outer)


def _row(hit: object, now: int) -> dict[str, Any] | None:
    said = hit.get("_source") if isinstance(hit, dict) else None
    if not isinstance(said, dict):
        return None
    accession, _, document = _text(hit.get("_id")).partition(":")
    filed, ciks = day_of(said.get("file_date")), _texts(said.get("ciks"))
    if not ACCESSION.fullmatch(accession) or not may_be_filed(filed, now) or not ciks or not _is_cik(ciks[0]):
        return None
    roots = _texts(said.get("root_forms"))
    names = (" ".join(_IDENTITY.sub("", name).split()) for name in _texts(said.get("display_names")))
    return {
        "accession": accession, "document": document, "cik": ciks[0].zfill(10), "company": "; ".join(names),
        "form": _text(said.get("form")) or "".join(roots[:1]), "filed": filed,
        "report_date": day_of(said.get("period_ending")) or 0, "type": _text(said.get("file_type")),
        "description": _text(said.get("file_description")),
    }  # fmt: skip


def _total(outer: Mapping[str, Any]) -> int:
    total = outer.get("total")
    value = total.get("value") if isinstance(total, dict) else total
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10 else 0


def _is_cik(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _texts(values: object) -> list[str]:
    return [text for one in values if (text := _text(one))] if isinstance(values, list) else []
