"""A made-up company written straight into a store: restated once, with filings, insiders' trades and 13F holdings."""

from __future__ import annotations

import json

import pandas as pd

from nautilus_data.core.dataset import COMPANIES, HOLDINGS
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange, to_ns
from nautilus_data.services.filings.shelf import series_of
from nautilus_data.store import Store
from tests.company_facts import fact, facts_of, filing, filings_of, trade, trades_of

ACME, BANK = "0000000042", "0001067983"
PAST = TimeRange(to_ns("1993-01-01"), to_ns("2024-06-01"))
SALES = "RevenueFromContractWithCustomerExcludingAssessedTax"
# Known the day after they were filed; the second yearly report says 2022 differently.
FIRST_SAID, RESTATED = to_ns("2023-02-16"), to_ns("2024-02-16")


def seed(store: Store, cik: str = ACME) -> None:
    """All four datasets of a company and its row in the list."""
    store.write(series_of(cik, "facts"), facts(), PAST)
    store.write(series_of(cik, "filings"), filings(), PAST)
    store.write(series_of(cik, "insider_trades"), trades(), PAST)
    store.write(series_of(cik, "holdings"), holdings(), PAST)
    store.write_rows({COMPANIES: companies([company(cik, "Acme Corp", ["ACME", "ACME-B"])])})


def facts() -> pd.DataFrame:
    quarters = [("2023-01-01", "2023-03-31", 25, "2023-05-01"), ("2023-04-01", "2023-06-30", 26, "2023-08-01"),
                ("2023-07-01", "2023-09-30", 27, "2023-11-01")]  # fmt: skip
    rows = [fact(SALES, start, end, value * 10**6, filed, form="10-Q") for start, end, value, filed in quarters]
    rows += [
        fact(SALES, "2022-01-01", "2022-12-31", 90_000_000, "2023-02-15", "0000000042-23-000001", "10-K"),
        fact(SALES, "2023-01-01", "2023-12-31", 110_000_000, "2024-02-15", "0000000042-24-000001", "10-K"),
        fact(SALES, "2022-01-01", "2022-12-31", 85_000_000, "2024-02-15", "0000000042-24-000001", "10-K"),
        fact("NetIncomeLoss", "2023-01-01", "2023-12-31", 11_000_000, "2024-02-15", "0000000042-24-000001", "10-K"),
        fact("Assets", "", "2022-12-31", 200_000_000, "2023-02-15", "0000000042-23-000001", "10-K"),
        fact("Assets", "", "2023-12-31", 240_000_000, "2024-02-15", "0000000042-24-000001", "10-K"),
    ]
    return facts_of(*rows)


def filings() -> pd.DataFrame:
    frame = filings_of(
        filing("10-K", "2023-02-15", "2022-12-31", size=900_000), filing("10-Q", "2023-05-01", "2023-03-31"),
        filing("8-K", "2023-06-10", "2023-06-09", items="2.02,9.01"), filing("4", "2023-06-12"),
        filing("13F-HR", "2023-08-14", "2023-06-30"), filing("13F-HR", "2023-11-14", "2023-09-30"),
        filing("10-K", "2024-02-15", "2023-12-31", size=950_000), filing("10-K/A", "2024-03-15", "2023-12-31"),
    )  # fmt: skip
    numbers = [f"0000000042-24-{place:06d}" for place in range(len(frame))]
    return frame.assign(accession=numbers, document="report.htm", description=frame["form"] + " report")


def trades() -> pd.DataFrame:
    return trades_of(
        trade("2023-06-12", "P", 1_000, "10.50", "1"), trade("2023-06-20", "S", 400, "11", "2"),
        trade("2023-08-01", "S", 300, "12", "2"), trade("2023-08-02", "A", 5_000, "0", "2"),
    )  # fmt: skip


def holdings() -> pd.DataFrame:
    rows = [
        _held("2023-06-30", "2023-08-15", "ALPHA", 100, 1_000), _held("2023-06-30", "2023-08-15", "BETA", 300, 10),
        _held("2023-09-30", "2023-11-15", "ALPHA", 150, 1_200), _held("2023-09-30", "2023-11-15", "GAMMA", 50, 5),
        _held("2023-09-30", "2023-12-15", "ALPHA", 160, 1_300, "RESTATEMENT"),
        _held("2023-09-30", "2023-12-15", "GAMMA", 40, 4, "RESTATEMENT"),
    ]  # fmt: skip
    frame = pd.DataFrame(rows).assign(sequence=range(len(rows)))
    return HOLDINGS.conform(frame)


def company(cik: str, name: str, tickers: list[str], **told: object) -> dict[str, object]:
    row = {
        "cik": cik, "name": name, "tickers": json.dumps(tickers), "exchanges": json.dumps(["NYSE"] * len(tickers)),
        "former_names": "[]", "sic": "3571", "industry": "Electronic Computers", "state": "DE",
        "fiscal_year_end": "1231", "category": "Large accelerated filer", "ts_init": to_ns("2024-01-01"),
    }  # fmt: skip
    return {**row, **told}


def companies(rows: list[dict[str, object]]) -> pd.DataFrame:
    return COMPANIES.conform(pd.DataFrame(rows))


def _held(end: str, known: str, issuer: str, value: int, amount: int, amendment: str = "") -> dict[str, object]:
    return {
        "accession": f"13F {end} {known}", "ts_event": to_ns(end), "ts_init": to_ns(known) + NS_PER_DAY,
        "form": "13F-HR/A" if amendment else "13F-HR", "amendment": amendment, "issuer": issuer, "title": "COM",
        "cusip": issuer[:9], "figi": "", "value": str(value), "amount": str(amount), "amount_type": "SH",
        "put_call": "", "discretion": "SOLE",
    }  # fmt: skip
