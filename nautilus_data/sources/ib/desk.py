"""Desk: the questions asked of a gateway: which contract, which history, since when."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import pandas as pd

from nautilus_data.core.dataset import Series
from nautilus_data.core.timerange import TimeRange
from nautilus_data.errors import DashboardError, DisconnectedError, RetryableError, SkippableError
from nautilus_data.sources.ib import history
from nautilus_data.sources.ib.contracts import SEC_TYPES, candidates, choose, describe
from nautilus_data.sources.ib.history import Answer, Bar
from nautilus_data.sources.ib.pacing import Pacing, Request
from nautilus_data.sources.ib.session import Send, Session
from nautilus_data.sources.ib.sessions import Listing
from nautilus_data.sources.ib.verdicts import PACING_WAIT_S, is_pacing

_OPEN_REQUESTS = 5
_LONGEST_TURN_S = 900.0
_BETWEEN_SEARCHES_S, _SEARCH_S = 1.0, 5.0
_EPOCH = 2
_MATCHED_BY_NAME, _PAIRS = ("STK", "IND", "ETF"), ("CASH", "CRYPTO", "CFD")


@dataclass(frozen=True)
class Match:
    """A contract found by a search."""

    instrument_id: str
    symbol: str
    sec_type: str
    exchange: str
    currency: str
    con_id: int
    name: str


class Desk:
    """Lives in the gateway's loop; remembers contracts, which keep their ids over connections."""

    def __init__(self, pacing: Pacing, clock: Callable[[], int]) -> None:
        self._pacing, self._clock = pacing, clock
        self._details: dict[tuple[str, int], Any] = {}
        self._names: dict[int, str] = {}
        self._heads: dict[Series, int] = {}
        self._open = asyncio.Semaphore(_OPEN_REQUESTS)
        self._searching = asyncio.Lock()
        self._searched_at = 0.0

    async def details(self, session: Session, instrument_id: str, con_id: int = 0) -> Any:
        """The details of the one contract with this name, or number; SkippableError when unknown or ambiguous."""
        key = instrument_id, con_id
        if key not in self._details:
            self._details[key] = await (
                self._by_number(session, con_id) if con_id else self._find(session, instrument_id)
            )
        return self._details[key]

    async def name(self, session: Session, contract: Any) -> str:
        """What a contract known by its number alone is called; positions come without an exchange."""
        con_id = contract.conId
        if con_id not in self._names:
            with suppress(SkippableError):
                contract = (await self._by_number(session, con_id)).contract
            self._names[con_id] = describe(contract)
        return self._names[con_id]

    async def search(self, session: Session, text: str, sec_type: str = "STK", currency: str = "") -> list[Match]:
        """Contracts of one kind; none of another, however alike the symbol."""
        if sec_type not in SEC_TYPES:
            raise SkippableError(f"no contracts are of the kind {sec_type!r}: choose one of {', '.join(SEC_TYPES)}")
        if not text.strip():
            raise SkippableError("nothing to search for: write a symbol or a part of a name")
        if sec_type in _MATCHED_BY_NAME:
            return await self._match(session, text.strip(), sec_type, currency)
        return await self._list(session, text.strip().upper(), sec_type, currency)

    async def history(self, session: Session, series: Series, span: TimeRange, con_id: int = 0) -> Answer:
        """The bars of one request, sent when the ledger allows."""
        query = history.plan(series, span, self._clock())
        details = await self.details(session, series.instrument_id, con_id)
        contract = details.contract
        line = f"{contract.conId}|{contract.exchange}|{query.what}"
        text = f"{line}|{query.end}|{query.duration}|{query.bar_size}|{query.is_regular}"
        async with self._open:
            await self._pacing.wait_turn(Request(line, text), _LONGEST_TURN_S)
            asked_at = self._clock()
            bars = await self._ask(
                session,
                f"{series} {span}",
                lambda client, req_id: client.reqHistoricalData(
                    req_id, contract, query.end, query.duration, query.bar_size, query.what, query.is_regular, _EPOCH,
                    False, [],
                ),
                contract=contract,
                cancel=lambda client, req_id: client.cancelHistoricalData(req_id),
            )  # fmt: skip
        listing = Listing.of(series.instrument_id, details)
        is_daily = series.timeframe == history.DAILY
        return Answer(listing, tuple(_bar(bar, listing, is_daily) for bar in bars), asked_at)

    async def head(self, session: Session, series: Series) -> int:
        """When the history of a series begins (ns)."""
        history.check(series)
        if series not in self._heads:
            self._heads[series] = await self._ask_head(session, series)
        return self._heads[series]

    async def _ask_head(self, session: Session, series: Series) -> int:
        contract = (await self.details(session, series.instrument_id)).contract
        what, is_regular = history.what_to_show(series), history.in_regular_hours(series)
        line = f"{contract.conId}|{contract.exchange}|{what}"
        await self._pacing.wait_turn(Request(line, f"{line}|head|{is_regular}"), _LONGEST_TURN_S)
        moment = await self._ask(
            session,
            f"{series}: begin of its history",
            lambda client, req_id: client.reqHeadTimeStamp(req_id, contract, what, is_regular, _EPOCH),
            contract=contract,
            cancel=lambda client, req_id: client.cancelHeadTimeStamp(req_id),
        )
        if not isinstance(moment, datetime):
            raise SkippableError(f"{series}: the gateway does not say when its history begins")
        return pd.Timestamp(moment if moment.tzinfo else moment.replace(tzinfo=UTC)).as_unit("ns").value

    async def _ask(self, session: Session, doing: str, send: Send, **options: Any) -> Any:
        """Ask, and keep how it went: the health of the source is that of its last real request."""
        started, error = time.monotonic(), ""
        try:
            return await session.ask(doing, send, **options)
        except SkippableError:
            # It answered, and the question was wrong.
            raise
        except DashboardError as failure:
            error = str(failure)
            if is_pacing(error):
                await asyncio.to_thread(self._pacing.leave_alone, PACING_WAIT_S, error)
            raise
        finally:
            await asyncio.to_thread(self._pacing.note, error, (time.monotonic() - started) * 1000)

    async def _find(self, session: Session, instrument_id: str) -> Any:
        try:
            forms = candidates(instrument_id)
        except ValueError as error:
            raise SkippableError(str(error)) from None
        reasons: list[SkippableError] = []
        for form in forms:
            try:
                found = await self._details_of(session, f"contract {instrument_id}", session.library.Contract(**form))
                details = choose(instrument_id, found)
                # Not on the wire, and without it an expired future has no history.
                details.contract.includeExpired = form.get("includeExpired", False)
                return details
            except SkippableError as error:
                reasons.append(error)
        # The first form is the most exact one, an answer to it says more than "unknown".
        raise max(reasons, key=lambda error: "ambiguous" in str(error))

    async def _by_number(self, session: Session, con_id: int) -> Any:
        found = await self._details_of(session, f"contract {con_id}", session.library.Contract(conId=con_id))
        if not found:
            raise SkippableError(f"Interactive Brokers knows no contract {con_id}: correct the alias")
        return found[0]

    async def _details_of(self, session: Session, doing: str, contract: Any) -> list[Any]:
        return await self._ask(
            session, doing, lambda client, req_id: client.reqContractDetails(req_id, contract), contract=contract
        )

    async def _match(self, session: Session, text: str, sec_type: str, currency: str) -> list[Match]:
        async with self._searching:
            await asyncio.sleep(self._searched_at + _BETWEEN_SEARCHES_S - time.monotonic())
            try:
                rows = await self._ask(
                    session, f"search for {text!r}", lambda client, req_id: client.reqMatchingSymbols(req_id, text),
                    timeout_s=_SEARCH_S,
                )  # fmt: skip
            except DisconnectedError:
                raise
            except DashboardError:
                # One that does not search by name still knows the symbol itself.
                rows = None
            self._searched_at = time.monotonic()
        kind = "STK" if sec_type == "ETF" else sec_type
        if rows is None:
            matches = await self._list(session, text.upper(), kind, currency)
        else:
            matches = [
                _to_match(row.contract, getattr(row.contract, "description", ""))
                for row in rows
                # Bonds come with no number and no symbol.
                if row.contract.secType == kind and row.contract.conId > 0 and currency in ("", row.contract.currency)
            ]
        return await self._only_funds(session, matches) if sec_type == "ETF" else matches

    async def _only_funds(self, session: Session, matches: list[Match]) -> list[Match]:
        kept = []
        for match in matches:
            try:
                details = await self.details(session, match.instrument_id)
            except SkippableError:
                continue
            if details.stockType in ("ETF", "ETN", "ETC"):
                kept.append(replace(match, sec_type="ETF", name=details.longName))
        return kept

    async def _list(self, session: Session, text: str, sec_type: str, currency: str) -> list[Match]:
        """Kinds a search by name leaves out are listed by their symbol."""
        symbol, _, quote = text.replace(".", "/").partition("/") if sec_type in _PAIRS else (text, "", "")
        if sec_type == "CASH" and not quote and len(symbol) == 6:
            symbol, quote = symbol[:3], symbol[3:]
        exchange = {"STK": "SMART", "CASH": "IDEALPRO", "CFD": "SMART"}.get(sec_type, "")
        contract = session.library.Contract(
            secType=sec_type, symbol=symbol, currency=quote or currency, exchange=exchange
        )
        try:
            found = await self._details_of(session, f"search for {text!r}", contract)
        except SkippableError:
            return []
        return [_to_match(details.contract, details.longName) for details in found]


def _to_match(contract: Any, name: str) -> Match:
    exchange = contract.primaryExchange or contract.exchange
    return Match(
        describe(contract), contract.symbol, contract.secType, exchange, contract.currency, contract.conId, name
    )


def _bar(bar: Any, listing: Listing, is_daily: bool) -> Bar:
    return Bar(_stamp(bar.date, listing, is_daily), bar.open, bar.high, bar.low, bar.close, bar.volume)


def _stamp(moment: date | datetime, listing: Listing, is_daily: bool) -> str:
    if isinstance(moment, datetime):
        # Old gateways give a time of theirs without a zone, whatever they are asked for.
        aware = moment if moment.tzinfo else moment.replace(tzinfo=listing.zone)
        return f"{listing.trading_day(aware):%Y%m%d}" if is_daily else str(int(aware.timestamp()))
    if isinstance(moment, date) and is_daily:
        return f"{moment:%Y%m%d}"
    raise RetryableError(f"{listing.instrument_id}: a bar without a time: nothing of the answer is taken")
