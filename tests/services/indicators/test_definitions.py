"""Each indicator against a reference: the library's own function, or its definition written out."""

from __future__ import annotations

import numpy as np
import pytest
import talib

from nautilus_data.core.timerange import to_ns
from nautilus_data.services.indicators import INDICATORS, session_starts
from tests.services.indicators.lines import MINUTE, Bars, same, take, walk

BARS = walk(2_000, seed=8)
OPEN, HIGH, LOW, CLOSE, VOLUME = (BARS[name] for name in ("open", "high", "low", "close", "volume"))
TYPICAL = (HIGH + LOW + CLOSE) / 3


def compute(name: str, bars: Bars = BARS, **parameters: float) -> dict[str, np.ndarray]:
    return INDICATORS[name].compute(bars, **parameters)


@pytest.mark.parametrize(
    ("name", "parameters", "expected"),
    [
        ("sma", {"length": 9}, {"sma": talib.SMA(CLOSE, 9)}),
        ("wma", {"length": 9}, {"wma": talib.WMA(CLOSE, 9)}),
        ("kama", {"length": 10}, {"kama": talib.KAMA(CLOSE, 10)}),
        (
            "bollinger", {"length": 20, "multiplier": 2.5},
            dict(zip(("upper", "middle", "lower"), talib.BBANDS(CLOSE, 20, 2.5, 2.5), strict=True)),
        ),
        (
            "donchian", {"length": 20},
            {"upper": talib.MAX(HIGH, 20), "middle": talib.MIDPRICE(HIGH, LOW, 20), "lower": talib.MIN(LOW, 20)},
        ),
        ("psar", {"step": 0.02, "maximum": 0.2}, {"psar": talib.SAR(HIGH, LOW, 0.02, 0.2)}),
        ("atr", {"length": 14}, {"atr": talib.ATR(HIGH, LOW, CLOSE, 14)}),
        ("rsi", {"length": 14}, {"rsi": talib.RSI(CLOSE, 14)}),
        ("williams", {"length": 14}, {"williams": talib.WILLR(HIGH, LOW, CLOSE, 14)}),
        ("cci", {"length": 20}, {"cci": talib.CCI(HIGH, LOW, CLOSE, 20)}),
        (
            "adx", {"length": 14},
            {
                "adx": talib.ADX(HIGH, LOW, CLOSE, 14),
                "plus": talib.PLUS_DI(HIGH, LOW, CLOSE, 14),
                "minus": talib.MINUS_DI(HIGH, LOW, CLOSE, 14),
            },
        ),
        ("obv", {}, {"obv": talib.OBV(CLOSE, VOLUME)}),
        ("mfi", {"length": 14}, {"mfi": talib.MFI(HIGH, LOW, CLOSE, VOLUME, 14)}),
        ("aroon", {"length": 14}, dict(zip(("down", "up"), talib.AROON(HIGH, LOW, 14), strict=True))),
        ("roc", {"length": 10}, {"roc": talib.ROC(CLOSE, 10)}),
        ("stddev", {"length": 20}, {"stddev": talib.STDDEV(CLOSE, 20)}),
        ("linreg", {"length": 14}, {"linreg": talib.LINEARREG(CLOSE, 14)}),
        (
            "stochastic", {"length": 14, "smooth": 3, "signal": 3},
            {"d": talib.STOCH(HIGH, LOW, CLOSE, 14, 3, 0, 3, 0)[1]},
        ),
        (
            "stochrsi", {"length": 14, "stochastic": 14, "smooth": 1, "signal": 3},
            {"d": talib.STOCHRSI(CLOSE, 14, 14, 3, 0)[1]},
        ),
    ],
)  # fmt: skip
def test_it_is_the_librarys(name: str, parameters: dict[str, float], expected: dict[str, np.ndarray]) -> None:
    found = compute(name, **parameters)
    for output, values in expected.items():
        assert same(found[output], values, BARS, relative=1e-11), output


@pytest.mark.parametrize(
    ("name", "bars", "expected"),
    [
        ("ema", 400, {"ema": talib.EMA(CLOSE, 20)}),
        ("dema", 500, {"dema": talib.DEMA(CLOSE, 20)}),
        ("macd", 800, dict(zip(("macd", "signal", "histogram"), talib.MACD(CLOSE, 12, 26, 9), strict=True))),
        ("trix", 800, {"trix": talib.TRIX(CLOSE, 15)}),
    ],
)
def test_it_is_the_librarys_once_the_other_seed_has_faded(
    name: str, bars: int, expected: dict[str, np.ndarray]
) -> None:
    for output, values in expected.items():
        assert same(compute(name)[output][bars:], values[bars:], BARS)


@pytest.mark.skipif(not hasattr(talib, "SUPERTREND"), reason="TA-Lib has them since 0.8")
def test_what_is_composed_is_what_newer_releases_of_the_library_have() -> None:
    assert same(compute("hma")["hma"], talib.HMA(CLOSE, 20), BARS)
    assert same(compute("cmf")["cmf"], talib.CMF(HIGH, LOW, CLOSE, VOLUME, 20), BARS)
    theirs, found = talib.SUPERTREND(HIGH, LOW, CLOSE, 10, 3.0)[0], compute("supertrend")
    ours = np.where(np.isnan(found["rising"]), found["falling"], found["rising"])
    # Theirs begins upwards, ours downwards.
    turned = np.flatnonzero(np.abs(ours - theirs) < 1e-9)[0]
    assert turned < 200 and same(ours[turned:], theirs[turned:], BARS)
    assert (np.isnan(found["rising"]) ^ np.isnan(found["falling"]))[10:].all()


