"""Submissions: a registrant and the list of what it filed, as rows of FILINGS and COMPANIES."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from nautilus_data.core.dataset import COMPANIES, FILINGS
from nautilus_data.errors import RetryableError
from nautilus_data.sources.edgar.days import NOT_A_DAY, Days, known_from, may_be_filed, moment_of

Refused = tuple[int, str, str]
ACCESSION = re.compile(r"[0-9]{10}-[0-9]{2}-[0-9]{6}")
_NEEDED = ("accessionNumber", "filingDate", "form")
_TEXTS = {"form": "form", "items": "items", "document": "primaryDocument", "description": "primaryDocDescription"}


@dataclass(frozen=True, kw_only=True)
class Submissions:
    """What EDGAR said: the head of a registrant's list, and the pages of its older filings that were asked for."""

    cik: str
    asked_at: int
    head: Mapping[str, Any]
    pages: Sequence[Mapping[str, Any]] = ()

    @property
    def older(self) -> list[Mapping[str, Any]]:
        """What the head says about each page of older filings: name, first and last day."""
        files = _filings(self.head).get("files")
        return [one for one in files if isinstance(one, dict)] if isinstance(files, list) else []

    def frame(self) -> pd.DataFrame:
        """Rows of FILINGS, each filing once."""
        return self._read[0]

    @property
    def refused(self) -> list[Refused]:
        return self._read[1]

    def company(self) -> pd.DataFrame:
        """A row of COMPANIES."""
        said = {name: _text(self.head.get(name)) for name in ("name", "sic")}
        row = {
            "cik": self.cik, **said, "tickers": _texts(self.head.get("tickers")),
            "exchanges": _texts(self.head.get("exchanges")), "former_names": self._former_names(),
            "industry": _text(self.head.get("sicDescription")), "state": _text(self.head.get("stateOfIncorporation")),
            "fiscal_year_end": _text(self.head.get("fiscalYearEnd")),
            "category": _text(self.head.get("category")).replace("<br>", "; "), "ts_init": self.asked_at,
        }  # fmt: skip
        return COMPANIES.conform(pd.DataFrame([row]))

    @cached_property
    def _read(self) -> tuple[pd.DataFrame, list[Refused]]:
        rows: dict[str, dict[str, Any]] = {}
        refused: list[Refused] = []
        days = Days()
        for page in (_recent(self.head), *self.pages):
            columns = _columns(page)
            for values in zip(*columns.values(), strict=True):
                filing = dict(zip(columns, values, strict=True))
                if reason := self._fault(filing, days):
                    refused.append((0, reason, json.dumps(filing)[:2_000]))
                else:
                    rows.setdefault(filing["accessionNumber"], _row(filing, days))
        frame = pd.DataFrame(list(rows.values()), columns=list(FILINGS.columns)).astype({"filed": "int64"})
        frame["ts_init"] = known_from(frame["filed"].to_numpy())
        frame["ts_event"] = np.minimum(frame["ts_event"].to_numpy("int64"), frame["ts_init"].to_numpy())
        return FILINGS.conform(frame), refused

    def _fault(self, filing: Mapping[str, Any], days: Days) -> str:
        if not ACCESSION.fullmatch(_text(filing["accessionNumber"])):
            return "it has no accession number"
        if not may_be_filed(days[_text(filing["filingDate"])], self.asked_at):
            return NOT_A_DAY
        return "" if _text(filing["form"]) else "it is of no form"

    def _former_names(self) -> str:
        found = self.head.get("formerNames")
        named = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
        return json.dumps(list(dict.fromkeys(name for one in named if (name := _text(one.get("name"))))))


def _row(filing: Mapping[str, Any], days: Days) -> dict[str, Any]:
    filed = days[_text(filing["filingDate"])]
    accepted = moment_of(_text(filing.get("acceptanceDateTime")))
    size = _text(filing.get("size"))
    is_size = size.isascii() and size.isdigit() and len(size) < 19
    return {
        "accession": filing["accessionNumber"], "filed": filed, "ts_event": filed if accepted is None else accepted,
        "report_date": days[_text(filing.get("reportDate"))] or 0, "size": int(size) if is_size else 0,
        **{column: _text(filing.get(name)) for column, name in _TEXTS.items()},
        "is_xbrl": "1" in (_text(filing.get("isXBRL")), _text(filing.get("isInlineXBRL"))),
    }  # fmt: skip


def _filings(head: Mapping[str, Any]) -> Mapping[str, Any]:
    found = head.get("filings")
    if not isinstance(found, dict):
        raise RetryableError("SEC EDGAR: the answer is no list of filings")
    return found


def _recent(head: Mapping[str, Any]) -> Mapping[str, Any]:
    found = _filings(head).get("recent")
    if not isinstance(found, dict):
        raise RetryableError("SEC EDGAR: the answer has no recent filings in it")
    return found


def _columns(page: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Columns of one length; RetryableError for others."""
    columns = {name: values for name, values in page.items() if isinstance(values, list)}
    if missing := [name for name in _NEEDED if name not in columns]:
        raise RetryableError(f"SEC EDGAR: the list of filings has no {missing[0]}")
    if len({len(values) for values in columns.values()}) != 1:
        raise RetryableError("SEC EDGAR: the columns of the list of filings are of different lengths")
    return columns


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _texts(values: object) -> str:
    """A JSON list of what a list has of texts."""
    return json.dumps([text for one in values if (text := _text(one))] if isinstance(values, list) else [])
