"""Documents as EDGAR has them: reports of insiders, 13F submissions, facts, the feed, its error pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

UNDECLARED = (
    b'<!DOCTYPE html>\n<html lang="en"><head><title>SEC.gov | Your Request Originates from an Undeclared Automated Tool'
    b"</title></head><body><h1>Your Request Originates from an Undeclared Automated Tool</h1></body></html>"
)
TOO_FAST = (
    b"<!DOCTYPE html>\n<html><head><title>SEC.gov | Request Rate Threshold Exceeded</title></head><body>"
    b"<h1>Request Rate Threshold Exceeded</h1>Current guidelines limit each user to a total of no more than 10 requests"
    b" per second</body></html>"
)
NOT_THERE = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.'
    b"</Message><Key>submissions/CIK0.json</Key><RequestId>R</RequestId></Error>"
)


def _value(name: str, text: object, notes: str = "") -> str:
    marks = "".join(f'<footnoteId id="{note}"/>' for note in notes.split())
    inner = "" if text is None else f"<value>{text}</value>"
    return f"<{name}>{inner}{marks}</{name}>"


def trade(
    code: str = "P",
    shares: object = 100,
    price: object = "10.25",
    *,
    day: str = "2024-02-01",
    acquired: str = "A",
    held: object = 1100,
    direct: str = "D",
    security: str = "Common Stock",
    kind: str = "nonDerivative",
    notes: str = "",
) -> str:
    """A transaction of a report; of kind derivative for its second table."""
    return (
        f"<{kind}Transaction>{_value('securityTitle', security)}{_value('transactionDate', day)}"
        f"<transactionCoding><transactionFormType>4</transactionFormType><transactionCode>{code}</transactionCode>"
        f"<equitySwapInvolved>0</equitySwapInvolved></transactionCoding><transactionAmounts>"
        f"{_value('transactionShares', shares)}{_value('transactionPricePerShare', price, notes)}"
        f"{_value('transactionAcquiredDisposedCode', acquired)}</transactionAmounts><postTransactionAmounts>"
        f"{_value('sharesOwnedFollowingTransaction', held)}</postTransactionAmounts><ownershipNature>"
        f"{_value('directOrIndirectOwnership', direct)}</ownershipNature></{kind}Transaction>"
    )


def holding(security: str = "Common Stock", held: object = 500, *, kind: str = "nonDerivative") -> str:
    """A line of what is held."""
    return (
        f"<{kind}Holding>{_value('securityTitle', security)}<postTransactionAmounts>"
        f"{_value('sharesOwnedFollowingTransaction', held)}</postTransactionAmounts><ownershipNature>"
        f"{_value('directOrIndirectOwnership', 'I')}</ownershipNature></{kind}Holding>"
    )


def owner(name: str = "DOE JANE", cik: str = "0001234567", relation: str = "<isDirector>1</isDirector>") -> str:
    return (
        f"<reportingOwner><reportingOwnerId><rptOwnerCik>{cik}</rptOwnerCik><rptOwnerName>{name}</rptOwnerName>"
        f"</reportingOwnerId><reportingOwnerRelationship>{relation}</reportingOwnerRelationship></reportingOwner>"
    )


def report(
    *lines: str,
    issuer: str = "0000320193",
    form: str = "4",
    owners: Sequence[str] = (owner(),),
    period: str = "2024-02-01",
    derivatives: Sequence[str] = (),
    footnotes: Mapping[str, str] = {},
    remarks: str = "",
    planned: str = "",
    amends: str = "",
) -> bytes:
    """A report of an insider: form 3, 4 or 5."""
    notes = "".join(f'<footnote id="{name}">{escape(text)}</footnote>' for name, text in footnotes.items())
    return (
        f'<?xml version="1.0"?>\n<ownershipDocument><schemaVersion>X0508</schemaVersion><documentType>{form}'
        f"</documentType><periodOfReport>{period}</periodOfReport>"
        + (f"<dateOfOriginalSubmission>{amends}</dateOfOriginalSubmission>" if amends else "")
        + f"<issuer><issuerCik>{issuer}</issuerCik><issuerName>Any Inc.</issuerName></issuer>{''.join(owners)}"
        + (f"<aff10b5One>{planned}</aff10b5One>" if planned else "")
        + f"<nonDerivativeTable>{''.join(lines)}</nonDerivativeTable><derivativeTable>{''.join(derivatives)}"
        f"</derivativeTable><footnotes>{notes}</footnotes><remarks>{escape(remarks)}</remarks></ownershipDocument>"
    ).encode()


def held(issuer: str, cusip: str, value: object, amount: object = 1000, put_call: str = "") -> str:
    """A line of a 13F table."""
    option = f"<putCall>{put_call}</putCall>" if put_call else ""
    return (
        f"<infoTable><nameOfIssuer>{escape(issuer)}</nameOfIssuer><titleOfClass>COM</titleOfClass><cusip>{cusip}</cusip>"
        f"<value>{value}</value><shrsOrPrnAmt><sshPrnamt>{amount}</sshPrnamt><sshPrnamtType>SH</sshPrnamtType>"
        f"</shrsOrPrnAmt>{option}<investmentDiscretion>SOLE</investmentDiscretion><votingAuthority><Sole>1</Sole>"
        f"<Shared>0</Shared><None>0</None></votingAuthority></infoTable>"
    )


def submission(*lines: str, period: str = "12-31-2023", amendment: str = "", table: bytes | None = None) -> bytes:
    """The text of a whole 13F submission: header, cover page and information table."""
    amended = (
        f"<isAmendment>true</isAmendment><amendmentInfo><amendmentType>{amendment}</amendmentType></amendmentInfo>"
    )
    cover = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<edgarSubmission xmlns="http://www.sec.gov/edgar/thirteenffiler"'
        ' xmlns:com="http://www.sec.gov/edgar/common"><headerData><filerInfo>'
        f"<periodOfReport>{period}</periodOfReport></filerInfo></headerData><formData><coverPage>"
        f"{amended if amendment else '<isAmendment>false</isAmendment>'}</coverPage><summaryPage><tableEntryTotal>"
        f"{len(lines)}</tableEntryTotal></summaryPage></formData></edgarSubmission>"
    ).encode()
    named = "http://www.sec.gov/edgar/document/thirteenf/informationtable"
    whole = f'<?xml version="1.0"?>\n<ns1:informationTable xmlns:ns1="{named}">{"".join(lines)}</ns1:informationTable>'
    for name in ("infoTable",):
        whole = whole.replace(f"<{name}>", f"<ns1:{name}>").replace(f"</{name}>", f"</ns1:{name}>")
    parts = [("13F-HR", cover)]
    if lines or table is not None:
        parts.append(("INFORMATION TABLE", whole.encode() if table is None else table))
    told = b"".join(
        b"<DOCUMENT>\n<TYPE>%b\n<SEQUENCE>1\n<TEXT>\n<XML>\n%b\n</XML>\n</TEXT>\n</DOCUMENT>\n" % (kind.encode(), body)
        for kind, body in parts
    )
    header = b"<SEC-DOCUMENT>x.txt : 20240214\n<SEC-HEADER>x\n<ACCEPTANCE-DATETIME>20240214161005\n</SEC-HEADER>\n"
    return header + told + b"</SEC-DOCUMENT>\n"


def fact(end: str, value: object, accession: str, filed: str, **more: Any) -> dict[str, Any]:
    """A fact as EDGAR lists it."""
    said = {"end": end, "val": value, "accn": accession, "fy": 2023, "fp": "FY", "form": "10-K", "filed": filed}
    return {**said, **more}


def entry(form: str, company: str, cik: str, accession: str, accepted: str, **more: str) -> str:
    """An entry of the feed."""
    filed, items = more.get("filed", accepted[:10]), more.get("items", "")
    told = "".join(f"<br>Item {one}: Something" for one in items.split(",") if one)
    summary = escape(f" <b>Filed:</b> {filed} <b>AccNo:</b> {accession} <b>Size:</b> 5 KB {told}")
    link = f"https://www.sec.gov/Archives/edgar/data/{int(cik)}/{accession.replace('-', '')}/{accession}-index.htm"
    return (
        f"<entry><title>{form} - {escape(company)} ({cik}) ({more.get('role', 'Filer')})</title>"
        f'<link rel="alternate" type="text/html" href="{link}"/><summary type="html">{summary}</summary>'
        f'<updated>{accepted}</updated><category scheme="https://www.sec.gov/" label="form type" term="{form}"/>'
        f"<id>urn:tag:sec.gov,2008:accession-number={accession}</id></entry>"
    )


def hit(accession: str, document: str, cik: str, name: str, form: str, filed: str, **more: Any) -> dict[str, Any]:
    """A hit of the full-text search."""
    said = {
        "ciks": [cik], "display_names": [f"{name}  (CIK {cik})"], "form": form, "root_forms": [form], "adsh": accession,
        "file_date": filed, "period_ending": more.get("period"), "file_type": more.get("type", form),
        "file_description": more.get("description"),
    }  # fmt: skip
    return {"_index": "edgar_file", "_id": f"{accession}:{document}", "_score": 1.5, "_source": said}


def feed(entries: Sequence[str]) -> bytes:
    head = (
        '<?xml version="1.0" encoding="ISO-8859-1" ?>\n<feed xmlns="http://www.w3.org/2005/Atom"><title>Latest</title>'
    )
    return f"{head}{''.join(entries)}</feed>".encode("latin-1")
