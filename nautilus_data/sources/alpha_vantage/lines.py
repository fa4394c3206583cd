"""Lines: Alpha Vantage's macro and commodity series, how each is asked for, and when its values are usually out.

Most are FRED's, copied within a day or two; the values of today alone, without vintages.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType

from nautilus_data.core.release_lag import Lag

NAMESPACE = "ALPHAVANTAGE"


@dataclass(frozen=True, kw_only=True)
class Line:
    """`frequency` is D, M, Q or A; `params` ask for it; its values are known by `lag`."""

    name: str
    function: str
    title: str
    units: str
    frequency: str
    lag: Lag
    params: MappingProxyType[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def instrument_id(self) -> str:
        return f"{self.name}.{NAMESPACE}"


_INTERVALS = MappingProxyType({"D": "daily", "M": "monthly", "Q": "quarterly", "A": "annual"})
_NEXT_DAYS = Lag(business_days=2, at="09:00")
# The Energy Information Administration tells a week's days on the next Wednesday.
_ENERGY = Lag(days=1, weekday=3, at="13:00")
_METALS = Lag(business_days=1, at="09:00")
# The Monetary Fund's prices of a month come in the course of the next.
_FUND = Lag(days=45)
# Functions that take no interval have a single one.
_WITHOUT_INTERVAL = frozenset(
    {"REAL_GDP_PER_CAPITA", "INFLATION", "RETAIL_SALES", "DURABLES", "UNEMPLOYMENT", "NONFARM_PAYROLL"}
)
_MATURITIES = MappingProxyType(
    {"3month": "3-month", "2year": "2-year", "5year": "5-year", "7year": "7-year", "10year": "10-year",
     "30year": "30-year"}
)  # fmt: skip
# name, title, units, frequency, lag.
_ECONOMY = (
    ("REAL_GDP", "Real gross domestic product", "bn chained $", "Q", Lag(days=33)),
    ("REAL_GDP_PER_CAPITA", "Real gross domestic product per person", "chained $", "Q", Lag(days=33)),
    ("FEDERAL_FUNDS_RATE", "Federal funds rate", "%", "D", _NEXT_DAYS),
    ("CPI", "Consumer prices, not seasonally adjusted", "index 1982-1984=100", "M", Lag(days=18)),
    ("INFLATION", "Consumer price inflation of a year", "%", "A", Lag(days=180)),
    ("RETAIL_SALES", "Retail sales, not seasonally adjusted", "mn $", "M", Lag(days=18)),
    ("DURABLES", "Orders of durable goods, not seasonally adjusted", "mn $", "M", Lag(days=30)),
    ("UNEMPLOYMENT", "Unemployment rate", "%", "M", Lag(days=10)),
    ("NONFARM_PAYROLL", "Nonfarm payrolls, not seasonally adjusted", "thousand", "M", Lag(days=10)),
)
_COMMODITIES = (
    ("WTI", "WTI crude oil", "$/bbl", "D", _ENERGY),
    ("BRENT", "Brent crude oil", "$/bbl", "D", _ENERGY),
    ("NATURAL_GAS", "Natural gas at Henry Hub", "$/MMBtu", "D", _ENERGY),
    ("COPPER", "Copper", "$/t", "M", _FUND),
    ("ALUMINUM", "Aluminum", "$/t", "M", _FUND),
    ("WHEAT", "Wheat", "$/t", "M", _FUND),
    ("CORN", "Corn", "$/t", "M", _FUND),
    ("COTTON", "Cotton", "¢/lb", "M", _FUND),
    ("SUGAR", "Sugar", "¢/lb", "M", _FUND),
    ("COFFEE", "Coffee", "¢/lb", "M", _FUND),
    ("ALL_COMMODITIES", "All commodities", "index", "M", _FUND),
)


def _line(name: str, title: str, units: str, frequency: str, lag: Lag) -> Line:
    params = {} if name in _WITHOUT_INTERVAL else {"interval": _INTERVALS[frequency]}
    return Line(
        name=name, function=name, title=title, units=units, frequency=frequency, lag=lag,
        params=MappingProxyType(params),
    )  # fmt: skip


def _yield(maturity: str, said: str) -> Line:
    return Line(
        name=f"TREASURY_YIELD_{maturity.upper()}", function="TREASURY_YIELD", title=f"{said} Treasury yield", units="%",
        frequency="D", lag=_NEXT_DAYS, params=MappingProxyType({"interval": "daily", "maturity": maturity}),
    )  # fmt: skip


def _metal(name: str) -> Line:
    return Line(
        name=name, function="GOLD_SILVER_HISTORY", title=name.capitalize(), units="$/oz", frequency="D", lag=_METALS,
        params=MappingProxyType({"symbol": name, "interval": "daily"}),
    )  # fmt: skip


LINES = MappingProxyType(
    {
        line.instrument_id: line
        for line in (
            *(_line(*row) for row in (*_ECONOMY, *_COMMODITIES)),
            *(_yield(maturity, said) for maturity, said in _MATURITIES.items()),
            *map(_metal, ("GOLD", "SILVER")),
        )
    }
)
