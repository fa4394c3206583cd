"""Dataset: a table that crosses layers; Series: one line of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import pandas as pd

from nautilus_data.core.instrument import PRICE_SCALE
from nautilus_data.core.research_datasets import (
    COMPANIES,
    FACTS,
    FILINGS,
    HOLDINGS,
    INSIDER_TRADES,
    NEWS,
    OBSERVATIONS,
    OBSERVED_SERIES,
    RELEASES,
)
from nautilus_data.core.table import Dataset, Kind, declare
from nautilus_data.core.timerange import NS_PER_DAY, NS_PER_S

__all__ = [
    "COMPANIES",
    "FACTS",
    "FILINGS",
    "HOLDINGS",
    "INSIDER_TRADES",
    "NEWS",
    "OBSERVATIONS",
    "OBSERVED_SERIES",
    "RELEASES",
    "Dataset",
    "Kind",
]

# The reason kept with a span that was asked for and for which the source has nothing.
NO_DATA = "no data exists"


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line of a dataset: what coverage is kept for."""

    dataset: str = "bars"
    instrument_id: str
    source: str
    timeframe: str = "1-DAY"
    price_type: str = "LAST"
    adjustment: str = "raw"
    session: str = "regular"

    def __str__(self) -> str:
        if self.dataset != "bars":
            return f"{self.instrument_id} {say_dataset(self.dataset)} from {self.source}"
        return f"{self.instrument_id} {self.timeframe} {self.price_type} {self.adjustment} from {self.source}"


_UNITS = MappingProxyType(
    {"s": "SECOND", "m": "MINUTE", "h": "HOUR", "d": "DAY", "w": "WEEK", "M": "MONTH", "Y": "YEAR"}
)
_UNIT_NS = MappingProxyType(
    {
        "SECOND": NS_PER_S,
        "MINUTE": 60 * NS_PER_S,
        "HOUR": 3_600 * NS_PER_S,
        "DAY": NS_PER_DAY,
        "WEEK": 7 * NS_PER_DAY,
        "MONTH": 30 * NS_PER_DAY,
        "YEAR": 365 * NS_PER_DAY,
    }
)


def parse_timeframe(text: str) -> str:
    """`1-MINUTE` of `1m` or `1-MINUTE`; a ValueError names the forms."""
    step, dash, unit = text.partition("-")
    if not dash:
        step, unit = text[:-1], _UNITS.get(text[-1:], "")
    if not step.isdigit() or int(step) == 0 or unit not in _UNIT_NS:
        raise ValueError(f"not a timeframe: {text!r}; write 1m, 5m, 1h, 1d, 1w, 1M, 1Y or 1-MINUTE")
    return f"{int(step)}-{unit}"


def say_dataset(name: str) -> str:
    """`corporate actions` of `corporate_actions`."""
    return name.replace("_", " ")


def show_timeframe(timeframe: str) -> str:
    """`1d` of `1-DAY`."""
    step, _, unit = timeframe.partition("-")
    short = {name: letter for letter, name in _UNITS.items()}
    return f"{step}{short[unit]}"


def timeframe_ns(timeframe: str) -> int:
    """Length in nanoseconds; a month counts 30 days, a year 365."""
    step, _, unit = parse_timeframe(timeframe).partition("-")
    return int(step) * _UNIT_NS[unit]


def to_float(ticks: pd.Series | np.ndarray) -> np.ndarray:
    """Prices as float64, for plotting and statistics only."""
    return np.asarray(ticks, dtype="float64") / PRICE_SCALE


