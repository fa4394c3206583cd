"""The last row of a factor of facts by quarter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from nautilus_data.factors.company import COMPANY_FACTORS
from tests.company_facts import company_of, quarterly

Values = Mapping[str, Sequence[object]]


def last_row(key: str, flows: Values, moments: Values, **options: object) -> pd.Series:
    return COMPANY_FACTORS[key].compute(company_of(quarterly(flows, moments), **options)).iloc[-1]


def last_value(key: str, flows: Values, moments: Values, **options: object) -> float:
    row = last_row(key, flows, moments, **options)
    assert row["reason"] == ""
    return row["value"]


def last_reason(key: str, flows: Values, moments: Values, **options: object) -> str:
    row = last_row(key, flows, moments, **options)
    assert row["value"] != row["value"]
    return row["reason"]
