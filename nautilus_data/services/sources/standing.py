"""Standing: how a source stands, put into the words and columns of tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pandas as pd

from nautilus_data.core.dataset import parse_timeframe, show_timeframe, timeframe_ns
from nautilus_data.services.live import Quoted
from nautilus_data.sources import Source, SourceSpec
from nautilus_data.transport import Health, Quota, State, Tally

COLUMNS = (
    "name", "title", "url", "is_enabled", "is_available", "reason", "state", "last_ok_at", "last_error",
    "last_error_at", "latency_ms", "quota_used", "quota_limit", "quota_left", "quota_window_s", "priority",
    "is_streaming", "capabilities", "note",
)  # fmt: skip
_LATEST = (
    "source", "instrument_id", "kind", "price", "bid", "ask", "volume", "is_delayed", "is_stale", "ts_event",
    "ts_received",
)  # fmt: skip
SWITCHED_OFF, NO_WORKER, NOT_SET_UP = "switched off", "no worker", "not set up"
_NOTHING_TOLD = MappingProxyType(
    {
        "state": NO_WORKER, "address": "", "client_id": None, "client_ids": [], "server_version": None, "error": "",
        "outage": "", "farms": {}, "lines": 0, "calls_used": 0, "calls_left": 0, "connected_at": 0,
        "reconnect_attempts": 0, "history": [], "outages": [], "refusals": {}, "ts_updated": 0,
    }
)  # fmt: skip


def row(
    source: Source, *, is_enabled: bool, priority: int, health: Health | None, connection: Mapping[str, Any] | None
) -> tuple:
    """A line of the list of sources; health and quota are what real requests left in the ledger."""
    spec, reason, quota = source.spec, source.refusal(), _fullest(source.quota())
    error = health.last_error if health else ""
    return (
        spec.name, spec.title, spec.url, is_enabled, not reason, reason,
        connection["state"] if connection else _state(source, is_enabled, health), health.ts_ok if health else 0,
        (connection and connection["error"]) or error, health.ts_error if health else 0,
        health.latency_ms if health else float("nan"), quota.used, quota.limit, quota.left, quota.window_s, priority,
        spec.is_streaming, capabilities(spec), _note(source, reason, connection),
    )  # fmt: skip


def connection(told: Mapping[str, Any] | None, is_enabled: bool, fresh_since: int) -> dict[str, Any]:
    """What the worker told, under the same names when it told nothing; `state` is true now."""
    found = {**_NOTHING_TOLD, **(told or {})}
    found["is_fresh"] = found["ts_updated"] > fresh_since
    if not is_enabled:
        found["state"] = SWITCHED_OFF
    elif not found["is_fresh"]:
        found["state"] = NO_WORKER
    return found


def trouble(told: Mapping[str, Any]) -> str:
    """Why a connection delivers nothing and what to do, or ''."""
    if told["state"] != State.CONNECTED:
        reason = told["error"] or "start TWS or IB Gateway and enable its API"
        return f"not connected to the gateway at {told['address']} ({told['state']}): {reason}"
    return told["outage"] or ""


def capabilities(spec: SourceSpec) -> str:
    """`bars 1m 5m (raw, split), 1d (raw, split, total); corporate actions 1d (raw)`."""
    parts: dict[str, dict[tuple[str, ...], list[str]]] = {}
    for one in spec.capabilities:
        same = parts.setdefault(one.dataset.replace("_", " "), {})
        same.setdefault(one.adjustments, []).extend(map(show_timeframe, one.timeframes))
    return "; ".join(f"{dataset} {', '.join(_steps(*one) for one in same.items())}" for dataset, same in parts.items())


def _steps(adjustments: tuple[str, ...], timeframes: Iterable[str]) -> str:
    steps = sorted(set(timeframes), key=lambda step: timeframe_ns(parse_timeframe(step)))
    return f"{' '.join(steps)} ({', '.join(adjustments)})"


def latest(rows: Iterable[Mapping[str, Any]], is_stale: Callable[[str], bool]) -> pd.DataFrame:
    """Live values as texts; None: not known."""
    cells = [
        [is_stale(row["source"]) if name == "is_stale" else row[name] if row[name] != "" else None for name in _LATEST]
        for row in rows
    ]
    return pd.DataFrame(cells, columns=list(_LATEST))


def quoted(row: Mapping[str, Any], is_stale: bool) -> Quoted:
    """A stored live value as pages show it."""
    prices = {name: Decimal(row[name]) if row[name] else None for name in ("price", "bid", "ask", "previous", "volume")}
    return Quoted(
        **prices, is_stale=is_stale,
        **{name: row[name] for name in ("instrument_id", "source", "kind", "is_delayed", "ts_event", "ts_received")},
    )  # fmt: skip


def _state(source: Source, is_enabled: bool, health: Health | None) -> str:
    if not is_enabled:
        return SWITCHED_OFF
    if source.unavailable_reason():
        return NOT_SET_UP
    if source.interruption():
        return "paused"
    if not source.spec.limits:
        return "ok"
    if health is None:
        return "not used"
    return "ok" if health.is_ok else "error"


def _note(source: Source, reason: str, connection: Mapping[str, Any] | None) -> str:
    if reason:
        return ""
    if connection:
        return f"the worker tells nothing of it: {NO_WORKER} runs" if connection["state"] == NO_WORKER else ""
    return source.interruption() or (_say_tally(source.tally()) if source.spec.limits else "needs no network")


def _say_tally(tally: Tally) -> str:
    """`12 requests today, 1 failed, 30 answered by what was kept`; '' before the first."""
    if not (tally.asked or tally.cached):
        return ""
    said = f"{tally.asked} request{'' if tally.asked == 1 else 's'} today"
    failed = f", {tally.failed} failed" if tally.failed else ""
    return said + failed + (f", {tally.cached} answered by what was kept" if tally.cached else "")


def _fullest(quotas: Iterable[Quota]) -> Quota:
    return min(quotas, key=lambda one: one.left / one.limit, default=Quota(0, 0, 0.0))
