"""Portfolio: what the bus booked, marked to the latest price by us, since nobody publishes that."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import pandas as pd

from nautilus_data.core.dataset import ACCOUNTS, EQUITY, FILLS, INSTRUMENTS, ORDERS, POSITIONS, RUNS, Dataset, Kind
from nautilus_data.core.entry import entry_ns
from nautilus_data.core.profit import Terms, cash_value, unrealized
from nautilus_data.errors import DashboardError
from nautilus_data.services.live import Live
from nautilus_data.store import Store

_FRESH_S = 0.9
_ZERO = Decimal(0)
# A run closes tens of thousands of positions: only the others are read.
_OPEN = MappingProxyType({"side": ("LONG", "SHORT")})


class Portfolio:
    """Accounts, positions, orders and fills of each trader's current run; money as Decimal, '' never."""

    def __init__(self, store: Store, live: Live, clock: Callable[[], int] = time.time_ns) -> None:
        self._store = store
        self._live = live
        self._clock = clock
        self._lock = threading.RLock()
        self._kept: dict[tuple, tuple[int, Any]] = {}
        self._recorded = 0

    @property
    def version(self) -> tuple[int, int]:
        """Changes when something was booked or a price moved."""
        return self._live.booked_version, self._live.version

    def traders(self) -> list[str]:
        """Every trader seen on the bus."""
        return sorted({*self._runs()["trader_id"], *(name for name in self._live.nodes.copy() if name)})

    def runs(self, trader_id: str) -> pd.DataFrame:
        """Runs of a trader, the newest (the current one) first: `run_id` is when it began, 0 when nobody saw it begin.

        `ts_last` is when its accounts were told last.
        """
        stored = self._runs()
        starts = {*stored.loc[stored["trader_id"] == trader_id, "run_id"], *self._live.runs.get(trader_id, ())}
        told = self._last_known(("told", trader_id), lambda: self._last_told(trader_id), {})
        rows = [(int(run_id), told.get(run_id, int(run_id))) for run_id in sorted(starts, reverse=True)]
        return pd.DataFrame(rows, columns=["run_id", "ts_last"])

    def accounts(self, trader_id: str | None = None, run_id: int | None = None) -> pd.DataFrame:
        """Balance of each account and currency, the last of the run."""
        return self._booked(ACCOUNTS, trader_id, run_id)

    def positions(
        self, open_only: bool = True, trader_id: str | None = None, run_id: int | None = None
    ) -> pd.DataFrame:
        """Positions with `mark`, `mark_kind`, `mark_ts`, `unrealized_pnl` and `value`; None where it can't be known.

        What an earlier run left open has no mark: today's price says nothing about it. `value` is what a position adds
        to its account's balance to make equity: the unrealized P&L on margin, the market value in a cash account,
        which paid for it, and nothing where a balance holds what was bought.
        """
        frame = self._booked(POSITIONS, trader_id, run_id, **(_OPEN if open_only else {}))
        if open_only:
            frame = frame[frame["ts_closed"] == 0]
        frame = frame.sort_values(["trader_id", "instrument_id", "ts_opened"], ignore_index=True)
        booked = self.accounts(trader_id, run_id)
        accounts = {(row.trader_id, row.account_id): row for row in booked.itertuples(index=False)}
        has_ended = self._has_ended(trader_id, run_id)
        marks = [
            self._mark(row, accounts.get((row.trader_id, row.account_id)), has_ended)
            for row in frame.itertuples(index=False)
        ]
        names = ["mark", "mark_kind", "mark_ts", "unrealized_pnl", "value"]
        marked = pd.DataFrame(marks, columns=names, index=frame.index, dtype=object)
        return pd.concat([frame, marked], axis=1)

    def orders(self, limit: int = 200, trader_id: str | None = None, run_id: int | None = None) -> pd.DataFrame:
        """Orders, the last changed first."""
        return self._newest(ORDERS, limit, trader_id, run_id)

    def fills(self, limit: int = 200, trader_id: str | None = None, run_id: int | None = None) -> pd.DataFrame:
        """Fills, newest first; `ts_bar` is the replayed time, 0 when live."""
        return self._newest(FILLS, limit, trader_id, run_id)

    def equity(
        self, trader_id: str | None = None, currency: str | None = None, run_id: int | None = None
    ) -> pd.DataFrame:
        """History of equity summed over accounts, per trader and currency; float64, for plotting.

        Columns: trader_id, currency, ts_event, ts_replayed, balance, unrealized_pnl, equity, unpriced.
        """
        frame = self._booked(EQUITY, trader_id, run_id)
        if currency:
            frame = frame[frame["currency"] == currency]
        money = ["balance", "unrealized_pnl", "equity"]
        frame = frame.assign(**{name: frame[name].map(_as_float).astype("float64") for name in money})
        keys = ["trader_id", "currency", "ts_event"]
        return frame.groupby(keys, as_index=False).agg(
            {"ts_replayed": "max", **dict.fromkeys(money, "sum"), "unpriced": "sum"}
        )

    def totals(self, trader_id: str | None = None, run_id: int | None = None) -> pd.DataFrame:
        """One row per currency, each figure the sum of the rows: balance, realized, unrealized, equity, unpriced.

        `equity` is balance and the positions' `value`; `unpriced` counts open positions that are in neither. Of an
        earlier run that left positions open it is the last that was stored, and None where none was.
        """
        accounts = self.accounts(trader_id, run_id)
        positions = self.positions(open_only=False, trader_id=trader_id, run_id=run_id)
        stored = self._last_equity(trader_id, run_id) if self._has_ended(trader_id, run_id) else None
        currencies = sorted({*accounts["currency"], *positions["currency"]})
        rows = [_total(currency, accounts, positions, stored) for currency in currencies if currency]
        columns = ["currency", "balance", "realized_pnl", "unrealized_pnl", "equity", "unpriced"]
        return pd.DataFrame(rows, columns=columns)

    def converted(
        self, into: str, trader_id: str | None = None, run_id: int | None = None
    ) -> tuple[Decimal | None, list[str]]:
        """Equity of all currencies in one, and the rate used for each; None when a rate is not known here."""
        total, notes = _ZERO, []
        for row in self.totals(trader_id, run_id).itertuples(index=False):
            rate, note = self.rate(row.currency, into, trader_id)
            notes.append(note)
            total = None if None in (rate, total, row.equity) else total + row.equity * rate
        return total, notes

    def rate(self, currency: str, into: str, trader_id: str | None = None) -> tuple[Decimal | None, str]:
        """Latest FX rate seen on the bus (by a trader) and its name."""
        if currency == into:
            return Decimal(1), f"{currency} as booked"
        for price in self._live.prices(trader_id).values():
            symbol = price.instrument_id.rpartition(".")[0].replace("/", "")
            if symbol == currency + into:
                return price.price, f"{price.instrument_id} {price.kind} {price.price}"
            if symbol == into + currency and price.price:
                return 1 / price.price, f"1 / {price.instrument_id} {price.kind} {price.price}"
        return None, f"no {currency}/{into} rate on the bus"

    def record_equity(self) -> int:
        """Store one point of each account's equity now; how many were stored. For the worker.

        None while nothing comes over the bus: a flat line would say that somebody looked.
        """
        version, now = self._live.version, self._clock()
        if version == self._recorded:
            return 0
        accounts, positions = self.accounts(), self.positions()
        same = ["trader_id", "run_id", "account_id", "currency"]
        keys = pd.concat([accounts[same], positions[same]]).drop_duplicates()
        rows = [self._equity_row(tuple(key), accounts, positions, now) for key in keys.itertuples(index=False)]
        if rows:
            self._store.write_rows({EQUITY: rows})
        self._recorded = version
        return len(rows)

    def _equity_row(self, key: tuple, accounts: pd.DataFrame, positions: pd.DataFrame, now: int) -> tuple:
        accounts, positions = _matching(accounts, key), _matching(positions, key)
        balance, unrealized = _sum(accounts["total"]), _sum(positions["unrealized_pnl"])
        equity = balance + _sum(positions["value"])
        trader_id, run_id, account_id, currency = key
        return (
            trader_id, int(run_id), account_id, currency, now, str(balance), str(unrealized), str(equity),
            _unknown(positions["value"]), self._live.replayed_to(trader_id),
        )  # fmt: skip

    def _mark(
        self, position: tuple, account: tuple | None, has_ended: bool
    ) -> tuple[Decimal | None, str, int, Decimal | None, Decimal | None]:
        if position.ts_closed or position.side == "FLAT":
            return None, "", 0, _ZERO, _ZERO
        price = None if has_ended else self._live.price(position.instrument_id, position.trader_id)
        if price is None:
            return None, "", 0, None, None
        profit = value = None
        terms = self._terms(position.instrument_id)
        if terms is not None:
            profit = value = unrealized(position.avg_px_open, position.signed_qty, price.price, terms)
            if account is not None and account.account_type == "CASH" and not terms.is_inverse:
                value = cash_value(position.signed_qty, price.price, terms, account.base_currency)
        return price.price, price.kind, price.ts_received, profit, value

    def _terms(self, instrument_id: str) -> Terms | None:
        """None while nobody told: a contract's size is not guessed."""
        frame = self._fresh(("instruments",), lambda: self._store.read(INSTRUMENTS))
        rows = frame[frame["instrument_id"] == instrument_id]
        if rows.empty:
            return None
        told = rows.iloc[-1]
        return Terms(Decimal(told["multiplier"] or 1), bool(told["is_inverse"]), bool(told["base_currency"]))

    def _newest(self, dataset: Dataset, limit: int, trader_id: str | None, run_id: int | None) -> pd.DataFrame:
        frame = self._booked(dataset, trader_id, run_id, limit)
        return frame.sort_values(dataset.time, ascending=False, kind="stable").head(limit).reset_index(drop=True)

    def _booked(
        self, dataset: Dataset, trader_id: str | None, run_id: int | None, last: int | None = None, **where: object
    ) -> pd.DataFrame:
        """Rows of each trader's current run, or of `run_id`; DECIMAL columns as Decimal (None = not known)."""
        key = (dataset.name, trader_id, run_id, last, *where.items())
        return self._fresh(key, lambda: self._read(dataset, trader_id, run_id, last, where)).copy()

    def _read(
        self, dataset: Dataset, trader_id: str | None, run_id: int | None, last: int | None, where: Mapping[str, object]
    ) -> pd.DataFrame:
        known = self._store.read(RUNS, where={} if trader_id is None else {"trader_id": trader_id})
        wanted = known.groupby("trader_id")["run_id"].max() if run_id is None else _having(known, run_id)
        parts = [
            self._store.read(dataset, where={"trader_id": name, "run_id": int(run), **where}, last=last)
            for name, run in wanted.items()
        ]
        frame = pd.concat([part for part in parts if len(part)] or [dataset.empty()], ignore_index=True)
        for name, kind in dataset.columns.items():
            if kind is Kind.DECIMAL:
                frame[name] = pd.Series([_as_decimal(value) for value in frame[name]], frame.index, dtype=object)
        return frame

    def _has_ended(self, trader_id: str | None, run_id: int | None) -> bool:
        """Is it a run that another one followed?"""
        if run_id is None:
            return False
        known = self._runs()
        mine = known if trader_id is None else known[known["trader_id"] == trader_id]
        return bool((mine["run_id"] > run_id).any())

    def _last_equity(self, trader_id: str | None, run_id: int | None) -> pd.DataFrame:
        """The last stored point of each account and currency."""
        points = self._booked(EQUITY, trader_id, run_id)
        return points.groupby(["trader_id", "account_id", "currency"], as_index=False).last()

    def _runs(self) -> pd.DataFrame:
        return self._last_known(("runs",), lambda: self._store.read(RUNS), RUNS.empty())

    def _last_told(self, trader_id: str) -> pd.Series:
        told = self._store.read(ACCOUNTS, where={"trader_id": trader_id}, columns=["run_id", "entry"])
        return told.groupby("run_id")["entry"].max().map(entry_ns)

    def _last_known(self, key: tuple, read: Callable[[], Any], otherwise: Any) -> Any:
        """For the header of every page: the last answer when the store can't be read, which a card of its own says."""
        try:
            return self._fresh(key, read)
        except DashboardError:
            return self._kept.get(key, (0, otherwise))[1]

    def _fresh(self, key: tuple, read: Callable[[], Any]) -> Any:
        """The same answer for all who ask within a second."""
        with self._lock:
            kept = self._kept.get(key)
            now = time.monotonic_ns()
            if kept is None or now - kept[0] > _FRESH_S * 1e9:
                kept = now, read()
                self._kept[key] = kept
            return kept[1]


