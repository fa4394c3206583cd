"""Insiders: forms 3, 4 and 5 as rows of INSIDER_TRADES."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from nautilus_data.core.dataset import INSIDER_TRADES, Dataset
from nautilus_data.errors import SkippableError
from nautilus_data.sources.edgar.days import day_of
from nautilus_data.sources.edgar.document import amount_of, is_true, read_xml, said
from nautilus_data.sources.edgar.reports import Line, Report, Reports

if TYPE_CHECKING:
    from lxml.etree import _Element as Node

FORMS = frozenset({"3", "3/A", "4", "4/A", "5", "5/A"})
# Document, and the name of its lines; below them transactions and holdings.
_TABLES = (("nonDerivativeTable", "nonDerivative", False), ("derivativeTable", "derivative", True))
_PLAN = re.compile(r"10b\s?5\s?[-\u2010-\u2015\u2212]?\s?1\b", re.IGNORECASE)
_NO_PLAN = re.compile(r"\bnot\b[^.;]{0,100}10b\s?5", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class InsiderTrades(Reports):
    """What insiders of a company reported; what it reported itself, as an owner of another, is left out."""

    dataset: ClassVar[Dataset] = INSIDER_TRADES

    def lines(self, report: Report) -> Iterator[Line | str]:
        root = read_xml(report.body)
        if root.tag != "ownershipDocument":
            raise SkippableError(f"its document is none of an insider: its root is {root.tag[:40]!r}")
        if said(root, "issuer/issuerCik").lstrip("0") != self.submissions.cik.lstrip("0"):
            return
        shared = {**_owners(root), "amends": day_of(said(root, "dateOfOriginalSubmission")) or 0}
        plans = _Plans.of(root)
        for table, kind, is_derivative in _TABLES:
            for node in root.iterfind(f"{table}/*"):
                if node.tag in (f"{kind}Transaction", f"{kind}Holding"):
                    yield _line(node, root, plans, {**shared, "is_derivative": is_derivative})


@dataclass(frozen=True, kw_only=True)
class _Plans:
    """Which footnotes speak of a plan of rule 10b5-1, and whether the whole report does."""

    footnotes: frozenset[str]
    is_all: bool

    @classmethod
    def of(cls, root: Node) -> _Plans:
        told = {node.get("id", ""): " ".join("".join(node.itertext()).split()) for node in root.iter("footnote")}
        footnotes = frozenset(name for name, text in told.items() if _tells_of_a_plan(text))
        used = {node.get("id", "") for node in root.iter("footnoteId")}
        is_flagged = is_true(said(root, "aff10b5One")) or _tells_of_a_plan(said(root, "remarks"))
        # The box is for the report: a footnote says which of its trades.
        return cls(footnotes=footnotes, is_all=is_flagged and not footnotes & used)

    def cover(self, node: Node) -> bool:
        return self.is_all or any(note.get("id", "") in self.footnotes for note in node.iter("footnoteId"))


def _tells_of_a_plan(text: str) -> bool:
    return bool(_PLAN.search(text)) and not _NO_PLAN.search(text)


def _line(node: Node, root: Node, plans: _Plans, shared: Line) -> Line | str:
    code = said(node, "transactionCoding/transactionCode")
    # What is held is held at the end of the report's period.
    day = day_of(said(node, "transactionDate") or said(root, "periodOfReport"))
    if day is None:
        return "a line of it is of no day"
    return {
        **shared, "ts_event": day, "code": code, "security": said(node, "securityTitle"),
        "is_acquired": said(node, "transactionAmounts/transactionAcquiredDisposedCode") == "A",
        "shares": amount_of(said(node, "transactionAmounts/transactionShares")),
        "price": amount_of(said(node, "transactionAmounts/transactionPricePerShare")),
        "held_after": amount_of(said(node, "postTransactionAmounts/sharesOwnedFollowingTransaction")),
        "is_direct": said(node, "ownershipNature/directOrIndirectOwnership") != "I",
        "is_planned": bool(code) and plans.cover(node),
    }  # fmt: skip


def _owners(root: Node) -> Line:
    """Those who report together, as one; the id is the first's."""
    owners = root.findall("reportingOwner")
    names = dict.fromkeys(said(one, "reportingOwnerId/rptOwnerName") for one in owners)
    roles = dict.fromkeys(role for one in owners for role in _roles(one))
    first = said(owners[0], "reportingOwnerId/rptOwnerCik") if owners else ""
    is_cik = first.isascii() and first.isdigit()
    return {
        "insider": "; ".join(filter(None, names)), "insider_cik": first.zfill(10) if is_cik else "",
        "role": ", ".join(roles),
    }  # fmt: skip


def _roles(owner: Node) -> Iterator[str]:
    path = "reportingOwnerRelationship"
    if is_true(said(owner, f"{path}/isDirector")):
        yield "director"
    if is_true(said(owner, f"{path}/isOfficer")):
        yield said(owner, f"{path}/officerTitle") or "officer"
    if is_true(said(owner, f"{path}/isTenPercentOwner")):
        yield "10% owner"
    if is_true(said(owner, f"{path}/isOther")):
        yield said(owner, f"{path}/otherText") or "other"
