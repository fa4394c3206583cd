"""Portfolio: what the bus booked, marked to the latest price by us, since nobody publishes that."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Context, Decimal

import pandas as pd

from nautilus_data.core.dataset import ACCOUNTS, EQUITY, FILLS, INSTRUMENTS, ORDERS, POSITIONS, RUNS, Dataset, Kind
from nautilus_data.services.live import Live
from nautilus_data.store import Store

_FRESH_S = 0.9
_ZERO = Decimal(0)
_SMALLEST = Decimal("1e-8")
# Wide enough that no sum of money is rounded before its eighth decimal.
_WIDE = Context(prec=60)


@dataclass(frozen=True)
class Terms:
    """What of an instrument decides about profit."""

    multiplier: Decimal
    is_inverse: bool
    is_pair: bool


class Portfolio:
    """Accounts, positions, orders and fills of each trader's current run; money as Decimal, '' never."""

    def __init__(self, store: Store, live: Live, clock: Callable[[], int] = time.time_ns) -> None:
        self._store = store
        self._live = live
        self._clock = clock
        self._lock = threading.RLock()
        self._kept: dict[tuple, tuple[int, pd.DataFrame]] = {}
        self._recorded = 0

    @property
    def version(self) -> tuple[int, int]:
        """Changes when something was booked or a price moved."""
        return self._live.booked_version, self._live.version

    def traders(self) -> list[str]:
        """Every trader seen on the bus."""
        return sorted({*self._store.read(RUNS)["trader_id"], *(name for name in self._live.nodes.copy() if name)})

    def accounts(self, trader_id: str | None = None) -> pd.DataFrame:
        """Current balance of each account and currency."""
        return self._booked(ACCOUNTS, trader_id)

    def positions(self, open_only: bool = True, trader_id: str | None = None) -> pd.DataFrame:
        """Positions with `mark`, `mark_kind`, `mark_ts`, `unrealized_pnl` and `value`; None where it can't be known.

        `value` is what a position adds to its account's balance to make equity: the unrealized P&L on margin, the
        market value in a cash account, which paid for it, and nothing where a balance holds what was bought.
        """
        frame = self._booked(POSITIONS, trader_id)
        if open_only:
            frame = frame[(frame["ts_closed"] == 0) & (frame["side"] != "FLAT")]
        frame = frame.sort_values(["trader_id", "instrument_id", "ts_opened"], ignore_index=True)
        accounts = {(row.trader_id, row.account_id): row for row in self.accounts().itertuples(index=False)}
        marks = [
            self._mark(row, accounts.get((row.trader_id, row.account_id))) for row in frame.itertuples(index=False)
        ]
        names = ["mark", "mark_kind", "mark_ts", "unrealized_pnl", "value"]
        marked = pd.DataFrame(marks, columns=names, index=frame.index, dtype=object)
        return pd.concat([frame, marked], axis=1)

    def orders(self, limit: int = 200, trader_id: str | None = None) -> pd.DataFrame:
        """Orders, the last changed first."""
        return self._newest(ORDERS, limit, trader_id)

    def fills(self, limit: int = 200, trader_id: str | None = None) -> pd.DataFrame:
        """Fills, newest first; `ts_bar` is the replayed time, 0 when live."""
        return self._newest(FILLS, limit, trader_id)

    def equity(self, trader_id: str | None = None, currency: str | None = None) -> pd.DataFrame:
        """History of equity summed over accounts, per trader and currency; float64, for plotting.

        Columns: trader_id, currency, ts_event, ts_replayed, balance, unrealized_pnl, equity, unpriced.
        """
        frame = self._booked(EQUITY, trader_id)
        if currency:
            frame = frame[frame["currency"] == currency]
        money = ["balance", "unrealized_pnl", "equity"]
        frame = frame.assign(**{name: frame[name].map(_as_float).astype("float64") for name in money})
        keys = ["trader_id", "currency", "ts_event"]
        return frame.groupby(keys, as_index=False).agg(
            {"ts_replayed": "max", **dict.fromkeys(money, "sum"), "unpriced": "sum"}
        )

    def totals(self, trader_id: str | None = None) -> pd.DataFrame:
        """One row per currency, each figure the sum of the rows: balance, realized, unrealized, equity, unpriced.

        `equity` is balance and the positions' `value`; `unpriced` counts open positions that are in neither.
        """
        accounts, positions = self.accounts(trader_id), self.positions(open_only=False, trader_id=trader_id)
        currencies = sorted({*accounts["currency"], *positions["currency"]})
        rows = [self._total(currency, accounts, positions) for currency in currencies if currency]
        columns = ["currency", "balance", "realized_pnl", "unrealized_pnl", "equity", "unpriced"]
        return pd.DataFrame(rows, columns=columns)

    def converted(self, into: str, trader_id: str | None = None) -> tuple[Decimal | None, list[str]]:
        """Equity of all currencies in one, and the rate used for each; None when a rate is not known here."""
        total, notes = _ZERO, []
        for row in self.totals(trader_id).itertuples(index=False):
            rate, note = self.rate(row.currency, into)
            notes.append(note)
            total = None if rate is None or total is None else total + row.equity * rate
        return total, notes

    def rate(self, currency: str, into: str) -> tuple[Decimal | None, str]:
        """Latest FX rate seen on the bus and its name."""
        if currency == into:
            return Decimal(1), f"{currency} as booked"
        for price in self._live.prices().values():
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
            _unknown(positions["value"]), self._live.replayed_to(),
        )  # fmt: skip

    def _total(self, currency: str, accounts: pd.DataFrame, positions: pd.DataFrame) -> tuple:
        mine = positions[positions["currency"] == currency]
        balance = _sum(accounts.loc[accounts["currency"] == currency, "total"])
        realized, unrealized, value = (_sum(mine[name]) for name in ("realized_pnl", "unrealized_pnl", "value"))
        return currency, balance, realized, unrealized, balance + value, _unknown(mine["value"])

    def _mark(
        self, position: tuple, account: tuple | None
    ) -> tuple[Decimal | None, str, int, Decimal | None, Decimal | None]:
        if position.ts_closed or position.side == "FLAT":
            return None, "", 0, _ZERO, _ZERO
        price = self._live.price(position.instrument_id, position.trader_id)
        if price is None:
            return None, "", 0, None, None
        profit = value = None
        terms = self._terms(position.instrument_id)
        if terms is not None:
            profit = _profit(position, price.price, terms)
            value = profit if account is None else _value(position, price.price, terms, account, profit)
        return price.price, price.kind, price.ts_received, profit, value

    def _terms(self, instrument_id: str) -> Terms | None:
        """None while nobody told: a contract's size is not guessed."""
        frame = self._fresh(("instruments",), lambda: self._store.read(INSTRUMENTS))
        rows = frame[frame["instrument_id"] == instrument_id]
        if rows.empty:
            return None
        told = rows.iloc[-1]
        return Terms(Decimal(told["multiplier"] or 1), bool(told["is_inverse"]), bool(told["base_currency"]))

    def _newest(self, dataset: Dataset, limit: int, trader_id: str | None) -> pd.DataFrame:
        frame = self._booked(dataset, trader_id, limit)
        return frame.sort_values(dataset.time, ascending=False, kind="stable").head(limit).reset_index(drop=True)

    def _booked(self, dataset: Dataset, trader_id: str | None, last: int | None = None) -> pd.DataFrame:
        """Rows of each trader's current run, DECIMAL columns as Decimal (None = not known)."""
        return self._fresh((dataset.name, trader_id, last), lambda: self._read(dataset, trader_id, last)).copy()

    def _read(self, dataset: Dataset, trader_id: str | None, last: int | None) -> pd.DataFrame:
        runs = self._store.read(RUNS).groupby("trader_id")["run_id"].max()
        wanted = runs if trader_id is None else runs[runs.index == trader_id]
        parts = [
            self._store.read(dataset, where={"trader_id": name, "run_id": int(run)}, last=last)
            for name, run in wanted.items()
        ]
        frame = pd.concat([part for part in parts if len(part)] or [dataset.empty()], ignore_index=True)
        for name, kind in dataset.columns.items():
            if kind is Kind.DECIMAL:
                frame[name] = pd.Series([_as_decimal(value) for value in frame[name]], frame.index, dtype=object)
        return frame

    def _fresh(self, key: tuple, read: Callable[[], pd.DataFrame]) -> pd.DataFrame:
        """The same frame for all who ask within a second."""
        with self._lock:
            kept = self._kept.get(key)
            now = time.monotonic_ns()
            if kept is None or now - kept[0] > _FRESH_S * 1e9:
                kept = now, read()
                self._kept[key] = kept
            return kept[1]


