"""One update of each indicator by the live bar of a long line, against computing all of it again.

Run: python -m benchmarks.indicator_update [bars]. "again" is TA-Lib's own function where it has one (those of 0.8 are
used where they are there), else the indicator's whole computation; an update ends with the same value.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import talib

from nautilus_data.services.indicators import INDICATORS, Chosen, Indicator, Running

UPDATES = 200
MINUTE = 60_000_000_000
Bars = dict[str, np.ndarray]


def make_bars(count: int) -> Bars:
    random = np.random.default_rng(1)
    close = 100 * np.exp(random.normal(0, 2e-4, count).cumsum())
    opened = np.append(close[:1], close[:-1])
    return {
        "ts_event": MINUTE * np.arange(1, count + 1, dtype="int64"),
        "open": opened,
        "high": np.maximum(opened, close) * (1 + 1e-4 * random.random(count)),
        "low": np.minimum(opened, close) * (1 - 1e-4 * random.random(count)),
        "close": close,
        "volume": np.round(1e4 * random.random(count)),
    }


def raw(bars: Bars) -> dict[str, Callable[[], object]]:
    """TA-Lib's own with the defaults of ours."""
    close, high, low, volume = (bars[name] for name in ("close", "high", "low", "volume"))
    prices = (high, low, close)
    newer = (
        {
            "hma": lambda: talib.HMA(close, 20),
            "supertrend": lambda: talib.SUPERTREND(*prices, 10, 3.0),
            "cmf": lambda: talib.CMF(*prices, volume, 20),
            "keltner": lambda: talib.KC(*prices, 20, 20, 2.0),
        }
        if hasattr(talib, "SUPERTREND")
        else {}
    )
    return newer | {
        "sma": lambda: talib.SMA(close, 20),
        "ema": lambda: talib.EMA(close, 20),
        "wma": lambda: talib.WMA(close, 20),
        "dema": lambda: talib.DEMA(close, 20),
        "kama": lambda: talib.KAMA(close, 10),
        "bollinger": lambda: talib.BBANDS(close, 20, 2, 2),
        "donchian": lambda: (talib.MAX(high, 20), talib.MIN(low, 20)),
        "psar": lambda: talib.SAR(high, low),
        "adx": lambda: (talib.ADX(*prices), talib.PLUS_DI(*prices), talib.MINUS_DI(*prices)),
        "aroon": lambda: talib.AROON(high, low),
        "linreg": lambda: talib.LINEARREG(close),
        "rsi": lambda: talib.RSI(close),
        "macd": lambda: talib.MACD(close),
        "stochastic": lambda: talib.STOCHF(*prices, 14, 3),
        "stochrsi": lambda: talib.STOCHRSI(close, 14, 14, 3),
        "cci": lambda: talib.CCI(*prices, 20),
        "roc": lambda: talib.ROC(close),
        "williams": lambda: talib.WILLR(*prices),
        "trix": lambda: talib.TRIX(close, 15),
        "atr": lambda: talib.ATR(*prices),
        "stddev": lambda: talib.STDDEV(close, 20),
        "obv": lambda: talib.OBV(close, volume),
        "mfi": lambda: talib.MFI(*prices, volume),
    }


def median_ms(work: Callable[[], object], turns: int) -> float:
    seconds = []
    for _ in range(turns):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    return 1_000 * statistics.median(seconds)


def measure(indicator: Indicator, bars: Bars, again: Callable[[], object] | None) -> None:
    count = len(bars["close"]) - UPDATES
    chosen = Chosen(indicator)
    started = time.perf_counter()
    running = Running(chosen, {name: values[:count] for name, values in bars.items()})
    begun_ms = 1_000 * (time.perf_counter() - started)
    rows = iter(
        [{name: values[number] for name, values in bars.items()} for number in range(count, len(bars["close"]))]
    )
    last: dict[str, float] = {}
    update_ms = median_ms(lambda: last.update(running.update(next(rows))), UPDATES)
    whole = indicator.compute(bars)
    if not all(np.allclose(last[name], values[-1], rtol=1e-9, equal_nan=True) for name, values in whole.items()):
        raise SystemExit(f"{indicator.name}: {last} is not what all bars give")
    compute_ms = median_ms(lambda: indicator.compute(bars), 3)
    again_ms = median_ms(again, 3) if again else compute_ms
    print(
        f"{indicator.name:11} {running.reach:7,} {update_ms:9.3f} {again_ms:9.2f} {'TA-Lib' if again else 'ours':7}"
        f"{again_ms / update_ms:9.0f} {compute_ms:10.1f} {compute_ms / again_ms:7.1f} {begun_ms:9.1f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bars", nargs="?", type=int, default=1_000_000)
    bars = make_bars(parser.parse_args().bars)
    print(f"{len(bars['close']):,} bars; times in ms, median")
    print("indicator     reach    update     again of      again/update  whole line  /again    begin")
    library = raw(bars)
    for name, indicator in INDICATORS.items():
        measure(indicator, bars, library.get(name))


if __name__ == "__main__":
    main()
