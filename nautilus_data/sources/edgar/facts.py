"""Facts: everything a registrant's XBRL says, in every filing that says it, as rows of FACTS."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from nautilus_data.core.dataset import FACTS
from nautilus_data.errors import RetryableError
from nautilus_data.sources.edgar.days import NOT_A_DAY, Days, known_from, may_be_filed
from nautilus_data.sources.edgar.document import amount_of
from nautilus_data.sources.edgar.submissions import ACCESSION, Refused

# In the order of `_read_unit`'s rows.
_COLUMNS = ("ts_start", "ts_event", "accession", "filed", "value", "form", "fiscal_year", "fiscal_period")
_OF_A_UNIT = ("taxonomy", "tag", "unit")
Row = tuple[int, int, str, int, str, str, int, str]


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What EDGAR said: by taxonomy, tag and unit the facts, numbers as they are written."""

    cik: str
    asked_at: int
    said: Mapping[str, Any]

    def frame(self) -> pd.DataFrame:
        """Rows of FACTS: a fact once in each filing that tells it."""
        return self._read[0]

    @property
    def refused(self) -> list[Refused]:
        """Those that can't be read, and second values one filing has for the same fact."""
        return self._read[1]

    def company(self) -> None:
        """Its list of filings tells more about a registrant."""

    @cached_property
    def _read(self) -> tuple[pd.DataFrame, list[Refused]]:
        refused: list[Refused] = []
        days = Days()
        rows: list[Row] = []
        counts: list[int] = []
        units: list[tuple[str, str, str]] = []
        for named, facts in self._units():
            found = _read_unit(facts, days, self.asked_at, refused)
            rows += found
            counts.append(len(found))
            units.append(named)
        frame = pd.DataFrame(rows, columns=list(_COLUMNS)).astype({"filed": "int64"})
        for place, name in enumerate(_OF_A_UNIT):
            values = np.array([named[place] for named in units], dtype=object)
            frame[name] = np.repeat(values, counts) if units else ""
        frame["ts_init"], frame["known_by"] = known_from(frame["filed"].to_numpy()), "filed"
        return FACTS.conform(frame), refused

    def _units(self) -> Iterator[tuple[tuple[str, str, str], list[Any]]]:
        for taxonomy, tags in _objects(self.said.get("facts", {}), "facts"):
            for tag, told in _objects(tags, taxonomy):
                for unit, facts in _objects(told.get("units", {}) if isinstance(told, dict) else told, tag):
                    if not isinstance(facts, list):
                        raise RetryableError(f"SEC EDGAR: the facts of {tag[:80]} are no list")
                    yield (taxonomy, tag, unit), facts


def _objects(found: object, name: str) -> Any:
    if not isinstance(found, dict):
        raise RetryableError(f"SEC EDGAR: what is said of {name[:80]} is no object")
    return found.items()


def _read_unit(facts: list[Any], days: Days, now: int, refused: list[Refused]) -> list[Row]:
    """Of a fact told twice in one filing the one EDGAR chose for its frames stays, else the last."""
    kept: dict[tuple[int, int, str], tuple[Row, bool]] = {}
    for fact in facts:
        row = _row(fact, days, now)
        if isinstance(row, str):
            refused.append((0, row, json.dumps(fact)[:2_000]))
            continue
        key, is_framed = row[:3], bool(fact.get("frame"))
        before = kept.get(key)
        if before is None:
            kept[key] = row, is_framed
            continue
        stays, goes = (before[0], row) if before[1] and not is_framed else (row, before[0])
        kept[key] = stays, before[1] or is_framed
        if stays[4] != goes[4]:
            reason = f"the same filing also says {stays[4]}, which is kept"
            refused.append((goes[1], reason, json.dumps(dict(zip(_COLUMNS, goes, strict=True)))))
    return [row for row, _ in kept.values()]


def _row(fact: object, days: Days, now: int) -> Row | str:
    """A row, or why there is none."""
    if not isinstance(fact, dict):
        return "it is no object"
    accession = fact.get("accn")
    if not isinstance(accession, str) or not ACCESSION.fullmatch(accession):
        return "it names no filing"
    filed, end = days[_hashable(fact.get("filed"))], days[_hashable(fact.get("end"))]
    start = 0 if fact.get("start") is None else days[_hashable(fact["start"])]
    if end is None or start is None:
        return "its period is of no days of the years 1700 to 2199"
    if not may_be_filed(filed, now):
        return NOT_A_DAY
    value = amount_of(fact.get("val"))
    if not value:
        return "its value is not a number"
    year, period, form = fact.get("fy"), fact.get("fp"), fact.get("form")
    is_year = isinstance(year, str) and len(year) == 4 and year.isascii() and year.isdigit()
    return (
        start, end, accession, filed, value, form if isinstance(form, str) else "", int(year) if is_year else 0,
        period if isinstance(period, str) else "",
    )  # fmt: skip


def _hashable(value: object) -> str:
    return value if isinstance(value, str) else ""
