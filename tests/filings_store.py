"""A store with a company that files with the SEC: reports with a restatement, insiders' trades; and a manager's 13F."""

from __future__ import annotations

import json

import pandas as pd

from nautilus_data.core.dataset import COMPANIES, DATASETS, Series
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange, to_ns
from nautilus_data.services.filings.shelf import series_of
from nautilus_data.store import Store

CIK, MANAGER = "0000001234", "0000005678"
SEEN = to_ns("2024-06-01")
# Accession, form, day filed, end of its period, items.
_FILINGS = (
    ("0000001234-23-000001", "10-K", "2023-02-21", "2022-12-31", ""),
    ("0000001234-23-000002", "10-Q", "2023-05-02", "2023-03-31", ""),
    ("0000001234-23-000003", "8-K", "2023-06-05", "2023-06-02", "5.02,9.01"),
    ("0000001234-23-000004", "10-Q", "2023-11-02", "2023-09-30", ""),
    ("0000001234-24-000001", "10-K", "2024-02-20", "2023-12-31", ""),
    ("0000001234-24-000002", "10-K/A", "2024-03-04", "2023-12-31", ""),
)
# Tag, first day (none: at one moment), last day, value, place of its filing above. Sales of 2022 are restated.
_FACTS = (
    ("Revenues", "2022-01-01", "2022-12-31", "1000", 0),
    ("Revenues", "2023-01-01", "2023-03-31", "250", 1),
    ("Revenues", "2023-01-01", "2023-09-30", "830", 3),
    ("Revenues", "2022-01-01", "2022-12-31", "980", 4),
    ("Revenues", "2023-01-01", "2023-12-31", "1200.5", 4),
    ("NetIncomeLoss", "2022-01-01", "2022-12-31", "100", 0),
    ("NetIncomeLoss", "2023-01-01", "2023-12-31", "130", 4),
    ("CostOfRevenue", "2022-01-01", "2022-12-31", "600", 0),
    ("CostOfRevenue", "2023-01-01", "2023-12-31", "700", 4),
    ("Assets", "", "2022-12-31", "2000", 0),
    ("Assets", "", "2023-12-31", "2200", 4),
)


def put_companies(store: Store) -> None:
    """Two of the list; of one its own filings were asked for, too."""
    rows = [
        (CIK, "EXAMPLE CORP", ["EXA", "EX-B"], ["NYSE", "NYSE"], ["OLD NAME INC"], "3571", "Electronic Computers", "DE",
         "1231", "Large accelerated filer", SEEN),
        (MANAGER, "MANAGER LLC", ["MAN"], ["Nasdaq"], [], "", "", "", "", "", SEEN),
    ]  # fmt: skip
    told = [tuple(json.dumps(value) if isinstance(value, list) else value for value in row) for row in rows]
    store.write_rows({COMPANIES: told})


def put_filings(store: Store) -> None:
    rows = [
        {"accession": accession, "ts_event": to_ns(filed), "ts_init": known(filed), "form": form, "filed": to_ns(filed),
         "report_date": to_ns(report), "items": items, "size": 1000, "document": "report.htm", "description": form,
         "is_xbrl": True}
        for accession, form, filed, report, items in _FILINGS
    ]  # fmt: skip
    _put(store, series_of(CIK, "filings"), rows)


def put_facts(store: Store) -> None:
    rows = []
    for tag, start, end, value, place in _FACTS:
        accession, form, filed, *_ = _FILINGS[place]
        rows.append(
            {"taxonomy": "us-gaap", "tag": tag, "unit": "USD", "ts_start": to_ns(start) if start else 0,
             "ts_event": to_ns(end), "ts_init": known(filed), "accession": accession, "value": value, "form": form,
             "fiscal_year": 2023, "fiscal_period": "FY", "filed": to_ns(filed), "known_by": "filed"}
        )  # fmt: skip
    _put(store, series_of(CIK, "facts"), rows)


def put_trades(store: Store) -> None:
    """A purchase, and a sale under a plan of which the price is not told."""
    same = {"form": "4", "insider": "DOE JANE", "insider_cik": "0000000042", "role": "Director",
            "security": "Common Stock", "is_direct": True, "is_derivative": False, "sequence": 0,
            "amends": 0}  # fmt: skip
    rows = [
        {**same, "accession": "0000000042-23-000001", "ts_event": to_ns("2023-05-08"), "ts_init": known("2023-05-09"),
         "code": "P", "is_acquired": True, "shares": "100", "price": "10.25", "held_after": "1100",
         "is_planned": False},
        {**same, "accession": "0000000042-24-000001", "ts_event": to_ns("2024-03-11"), "ts_init": known("2024-03-12"),
         "code": "S", "is_acquired": False, "shares": "50", "price": "", "held_after": "1050", "is_planned": True},
    ]  # fmt: skip
    _put(store, series_of(CIK, "insider_trades"), rows)


def put_holdings(store: Store) -> None:
    """Two quarters of a manager."""
    rows = []
    for quarter, filed, amounts in (("2023-09-30", "2023-11-14", (100,)), ("2023-12-31", "2024-02-14", (150, 10))):
        for place, amount in enumerate(amounts):
            rows.append(
                {"accession": f"0000005678-{filed[2:4]}-000001", "sequence": place, "ts_event": to_ns(quarter),
                 "ts_init": known(filed), "form": "13F-HR", "amendment": "", "issuer": ("EXAMPLE CORP", "OTHER")[place],
                 "title": "COM", "cusip": ("123456789", "987654321")[place], "figi": "", "value": str(amount * 12),
                 "amount": str(amount), "amount_type": "SH", "put_call": "", "discretion": "SOLE"}
            )  # fmt: skip
    _put(store, series_of(MANAGER, "holdings"), rows)


def put_all(store: Store) -> None:
    for put in (put_companies, put_filings, put_facts, put_trades, put_holdings):
        put(store)


def known(filed: str) -> int:
    """From the open of the next session on; here, half past two the day after."""
    return to_ns(filed) + NS_PER_DAY + NS_PER_DAY * 29 // 48


def _put(store: Store, series: Series, rows: list[dict]) -> None:
    frame = DATASETS[series.dataset].conform(pd.DataFrame(rows))
    store.write(series, frame, TimeRange(0, SEEN))
