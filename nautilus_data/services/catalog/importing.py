"""Importing: bars of any NautilusTrader catalog into the store, with what its intervals say is known."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from nautilus_data.bus import bar_series
from nautilus_data.core.answer import sift
from nautilus_data.core.dataset import INSTRUMENTS, Series, parse_timeframe
from nautilus_data.core.plan import say_count
from nautilus_data.core.timerange import TimeRange, merge
from nautilus_data.engine import BARS, CatalogFolder, Shelf
from nautilus_data.errors import SkippableError
from nautilus_data.services.catalog.order import SOURCE, Cancelled, ImportOrder, Tell
from nautilus_data.store import Store

_INTERNAL = "-INTERNAL"


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Files whose intervals overlap, read together; one file where none do. No span: their names don't tell."""

    shelf: Shelf
    files: tuple[Path, ...]
    span: TimeRange | None

    @property
    def key(self) -> str:
        """Pieces are imported in order of their keys."""
        return f"{_INTERNAL in self.shelf.identifier:d} {self.shelf.identifier}/{self.files[0].name}"


class Importing:
    """One order carried out; `tell` hears of progress in files, `remember` of the piece imported last."""

    def __init__(
        self,
        store: Store,
        order: ImportOrder,
        tell: Tell,
        is_cancelled: Callable[[], bool],
        remember: Callable[[str], None] = lambda key: None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        # The optional nautilus_trader, a second to import.
        from nautilus_data.engine import catalog, catalog_instruments

        self._catalog, self._shapes, self._clock = catalog, catalog_instruments, clock
        self._store, self._order, self._folder = store, order, CatalogFolder(order.path)
        self._tell, self._is_cancelled, self._remember = tell, is_cancelled, remember
        self._refused: dict[str, str] = {}
        self._taken: dict[Series, str] = {}
        self._rows = self._changed = self._bad = self._files = 0
        self._bad_reason = ""

    def run(self) -> str:
        """What came; SkippableError when nothing did, or bars of a type were refused: the others are stored."""
        self._folder.check()
        found = sorted(self._pieces(), key=lambda one: one.key)
        if not found:
            raise SkippableError(f"{self._order.path} holds no bars of {', '.join(self._order.names) or 'any kind'}")
        instruments, total = self._import_instruments(), sum(len(one.files) for one in found)
        done = 0
        for piece in found:
            done += len(piece.files)
            if piece.key > self._order.after:
                self._import(piece)
                # What was refused is looked at again by whoever goes on, so that it is told in the end.
                if not self._refused:
                    self._remember(piece.key)
            self._tell(done, total, piece.shelf.identifier)
            if self._is_cancelled():
                raise Cancelled(f"stopped; {self._said(instruments)}. Import again to go on")
        if self._refused:
            raise SkippableError(self._said(instruments))
        return self._said(instruments)

    def _pieces(self) -> Iterator[Piece]:
        for shelf in self._folder.shelves(BARS):
            if not self._order.names or any(_is_named(shelf.identifier, name) for name in self._order.names):
                yield from pieces(shelf)

    def _import(self, piece: Piece) -> None:
        identifier = piece.shelf.identifier
        try:
            read = self._catalog.read_bars(piece.files)
            series = self._series(piece.shelf, read.bar_type)
        except SkippableError as error:
            self._refused[identifier] = str(error)
            return
        span = _span_of(piece, read.rows["ts_event"].tolist(), [ts_event for ts_event, _, _ in read.bad])
        if span is None:
            return
        taken = sift(series, span, read.rows, self._clock(), refused=read.bad)
        self._changed += self._store.settle(series, taken)
        self._files += len(piece.files)
        self._rows += taken.count
        self._bad += len(taken.bad)
        self._bad_reason = self._bad_reason or (taken.bad[0][1] if taken.bad else "")

    def _series(self, shelf: Shelf, bar_type: str) -> Series:
        """The line of bars of a type: as its export noted it, else as the order says."""
        try:
            series = replace(bar_series(bar_type, self._order.adjustment), source=SOURCE)
            series = replace(series, timeframe=parse_timeframe(series.timeframe))
        except ValueError as error:
            raise SkippableError(f"bars of {bar_type} can't be kept here: {error}") from error
        note = shelf.note()
        if note is not None and "series" in note.about:
            told = Series(**note.about["series"])
            series = replace(series, adjustment=told.adjustment, session=told.session)
        before = self._taken.setdefault(series, bar_type)
        if before != bar_type:
            raise SkippableError(f"the same bars came as {before}: import one of the two")
        return series

    def _import_instruments(self) -> int:
        """Those not known yet: what a node said of one is not overwritten."""
        known = set(self._store.read(INSTRUMENTS, columns=["instrument_id"])["instrument_id"])
        rows = [
            (
                one.instrument_id, one.raw_symbol, one.type, one.quote_currency, one.base_currency or "",
                one.settlement_currency or "", one.price_precision, one.size_precision, str(one.price_increment),
                str(one.multiplier), one.is_inverse, ts_init,
            )
            for one, ts_init in self._shapes.CatalogInstruments(self._folder).all()
            if one.instrument_id not in known
        ]  # fmt: skip
        if rows:
            self._store.write_rows({INSTRUMENTS: rows})
        return len(rows)

    def _said(self, instruments: int) -> str:
        told = f"{say_count(self._rows, 'bar')} in {say_count(self._files, 'file')}, {self._changed:,} new or changed"
        if instruments:
            told += f"; {say_count(instruments, 'instrument')} added"
        if self._bad:
            told += f"; {say_count(self._bad, 'row')} refused, the first: {self._bad_reason}"
        for identifier, reason in self._refused.items():
            told += f"; not imported: {identifier}: {reason}"
        return told


def pieces(shelf: Shelf) -> Iterator[Piece]:
    """The files of a folder, those that overlap together."""
    files, intervals = shelf.files(), shelf.intervals()
    if len(intervals) < len(files):
        yield Piece(shelf=shelf, files=tuple(files), span=None)
        return
    # Intervals that merely touch are each read alone.
    for span in _overlapping(list(intervals.values())):
        within = tuple(file for file in files if intervals[file.name].overlaps(span))
        yield Piece(shelf=shelf, files=within, span=span)


def _span_of(piece: Piece, times: list[int], refused: list[int]) -> TimeRange | None:
    """What the files tell about: what their names say, and bars beyond that which were known later than they closed."""
    edges = [*([piece.span.start, piece.span.end - 1] if piece.span else []), *times[:1], *times[-1:]]
    edges += [ts_event for ts_event in refused if ts_event > 0]
    return TimeRange(min(edges), max(edges) + 1) if edges else None


def _overlapping(spans: list[TimeRange]) -> Iterator[TimeRange]:
    group: list[TimeRange] = []
    for span in sorted(spans):
        if group and not any(one.overlaps(span) for one in group):
            yield merge(group)[0]
            group = []
        group.append(span)
    if group:
        yield merge(group)[0]


def _is_named(identifier: str, name: str) -> bool:
    safe = name.replace("/", "")
    return identifier == safe or identifier.startswith(f"{safe}-")
