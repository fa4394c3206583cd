"""Standing: who a company is, how it stands here, and how its source was asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from nautilus_data.core.dataset import Series
from nautilus_data.services.filings.forms import Due
from nautilus_data.services.filings.polling import Asked
from nautilus_data.services.filings.shelf import KINDS, SOURCE, series_of
from nautilus_data.sources import Source
from nautilus_data.store import Store
from nautilus_data.transport import Tally


@dataclass(frozen=True, kw_only=True)
class Card:
    """A company as known at a time; `told` is a row of COMPANIES, filings are rows with their links, or None."""

    cik: str
    instrument_id: str
    is_kept: bool
    told: Mapping[str, Any]
    annual: Mapping[str, Any] | None = None
    quarterly: Mapping[str, Any] | None = None
    newest: Mapping[str, Any] | None = None
    due: Due = field(default_factory=Due)
    rows: Mapping[str, int] = field(default_factory=dict)
    is_manager: bool = False


def stated(
    card: Card, asked: Mapping[str, Mapping[Series, Asked]], running: Collection[str], refusal: str
) -> dict[str, Any]:
    """A company's row: who it is, how much is known of it, and how each dataset stands."""
    states = {kind: _state(card, kind, asked[kind], running, refusal) for kind in KINDS}
    state, note = states["filings"]
    if any(one == "loading" for one, _ in states.values()):
        state, note = "loading", ", ".join(kind for kind, (one, _) in states.items() if one == "loading")
    return {
        "cik": card.cik, "name": card.told["name"], "tickers": list(card.told["tickers"]), "is_kept": card.is_kept,
        "filings": card.rows["filings"], "newest": card.newest, "state": state, "note": note, "states": states,
    }  # fmt: skip


def statistics(source: Source | None, store: Store) -> dict[str, Any]:
    """What real requests left in the ledger, whoever made them; `asked`, `failed` and `cached` are of today (UTC)."""
    health = source.health() if source else None
    quota = source.quota() if source else []
    pause = source.interruption() if source else ""
    tally = source.tally() if source else Tally()
    stored = {kind: sum(one.source == SOURCE for one in store.series_list(kind)) for kind in KINDS}
    return {
        "ts_last": health.ts_last if health else 0, "ts_ok": health.ts_ok if health else 0,
        "ts_error": health.ts_error if health else 0, "error": health.error if health else "",
        "last_error": health.last_error if health else "",
        "latency_ms": health.latency_ms if health else float("nan"),
        "limits": [(one.used, one.limit, one.window_s) for one in quota], "pause": pause, "stored": stored,
        "asked": tally.asked, "failed": tally.failed, "cached": tally.cached,
    }  # fmt: skip


def _state(
    card: Card, kind: str, asked: Mapping[Series, Asked], running: Collection[str], refusal: str
) -> tuple[str, str]:
    """data, loading, refused, empty, not asked or unavailable; and why."""
    series = series_of(card.cik, kind)
    last = asked.get(series, Asked())
    if str(series) in running:
        return "loading", ""
    if card.rows[kind]:
        return "data", last.error
    if refusal:
        return "unavailable", refusal
    if last.error:
        return "refused", last.error
    return ("empty", "asked for; there is nothing") if last.ts_asked else ("not asked", "")
