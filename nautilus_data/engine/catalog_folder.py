"""CatalogFolder: the files of a NautilusTrader data catalog, by name alone; NautilusTrader need not be installed."""

from __future__ import annotations

import glob
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nautilus_data.core.timerange import NS_PER_S, TimeRange
from nautilus_data.errors import FatalError, SkippableError

# The folder of bars.
BARS = "bar"
# NautilusTrader reads what lies under `data`, and nothing of the other.
_DATA, _NOTES = "data", "nautilus-dashboard"
_PART = ".part"
_STAMP = r"(\d{4})-(\d\d)-(\d\d)T(\d\d)-(\d\d)-(\d\d)-(\d{9})Z"
_NAME = re.compile(rf"{_STAMP}_{_STAMP}\.parquet")


@dataclass(frozen=True, kw_only=True)
class Note:
    """What this project wrote into one folder of a catalog: a digest and a number of rows by file name.

    `about` says what it was made of; `revision` is that of the series once all of it was written, -1 before.
    """

    about: Mapping[str, Any]
    files: Mapping[str, tuple[str, int]]
    revision: int = -1


class Shelf:
    """The files of one type and identifier: `data/bar/AAPL.NASDAQ-1-DAY-LAST-EXTERNAL`."""

    def __init__(self, root: Path, kind: str, identifier: str) -> None:
        self.kind, self.identifier = kind, identifier
        self.path = root / _DATA / kind / identifier
        self._note = root / _NOTES / kind / f"{identifier}.json"

    def files(self) -> list[Path]:
        """In order of name, which is that of time."""
        return sorted(self.path.glob("*.parquet"))

    def intervals(self) -> dict[str, TimeRange]:
        """What each file's name says it covers; files whose name says nothing are left out."""
        spans = ((file.name, span_of(file.name)) for file in self.files())
        return {name: span for name, span in spans if span is not None}

    def rows(self) -> int | None:
        """How many there are by the files' footers; None when they can't be read here."""
        try:
            # Comes with the optional nautilus_trader.
            import pyarrow.parquet as pq
        except ImportError:
            return None
        try:
            return sum(pq.read_metadata(file).num_rows for file in self.files())
        except (OSError, ValueError):
            return None

    def note(self) -> Note | None:
        """What is known of it, if this project wrote it."""
        try:
            told = json.loads(self._note.read_text())
            files = {name: (digest, int(rows)) for name, (digest, rows) in told["files"].items()}
            return Note(about=told["about"], files=files, revision=int(told["revision"]))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SkippableError(f"{self._note} can't be read ({error!r}): move it and {self.path} away") from error

    def strangers(self) -> list[str]:
        """Files this project did not write."""
        note = self.note()
        return [file.name for file in self.files() if note is None or file.name not in note.files]

    def save(self, note: Note) -> None:
        text = json.dumps({"about": dict(note.about), "files": dict(note.files), "revision": note.revision}, indent=1)
        self._note.parent.mkdir(parents=True, exist_ok=True)
        publish(self._note, lambda part: part.write_text(text))

    def put(self, span: TimeRange, digest: str, rows: int, note: Note, write: Callable[[Path], object]) -> Note:
        """Write the file of a span; it is noted first, so that a file that is there is always known."""
        name = name_of(span)
        self.path.mkdir(parents=True, exist_ok=True)
        noted = Note(about=note.about, files={**note.files, name: (digest, rows)})
        self.save(noted)
        publish(self.path / name, write)
        return noted

    def drop(self, name: str, note: Note) -> Note:
        """Take a file away."""
        (self.path / name).unlink(missing_ok=True)
        noted = Note(about=note.about, files={key: told for key, told in note.files.items() if key != name})
        self.save(noted)
        return noted

    def sweep(self) -> None:
        """Remove what a killed export left half written."""
        for part in (*self.path.glob(f"*{_PART}"), self._note.with_name(f"{self._note.name}{_PART}")):
            part.unlink(missing_ok=True)


class CatalogFolder:
    """A catalog on this machine's disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def is_catalog(self) -> bool:
        """Has it a folder of data with Parquet files two or three folders deep, or an empty one?"""
        data = self.path / _DATA
        if not data.is_dir():
            return False
        found = (next(data.glob(pattern), None) for pattern in ("*/*/*.parquet", "*/*.parquet"))
        return any(found) or not any(data.iterdir())

    def shelves(self, kind: str = "") -> Iterator[Shelf]:
        """Every folder that holds files, or those of one type, in order of name."""
        if not self.is_catalog:
            return
        found = {file.parent for file in (self.path / _DATA).glob(f"{kind or '*'}/*/*.parquet")}
        for path in sorted(found):
            yield Shelf(self.path, path.parent.name, path.name)

    def named(self, identifier: str) -> Iterator[Shelf]:
        """Every folder of one identifier that holds files, whatever its type."""
        for path in sorted((self.path / _DATA).glob(f"*/{glob.escape(identifier)}")):
            if (shelf := Shelf(self.path, path.parent.name, identifier)).files():
                yield shelf

    def shelf(self, kind: str, identifier: str) -> Shelf:
        return Shelf(self.path, kind, identifier)

    def check(self) -> None:
        """SkippableError when it is no catalog that can be read."""
        # What is there instead is nobody's business who asks from afar.
        if not self.is_catalog:
            raise SkippableError(
                f"there is no NautilusTrader catalog at {self.path}: a catalog is a folder with a folder {_DATA!r} in"
                " it, as ParquetDataCatalog makes it; name the folder above that one"
            )

    def prepare(self) -> None:
        """Make the folder; SkippableError or FatalError when nothing may be written there."""
        if self.path.exists() and not self.path.is_dir():
            raise SkippableError(f"{self.path} is a file: name a folder for the catalog")
        try:
            others = sorted(one.name for one in self.path.iterdir()) if self.path.exists() else []
            if others and not self.is_catalog and _NOTES not in others:
                raise SkippableError(f"{self.path} holds other files: name an empty folder, or an existing catalog")
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FatalError(f"can't write into {self.path}: {error.strerror}; name another folder") from error


def publish(path: Path, write: Callable[[Path], object]) -> None:
    """Have `write` make a file under another name, and give it its own once all of it is on the disk."""
    part = path.with_name(f"{path.name}{_PART}")
    try:
        write(part)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        # A full disk is not to be filled by what is of no use.
        part.unlink(missing_ok=True)
        raise


def name_of(span: TimeRange) -> str:
    """NautilusTrader's name for a file: its first and its last nanosecond."""
    return f"{_stamp(span.start)}_{_stamp(span.end - 1)}.parquet"


def span_of(name: str) -> TimeRange | None:
    """What a file's name says it covers; None for another kind of name."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    parts = [int(part) for part in found.groups()]
    try:
        first, last = (_ns(*parts[:7]), _ns(*parts[7:]))
    except ValueError:
        return None
    return TimeRange(first, last + 1) if first <= last else None


def _stamp(ns: int) -> str:
    seconds, rest = divmod(ns, NS_PER_S)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H-%M-%S}-{rest:09d}Z"


def _ns(year: int, month: int, day: int, hour: int, minute: int, second: int, rest: int) -> int:
    whole = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    return int(whole.timestamp()) * NS_PER_S + rest
