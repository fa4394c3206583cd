"""Yahoo's splits, dividends and capital gains, which come with a chart, as rows."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from nautilus_data.core.timerange import NS_PER_S
from nautilus_data.sources.yahoo.chart import Chart, quoted


def corporate_actions(document: dict[str, Any], adjustment: str) -> pd.DataFrame:
    """Splits, dividends and capital gains; `raw` amounts are those paid for a share of the day."""
    chart = Chart.of(document)
    splits = chart.splits()
    rows = [_split_row(one) for one in (chart.events.get("splits") or {}).values()]
    for kind, name in (("dividend", "dividends"), ("capital gain", "capitalGains")):
        for one in (chart.events.get(name) or {}).values():
            after = [ratio for date, ratio in splits if date > int(one["date"])] if adjustment == "raw" else []
            rows.append(_cash_row(kind, one, after, chart.meta.get("currency") or ""))
    columns = ["ts_event", "ts_init", "kind", "amount", "currency", "numerator", "denominator"]
    return pd.DataFrame(rows, columns=columns).sort_values("ts_event", kind="stable")


def _split_row(one: dict[str, Any]) -> dict[str, Any]:
    at = int(one["date"]) * NS_PER_S
    parts = {name: format(Decimal(str(one[name])).normalize(), "f") for name in ("numerator", "denominator")}
    return {"ts_event": at, "ts_init": at, "kind": "split", "amount": "", "currency": "", **parts}


def _cash_row(kind: str, one: dict[str, Any], after: list[Decimal], currency: str) -> dict[str, Any]:
    at, amount = int(one["date"]) * NS_PER_S, Decimal(str(quoted(np.array([float(one["amount"])]))[0]))
    for ratio in after:
        amount *= ratio
    text = format(amount.normalize(), "f")
    return {
        "ts_event": at, "ts_init": at, "kind": kind, "amount": text, "currency": one.get("currency") or currency,
        "numerator": "", "denominator": "",
    }  # fmt: skip
