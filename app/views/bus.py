"""Bus: what the message bus' service answers in, what its page shows out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import pandas as pd

from app.views import numbers
from app.views.cards import Card, Group, Tone
from nautilus_data.core.job import Job, Status

UNREADABLE = "unreadable"
# A person says that these were seen: what was lost once can't come back by itself.
NEEDS_A_PERSON = frozenset({"entries trimmed unread", "redis restarted"})
NEARLY_FULL = 0.8
# The others tell that nothing came: there is nothing to count.
_ABOUT_ENTRIES = frozenset({"entries trimmed unread", "reader behind", "redis gone", "redis full", "redis restarted"})
_MOST_CHANGES = 12
_MOST_ALARMS = 6
_JOB_TONES = {Status.SUCCEEDED: Tone.OK, Status.FAILED: Tone.BAD, Status.CANCELLED: Tone.WARN}
_STATE_TONES = {"connected": Tone.OK, "connecting": Tone.WARN, "reconnecting": Tone.WARN}


def alarms(open_incidents: pd.DataFrame, bus: Any, zone: str) -> Group:
    """What is wrong now; that nothing is known to be wrong is said only while the bus is read."""
    rows = sorted(open_incidents.to_dict("records"), key=lambda row: (row["severity"] != "bad", -row["ts_started"]))
    cards = tuple(_alarm(row, zone) for row in rows[:_MOST_ALARMS])
    if len(rows) > _MOST_ALARMS:
        more = f"{len(rows) - _MOST_ALARMS:,} more are open"
        cards += (Card("more", more, "", Tone.WARN, "all of them are on the tab Incidents"),)
    if not cards and bus.state != "connected":
        cards = (_not_reading(bus),)
    return Group(
        "alarms", "Open incidents" if len(open_incidents) else "", cards or (_calm(bus),), "rows", rest="bus.alarms"
    )


def lost(kind: str, count: int) -> str:
    """How many entries an incident is about, as far as it can be known."""
    if count < 0:
        return "at least 1" if kind == "entries trimmed unread" else "unknown"
    return numbers.count(count)


def short(stream: str) -> str:
    """A stream's key as it is read at a glance: topic and trader, where it is made of them."""
    prefix, found, topic = stream.partition(":stream:")
    return f"{topic} of {prefix.removeprefix('trader-')}" if found and topic else stream


def connection(bus: Any, changed_at: int, zone: str) -> Group:
    """How this process reads the bus."""
    is_up = bus.state == "connected"
    lag = numbers.NOT_KNOWN if bus.lag_ms is None else f"{bus.lag_ms:,.0f} ms"
    behind = "lag not known" if bus.lag_entries is None else f"{bus.lag_entries:,} entries behind"
    cards = (
        Card("bus", "Connection", bus.state, _STATE_TONES.get(bus.state, Tone.BAD),
             bus.error_message or bus.note or bus.address, action="" if is_up else "Reconnect now"),
        Card("since", "Connected" if is_up else "Not connected", "" if changed_at else numbers.NOT_KNOWN,
             note=f"since {at(changed_at, zone)}", since=changed_at),
        Card("attempts", "Reconnect attempts", numbers.count(bus.reconnect_attempts),
             Tone.WARN if bus.reconnect_attempts else Tone.NONE, bus.address),
        Card("last", "Last message", "" if bus.last_message_at else "none yet",
             note=f"at {at(bus.last_message_at, zone)}", since=bus.last_message_at),
        Card("rate", "Rate", numbers.rate(bus.rate), note=f"{bus.streams:,} streams"),
        Card("lag", "Lag", lag, Tone.WARN if (bus.lag_ms or 0) > 2_000 else Tone.NONE, behind),
    )  # fmt: skip
    return Group("connection", "Connection of this process", cards, rest="bus.connection")


def readers(frame: pd.DataFrame, zone: str) -> Group:
    """Every process that reads the bus; one that no longer speaks is told by its age."""
    cards = tuple(_reader(row, zone) for row in frame.to_dict("records"))
    return Group(
        "readers",
        "Readers, all processes",
        cards,
        "rows",
        empty="No process has told yet that it reads.",
        rest="bus.readers",
    )


