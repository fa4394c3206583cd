"""EDGAR's real answers, recorded, through the real client: what they say is what becomes rows."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal

import pandas as pd
import pytest

from nautilus_data.core.dataset import COMPANIES, FACTS, FILINGS
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange, to_ns
from nautilus_data.errors import SkippableError
from nautilus_data.sources.edgar import Edgar
from tests import loopback_edgar as faults
from tests.loopback_edgar import LoopbackEdgar
from tests.sources.edgar_asked import ALL, fetched, recorded, series_of, serving, when

NOW = to_ns("2026-11-25T15:00")
WHOLE = TimeRange(ALL.start, NOW)
APPLE, CARBO, NVIDIA, LPA, NOBODY = "0000320193", "0001009672", "0001045810", "0001997711", "0000350001"


def serve(server: LoopbackEdgar, cik: str, name: str, page: str = "") -> bytes:
    body = recorded(name)
    path = f"submissions/CIK{cik}{page}.json" if "submissions" in name else f"api/xbrl/companyfacts/CIK{cik}.json"
    server.documents[f"data.sec.gov/{path}"] = body
    return body


def described(source: Edgar, cik: str) -> dict[str, object]:
    series = series_of("filings", cik)
    (row,) = source.described(asyncio.run(source.extract(series, WHOLE)), series)[COMPANIES].to_dict("records")
    return row


def test_every_filing_of_apple_becomes_a_row() -> None:
    with serving(now=NOW) as (server, source):
        body = json.loads(serve(server, APPLE, "submissions_CIK0000320193_AAPL.json"))
        server.documents[f"data.sec.gov/submissions/CIK{APPLE}-submissions-001.json"] = json.dumps(
            {name: [] for name in body["filings"]["recent"]}
        ).encode()
        frame = fetched(source, "filings", WHOLE)
        row = described(source, APPLE)
    recent = body["filings"]["recent"]
    assert len(frame) == len(recent["form"]) == 1005 and FILINGS.conform(frame).equals(frame)
    both = frame.set_index("accession").loc[recent["accessionNumber"]]
    assert both["form"].tolist() == recent["form"] and both["document"].tolist() == recent["primaryDocument"]
    assert both["filed"].tolist() == [to_ns(day) for day in recent["filingDate"]]
    assert both["report_date"].tolist() == [to_ns(day) if day else 0 for day in recent["reportDate"]]
    assert both["items"].tolist() == recent["items"] and both["size"].tolist() == recent["size"]
    # The next session opens after the day it was filed, and within a long weekend.
    lag = both["ts_init"] - both["filed"]
    assert lag.min() > NS_PER_DAY and lag.max() < 5 * NS_PER_DAY
    assert set(text[-5:] for text in when(both["ts_init"])) == {"09:30"}
    assert (row["name"], row["tickers"], row["fiscal_year_end"]) == ("Apple Inc.", '["AAPL"]', "0926")
    assert json.loads(row["former_names"]) == ["APPLE INC", "APPLE COMPUTER INC", "APPLE COMPUTER INC/ FA"]


def test_older_filings_are_on_their_page_and_a_company_without_any_has_none() -> None:
    with serving(now=NOW) as (server, source):
        serve(server, CARBO, "submissions_CIK0001009672_with_files.json")
        serve(server, CARBO, "submissions_CIK0001009672-submissions-001.json", "-submissions-001")
        frame = fetched(source, "filings", WHOLE, CARBO)
        serve(server, NOBODY, "submissions_CIK0000350001_no_filings.json")
        assert fetched(source, "filings", WHOLE, NOBODY).empty
        assert described(source, NOBODY)["tickers"] == "[]"
    assert len(frame) == 1205 and frame["accession"].is_unique
    assert when(frame["ts_init"])[0] == "1996-06-04 09:30"


@pytest.mark.parametrize(
    ("cik", "name"),
    [
        (APPLE, "companyfacts_CIK0000320193_AAPL_excerpt.json"),
        (NVIDIA, "companyfacts_CIK0001045810_NVDA_excerpt.json"),
        (LPA, "companyfacts_CIK0001997711_ifrs_small.json"),
    ],
)
def test_every_fact_becomes_a_row_with_its_exact_value(cik: str, name: str) -> None:
    with serving(now=NOW) as (server, source):
        body = json.loads(serve(server, cik, name), parse_float=Decimal)
        frame = fetched(source, "facts", WHOLE, cik)
        series = series_of("facts", cik)
        assert source.refused(asyncio.run(source.extract(series, WHOLE)), series).empty
    assert not frame.duplicated(list(FACTS.key)).any()
    names = ["taxonomy", "tag", "unit", "start", "end", "accession"]
    told = {
        (taxonomy, tag, unit, one.get("start") or "", one["end"], one["accn"]): one
        for taxonomy, tags in body["facts"].items()
        for tag, facts in tags.items()
        for unit, values in facts["units"].items()
        for one in values
    }
    assert len(frame) == len(told)
    texts = frame.assign(
        start=[f"{pd.Timestamp(ns):%Y-%m-%d}" if ns else "" for ns in frame["ts_start"]],
        end=[f"{pd.Timestamp(ns):%Y-%m-%d}" for ns in frame["ts_event"]],
    )
    for row in texts.to_dict("records"):
        said = told[tuple(row[column] for column in names)]
        assert Decimal(row["value"]) == said["val"]
        assert (row["form"], row["filed"], row["fiscal_period"]) == (
            said["form"],
            to_ns(said["filed"]),
            said["fp"] or "",
        )


def test_apples_first_report_of_a_year_is_known_before_its_restatement() -> None:
    with serving(now=NOW) as (server, source):
        serve(server, APPLE, "companyfacts_CIK0000320193_AAPL_excerpt.json")
        frame = fetched(source, "facts", WHOLE)
    year = frame[(frame["ts_event"] == to_ns("2006-09-30")) & (frame["tag"] == "CashAndCashEquivalentsAtCarryingValue")]
    assert year["form"].tolist() == ["10-K", "10-K/A"] and set(year["value"]) == {"6392000000"}
    assert when(year["ts_init"]) == ["2009-10-28 09:30", "2010-01-26 09:30"]


def test_the_list_of_companies_means_what_it_says() -> None:
    with serving(now=NOW) as (server, source):
        body, server.has_exchanges = recorded("company_tickers.json"), False
        server.documents["www.sec.gov/files/company_tickers.json"] = body
        frame = asyncio.run(source.company_list())
        said = json.loads(body).values()
        assert len(frame) == len({(one["cik_str"], one["ticker"]) for one in said}) > 9_000
        for text, cik in (("AAPL", APPLE), ("brk.b", "0001067983"), ("Nvidia", NVIDIA), ("GOOG", "0001652044")):
            assert asyncio.run(source.resolve(text)) == f"CIK{cik}.SEC"
        with pytest.raises(SkippableError, match="write one"):
            asyncio.run(source.resolve("bank"))


def test_the_answer_about_an_unknown_cik_is_told() -> None:
    with serving(now=NOW) as (server, source):
        server.faults.append(faults.says(recorded("error_404_submissions.xml"), 404))
        with pytest.raises(SkippableError, match=r"NoSuchKey.*The specified key does not exist"):
            asyncio.run(source.extract(series_of("filings", "0000000001"), WHOLE))
