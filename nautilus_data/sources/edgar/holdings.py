"""Holdings: 13F-HR reports as rows of HOLDINGS, read from the text of the whole submission."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from nautilus_data.core.dataset import HOLDINGS, Dataset
from nautilus_data.core.timerange import to_ns
from nautilus_data.errors import SkippableError
from nautilus_data.sources.edgar.days import day_of
from nautilus_data.sources.edgar.document import amount_of, is_true, parts_of, read_xml, said
from nautilus_data.sources.edgar.reports import Line, Report, Reports

if TYPE_CHECKING:
    from lxml.etree import _Element as Node

FORMS = frozenset({"13F-HR", "13F-HR/A"})
_TABLE = "INFORMATION TABLE"
# What was filed before is in thousands of dollars.
_IN_DOLLARS_SINCE = to_ns("2023-01-03")


@dataclass(frozen=True, kw_only=True)
class Holdings(Reports):
    """What a manager held, by its reports."""

    dataset: ClassVar[Dataset] = HOLDINGS

    def lines(self, report: Report) -> Iterator[Line | str]:
        parts = list(parts_of(report.body))
        tables = [read_xml(body) for kind, body in parts if kind == _TABLE]
        covers = [read_xml(body) for kind, body in parts if kind.startswith("13F")]
        if not covers:
            raise SkippableError("it has no cover page in XML")
        cover = covers[0]
        promised = said(cover, "formData/summaryPage/tableEntryTotal")
        if not tables and promised.strip("0"):
            raise SkippableError("it has no information table in XML")
        day = report.filing.report_date or _period_of(cover)
        if not day:
            raise SkippableError("it is of no quarter")
        shared = {"ts_event": day, "amendment": _amendment(cover)}
        thousands = 1000 if report.filing.filed < _IN_DOLLARS_SINCE else 1
        for table in tables:
            for node in table.iter("infoTable"):
                yield _line(node, shared, thousands)


def _line(node: Node, shared: Line, thousands: int) -> Line | str:
    value = amount_of(said(node, "value"))
    issuer, cusip = said(node, "nameOfIssuer"), said(node, "cusip").upper()
    if not (issuer or cusip):
        return "a line of it names nothing that is held"
    return {
        **shared, "issuer": issuer, "cusip": cusip, "title": said(node, "titleOfClass"), "figi": said(node, "figi"),
        "value": f"{Decimal(value) * thousands:f}" if value else "",
        "amount": amount_of(said(node, "shrsOrPrnAmt/sshPrnamt")),
        "amount_type": said(node, "shrsOrPrnAmt/sshPrnamtType").upper(), "put_call": said(node, "putCall").upper(),
        "discretion": said(node, "investmentDiscretion").upper(),
    }  # fmt: skip


def _amendment(cover: Node) -> str:
    page = "formData/coverPage"
    if not is_true(said(cover, f"{page}/isAmendment")):
        return ""
    return said(cover, f"{page}/amendmentInfo/amendmentType").upper() or "RESTATEMENT"


def _period_of(cover: Node) -> int:
    """Written as 12-31-2022."""
    month, _, rest = said(cover, "headerData/filerInfo/periodOfReport").partition("-")
    day, _, year = rest.partition("-")
    return day_of(f"{year}-{month}-{day}") or 0