def history(changes: Sequence[tuple[int, str, str]], zone: str) -> Group:
    """State changes of this process' connection, newest first."""
    newest = sorted(changes, reverse=True)[:_MOST_CHANGES]
    cards = tuple(
        Card(f"change-{ns}-{place}", numbers.clock(ns, zone), state, _STATE_TONES.get(state, Tone.BAD), reason)
        for place, (ns, state, reason) in enumerate(newest)
    )
    return Group(
        "history",
        f"State changes of this process ({zone})",
        cards,
        "rows",
        empty="No change seen yet.",
        rest="bus.history",
    )


def changed_at(changes: Sequence[tuple[int, str, str]]) -> int:
    """When the connection came into the state it is in (ns); 0 when that is not known."""
    return max((ns for ns, _, _ in changes), default=0)


def capacity(found: Any) -> Group:
    """How full Redis is, what it does when full, and how long it can hold what comes."""
    share = fraction_used(found)
    is_full = share is not None and share >= NEARLY_FULL
    limit = numbers.size(found.limit_bytes) if found.limit_bytes else "no limit set"
    cards = (
        Card("used", "Memory used", numbers.size(found.used_bytes), Tone.WARN if is_full else Tone.NONE, f"of {limit}",
             fraction=share),
        Card("policy", "When full", found.policy or "unknown", _policy_tone(found, is_full),
             _policy_note(found, is_full)),
        Card("holds", "At this rate Redis holds", _span(found.holds_s), note=found.note or "of what comes in now"),
        Card("growth", "Comes in", _per_s(found.bytes_per_s), note="bytes of the bus' streams"),
    )  # fmt: skip
    return Group("capacity", "Capacity of Redis", cards, rest="bus.capacity")


def fraction_used(found: Any) -> float | None:
    """Used share of the limit; None where there is no limit or it is not known."""
    return min(1.0, found.used_bytes / found.limit_bytes) if found.used_bytes and found.limit_bytes else None


def types(counts: Mapping[str, int], unknown: Collection[str] = ()) -> Group:
    """Messages by type; what could not be read and what has no decoder come first and are marked."""

    def attention(name: str) -> int:
        return 0 if name == UNREADABLE else 1 if name in unknown else 2

    names = sorted(counts, key=lambda name: (attention(name), -counts[name], name))
    cards = tuple(_type(name, counts[name], attention(name)) for name in names if counts[name])
    return Group(
        "types", "Messages by type since this process reads", cards, empty="No message was read yet.", rest="bus.types"
    )


def rates(now: Mapping[str, float], zone: str) -> Group:
    """The last second by kind, as numbers: a small rate can't be seen beside a large one in the chart."""
    cards = tuple(Card(kind, kind.capitalize(), numbers.rate(rate)) for kind, rate in now.items())
    title = f"Entries a second, last 5 minutes ({zone})"
    return Group("rates", title, cards, "strip", empty="Nothing was read yet.", rest="bus.rates")


def dead_letter(row: Mapping[str, Any], zone: str) -> list[Group]:
    """One message that its handler could not take: why, and its body."""
    cards = (
        Card("state", "State", str(row["state"]), Tone.BAD if row["state"] == "dead" else Tone.NONE,
             f"{row['attempts']} attempts"),
        Card("handler", "Handler", str(row["handler"] or numbers.NOT_KNOWN), note=str(row["trader_id"])),
        Card("first", "First failed", note=at(row["ts_first"], zone), since=int(row["ts_first"])),
    )  # fmt: skip
    facts = (row["topic"] or "no topic", row["stream"], f"entry {row['entry_id']}", numbers.size(row["size"]))
    return [
        Group("letter", "", cards),
        Group("where", "Where it was", (), "log", " · ".join(facts)),
        Group("reason", "Reason", (), "log", str(row["reason"]), "no reason was kept"),
        Group("body", "Body, as far as it was kept", (), "log", str(row["preview"]), "an empty payload"),
    ]


