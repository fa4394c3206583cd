"""Coverage: which spans of a series have been asked for and answered."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from nautilus_data.core.dataset import NO_DATA, Series
from nautilus_data.core.timerange import TimeRange, merge
from nautilus_data.store.database import Database
from nautilus_data.store.tables import COVERAGE, SERIES, SERIES_FIELDS

Answer = tuple[TimeRange, str]


class Coverage(Database):
    """Spans of a series never overlap; the latest answer about a time is the one kept."""

    def coverage(self, series: Series) -> list[TimeRange]:
        """What was asked and answered, refusals included."""
        return merge(span for span, _ in self.answers(series))

    def skipped(self, series: Series) -> list[Answer]:
        """Spans the source refused, each with its reason."""
        return [(span, reason) for span, reason in self.answers(series) if reason]

    def failures(self, series: Series) -> list[Answer]:
        """Spans the source refused, what is proven empty left out."""
        return [(span, reason) for span, reason in self.answers(series) if reason not in ("", NO_DATA)]

    def gaps(self, series: Series, span: TimeRange) -> list[TimeRange]:
        """What of a span has not been asked yet."""
        return span.subtract(self.coverage(series))

    def watermark(self, series: Series) -> int | None:
        """End of the first unbroken coverage."""
        covered = self.coverage(series)
        return covered[0].end if covered else None

    def cover(self, series: Series, span: TimeRange, reason: str = "") -> None:
        """Note that a span was answered; with a reason, that it was refused."""
        number = self._series_number(series, create=True)
        with self._writing() as connection:
            self._cover(connection, number, span, reason)

    def clear(self, series: Series, span: TimeRange) -> None:
        """Forget the answers about a span, so that it is a gap again; rows stay."""
        number = self._series_number(series)
        if number is None:
            return
        with self._writing() as connection:
            forget(connection, number, span)

    def series_list(self, dataset: str = "bars", **filters: str) -> list[Series]:
        """Every series of a dataset, in order; `filters` are fields of Series."""
        same = [SERIES.c[name] == value for name, value in {"dataset": dataset, **filters}.items()]
        columns = [SERIES.c[name] for name in SERIES_FIELDS]
        with self._reading() as connection:
            rows = connection.execute(select(*columns).where(*same)).mappings().all()
        return sorted((Series(**row) for row in rows), key=str)

    def covered_series(self, dataset: str) -> set[Series]:
        """Every series of a dataset something was answered about."""
        columns = [SERIES.c[name] for name in SERIES_FIELDS]
        covered = select(*columns).where(SERIES.c.dataset == dataset, SERIES.c.id.in_(select(COVERAGE.c.series)))
        with self._reading() as connection:
            return {Series(**row) for row in connection.execute(covered).mappings()}

    def answers(self, series: Series) -> list[Answer]:
        """Every answered span in order, with the reason where nothing came."""
        number = self._series_number(series)
        if number is None:
            return []
        columns = select(COVERAGE.c.start, COVERAGE.c.end, COVERAGE.c.reason)
        with self._reading() as connection:
            rows = connection.execute(columns.where(COVERAGE.c.series == number).order_by(COVERAGE.c.start)).all()
        return [(TimeRange(start, end), reason) for start, end, reason in rows]

    def _cover(self, connection: Connection, number: int, span: TimeRange, reason: str) -> None:
        self._cover_all(connection, number, span, [(span, reason)] if reason else [])

    def _cover_all(self, connection: Connection, number: int, span: TimeRange, holes: Sequence[Answer]) -> None:
        """A span was answered but for holes in it, each with its reason; holes don't overlap."""
        if span.is_empty:
            return
        old = _take(connection, number, span)
        left = [(part, why) for before, why in old for part in before.subtract([span])]
        solid = [(part, "") for part in span.subtract(hole for hole, _ in holes)]
        _put(connection, number, _joined([*left, *solid, *holes]))


def forget(connection: Connection, number: int, span: TimeRange) -> None:
    """Drop the answers about a span inside a transaction."""
    left = [(part, why) for old, why in _take(connection, number, span) for part in old.subtract([span])]
    _put(connection, number, left)


def _take(connection: Connection, number: int, span: TimeRange) -> list[Answer]:
    """Remove and return the stored spans that overlap or touch a span."""
    # On PostgreSQL two workers could cover one series at once; the row of the series is the lock.
    connection.execute(select(SERIES.c.id).where(SERIES.c.id == number).with_for_update())
    touching = (COVERAGE.c.series == number, COVERAGE.c.start <= span.end, COVERAGE.c.end >= span.start)
    rows = connection.execute(select(COVERAGE.c.start, COVERAGE.c.end, COVERAGE.c.reason).where(*touching)).all()
    connection.execute(delete(COVERAGE).where(*touching))
    return [(TimeRange(start, end), reason) for start, end, reason in rows]


def _put(connection: Connection, number: int, answers: list[Answer]) -> None:
    rows = [{"series": number, "start": span.start, "end": span.end, "reason": why} for span, why in answers]
    if rows:
        connection.execute(insert(COVERAGE), rows)


def _joined(answers: list[Answer]) -> list[Answer]:
    """Touching spans with one reason made one."""
    reasons = {reason for _, reason in answers}
    return [(span, reason) for reason in reasons for span in merge(s for s, why in answers if why == reason)]
