"""Portfolio: what a manager held at the end of a quarter, of all its 13F reports of it, beside the quarter before."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd

KEY = ("cusip", "put_call", "amount_type")
COLUMNS = (*KEY, "issuer", "title", "value", "amount", "before", "change", "weight", "ts_init", "accession")
_RESTATEMENT = "RESTATEMENT"


def quarters(holdings: pd.DataFrame) -> list[int]:
    """Ends of the quarters anything is known of (ns), the newest first."""
    return sorted(map(int, holdings["ts_event"].unique()), reverse=True)


def reported(holdings: pd.DataFrame, quarter: int) -> pd.DataFrame:
    """The rows that stand of a quarter: of the newest report that replaces the others, and what was added since."""
    mine = holdings[holdings["ts_event"] == quarter]
    restated = mine.loc[mine["amendment"] == _RESTATEMENT, "ts_init"]
    if restated.empty:
        return mine
    newest = restated.max()
    stands = (mine["ts_init"] > newest) | ((mine["ts_init"] == newest) & (mine["amendment"] == _RESTATEMENT))
    return mine[stands]


def portfolio(holdings: pd.DataFrame, quarter: int) -> pd.DataFrame:
    """One row a security, the largest first; Decimals, `before` and `change` None without a quarter before.

    `weight` is the share (float) of the value of all; lots of several managers of one report are added up.
    """
    now = _summed(reported(holdings, quarter))
    earlier = [one for one in quarters(holdings) if one < quarter]
    before = _summed(reported(holdings, earlier[0])) if earlier else {}
    total = sum((row["value"] for row in now.values()), Decimal(0))
    rows = []
    for key, row in now.items():
        was = before.get(key, {}).get("amount", Decimal(0)) if earlier else None
        change = None if was is None else row["amount"] - was
        weight = float(row["value"] / total) if total else float("nan")
        rows.append({**dict(zip(KEY, key, strict=True)), **row, "before": was, "change": change, "weight": weight})
    rows.sort(key=lambda one: -one["value"])
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _summed(rows: pd.DataFrame) -> dict[tuple[str, ...], dict]:
    found: dict[tuple[str, ...], dict] = {}
    for row in rows.to_dict("records"):
        key = tuple(row[name] for name in KEY)
        told = {name: row[name] for name in ("issuer", "title", "ts_init", "accession")}
        sums = found.setdefault(key, {**told, "value": Decimal(0), "amount": Decimal(0)})
        sums["value"] += Decimal(row["value"] or 0)
        sums["amount"] += Decimal(row["amount"] or 0)
    return found
