"""Macro's verbs: which series are kept, what was known of them, factors and regimes, releases, what to keep."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from nautilus_data.core.dataset import Series
from nautilus_data.core.job import BACKFILL
from nautilus_data.core.macro_series import MACRO_SERIES, observations_of, substitute
from nautilus_data.core.observation import Known
from nautilus_data.core.plan import Mode
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange
from nautilus_data.errors import DashboardError, SkippableError
from nautilus_data.factors import FACTORS, Factor
from nautilus_data.services.macro.lines import GOLD, Line, Lines
from nautilus_data.services.macro.polling import SOURCE, Polling
from nautilus_data.services.macro.releases import Releases
from nautilus_data.services.macro.scores import Scores
from nautilus_data.services.macro.standing import Surroundings, standing
from nautilus_data.services.macro.transforms import TRANSFORMS, transform
from nautilus_data.sources import Found, Source
from nautilus_data.store import Store

_LOG = logging.getLogger(__name__)
# FRED wants these words wherever its values are shown.
NOTICE = "This product uses the FRED® API but is not endorsed or certified by the Federal Reserve Bank of St. Louis."
# Years to maturity of the yields that make a curve.
CURVE = {"DGS3MO": 0.25, "DGS2": 2.0, "DGS5": 5.0, "DGS10": 10.0, "DGS30": 30.0}
CURVE_COLUMNS = ("day", "ts_event", "ts_init", "series_id", "source", "years", "value")
RECESSIONS = "USREC"
# A yield of an earlier day stands for a day without one, but not for longer.
_NEAR = 7 * NS_PER_DAY
_COMPANY = ".SEC"


class Macro:
    """Everything takes `as_of` (ns): what was known then, and nothing that was not; None means now.

    `start(series, mode)` queues a backfill of what a series lacks, and returns its job, 0 when it lacks nothing.
    """

    notice = NOTICE

    def __init__(
        self, store: Store, sources: Mapping[str, Source], start: Callable[[Series, Mode], int],
        clock: Callable[[], int] = time.time_ns, factors: Mapping[str, Factor] = FACTORS,
    ) -> None:  # fmt: skip
        self._store, self._sources, self._start_backfill, self._clock = store, sources, start, clock
        self._lines, self._releases = Lines(store), Releases(store)
        self._factors, self._scores = factors, Scores(factors, self._lines.lines)
        self._polling = Polling(store, sources, self._start, self.kept, clock)

    def refusal(self) -> str:
        """Why FRED can't be asked, and what to do; '' when it can."""
        return self._sources[SOURCE].refusal() if SOURCE in self._sources else "there is no source FRED"

    def mark(self) -> Hashable:
        """What is another one once anything that is told here may have changed, but for the clock; cheap to ask."""
        jobs = [*self._store.jobs(1, kinds=[BACKFILL]), *self._store.jobs(100, kinds=[BACKFILL], active=True)]
        gold = self._lines.line(GOLD)
        return (
            tuple(self._lines.revisions().items()),
            tuple(self._store.revisions("releases").items()),
            gold.revision if gold else 0,
            tuple((job.id, job.status, job.ts_updated) for job in jobs),
            tuple(self._store.series_choices().items()),
            self.refusal(),
        )

    def warm(self) -> None:
        """Read what is stored, so that who asks first need not wait for it."""
        try:
            self._lines.lines(self._lines.stored())
        except DashboardError as error:
            _LOG.warning("series were not read ahead reason=%s", error)

    def kept(self) -> list[str]:
        """Ids of the series kept up to date: the default ones, what factors need, those a person added, not removed."""
        choices = self._store.series_choices()
        needed = (name for factor in self._factors.values() for name in (*factor.inputs, *factor.optional))
        default = [one.series_id for one in MACRO_SERIES.values() if one.is_default]
        wanted = dict.fromkeys([*default, *(name for name in needed if name in MACRO_SERIES), RECESSIONS])
        # Companies are chosen beside them.
        mine = (name for name, is_kept in choices.items() if is_kept and not name.endswith(_COMPANY))
        wanted.update(dict.fromkeys(mine))
        return [name for name in wanted if choices.get(name, True)]

    def series(self, as_of: int | None = None) -> pd.DataFrame:
        """One row a kept series, or one of which anything is stored: see `standing.COLUMNS`.

        `state` is data, loading, refused, empty, not asked, unavailable or not known then; `note` says why.
        """
        now = self._clock()
        ids = dict.fromkeys([*self.kept(), *self._lines.stored()])
        at = now if as_of is None else as_of
        return standing(ids, self._lines.lines(ids), at, now, self._surroundings(now))

    def sparks(self, series_ids: Iterable[str], as_of: int | None = None, count: int = 60) -> dict[str, Known]:
        """The last values of each series, without those missing and projections, for a line a hand wide."""
        found = {}
        for name, line in self._lines.lines(series_ids).items():
            known = line.vintages.at(at := self._at(as_of))
            there = np.flatnonzero(~np.isnan(known.values) & (known.dates <= at))[-count:]
            found[name] = Known(known.dates[there], known.values[there])
        return found

    def observations(
        self, series_id: str, as_of: int | None = None, how: str = "level", span: TimeRange | None = None
    ) -> pd.DataFrame:
        """A series as known at a time, ordered by date: ts_event, ts_init, value, known_by; `attrs["source"]`.

        `how` is a name of `transforms.TRANSFORMS`; SkippableError says what to do when nothing is stored.
        """
        line, compute = self._line(series_id), transform(how)
        known, places = line.vintages.at_with_places(self._at(as_of))
        how_known = line.vintages.how[places] if line.vintages.how is not None else ""
        frame = pd.DataFrame(
            {
                "ts_event": known.dates,
                "ts_init": line.vintages.known[places],
                "value": compute(known),
                "known_by": how_known,
            }
        )
        if span is not None:
            frame = frame[(frame["ts_event"] >= span.start) & (frame["ts_event"] < span.end)].reset_index(drop=True)
        frame.attrs["source"] = line.source
        return frame

    def transforms(self) -> dict[str, str]:
        """What `how` of a series may be, and what each is."""
        return {name: told for name, (told, _) in TRANSFORMS.items()}

    def vintages(self, series_id: str, ts_event: int, as_of: int | None = None) -> pd.DataFrame:
        """Every version of the value of one period in the order they became known: ts_init, value, known_by."""
        line = self._line(series_id).vintages
        mine = (line.dates == ts_event) & (line.known <= self._at(as_of))
        how = line.how[mine] if line.how is not None else ""
        return pd.DataFrame({"ts_init": line.known[mine], "value": line.values[mine], "known_by": how})

    def compare(
        self, series_ids: Sequence[str], how: str = "level", as_of: int | None = None, span: TimeRange | None = None
    ) -> dict[str, pd.DataFrame]:
        """Several series by one transform, each as `observations` gives it."""
        return {name: self.observations(name, as_of, how, span) for name in dict.fromkeys(series_ids)}

    def curve(self, days: Sequence[int], as_of: int | None = None) -> pd.DataFrame:
        """Treasury yields in % on days (ns): those of CURVE_COLUMNS; a day without a yield has the one before."""
        at, rows = self._at(as_of), []
        for name, line in self._lines.lines(CURVE).items():
            known, places = line.vintages.at_with_places(at)
            there = ~np.isnan(known.values)
            dates, values, since = known.dates[there], known.values[there], line.vintages.known[places[there]]
            for day in days:
                place = int(np.searchsorted(dates, day, side="right")) - 1
                if place >= 0 and day - dates[place] <= _NEAR:
                    when = int(day), int(dates[place]), int(since[place])
                    rows.append((*when, name, line.source, CURVE[name], float(values[place])))
        frame = pd.DataFrame(rows, columns=list(CURVE_COLUMNS))
        return frame.sort_values(["day", "years"], kind="stable").reset_index(drop=True)

    def factors(self) -> list[Factor]:
        """Every factor there is, by family."""
        return list(self._factors.values())

    def scores(self, as_of: int | None = None) -> pd.DataFrame:
        """One row a factor as it stood at a time: see `scores.STANDING`; `missing` are inputs nobody has."""
        return self._scores.standing(self._at(as_of))

    def factor(self, key: str, as_of: int | None = None) -> pd.DataFrame:
        """A factor's history: ts_event (date it is about), ts_init (known from), value; a regime's are indices."""
        if key not in self._factors:
            raise SkippableError(f"there is no factor {key!r}; there are: {', '.join(self._factors)}")
        history = self._scores.history(key)
        return history[history["ts_init"] <= self._at(as_of)].reset_index(drop=True)

    def regimes(self, as_of: int | None = None) -> pd.DataFrame:
        """Each time a regime held: key, title, label, start, end (ns, when it was known); the last ends at `as_of`."""
        at, rows = self._at(as_of), []
        for factor in filter(lambda one: one.is_regime, self._factors.values()):
            history = self.factor(factor.key, at)
            values, times = history["value"].to_numpy(), history["ts_init"].to_numpy()
            starts = np.flatnonzero(np.append(True, values[1:] != values[:-1])) if len(values) else []
            ends = [*(int(times[place]) for place in starts[1:]), at]
            for place, end in zip(starts, ends, strict=False):
                rows.append((factor.key, factor.title, factor.states[int(values[place])], int(times[place]), end))
        return pd.DataFrame(rows, columns=["key", "title", "label", "start", "end"])

    def recessions(self, as_of: int | None = None) -> list[TimeRange]:
        """Recessions by NBER as dated at a time, each from its first to the end of its last month."""
        line = self._lines.line(RECESSIONS)
        if line is None:
            return []
        known = line.vintages.at(self._at(as_of))
        months = known.dates.astype("datetime64[ns]").astype("datetime64[M]")[known.values == 1].astype("int64")
        breaks = np.flatnonzero(np.diff(months) > 1)
        edges = zip(np.append(0, breaks + 1), np.append(breaks, len(months) - 1), strict=True) if len(months) else ()
        return [TimeRange(_month_start(int(months[a])), _month_start(int(months[b]) + 1)) for a, b in edges]

    def calendar(self, start: int, end: int) -> pd.DataFrame:
        """Releases in a span, the earliest first: release_id, release, ts_event, is_out, series, ts_seen."""
        return self._releases.calendar(start, end, self._clock())

    def extent(self) -> TimeRange | None:
        """From when anything was known until now."""
        firsts = [
            int(line.vintages.known[0]) for line in self._lines.lines([*self.kept(), *self._lines.stored()]).values()
        ]
        return TimeRange(min(firsts), max(min(firsts), self._clock())) if firsts else None

    def search(self, text: str, limit: int = 20) -> list[Found]:
        """Ask FRED for series by words, and wait for its answer."""
        if reason := self.refusal():
            raise SkippableError(f"FRED can't be asked: {reason}")
        return asyncio.run(self._sources[SOURCE].search(text, limit))

    def add(self, series_id: str) -> str:
        """Keep a series from now on, and have it asked for; its id. SkippableError for an id FRED can't have."""
        name = series_id.strip().upper().removesuffix(".FRED")
        if instead := substitute(name):
            raise SkippableError(f"{name} can't be had: {instead}")
        if SOURCE in self._sources:
            self._sources[SOURCE].check(observations_of(name))
        self._store.choose_series(name, True)
        return name

    def remove(self, series_id: str) -> None:
        """Ask for a series no longer; what is stored stays, and can be shown."""
        self._store.choose_series(series_id, False)

    def update(self, series_ids: Sequence[str]) -> list[int]:
        """Have series asked for now, what was refused included; their jobs."""
        return [job for name in series_ids if (job := self._start(observations_of(name)))]

    def start_due(self) -> list[int]:
        """Queue what was released since it was asked for; the worker calls this every few seconds."""
        return self._polling.start_due()

    def _start(self, series: Series) -> int:
        mode = Mode.MISSING_FAILED if self._store.failures(series) else Mode.MISSING
        return self._start_backfill(series, mode)

    def _line(self, series_id: str) -> Line:
        if (line := self._lines.line(series_id)) is None:
            reason = self.refusal() or "add it on the page Macro, or wait until it has been asked for"
            raise SkippableError(f"nothing is stored of {series_id}: {reason}")
        return line

    def _surroundings(self, now: int) -> Surroundings:
        releases = self._releases.all(now)
        described = self._releases.described().to_dict("records")
        active = self._store.jobs(1_000, kinds=[BACKFILL], active=True)
        return Surroundings(
            asked=self._polling.asked(),
            running=frozenset(job.title for job in active),
            refusal=self.refusal(),
            releases={series_id: one for one in releases.values() for series_id in one.series_ids},
            described={(row["source"], row["series_id"]): row for row in described},
        )

    def _at(self, as_of: int | None) -> int:
        return self._clock() if as_of is None else min(as_of, self._clock())


def _month_start(month: int) -> int:
    return int(np.datetime64(month, "M").astype("datetime64[ns]").astype("int64"))