def _as_decimal(value: object) -> Decimal | None:
    return Decimal(value) if value else None


def _as_float(value: Decimal | None) -> float:
    return float("nan") if value is None else float(value)


def _profit(position: tuple, price: Decimal, terms: Terms) -> Decimal | None:
    """Unrealized P&L; a short has a negative quantity, an inverse contract is worth multiplier / price."""
    opened = Decimal(str(position.avg_px_open))
    if not opened.is_finite() or position.signed_qty is None or (terms.is_inverse and not (opened and price)):
        return None
    moved = 1 / opened - 1 / price if terms.is_inverse else price - opened
    return _rounded(moved * position.signed_qty * terms.multiplier)


def _value(position: tuple, price: Decimal, terms: Terms, account: tuple, profit: Decimal | None) -> Decimal | None:
    if account.account_type != "CASH" or terms.is_inverse:
        return profit
    if terms.is_pair and not account.base_currency:
        return _ZERO
    return None if position.signed_qty is None else _rounded(price * position.signed_qty * terms.multiplier)


def _rounded(amount: Decimal) -> Decimal:
    # Adding 0 writes 1E+2 as 100.
    return amount.quantize(_SMALLEST, context=_WIDE).normalize(_WIDE) + 0


def _matching(frame: pd.DataFrame, key: tuple) -> pd.DataFrame:
    for name, value in zip(("trader_id", "run_id", "account_id", "currency"), key, strict=True):
        frame = frame[frame[name] == value]
    return frame


def _sum(amounts: pd.Series) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), _ZERO)


def _unknown(amounts: pd.Series) -> int:
    return sum(amount is None for amount in amounts)