def job(found: Job) -> Group:
    """How far the worker is with what a person asked for."""
    parts = (f"{found.done:,} of {found.total:,}" if found.total else "", found.message)
    note = " · ".join(part for part in parts if part) or "waiting for the worker"
    tone = _JOB_TONES.get(found.status, Tone.NONE)
    card = Card(f"job-{found.id}", f"Job {found.id}: {found.title}", str(found.status).lower(), tone, note)
    return Group("result", "", (card,), "rows")


def at(ns: int, zone: str) -> str:
    """A time with its zone; a dash when there is none."""
    return f"{numbers.clock(ns, zone)} {zone}" if ns else numbers.NOT_KNOWN


def _alarm(row: Mapping[str, Any], zone: str) -> Card:
    ids = f"from {row['from_id'] or 'unknown'} to {row['to_id'] or 'now'}" if row["from_id"] or row["to_id"] else ""
    counts = row["count"] > 0 or (row["count"] < 0 and row["kind"] in _ABOUT_ENTRIES)
    count = f"entries: {lost(row['kind'], row['count'])}" if counts else ""
    parts = (short(row["subject"]), row["detail"], count, ids, f"since {at(row['ts_started'], zone)}")
    note = " · ".join(str(part) for part in parts if part)
    action = "Acknowledge" if row["kind"] in NEEDS_A_PERSON else ""
    tone = Tone.BAD if row["severity"] == "bad" else Tone.WARN
    return Card(str(row["id"]), str(row["kind"]).capitalize(), "", tone, note, int(row["ts_started"]), action=action)


def _calm(bus: Any) -> Card:
    if bus.silent:
        return Card("calm", "No open incident", "", Tone.WARN, f"but nothing comes from {', '.join(bus.silent)}")
    return Card("calm", "No open incident", "", Tone.OK, "nothing is known to be lost, late or silent")


def _not_reading(bus: Any) -> Card:
    return Card("unread", "The bus is not read", "", Tone.BAD, f"{bus.state}: what is wrong can't be known now")


def _reader(row: Mapping[str, Any], zone: str) -> Card:
    tone = _STATE_TONES.get(row["state"], Tone.BAD) if row["is_fresh"] else Tone.BAD
    facts = [
        f"{row['mode']} on {row['host']}, process {row['pid']}",
        f"{numbers.count(row['messages_received'])} messages",
        _lag(row),
        f"{row['reconnect_attempts']} reconnect attempts" if row["reconnect_attempts"] else "",
        f"connected since {at(row['connected_at'], zone)}" if row["connected_at"] else "",
        str(row["error_message"] or ""),
    ]
    state = row["state"] if row["is_fresh"] else "not heard from"
    note = " · ".join(fact for fact in [*facts, "told"] if fact)
    return Card(f"reader-{row['name']}", str(row["name"]), state, tone, note, int(row["ts_updated"]))


def _lag(row: Mapping[str, Any]) -> str:
    entries, ms = row["lag_entries"], row["lag_ms"]
    if entries is None or pd.isna(entries) or entries < 0:
        return "lag unknown"
    late = "" if ms is None or pd.isna(ms) or ms < 0 else f", {ms:,.0f} ms"
    return f"{entries:,.0f} entries behind{late}"


def _policy_tone(found: Any, is_full: bool) -> Tone:
    if not is_full:
        return Tone.NONE
    return Tone.BAD if found.policy == "noeviction" else Tone.WARN


def _policy_note(found: Any, is_full: bool) -> str:
    if found.policy == "noeviction":
        warning = ": one refused write ends the node's publishing for good" if is_full else ""
        return f"writes are refused when full{warning}"
    return "keys are dropped when full: whole streams may vanish" if found.policy else "Redis did not tell"


def _span(seconds: float | None) -> str:
    if seconds is None:
        return "unknown"
    return "over 10 years" if seconds > 10 * 365 * 86_400 else numbers.age(seconds)


def _per_s(size: float | None) -> str:
    return numbers.NOT_KNOWN if size is None else f"{numbers.size(size)}/s"


def _type(name: str, count: int, attention: int) -> Card:
    tone, note = ((Tone.BAD, "kept as dead letters"), (Tone.WARN, "unknown type: kept raw"), (Tone.NONE, ""))[attention]
    return Card(f"type-{name}", name or "no type", numbers.count(count), tone, note)
