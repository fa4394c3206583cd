"""Bands: channels and clouds over the bars."""

from __future__ import annotations

import talib

from nautilus_data.services.indicators.indicator import Columns, Indicator, Output
from nautilus_data.services.indicators.parts import HIGH_LOW_CLOSE, channel, exponential, length, multiplier, window
from nautilus_data.services.indicators.windows import deviation, ema, highest, lowest, middle, true_range, typical

_GROUP = "Bands"


def _bollinger(columns: Columns, length: int, multiplier: float) -> Columns:
    """SMA of the close ± multiplier × standard deviation of the population, as Bollinger has it."""
    center = talib.SMA(columns["close"], length)
    reach = multiplier * deviation(columns["close"], length)
    return {"upper": center + reach, "middle": center, "lower": center - reach}


def _keltner(columns: Columns, length: int, multiplier: float) -> Columns:
    """EMA of the typical price (seeded with the first) ± multiplier × SMA of the true range, both over `length`.

    Keltner's center with Raschke's reach, as in NautilusTrader; many charts take the close and Wilder's average.
    """
    prices = [columns[name] for name in HIGH_LOW_CLOSE]
    center = ema(typical(*prices), length)
    reach = multiplier * talib.SMA(true_range(*prices), length)
    return {"upper": center + reach, "middle": center, "lower": center - reach}


def _donchian(columns: Columns, length: int) -> Columns:
    """Highest high and lowest low of the last `length` bars, this one included, and halfway between them."""
    high, low = columns["high"], columns["low"]
    return {"upper": highest(high, length), "middle": middle(high, low, length), "lower": lowest(low, length)}


def _ichimoku(columns: Columns, conversion: int, base: int, span: int, displacement: int) -> Columns:
    """Halves of the highest high and lowest low of 9, 26 and 52 bars. Spans are drawn `displacement` bars to the right,
    the lagging line (the close) as far to the left; the values here stand at the bar that made them.
    """
    high, low = columns["high"], columns["low"]
    tenkan, kijun = middle(high, low, conversion), middle(high, low, base)
    return {
        "tenkan": tenkan,
        "kijun": kijun,
        "senkou_a": (tenkan + kijun) / 2,
        "senkou_b": middle(high, low, span),
        "chikou": columns["close"],
    }


BANDS = (
    Indicator(
        "bollinger", "Bollinger bands", _GROUP, channel("SMA"), ("close",), _bollinger, window,
        (length(20), multiplier(2.0, "standard deviations from the middle to an edge")), "price",
        nautilus="BollingerBands",
        difference="NautilusTrader's takes the typical price, (high + low + close) / 3, this the close.",
    ),
    Indicator(
        "keltner", "Keltner channel", _GROUP, channel("EMA"), HIGH_LOW_CLOSE, _keltner, exponential,
        (length(20), multiplier(2.0, "average true ranges from the middle to an edge")), "price",
        nautilus="KeltnerChannel",
    ),
    Indicator(
        "donchian", "Donchian channel", _GROUP, channel("Middle"), ("high", "low"), _donchian, window,
        (length(20),), "price", nautilus="DonchianChannel",
    ),
    Indicator(
        "ichimoku", "Ichimoku cloud", _GROUP,
        (
            Output("tenkan", "Conversion (tenkan)"),
            Output("kijun", "Base (kijun)"),
            Output("senkou_a", "Leading span A", "band", pair="senkou_b", shift="displacement"),
            Output("senkou_b", "Leading span B", "band", pair="senkou_a", shift="displacement"),
            Output("chikou", "Lagging (chikou)", shift="-displacement"),
        ),
        HIGH_LOW_CLOSE, _ichimoku, window,
        (
            length(9, "bars of the conversion line", "conversion"),
            length(26, "bars of the base line", "base"),
            length(52, "bars of leading span B", "span"),
            length(26, "bars the spans are drawn ahead and the close behind", "displacement", low=1),
        ),
        "price", nautilus="IchimokuCloud",
        difference="NautilusTrader's spans and lagging line are the values of `displacement` bars before: its spans "
        "are those drawn at the same bar here. 1.221 has no such class yet.",
    ),
)  # fmt: skip
