"""Losses: entries that were trimmed before they were read, by what Redis says at two moments."""

from __future__ import annotations

from dataclasses import dataclass

from nautilus_data.bus.checks import Finding
from nautilus_data.bus.streams import StreamFacts
from nautilus_data.core.entry import entry_ns
from nautilus_data.core.incident import UNKNOWN, Kind

_STALLED_NS = 4_000_000_000


@dataclass(frozen=True)
class Place:
    """How far a reader is in a stream: the last entry it read, and how many it did by its own count.

    A group's count takes in what was trimmed before it joined, a tail's does not.
    """

    position: int
    read: int | None
    is_group: bool = False


@dataclass
class _Known:
    """Of one stream since it is looked at; `offset`: entries ever added up to the position, less the reader's count.

    Redis 7.0 never corrects the count of a group that lost something: the offset does.
    """

    position: int
    looked_at: int
    offset: int | None
    before: int = 0
    trimmed: int = 0
    head: int = 0
    is_suspect: bool = False
    lost_from: int = -1
    lost: int = 0
    passed_by_trim: int = -1


class Losses:
    """Of one reader, stream by stream. Exact where Redis counts what was added (from 7.0 on)."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    def check(self, name: str, now: StreamFacts, place: Place, at: int) -> Finding | None:
        """`place` must have been taken before `now`; `at` is the time (ns)."""
        known = self._known.get(name)
        if known is None:
            self._known[name] = self._begin(now, place, at)
            # A group may have been left by a reader before this one; a tail begins with what is there.
            return self._behind(name, now, place, True) if place.is_group and place.position else None
        if place.position == now.last:
            finding = self._caught_up(name, now, place, at)
        else:
            finding = self._behind(name, now, place, False)
            if known.passed_by_trim < 0 and known.position < now.first <= place.position:
                # Trimmed past where the reader was: it may have read all of that in time, or not.
                known.passed_by_trim = known.position
        known.position, known.looked_at = place.position, at
        return finding

    def unread(self, name: str, now: StreamFacts, place: Place) -> int:
        """Entries behind; -1 where it can't be told."""
        if place.position >= now.last:
            return 0
        passed = self._passed(name, place)
        if now.added is None or passed is None:
            return UNKNOWN
        return max(0, min(now.length, now.added - passed))

    def needs_count(self, name: str, now: StreamFacts, place: Place) -> bool:
        """Can a loss only be told by counting what is unread? A busy reader is never found to have caught up."""
        is_counted = now.added is not None and self._passed(name, place) is not None
        return self._known[name].passed_by_trim >= 0 and is_counted

    def note_count(self, name: str, now: StreamFacts, place: Place, unread: int) -> Finding | None:
        """`unread`: entries after the position, up to the last that `now` tells of."""
        known = self._known[name]
        was, known.passed_by_trim = known.passed_by_trim, -1
        return self._settle(name, was, now, now.added - unread, place.read)

    def needs_head(self, name: str, now: StreamFacts, place: Place) -> bool:
        """Can a loss only be told by the first unread entry?"""
        is_counted = now.added is not None and self._passed(name, place) is not None
        return place.position < now.last and not is_counted

    def note_head(self, name: str, entry: int) -> None:
        self._known[name].head = entry

    def forget(self, name: str) -> None:
        self._known.pop(name, None)

    def _begin(self, now: StreamFacts, place: Place, at: int) -> _Known:
        """What was trimmed before the first entry was read is history that was never ours."""
        before = now.trimmed or 0
        offset = 0 if place.is_group else None
        if place.position == now.last and now.added is not None and place.read is not None:
            offset = now.added - place.read
        elif not place.position and not place.is_group:
            offset = before
        return _Known(place.position, at, offset, before, before)

    def _passed(self, name: str, place: Place) -> int | None:
        """Entries ever added up to the position."""
        known = self._known.get(name)
        if known is None or known.offset is None:
            return None
        read = place.read
        if read is None and not place.position:
            read = known.before
        return None if read is None else read + known.offset

    def _caught_up(self, name: str, now: StreamFacts, place: Place, at: int) -> Finding | None:
        known = self._known[name]
        was, known.head, known.is_suspect, known.passed_by_trim = known.position, 0, False, -1
        if now.added is not None and place.read is not None:
            return self._settle(name, was, now, now.added, place.read)
        if now.first <= was or was == place.position:
            return None
        # All that was there at the last look is gone: read first or not, only a long pause makes it suspect.
        is_stalled = at - known.looked_at > _STALLED_NS
        return self._finding(name, was, now.first, UNKNOWN, is_sure=False) if is_stalled else None

    def _settle(self, name: str, was: int, now: StreamFacts, rank: int, read: int) -> Finding | None:
        """`rank`: entries ever added up to the position; what of them the reader did not count is lost."""
        known = self._known[name]
        lost = rank - read - known.offset if known.offset is not None else 0
        # Read again from its append-only file, Redis has forgotten a part of a group's count, but no entry. What was
        # trimmed counts since the last time that losses could be told.
        lost, known.trimmed = min(lost, (now.trimmed or 0) - known.trimmed), now.trimmed or 0
        known.offset = rank - read
        return self._finding(name, was, now.first, lost) if lost > 0 else None

    def _behind(self, name: str, now: StreamFacts, place: Place, is_new: bool) -> Finding | None:
        known, first = self._known[name], now.first or now.last + 1
        if first <= place.position:
            known.is_suspect = False
            return None
        # A page of a tail may be under way: its position counts once it stands still, or is behind again.
        is_sure = place.is_group or known.is_suspect or known.position == place.position
        known.is_suspect = True
        if not is_sure:
            return None
        passed = self._passed(name, place)
        if now.trimmed is not None and passed is not None:
            lost, known.trimmed = now.trimmed - passed, now.trimmed
            self._add(known, place, max(0, lost))
            return self._finding(name, place.position, now.first or now.last, lost) if lost > 0 else None
        is_gone = place.position < known.head < first
        known.head = 0
        return self._finding(name, place.position, now.first, UNKNOWN, not is_new) if is_new or is_gone else None

    def _add(self, known: _Known, place: Place, lost: int) -> None:
        # A group's count begins with its first entry, and then takes in what was trimmed before.
        if place.is_group and not place.position:
            known.before += lost
        else:
            known.offset = (known.offset or 0) + lost

    def _finding(self, name: str, position: int, to: int, count: int, is_sure: bool = True) -> Finding:
        known = self._known[name]
        if count != UNKNOWN:
            count += known.lost if known.lost_from == position else 0
            known.lost_from, known.lost = position, count
        return Finding(
            kind=Kind.TRIMMED_UNREAD, subject=f"{name} {position}", stream=name, is_trouble=True,
            since=entry_ns(position), from_entry=position, to_entry=to, count=count,
            detail="entries were trimmed before they were read: they are lost to what is shown and stored" if is_sure
            else "entries may have been trimmed while nobody read; how many can't be known",
        )  # fmt: skip
