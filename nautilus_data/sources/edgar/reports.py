"""Reports: what filings of some forms say line by line, each in a document of its own."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import pandas as pd

from nautilus_data.core.dataset import Dataset
from nautilus_data.core.timerange import TimeRange
from nautilus_data.errors import SkippableError
from nautilus_data.sources.edgar.submissions import Refused, Submissions

Line = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Filed:
    """A filing whose document is read: as in FILINGS."""

    accession: str
    form: str
    filed: int
    ts_init: int
    report_date: int
    document: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """A filing and its document; `problem` instead where there is none to be had."""

    filing: Filed
    body: bytes = b""
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class Reports(ABC):
    """The reports of a span: declare what they are of, write how one is read."""

    dataset: ClassVar[Dataset]

    submissions: Submissions
    reports: Sequence[Report]

    @abstractmethod
    def lines(self, report: Report) -> Iterator[Line | str]:
        """Columns of each line of one, or why a line can't be one; SkippableError when none can be read."""

    def frame(self) -> pd.DataFrame:
        """Rows of the dataset, lines counted from 1 in each report."""
        return self._read[0]

    @property
    def refused(self) -> list[Refused]:
        return self._read[1]

    def company(self) -> pd.DataFrame:
        return self.submissions.company()

    @cached_property
    def _read(self) -> tuple[pd.DataFrame, list[Refused]]:
        rows: list[Line] = []
        refused: list[Refused] = []
        for report in self.reports:
            try:
                found = [] if report.problem else list(self.lines(report))
                reasons = [report.problem] if report.problem else [one for one in found if isinstance(one, str)]
            except SkippableError as error:
                found, reasons = [], [str(error)]
            refused += [_told(report.filing, reason) for reason in reasons]
            read = [one for one in found if not isinstance(one, str)]
            rows += [_numbered(report.filing, place, one) for place, one in enumerate(read, 1)]
        return self.dataset.conform(pd.DataFrame(rows, columns=list(self.dataset.columns))), refused


def filed_in(filings: pd.DataFrame, forms: frozenset[str], span: TimeRange) -> list[Filed]:
    """Those of the forms that became known in a span, the oldest first."""
    times = filings["ts_init"]
    chosen = filings[filings["form"].isin(forms) & (times >= span.start) & (times < span.end)]
    names = ["accession", "form", "filed", "ts_init", "report_date", "document"]
    return [Filed(**row) for row in chosen[names].to_dict("records")]


def _numbered(filing: Filed, place: int, line: Line) -> Line:
    known = {"accession": filing.accession, "sequence": place, "ts_init": filing.ts_init, "form": filing.form}
    return {**known, **line}


def _told(filing: Filed, reason: str) -> Refused:
    row = {"accession": filing.accession, "form": filing.form, "document": filing.document}
    return filing.report_date, f"{filing.form} {filing.accession}: {reason}", json.dumps(row)