def test_supertrend_turns_where_the_close_crosses_it() -> None:
    found = compute("supertrend")
    is_up = ~np.isnan(found["rising"])
    assert (CLOSE[is_up] >= found["rising"][is_up]).all()
    assert (CLOSE[10:][~is_up[10:]] <= found["falling"][10:][~is_up[10:]]).all()
    steps = np.diff(found["rising"])
    assert (steps[~np.isnan(steps)] >= 0).all()


def test_keltner_is_the_typical_prices_average_with_true_ranges_around_it() -> None:
    found, ranges = compute("keltner", length=20, multiplier=1.5), talib.TRANGE(HIGH, LOW, CLOSE)
    assert same(found["middle"][400:], talib.EMA(TYPICAL, 20)[400:], BARS)
    assert same((found["upper"] - found["middle"])[21:], 1.5 * talib.SMA(ranges[1:], 20)[20:], BARS)


def test_ichimoku_stands_at_the_bar_that_made_it() -> None:
    found = compute("ichimoku")
    at = 700
    tenkan, kijun, span = (
        (HIGH[at - length + 1 : at + 1].max() + LOW[at - length + 1 : at + 1].min()) / 2 for length in (9, 26, 52)
    )
    values = [found[name][at] for name in ("tenkan", "kijun", "senkou_a", "senkou_b", "chikou")]
    assert values == pytest.approx([tenkan, kijun, (tenkan + kijun) / 2, span, CLOSE[at]], rel=1e-14)


def test_money_flow_of_tiny_prices_is_not_nothing() -> None:
    """TA-Lib's says 0 where price × volume sum up to less than 1."""
    tiny = walk(100, first=1e-7, step=1e-9)
    assert 0 < np.nanmin(compute("mfi", tiny)["mfi"]) < np.nanmax(compute("mfi", tiny)["mfi"]) < 100


def test_a_flat_line_is_no_straight_way() -> None:
    """TA-Lib's running sum leaves a rest that may be negative, and takes that for a way straight ahead."""
    closes = np.concatenate([walk(100)["close"], np.full(200, 100.0)])
    kama = INDICATORS["kama"].compute({"close": closes})["kama"]
    slowest = (2 / 31) ** 2
    gaps = np.abs(kama[150:] - 100)
    assert gaps[1:] == pytest.approx(gaps[:-1] * (1 - slowest), rel=1e-9)


def test_rsi_stays_where_it_was_while_nothing_moves() -> None:
    closes = np.concatenate([walk(100)["close"], np.full(5_000, 100.0)])
    rsi = INDICATORS["rsi"].compute({"close": closes})["rsi"]
    assert rsi[101:] == pytest.approx(rsi[101], rel=1e-9)


def test_percents_of_a_price_that_is_not_positive_are_not_known() -> None:
    found = INDICATORS["roc"].compute({"close": np.array([10.0, 5.0, -5.0, 0.0, 5.0])}, length=1)["roc"]
    assert np.array_equal(found, [np.nan, -50, -200, np.nan, np.nan], equal_nan=True)


def test_vwap_begins_anew_with_each_session_of_the_exchange() -> None:
    """Futures: Wednesday ends at 16:00 Chicago (22:00 UTC), Thursday begins at 17:00."""
    bars = walk(600, seed=3)
    bars["ts_event"] = to_ns("2024-01-03T16:00Z") + MINUTE * np.arange(1, 601)
    bars["volume"][:5] = 0
    is_open = (bars["ts_event"] <= to_ns("2024-01-03T22:00Z")) | (bars["ts_event"] > to_ns("2024-01-03T23:00Z"))
    bars = take(bars, is_open)
    found = compute("vwap", {**bars, "session": session_starts("ESH24.CME", bars["ts_event"])})["vwap"]
    typical = (bars["high"] + bars["low"] + bars["close"]) / 3
    for part in (slice(0, 360), slice(360, None)):
        worth, traded = (np.cumsum(values[part]) for values in (typical * bars["volume"], bars["volume"]))
        expected = np.divide(worth, traded, out=np.full(len(worth), np.nan), where=traded > 0)
        assert np.allclose(found[part], expected, rtol=1e-12, equal_nan=True)
    assert np.isnan(found[:5]).all()


def test_daily_bars_are_a_session_each() -> None:
    bars = walk(30)
    bars["ts_event"] = to_ns("2024-03-01T21:00Z") + 24 * 60 * MINUTE * np.arange(30)
    typical = (bars["high"] + bars["low"] + bars["close"]) / 3
    assert compute("vwap", bars)["vwap"] == pytest.approx(typical, rel=1e-14)


def test_nothing_traded_has_no_average_price_and_no_flow() -> None:
    still = {**BARS, "volume": np.zeros(len(CLOSE))}
    for name in ("vwap", "mfi", "cmf"):
        assert np.isnan(compute(name, still)[name]).all()
    assert set(compute("obv", still)["obv"]) == {0.0}