def _total(
    currency: str, accounts: pd.DataFrame, positions: pd.DataFrame, stored: pd.DataFrame | None
) -> tuple[str, Decimal, Decimal, Decimal | None, Decimal | None, int]:
    mine = positions[positions["currency"] == currency]
    balance = _sum(accounts.loc[accounts["currency"] == currency, "total"])
    realized, profit, value = (_sum(mine[name]) for name in ("realized_pnl", "unrealized_pnl", "value"))
    unpriced = _unknown(mine["value"])
    if stored is None or not unpriced:
        return currency, balance, realized, profit, balance + value, unpriced
    points = stored[stored["currency"] == currency]
    equity = _sum(points["equity"]) if len(points) else None
    return currency, balance, realized, None, equity, int(points["unpriced"].sum()) if len(points) else unpriced


def _having(known: pd.DataFrame, run_id: int) -> pd.Series:
    """The run of each trader that has it."""
    return known[known["run_id"] == run_id].set_index("trader_id")["run_id"]


def _as_decimal(value: object) -> Decimal | None:
    return Decimal(value) if value else None


def _as_float(value: Decimal | None) -> float:
    return float("nan") if value is None else float(value)


def _matching(frame: pd.DataFrame, key: tuple) -> pd.DataFrame:
    for name, value in zip(("trader_id", "run_id", "account_id", "currency"), key, strict=True):
        frame = frame[frame[name] == value]
    return frame


def _sum(amounts: pd.Series) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), _ZERO)


def _unknown(amounts: pd.Series) -> int:
    return sum(amount is None for amount in amounts)
