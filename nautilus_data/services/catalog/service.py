"""Catalog's verbs: export, import, what catalogs there are and how each stands beside the store."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from nautilus_data.core.dataset import Series, parse_timeframe
from nautilus_data.core.job import Job
from nautilus_data.core.plan import say_count
from nautilus_data.core.timerange import TimeRange, to_ns
from nautilus_data.engine import CatalogFolder, EngineProcess
from nautilus_data.errors import ConfigError, SkippableError
from nautilus_data.services.catalog import shelves
from nautilus_data.services.catalog.jobs import KINDS
from nautilus_data.services.catalog.line import answered
from nautilus_data.services.catalog.order import EXPORT, IMPORT, Decimals, ExportOrder, ImportOrder, bar_type_of
from nautilus_data.sources import Source
from nautilus_data.store import Store

DEFAULT = "main"
_ADJUSTMENTS = ("raw", "split", "total")
_COLUMNS = ("name", "path", "series", "types", "files", "size_bytes", "ts_modified")
_REMEMBERED_JOBS = 200


class Catalog:
    """The door for pages, REST and the command line: each order queues a job, the worker carries it out.

    `folder` holds the catalogs that are named by a name alone; others are named by their absolute path.
    """

    def __init__(
        self, store: Store, sources: Mapping[str, Source], folder: Path, clock: Callable[[], int] = time.time_ns
    ) -> None:
        self._store, self._sources, self.folder, self._clock = store, sources, folder, clock

    @property
    def reason(self) -> str:
        """Why nothing can be exported or imported and what to do, or ''."""
        if EngineProcess.is_available():
            return ""
        return "NautilusTrader is not installed: pip install 'nautilus-dashboard[engine]'"

    def path_of(self, name: str) -> Path:
        """The folder a name or an absolute path means; SkippableError for what leads out of the data folder."""
        text = name.strip() or DEFAULT
        path = Path(text).expanduser()
        if path.is_absolute():
            return path
        inside = (self.folder / path).resolve()
        if not inside.is_relative_to(self.folder.resolve()) or inside == self.folder.resolve():
            raise SkippableError(f"{text!r} leads out of {self.folder}: write a plain name, or an absolute path")
        return self.folder / path

    def is_outside(self, name: str) -> bool:
        """Does it mean a folder that is not one of the data folder?"""
        return not self.path_of(name).resolve().is_relative_to(self.folder.resolve())

    def series(
        self, instruments: Iterable[str] = (), timeframe: str = "", source: str = "", adjustment: str = "",
        price_type: str = "", session: str = "",
    ) -> list[Series]:  # fmt: skip
        """Every stored line of bars that fits; what is empty fits all."""
        wanted = {
            "timeframe": parse_timeframe(timeframe) if timeframe else "", "source": source, "adjustment": adjustment,
            "price_type": price_type, "session": session,
        }  # fmt: skip
        names = set(instruments)
        found = self._store.series_list("bars", **{name: value for name, value in wanted.items() if value})
        return [one for one in found if (not names or one.instrument_id in names) and self._store.coverage(one)]

    def export(
        self, series: Sequence[Series], to: str = DEFAULT, start: str | int | None = None,
        end: str | int | None = None, decimals: str = Decimals.INSTRUMENT,
    ) -> int:  # fmt: skip
        """Queue an export of lines of bars into a catalog; the job's id. What is there and unchanged stays as it is."""
        self._check_available()
        if not series:
            raise SkippableError(
                "no such bars are stored with their coverage: python -m nautilus_data coverage lists what is"
            )
        _refuse_twins(series)
        span = TimeRange(0 if start is None else to_ns(start), 2**63 - 1 if end is None else to_ns(end))
        order = ExportOrder(path=self.path_of(to), series=tuple(series), span=span, decimals=_decimals(decimals))
        CatalogFolder(order.path).prepare()
        title = f"Export {say_count(len(series), 'line')} of bars to {order.path.name}"
        return self._store.add_job(EXPORT, title, order.to_params())

    def import_(self, path: str, adjustment: str = "raw", names: Iterable[str] = ()) -> int:
        """Queue an import of bars out of a catalog, of all or of these instruments or bar types; the job's id.

        `adjustment` is what the catalog itself does not tell: raw, split or total.
        """
        self._check_available()
        if adjustment not in _ADJUSTMENTS:
            raise ValueError(f"there is no adjustment {adjustment!r}; write {', '.join(_ADJUSTMENTS)}")
        order = ImportOrder(path=self.path_of(path), adjustment=adjustment, names=tuple(names))
        CatalogFolder(order.path).check()
        return self._store.add_job(IMPORT, f"Import bars from {order.path.name}", order.to_params())

    def cancel(self, job_id: int) -> None:
        """Ask a job to stop after the file it is at; what is written stays."""
        self._store.request_cancel(job_id)

    def jobs(self, limit: int = 50) -> list[Job]:
        """Newest first."""
        return self._store.jobs(limit, kinds=list(KINDS))

    def again(self, job_id: int) -> int:
        """Queue what a job was asked once more: it goes on where it was; the new job's id."""
        job = self._store.job(job_id)
        if job.kind == EXPORT:
            return self._store.add_job(EXPORT, job.title, job.params)
        return self._store.add_job(IMPORT, job.title, replace(ImportOrder.of(job.params), after="").to_params())

    def list(self) -> pd.DataFrame:
        """The catalogs in the data folder, and those that were ever exported to or imported from and are there."""
        own = sorted(self.folder.glob("*")) if self.folder.is_dir() else []
        named = [Path(job.params["path"]) for job in self.jobs(_REMEMBERED_JOBS)]
        paths = [path for path in dict.fromkeys((*own, *named)) if CatalogFolder(path).is_catalog]
        return pd.DataFrame([self._summary(path) for path in paths], columns=_COLUMNS)

    def describe(self, name: str = DEFAULT) -> pd.DataFrame:
        """One row per type and identifier of a catalog: ShelfRow."""
        folder = CatalogFolder(self.path_of(name))
        folder.check()
        return shelves.describe(self._store, folder)

    def intervals(self, name: str, kind: str, identifier: str) -> list[TimeRange]:
        """What the names of the files of one type and identifier say is known."""
        return shelves.spans(CatalogFolder(self.path_of(name)), kind, identifier)

    def covered(self, name: str, kind: str, identifier: str) -> list[TimeRange] | None:
        """What the store covers of a list that was exported from it; None for others."""
        note = CatalogFolder(self.path_of(name)).shelf(kind, identifier).note()
        if note is None or "series" not in note.about or note.about["store"] != self._store.name:
            return None
        return answered(self._store, Series(**note.about["series"]))

    def _summary(self, path: Path) -> tuple[object, ...]:
        found = list(CatalogFolder(path).shelves())
        files = [file.stat() for shelf in found for file in shelf.files()]
        name = path.name if path.parent == self.folder else str(path)
        types = ", ".join(sorted({shelf.kind for shelf in found}))
        size, newest = sum(one.st_size for one in files), max((one.st_mtime_ns for one in files), default=0)
        return name, str(path), len(found), types, len(files), size, newest

    def _check_available(self) -> None:
        if self.reason:
            raise ConfigError(self.reason)


def _refuse_twins(series: Sequence[Series]) -> None:
    """NautilusTrader's bar types know neither source nor adjustment, so a catalog keeps one line of each."""
    taken: dict[str, Series] = {}
    for one in series:
        other = taken.setdefault(bar_type_of(one), one)
        if other != one:
            raise SkippableError(
                f"{other} and {one} are the same bars to NautilusTrader: choose one source, adjustment and session"
            )


def _decimals(text: str) -> Decimals:
    try:
        return Decimals(text)
    except ValueError:
        raise ValueError(f"there are no decimals {text!r}; write {' or '.join(Decimals)}") from None
