"""What every source promises, whichever it is."""

from __future__ import annotations

import asyncio

import pytest

from nautilus_data.core.dataset import DATASETS, Series, parse_timeframe
from nautilus_data.core.instrument import split_instrument_id
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange
from nautilus_data.errors import SkippableError
from nautilus_data.sources import SOURCES, Source

pytestmark = pytest.mark.parametrize("source", [pytest.param(make(), id=name) for name, make in SOURCES.items()])


def known_series(source: Source, instrument_id: str = "") -> list[Series]:
    """One for each timeframe and adjustment it offers, of the first instrument it knows."""
    instrument_id = instrument_id or source.instruments()[0].instrument_id
    return [
        Series(
            dataset=one.dataset, instrument_id=instrument_id, source=source.spec.name, timeframe=step, adjustment=kind
        )
        for one in source.spec.capabilities
        for step in one.timeframes
        for kind in one.adjustments
    ]


def a_month(source: Source, series: Series) -> TimeRange:
    history = source.spec.capability(series).history
    return TimeRange(history.end - 30 * NS_PER_DAY, history.end)


def test_its_spec_is_complete(source: Source) -> None:
    spec = source.spec
    assert SOURCES[spec.name] is type(source)
    assert spec.title
    assert spec.url.startswith("https://")
    assert spec.capabilities
    for capability in spec.capabilities:
        assert DATASETS[capability.dataset].is_series
        assert capability.timeframes == tuple(map(parse_timeframe, capability.timeframes))
        assert set(capability.adjustments) <= {"raw", "split", "total"}
        assert capability.max_span_ns is None or capability.max_span_ns > 0


def test_its_instruments_are_named_as_nautilus_names_them(source: Source) -> None:
    names = [instrument.instrument_id for instrument in source.instruments()]
    assert len(names) == len(set(names))
    for instrument in source.instruments():
        assert all(split_instrument_id(instrument.instrument_id))
        assert instrument.price_increment.as_tuple().exponent == -instrument.price_precision


def test_its_reason_for_not_being_there_says_what_to_do(source: Source) -> None:
    reason = source.unavailable_reason()
    assert reason == "" or ":" in reason


def test_its_own_payload_becomes_rows_of_the_dataset(source: Source) -> None:
    for series in known_series(source):
        span = a_month(source, series)
        frame = source.normalize(asyncio.run(source.extract(series, span)), series)
        conformed = DATASETS[series.dataset].conform(frame)
        assert len(conformed)
        assert conformed["ts_event"].is_unique
        assert (conformed["ts_init"] >= conformed["ts_event"]).all()


def test_bars_are_possible_ones(source: Source) -> None:
    for series in known_series(source):
        frame = asyncio.run(source.fetch(series, a_month(source, series)))
        assert (frame["high"] >= frame[["open", "close", "low"]].max(axis=1)).all()
        assert (frame["low"] <= frame[["open", "close"]].min(axis=1)).all()
        assert (frame["low"] > 0).all()


def test_rows_outside_the_span_are_left_out(source: Source) -> None:
    for series in known_series(source):
        whole = asyncio.run(source.fetch(series, a_month(source, series)))
        first, last = (int(whole["ts_event"].iloc[place]) for place in (1, -2))
        inner = asyncio.run(source.fetch(series, TimeRange(first, last)))
        assert inner["ts_event"].tolist() == whole["ts_event"].tolist()[1:-2]


def test_pieces_of_a_span_make_the_whole(source: Source) -> None:
    series = known_series(source)[0]
    span = a_month(source, series)
    pieces = [asyncio.run(source.fetch(series, part)) for part in span.split(7 * NS_PER_DAY + 11)]
    assert sum(map(len, pieces)) == len(asyncio.run(source.fetch(series, span)))


def test_a_span_without_rows_is_an_empty_frame(source: Source) -> None:
    series = known_series(source)[0]
    end = source.spec.capability(series).history.end
    empty = asyncio.run(source.fetch(series, TimeRange(end - 1, end)))
    assert list(empty.columns) == list(DATASETS[series.dataset].columns)
    assert empty.empty
    assert empty.dtypes.equals(DATASETS[series.dataset].empty().dtypes)


def test_an_instrument_it_does_not_know_is_refused(source: Source) -> None:
    series = known_series(source, "NOBODY.NOWHERE")[0]
    with pytest.raises(SkippableError, match="NOBODY"):
        asyncio.run(source.fetch(series, a_month(source, series)))


def test_a_timeframe_it_does_not_have_is_refused(source: Source) -> None:
    series = Series(instrument_id="A.B", source=source.spec.name, timeframe="7-SECOND")
    with pytest.raises(SkippableError, match=source.spec.title):
        source.spec.capability(series)