BARS = declare(
    "bars",
    "ts_event",
    "ts_event:NS ts_init:NS open:PRICE high:PRICE low:PRICE close:PRICE volume:FLOAT",
    is_series=True,
    row="bar",
)
CORPORATE_ACTIONS = declare(
    "corporate_actions",
    "ts_event kind",
    "ts_event:NS ts_init:NS kind:TEXT amount:DECIMAL currency:TEXT numerator:DECIMAL denominator:DECIMAL",
    is_series=True,
)
QUOTES = declare(
    "quotes",
    "instrument_id ts_event trader_id entry",
    "instrument_id:INSTRUMENT ts_event:NS trader_id:TEXT entry:INT ts_init:NS"
    " bid_price:PRICE ask_price:PRICE bid_size:FLOAT ask_size:FLOAT",
)
TRADES = declare(
    "trades",
    "instrument_id ts_event trader_id entry",
    "instrument_id:INSTRUMENT ts_event:NS trader_id:TEXT entry:INT ts_init:NS"
    " price:PRICE size:FLOAT aggressor_side:TEXT trade_id:TEXT",
)
INSTRUMENTS = declare(
    "instruments",
    "instrument_id",
    "instrument_id:TEXT raw_symbol:TEXT type:TEXT quote_currency:TEXT base_currency:TEXT settlement_currency:TEXT"
    " price_precision:INT size_precision:INT price_increment:DECIMAL multiplier:DECIMAL is_inverse:BOOL ts_init:NS",
    time="ts_init",
)
ORDER_EVENTS = declare(
    "order_events",
    "trader_id run_id client_order_id event_id",
    "trader_id:TEXT run_id:NS client_order_id:TEXT event_id:TEXT entry:INT type:TEXT strategy_id:TEXT"
    " instrument_id:INSTRUMENT account_id:TEXT venue_order_id:TEXT ts_event:NS ts_init:NS body:JSON",
)
ORDERS = declare(
    "orders",
    "trader_id run_id client_order_id",
    "trader_id:TEXT run_id:NS client_order_id:TEXT strategy_id:TEXT instrument_id:INSTRUMENT account_id:TEXT"
    " venue_order_id:TEXT side:TEXT type:TEXT time_in_force:TEXT quantity:DECIMAL filled_qty:DECIMAL avg_px:FLOAT"
    " price:DECIMAL trigger_price:DECIMAL status:TEXT reason:TEXT ts_init:NS ts_last:NS",
    time="ts_last",
)
FILLS = declare(
    "fills",
    "trader_id run_id event_id",
    "trader_id:TEXT run_id:NS event_id:TEXT entry:INT strategy_id:TEXT instrument_id:INSTRUMENT account_id:TEXT"
    " client_order_id:TEXT venue_order_id:TEXT trade_id:TEXT position_id:TEXT side:TEXT type:TEXT last_qty:DECIMAL"
    " last_px:DECIMAL currency:TEXT commission:DECIMAL commission_currency:TEXT liquidity_side:TEXT"
    " ts_event:NS ts_init:NS ts_bar:NS",
)
POSITIONS = declare(
    "positions",
    "trader_id run_id position_id ts_opened",
    "trader_id:TEXT run_id:NS position_id:TEXT ts_opened:NS entry:INT strategy_id:TEXT instrument_id:INSTRUMENT"
    " account_id:TEXT side:TEXT signed_qty:DECIMAL peak_qty:DECIMAL avg_px_open:FLOAT avg_px_close:FLOAT"
    " realized_pnl:DECIMAL currency:TEXT realized_return:FLOAT ts_closed:NS ts_last:NS",
    time="ts_last",
    latest_by="entry",
)
BALANCES = declare(
    "balances",
    "trader_id run_id account_id currency event_id",
    "trader_id:TEXT run_id:NS account_id:TEXT currency:TEXT event_id:TEXT entry:INT account_type:TEXT"
    " base_currency:TEXT total:DECIMAL locked:DECIMAL free:DECIMAL ts_event:NS ts_init:NS",
)
ACCOUNTS = replace(BALANCES, name="accounts", key=("trader_id", "run_id", "account_id", "currency"), latest_by="entry")
COMPONENTS = declare(
    "components",
    "trader_id component_id component_type",
    "trader_id:TEXT component_id:TEXT component_type:TEXT state:TEXT run_id:NS entry:INT ts_event:NS ts_init:NS",
    time="ts_init",
    latest_by="entry",
)
RUNS = declare("runs", "trader_id run_id", "trader_id:TEXT run_id:NS entry:INT", time="run_id")
EQUITY = declare(
    "equity",
    "trader_id run_id account_id currency ts_event",
    "trader_id:TEXT run_id:NS account_id:TEXT currency:TEXT ts_event:NS balance:DECIMAL unrealized_pnl:DECIMAL"
    " equity:DECIMAL unpriced:INT ts_replayed:NS",
)

