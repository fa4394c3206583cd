"""Sources: what the sources' service answers in, what page `sources` shows out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

import pandas as pd

from app.views import numbers, table
from app.views.cards import Card, Group, Tone
from app.views.table import Context, Field
from nautilus_data.core.dataset import show_timeframe

_NS_PER_MS = 1_000_000
_MOST_CHANGES = 10
# An idle one connects as soon as something is asked of it.
_FARM_UP = ("ok", "idle")
_NEARLY, _SPENT = 0.8, 1.0
_TONES = MappingProxyType(
    {"ok": Tone.OK, "connected": Tone.OK, "error": Tone.BAD, "disconnected": Tone.BAD, "no worker": Tone.BAD,
     "paused": Tone.WARN, "connecting": Tone.WARN, "reconnecting": Tone.WARN, "not used": Tone.NONE,
     "switched off": Tone.NONE, "not set up": Tone.WARN}
)  # fmt: skip


def entries(sources: pd.DataFrame, quotas: Mapping[str, pd.DataFrame], zone: str) -> list[dict[str, Any]]:
    """One for each source, in the order they are asked."""
    rows = sources.to_dict("records")
    return [
        {
            "name": row["name"], "title": row["title"], "rank": str(row["priority"]), "state": row["state"],
            "tone": str(_tone(row)), "what": row["reason"] or row["note"], "can": row["capabilities"],
            "is_enabled": bool(row["is_enabled"]), "is_streaming": bool(row["is_streaming"]),
            "can_up": place > 0, "can_down": place < len(rows) - 1,
            "quotas": [_quota(quota) for quota in quotas[row["name"]].to_dict("records")],
            "facts": _facts(row, zone),
        }
        for place, row in enumerate(rows)
    ]  # fmt: skip


def moved(names: Sequence[str], name: str, step: int) -> list[str]:
    """The order with one of them a place earlier (-1) or later (1)."""
    order = list(names)
    at = order.index(name)
    to = min(len(order) - 1, max(0, at + step))
    order.insert(to, order.pop(at))
    return order


def connection(told: Mapping[str, Any], zone: str) -> list[Group]:
    """How the worker is connected to a gateway, as it told last."""
    is_up, is_fresh = told["state"] == "connected", told["is_fresh"]
    is_off = told["state"] == "switched off"
    state = told["state"] if is_fresh or is_off or not told["ts_updated"] else f"{told['state']}, not heard from"
    tone = _TONES.get(told["state"], Tone.BAD) if is_fresh or is_off else Tone.BAD
    if is_up and is_fresh and told["outage"]:
        # The gateway answers, and has nothing to tell.
        state, tone = f"{state}, cut off", Tone.BAD
    farms = told["farms"] or {}
    broken = [f"{name}: {how}" for name, how in farms.items() if how not in _FARM_UP]
    idle = [f"{name}: {how}" for name, how in farms.items() if how == "idle"]
    changed = max((change["at"] for change in told["history"]), default=0)
    note = told["error"] or told["outage"] or told["address"] or "no address told"
    cards = (
        Card("state", "Connection", state, tone, note),
        Card("since", "Connected" if is_up else "Not connected", "" if changed else numbers.NOT_KNOWN,
             note=f"since {_at(changed, zone)}", since=changed),
        Card("attempts", "Reconnect attempts", numbers.count(told["reconnect_attempts"]),
             Tone.WARN if told["reconnect_attempts"] else Tone.NONE, told["address"]),
        Card("client", "Client id", str(told["client_id"] or numbers.NOT_KNOWN),
             note=_client(told)),
        Card("calls", "Requests left", numbers.count(told["calls_left"]) if told["ts_updated"] else numbers.NOT_KNOWN,
             note=f"{told['calls_used'] or 0:,} used"),
        Card("lines", "Lines in use", numbers.count(told["lines"]), note="live quotes and 5 s bars"),
        Card("farms", "Data farms", f"{len(farms) - len(broken)} of {len(farms)} up" if farms else numbers.NOT_KNOWN,
             Tone.WARN if broken else Tone.NONE, ", ".join(broken + idle) or ", ".join(farms) or "none told yet"),
    )  # fmt: skip
    return [
        Group("connection", "Connection of the worker, as it told last", cards, rest="sources.connection"),
        Group("history", f"State changes ({zone})", _changes(told["history"], zone), "rows", empty="No change seen.",
              rest="sources.history"),
        Group("outages", f"Without live data ({zone})", _outages(told["outages"], zone), "rows",
              empty="Not since the worker started: no connection was lost, and no loss beyond the gateway was told.",
              rest="sources.outages"),
    ]  # fmt: skip


def watched(watches: pd.DataFrame, latest: pd.DataFrame) -> pd.DataFrame:
    """What is watched, with what came of it."""
    keys = ["source", "instrument_id", "kind"]
    return watches.merge(latest, on=keys, how="left") if len(watches) else watches


def remarks(watches: pd.DataFrame) -> str:
    """Why nothing comes of what is watched, a line for each reason."""
    if watches.empty:
        return ""
    told = watches[watches["note"].fillna("") != ""]
    names = told["instrument_id"] + " " + told["kind"]
    return "\n".join(f"{', '.join(some)}: {reason}" for reason, some in names.groupby(told["note"], sort=False))


def disagreements(found: pd.DataFrame | None) -> pd.DataFrame:
    """Rows that can be told apart, and how far each is off."""
    if found is None or found.empty:
        return pd.DataFrame(columns=["key", "apart", "ts_event", "instrument_id"])
    names = ["instrument_id", "timeframe", "adjustment", "ts_event", "source_a", "source_b"]
    keys = found[names].astype(str).agg(" ".join, axis=1)
    return found.assign(key=keys, apart=found["difference"].astype(float).abs())


def tolerance_words(found: pd.DataFrame) -> str:
    """What the list of disagreements covers."""
    told = found.attrs
    parts = [f"Closes of one bar that differ by more than {100 * float(told.get('tolerance', 0)):.3g} %, largest first"]
    if (total := told.get("total", len(found))) > len(found):
        parts.append(f"{len(found):,} of {total:,} shown")
    if not told.get("is_complete", True):
        parts.append("still comparing")
    return "; ".join(parts) + "."


def _tone(row: Mapping[str, Any]) -> Tone:
    if not row["is_enabled"]:
        return Tone.NONE
    tone = _TONES.get(row["state"], Tone.BAD)
    return Tone.WARN if tone in (Tone.NONE, Tone.OK) and row["reason"] else tone


def _quota(row: Mapping[str, Any]) -> dict[str, Any]:
    share = row["used"] / row["limit"] if row["limit"] else 0.0
    tone = "bad" if share >= _SPENT else "warn" if share >= _NEARLY else ""
    told = f"{row['used']:,} used, {row['left']:,} left"
    return {
        "title": told, "words": f"of {row['limit']:,} in {_window(row['window_s'])}", "fraction": share, "tone": tone,
    }  # fmt: skip


def _window(seconds: float) -> str:
    for unit, length in (("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:g} s"


def _facts(row: Mapping[str, Any], zone: str) -> list[list[Any]]:
    """Title, words, time whose age is counted in the browser (ms), tone."""
    latency = row["latency_ms"]
    has_failed = bool(row["last_error_at"])
    error = f"{row['last_error']} ({numbers.clock(row['last_error_at'], zone)} {zone})" if has_failed else "none"
    is_newest = has_failed and row["last_error_at"] > row["last_ok_at"]
    # One without a quota sends no request, so none is noted.
    never = "not used yet" if row["quota_limit"] else "on this machine"
    return [
        ["Last good", "" if row["last_ok_at"] else never, row["last_ok_at"] // _NS_PER_MS, ""],
        ["Latency", numbers.NOT_KNOWN if latency is None or latency != latency else f"{latency:,.0f} ms", 0, ""],
        ["Last error", error, row["last_error_at"] // _NS_PER_MS, "bad" if is_newest else ""],
    ]


def _changes(history: Sequence[Mapping[str, Any]], zone: str) -> tuple[Card, ...]:
    newest = sorted(history, key=lambda change: -change["at"])[:_MOST_CHANGES]
    return tuple(
        Card(f"change-{change['at']}-{place}", numbers.clock(change["at"], zone), change["state"],
             _TONES.get(change["state"], Tone.BAD), change["reason"])
        for place, change in enumerate(newest)
    )  # fmt: skip


def _outages(outages: Sequence[Mapping[str, Any]], zone: str) -> tuple[Card, ...]:
    newest = sorted(outages, key=lambda outage: -outage["start"])[:_MOST_CHANGES]
    return tuple(
        Card(f"outage-{outage['start']}-{place}", numbers.clock(outage["start"], zone),
             "open" if not outage["end"] else f"until {numbers.clock(outage['end'], zone, with_date=False)}",
             Tone.NONE if outage["end"] else Tone.BAD, outage["reason"])
        for place, outage in enumerate(newest)
    )  # fmt: skip


def _client(told: Mapping[str, Any]) -> str:
    """Of which ids it is the first that was free, and how old the gateway is."""
    ids, version = list(told["client_ids"] or ()), told["server_version"]
    parts = (f"from {ids[0]} to {ids[-1]}" if ids else "", f"server version {version}" if version else "")
    return " · ".join(filter(None, parts)) or "none while not connected"


def _at(ns: int, zone: str) -> str:
    return f"{numbers.clock(ns, zone)} {zone}" if ns else numbers.NOT_KNOWN


def _plain(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.UNKNOWN if value is None or value == "" or value != value else str(value)


def _time(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.when(value, context.zone)


def _age(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.age(value, context.now)


def _exact(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.number(value)


def _amount(value: Any, row: Mapping[str, Any], context: Context) -> str:
    shown = table.number(value)
    return str(value) if shown == table.UNKNOWN and value else shown


def _percent(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return table.UNKNOWN if value is None or value != value else f"{100 * float(value):+.3f} %"


def _timeframe(value: Any, row: Mapping[str, Any], context: Context) -> str:
    return show_timeframe(str(value)) if value else table.UNKNOWN


def _delayed(value: Any, row: Mapping[str, Any], context: Context) -> str:
    if value is None or value != value:
        return table.UNKNOWN
    if row.get("is_stale"):
        return "○ stale"
    return "◷ delayed" if value else "● live"


_number = partial(Field, is_number=True)
DISAGREEMENTS = (
    Field("instrument_id", "Instrument", _plain),
    Field("timeframe", "Timeframe", _timeframe),
    Field("adjustment", "Adjustment", _plain),
    Field("ts_event", "Bar", _time),
    _number("difference", "Difference", _percent),
    Field("source_a", "Source", _plain),
    _number("close_a", "Close there", _exact),
    Field("source_b", "Other source", _plain),
    _number("close_b", "Close there ", _exact),
)
ACCOUNT = (
    Field("account", "Account", _plain),
    Field("tag", "What", _plain),
    _number("value", "Amount", _amount),
    Field("currency", "Currency", _plain),
)
POSITIONS = (
    Field("instrument_id", "Instrument", _plain),
    _number("quantity", "Quantity", _exact),
    _number("average_cost", "Average cost", _exact),
    Field("account", "Account", _plain),
)
# What is watched is empty at first: columns are as wide as what will come.
QUOTES = (
    Field("instrument_id", "Instrument", _plain),
    Field("kind", "What", _plain),
    _number("price", "Price", _exact, width=90),
    Field("is_delayed", "Delay", _delayed, width=90),
    _number("bid", "Bid", _exact, width=90),
    _number("ask", "Ask", _exact, width=90),
    _number("ts_received", "Age", _age, width=90),
    _number("volume", "Volume", _exact, width=100),
    Field("ts_event", "Time", _time, width=160),
    Field("source", "Source", _plain),
)
