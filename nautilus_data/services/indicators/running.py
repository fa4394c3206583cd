"""Running: an indicator kept up with the live bar, looking back no further than it remembers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from nautilus_data.services.indicators.chosen import Chosen
from nautilus_data.services.indicators.indicator import known
from nautilus_data.services.indicators.session import utc_days

_TOLERANCE = 1e-9
# Rows over which a tail must agree with the whole before it stands for it, and how much more is tried where it doesn't.
_COMPARED, _LONGER, _TRIES = 32, 4, 3


class Running:
    """Values at the newest bar, equal to those computed over all bars.

    They are computed over a tail of the bars. Each time one is cut off, its last rows must equal those of what was
    there before within 1e-9, relative; a longer one is tried where they don't, and in the end all is kept: slow, but
    right.
    Sums since the beginning (`is_cumulative`) are carried over.

    `frame`: `ts_event` and prices, volume as in `Market.bars`; its last bar may be repainted. `sessions`: where the
    trading day of each time begins, as `session_starts`. Not for several threads at once.
    """

    def __init__(
        self, chosen: Chosen, frame: Mapping[str, object], sessions: Callable[[np.ndarray], np.ndarray] = utc_days
    ) -> None:
        self.chosen = chosen
        self._sessions = sessions
        times = np.asarray(frame["ts_event"], "int64")
        read = chosen.indicator.read({**{name: frame[name] for name in self._asked}, "session": sessions(times)})
        is_known = known(read)
        self._rows = _Rows({name: values[is_known] for name, values in read.items()})
        self._carried: dict[str, float] = {}
        self._ts = int(times[-1]) if len(times) else None
        self._is_kept = bool(is_known[-1]) if len(times) else False
        self._cut()

    @property
    def ts_last(self) -> int | None:
        """When the newest bar closed that was taken in; None before there is one."""
        return self._ts

    @property
    def reach(self) -> int:
        """How many bars an update computes over."""
        return self._rows.count

    def update(self, bar: Mapping[str, object]) -> dict[str, float]:
        """Each output at a bar: one with the time of the last repaints it, a later one follows it.

        NaN where it is not known, as for a bar without a volume where that is needed. ValueError for an earlier bar.
        """
        ts_event = int(bar["ts_event"])
        if self._ts is not None and ts_event < self._ts:
            raise ValueError(
                f"{self.chosen}: a bar of {ts_event} came after one of {self._ts}; compute the line again to take it in"
            )
        if ts_event == self._ts and self._is_kept:
            self._rows.drop_last()
        read = self._read(ts_event, bar)
        self._ts, self._is_kept = ts_event, bool(known(read)[0])
        if not self._is_kept:
            return {output.name: float("nan") for output in self.chosen.indicator.outputs}
        self._rows.append(read)
        found = self._compute(self._rows.columns())
        values = {
            output.name: float(found[output.name][-1]) + self._carried.get(output.name, 0)
            for output in self.chosen.indicator.outputs
        }
        if self._rows.count >= self._next_cut:
            self._cut()
        return values

    @property
    def _asked(self) -> list[str]:
        return [name for name in self.chosen.indicator.inputs if name != "session"]

    def _read(self, ts_event: int, bar: Mapping[str, object]) -> dict[str, np.ndarray]:
        session = self._sessions(np.array([ts_event]))
        return self.chosen.indicator.read({**{name: [bar[name]] for name in self._asked}, "session": session})

    def _compute(self, columns: Mapping[str, np.ndarray]) -> Mapping[str, np.ndarray]:
        return self.chosen.indicator.compute_known(columns, self.chosen.parameters)

    def _cut(self) -> None:
        """Keep as little of the rows as gives the same."""
        size = self._needed()
        self._next_cut = self._rows.count + size
        if self._rows.count <= size:
            return
        columns = self._rows.columns()
        whole = self._compute(columns)
        for _ in range(_TRIES):
            if size >= self._rows.count:
                return
            part = self._compute({name: values[-size:] for name, values in columns.items()})
            carried = self._offsets(whole, part)
            if all(_agree(whole[name], part[name] + carried.get(name, 0)) for name in whole):
                self._rows.keep_last(size)
                self._carried = {name: self._carried.get(name, 0) + value for name, value in carried.items()}
                self._next_cut = 2 * size
                return
            size *= _LONGER

    def _needed(self) -> int:
        sessions = self._rows.columns().get("session")
        if sessions is None:
            return self.chosen.memory + _COMPARED
        # The whole of the last session and nothing before it.
        return max(1, int(np.sum(sessions == sessions[-1:])))

    def _offsets(self, whole: Mapping[str, np.ndarray], part: Mapping[str, np.ndarray]) -> dict[str, float]:
        if not self.chosen.indicator.is_cumulative:
            return {}
        return {name: float(whole[name][-1] - part[name][-1]) for name in whole}


class _Rows:
    """Columns that grow at the end and are cut at the start."""

    def __init__(self, columns: Mapping[str, np.ndarray]) -> None:
        self._columns = dict(columns)
        self.count = len(next(iter(columns.values())))

    def columns(self) -> dict[str, np.ndarray]:
        return {name: values[: self.count] for name, values in self._columns.items()}

    def append(self, row: Mapping[str, np.ndarray]) -> None:
        """Each of the row's columns has one value."""
        for name, values in self._columns.items():
            if len(values) == self.count:
                self._columns[name] = np.append(values, np.zeros(max(64, self.count), values.dtype))
            self._columns[name][self.count] = row[name][0]
        self.count += 1

    def drop_last(self) -> None:
        self.count -= 1

    def keep_last(self, size: int) -> None:
        # A copy: the long line it was cut from is let go, and another's array is never written to.
        self._columns = {name: values[self.count - size : self.count].copy() for name, values in self._columns.items()}
        self.count = size


def _agree(whole: np.ndarray, part: np.ndarray) -> bool:
    rows = min(_COMPARED, len(part))
    ours, theirs = whole[-rows:], part[-rows:]
    scale = np.max(np.abs(ours), initial=0, where=~np.isnan(ours))
    return bool(np.allclose(theirs, ours, rtol=0, atol=_TOLERANCE * scale, equal_nan=True))