INSTRUMENT_STATUS = declare(
    "instrument_status",
    "instrument_id ts_event trader_id entry",
    "instrument_id:INSTRUMENT ts_event:NS trader_id:TEXT entry:INT ts_init:NS action:TEXT reason:TEXT"
    " trading_event:TEXT is_trading:TEXT is_quoting:TEXT is_short_sell_restricted:TEXT",
)
INSTRUMENT_CLOSES = declare(
    "instrument_closes",
    "instrument_id ts_event trader_id entry",
    "instrument_id:INSTRUMENT ts_event:NS trader_id:TEXT entry:INT ts_init:NS close_price:DECIMAL close_type:TEXT",
)
PRICE_UPDATES = declare(
    "price_updates",
    "instrument_id kind ts_event trader_id entry",
    "instrument_id:INSTRUMENT kind:TEXT ts_event:NS trader_id:TEXT entry:INT ts_init:NS value:DECIMAL",
)
OPTION_GREEKS = declare(
    "option_greeks",
    "instrument_id ts_event trader_id entry",
    "instrument_id:INSTRUMENT ts_event:NS trader_id:TEXT entry:INT ts_init:NS delta:FLOAT gamma:FLOAT vega:FLOAT"
    " theta:FLOAT rho:FLOAT mark_iv:FLOAT bid_iv:FLOAT ask_iv:FLOAT underlying_price:FLOAT open_interest:FLOAT",
)
TRADING_STATES = declare(
    "trading_states",
    "trader_id run_id event_id",
    "trader_id:TEXT run_id:NS event_id:TEXT entry:INT state:TEXT ts_event:NS ts_init:NS config:JSON",
)
EXECUTION_REPORTS = declare(
    "execution_reports",
    "trader_id run_id report_id",
    "trader_id:TEXT run_id:NS report_id:TEXT entry:INT type:TEXT venue:TEXT account_id:TEXT instrument_id:TEXT"
    " venue_order_id:TEXT ts_init:NS body:JSON",
    time="ts_init",
)
COMMANDS = declare(
    "commands",
    "trader_id run_id command_id",
    "trader_id:TEXT run_id:NS command_id:TEXT entry:INT type:TEXT component_id:TEXT reason:TEXT ts_init:NS body:JSON",
    time="ts_init",
)
# An account's margins are those whose entry is that of its ACCOUNTS row: what is no longer held is said by nobody.
MARGINS = declare(
    "margins",
    "trader_id run_id account_id currency instrument_id",
    "trader_id:TEXT run_id:NS account_id:TEXT currency:TEXT instrument_id:TEXT entry:INT initial:DECIMAL"
    " maintenance:DECIMAL ts_event:NS ts_init:NS",
    latest_by="entry",
)
SNAPSHOTS = declare(
    "snapshots",
    "trader_id run_id kind subject_id",
    "trader_id:TEXT run_id:NS kind:TEXT subject_id:TEXT entry:INT ts_init:NS body:JSON",
    time="ts_init",
    latest_by="entry",
)
POSITION_ADJUSTMENTS = declare(
    "position_adjustments",
    "trader_id run_id event_id",
    "trader_id:TEXT run_id:NS event_id:TEXT entry:INT strategy_id:TEXT instrument_id:INSTRUMENT account_id:TEXT"
    " position_id:TEXT type:TEXT quantity_change:DECIMAL pnl_change:DECIMAL currency:TEXT reason:TEXT"
    " ts_event:NS ts_init:NS",
)
RAW_MESSAGES = declare(
    "raw_messages",
    "stream entry",
    "stream:TEXT entry:INT trader_id:TEXT topic:TEXT type:TEXT ts_entry:NS body:TEXT",
    time="ts_entry",
)

DATASETS = MappingProxyType(
    {
        dataset.name: dataset
        for dataset in (
            BARS, QUOTES, TRADES, INSTRUMENTS, ORDER_EVENTS, ORDERS, FILLS, POSITIONS, BALANCES, ACCOUNTS, COMPONENTS,
            RUNS, EQUITY, INSTRUMENT_STATUS, INSTRUMENT_CLOSES, PRICE_UPDATES, OPTION_GREEKS, TRADING_STATES,
            EXECUTION_REPORTS, COMMANDS, MARGINS, SNAPSHOTS, POSITION_ADJUSTMENTS, RAW_MESSAGES,
            CORPORATE_ACTIONS, OBSERVATIONS, RELEASES, OBSERVED_SERIES, FILINGS, FACTS, INSIDER_TRADES, HOLDINGS,
            COMPANIES, NEWS,
        )
    }
)  # fmt: skip
# Those history is kept of.
HISTORIES = tuple(name for name, dataset in DATASETS.items() if dataset.is_series)
