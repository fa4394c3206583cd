"""Hiding: a portfolio as it may be shown to people who may see how it does, and not how large it is."""

from __future__ import annotations

from typing import Any

import pandas as pd

from nautilus_data.core.hidden import HIDDEN

# What stays; all else is an amount, or could tell one. Prices are everybody's, quantities are not.
_IDS = """trader_id run_id account_id strategy_id instrument_id position_id client_order_id venue_order_id trade_id
    event_id entry"""
_WORDS = """currency base_currency commission_currency account_type side type time_in_force status reason
    liquidity_side mark_kind unpriced"""
_PRICES = "avg_px avg_px_open avg_px_close price trigger_price last_px mark realized_return"
_TIMES = "ts_event ts_init ts_last ts_opened ts_closed ts_bar ts_replayed mark_ts"
_TOLD = frozenset(f"{_IDS} {_WORDS} {_PRICES} {_TIMES}".split())
_START = 100.0


class WithoutAmounts:
    """Answers as Portfolio does: amounts are HIDDEN, equity begins at 100 on each line."""

    def __init__(self, portfolio: Any) -> None:
        self._portfolio = portfolio

    @property
    def version(self) -> Any:
        return self._portfolio.version

    def traders(self) -> list[str]:
        return self._portfolio.traders()

    def runs(self, trader_id: str) -> pd.DataFrame:
        return self._portfolio.runs(trader_id)

    def accounts(self, **whose: Any) -> pd.DataFrame:
        return _hide(self._portfolio.accounts(**whose))

    def positions(self, **which: Any) -> pd.DataFrame:
        return _hide(self._portfolio.positions(**which))

    def orders(self, **which: Any) -> pd.DataFrame:
        return _hide(self._portfolio.orders(**which))

    def fills(self, **which: Any) -> pd.DataFrame:
        return _hide(self._portfolio.fills(**which))

    def totals(self, **whose: Any) -> pd.DataFrame:
        return _hide(self._portfolio.totals(**whose))

    def equity(self, **whose: Any) -> pd.DataFrame:
        """As an index: what it was at first is 100. Lines that began at nothing, or below, are left out."""
        frame = self._portfolio.equity(**whose)
        first = frame.groupby(["trader_id", "currency"])["equity"].transform("first")
        kept = frame[first > 0]
        index = kept["equity"] / first[first > 0] * _START
        named = kept["currency"] + ", begun at 100"
        return kept.assign(equity=index, balance=float("nan"), unrealized_pnl=float("nan"), currency=named)


def _hide(frame: pd.DataFrame) -> pd.DataFrame:
    mark = pd.Series([HIDDEN] * len(frame), index=frame.index, dtype=object)
    return frame.assign(**{name: mark for name in frame.columns if name not in _TOLD})
