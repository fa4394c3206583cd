"""Stored bars as the node's own values."""

from __future__ import annotations

import pandas as pd
import pytest

from nautilus_data.core.instrument import Instrument

pytest.importorskip("nautilus_trader")

from nautilus_trader.common.component import LiveClock
from nautilus_trader.model.data import Bar

from nautilus_data.engine.feed import Tape, equity_of
from tests.engine.conftest import FIRST_CLOSE, wave

_HOUR = 3_600_000_000_000


def tape(instruments: list[Instrument], bars: dict[str, pd.DataFrame], start: int = 0) -> Tape:
    equities = tuple(equity_of(instrument, 1) for instrument in instruments)
    rows = pd.concat([frame.assign(instrument_id=name) for name, frame in bars.items()])
    return Tape.of(equities, "1-DAY", rows, start)


def sessions(tape: Tape) -> list[list[Bar]]:
    clock = LiveClock()
    return [list(session) for session in tape.sessions(clock)]


def test_a_session_holds_the_bars_of_all_instruments(
    instruments: list[Instrument], bars: dict[str, pd.DataFrame]
) -> None:
    played = sessions(tape(instruments, bars))
    assert [len(session) for session in played] == [2] * 20 + [3] * 60


def test_venues_that_close_at_other_hours_of_a_day_share_its_session(instruments: list[Instrument]) -> None:
    early, late = wave(3, 5), wave(3, 5)
    early = early.assign(ts_event=early["ts_event"] - 5 * _HOUR)
    played = sessions(tape(instruments[:2], {"AAPL.NASDAQ": late, "MSFT.NASDAQ": early}))
    assert [[str(bar.bar_type.instrument_id) for bar in session] for session in played] == [
        ["MSFT.NASDAQ", "AAPL.NASDAQ"]
    ] * 3


def test_a_bar_keeps_its_historical_close_and_is_known_only_now(
    instruments: list[Instrument], bars: dict[str, pd.DataFrame]
) -> None:
    before = LiveClock().timestamp_ns()
    first = sessions(tape(instruments, bars))[0][0]
    assert first.ts_event == FIRST_CLOSE
    assert before < first.ts_init < LiveClock().timestamp_ns()
    assert str(first.bar_type) == "AAPL.NASDAQ-1-DAY-LAST-EXTERNAL"


def test_prices_are_exact_at_the_instruments_precision(instruments: list[Instrument]) -> None:
    frame = wave(1, 5).assign(open=123_456_749_999, high=123_456_850_000, low=1, close=123_456_750_000, volume=7.0)
    bar = sessions(tape(instruments[:1], {"AAPL.NASDAQ": frame}))[0][0]
    prices = [str(price) for price in (bar.open, bar.high, bar.low, bar.close)]
    assert prices == ["123.4567", "123.4568", "0.0000", "123.4568"]
    assert str(bar.volume) == "7"


def test_a_volume_that_is_not_known_is_none_traded(instruments: list[Instrument]) -> None:
    frame = wave(1, 5).assign(volume=float("nan"))
    assert str(sessions(tape(instruments[:1], {"AAPL.NASDAQ": frame}))[0][0].volume) == "0"


def test_bars_before_the_start_are_left_out(instruments: list[Instrument], bars: dict[str, pd.DataFrame]) -> None:
    third = int(bars["AAPL.NASDAQ"]["ts_event"].iloc[2])
    assert sessions(tape(instruments, bars, third))[0][0].ts_event == third


def test_the_first_close_is_that_of_the_first_replayed_bar(
    instruments: list[Instrument], bars: dict[str, pd.DataFrame]
) -> None:
    played = tape(instruments, bars, FIRST_CLOSE)
    assert played.first_close(played.equities[0]) == 100.0
    assert tape(instruments, bars, 2**62).first_close(played.equities[0]) is None
