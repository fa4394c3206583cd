"""Gateways that do some things their own way, as versions and settings do."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from nautilus_data.core.timerange import TimeRange, to_ns
from nautilus_data.errors import RetryableError, SkippableError
from nautilus_data.sources.ib import Pace
from nautilus_data.transport import State
from tests.conftest import wait_until
from tests.loopback_answers import Client, contract_of, frame
from tests.loopback_gateway import LoopbackGateway
from tests.loopback_market import Listed, session_of
from tests.sources.ib.connected import NO_LIMITS, await_state, connected, fetch, run, series, started

_LOCAL_SYMBOL = 3 + 10


class KnowsNoLocalSymbols(LoopbackGateway):
    async def _on_9(self, client: Client, fields: list[str]) -> None:
        if contract_of(fields[3:])["localSymbol"]:
            client.error(int(fields[2]), 200, "No security definition has been found for the request")
        else:
            await super()._on_9(client, fields)


class IgnoresLocalSymbols(LoopbackGateway):
    async def _on_9(self, client: Client, fields: list[str]) -> None:
        await super()._on_9(client, [*fields[:_LOCAL_SYMBOL], "", *fields[_LOCAL_SYMBOL + 1 :]])


class WritesItsOwnTime(LoopbackGateway):
    """Whatever form is asked for."""

    form = "%Y%m%d %H:%M:%S US/Eastern"

    def _rows(self, one: Listed, fields: list[str]) -> Iterator[tuple[str, ...]]:
        for stamp, *values in super()._rows(one, fields):
            moment = datetime.fromtimestamp(int(stamp), UTC).astimezone(ZoneInfo("America/New_York"))
            yield moment.strftime(self.form), *values


class WritesNoZone(WritesItsOwnTime):
    form = "%Y%m%d  %H:%M:%S"


class WritesUtc(WritesItsOwnTime):
    """As a gateway set to `UTC format` does."""

    def _rows(self, one: Listed, fields: list[str]) -> Iterator[tuple[str, ...]]:
        for stamp, *values in LoopbackGateway._rows(self, one, fields):
            yield datetime.fromtimestamp(int(stamp), UTC).strftime("%Y%m%d-%H:%M:%S"), *values


class WritesNumbersItsWay(LoopbackGateway):
    """What is not known is left out or the largest number there is; counts and volumes are decimals."""

    def _rows(self, one: Listed, fields: list[str]) -> Iterator[tuple[str, ...]]:
        unknown = ("", "1.7976931348623157E308", "-1")
        for place, (*values, volume, _, _) in enumerate(super()._rows(one, fields)):
            yield *values, f"{volume}.0" if float(volume) > 0 else unknown[place % 3], "", ("12.0", "")[place % 2]


class NamesNoAccount(LoopbackGateway):
    async def _log_in(self, client: Client, fields: list[str]) -> None:
        keep, client.send = client.send, lambda *told: keep(*told) if told[0] != 15 else None
        await super()._log_in(client, fields)
        client.send = keep


class NamesItsAccountsFirstAndLate(LoopbackGateway):
    async def _log_in(self, client: Client, fields: list[str]) -> None:
        client.error(-1, 2104, "Market data farm connection is OK:usfarm")
        await asyncio.sleep(0.3)
        await super()._log_in(client, fields)


class SendsByteByByte(LoopbackGateway):
    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        whole = writer.transport.write

        def dribble(data: bytes) -> None:
            for at in range(0, len(data), 7):
                asyncio.get_running_loop().call_soon(whole, data[at : at + 7])

        writer.write = dribble
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await super()._serve(reader, writer)


class TalksAboutAQuery(LoopbackGateway):
    """As its historical data service does while it looks for bars."""

    history_delay_s = 0.1

    async def _on_20(self, client: Client, fields: list[str]) -> None:
        said = "Historical Market Data Service query message:HMDS server connection was successful."
        client.error(int(fields[1]), 165, said)
        client.error(int(fields[1]), 2174, "You submitted a request without explicitly specifying a time zone.")
        await super()._on_20(client, fields)


class SaysWhatNobodyKnows(LoopbackGateway):
    async def _log_in(self, client: Client, fields: list[str]) -> None:
        client.send(8, 1, "10:00")
        await super()._log_in(client, fields)
        client.send(999, "a message", "of a later version")
        client.send("", "")


@pytest.mark.parametrize(
    "kind",
    [
        KnowsNoLocalSymbols, IgnoresLocalSymbols, WritesItsOwnTime, WritesNoZone, WritesUtc, WritesNumbersItsWay,
        NamesNoAccount, NamesItsAccountsFirstAndLate, SendsByteByByte, TalksAboutAQuery, SaysWhatNobodyKnows,
    ],
)  # fmt: skip
def test_bars_are_the_same_from_an_odd_gateway(kind: type[LoopbackGateway]) -> None:
    with kind() as loopback, connected(loopback, limits=NO_LIMITS) as gateway:
        loopback.checks_pacing = False
        for name, options, bars in (
            ("AAPL.NASDAQ", {}, 7),
            ("BRK-B.NYSE", {}, 7),
            ("EUR/USD.IDEALPRO", {"price_type": "MID"}, 23),
            ("^SPX.CBOE", {}, 7),
            ("BTC/USD.PAXOS", {}, 24),
        ):
            frame = fetch(gateway, series(name, **options))
            assert len(frame) == bars, name
            if bars == 7:
                assert frame["ts_event"].iloc[0] == to_ns("2026-11-20T15:00")


def test_what_has_no_volume_is_not_known() -> None:
    with WritesNumbersItsWay() as loopback, connected(loopback, limits=NO_LIMITS) as gateway:
        assert fetch(gateway, series("EUR/USD.IDEALPRO", price_type="MID"))["volume"].isna().all()
        assert (fetch(gateway, series())["volume"] > 0).all()


class StampsDays(LoopbackGateway):
    """Daily bars come with a time, as asked for with a date in seconds."""

    def _rows(self, one: Listed, fields: list[str]) -> Iterator[tuple[str, ...]]:
        for day, *values in super()._rows(one, fields):
            found = session_of(one, datetime.strptime(day, "%Y%m%d").date(), True)
            at = found.opens if self.is_by_open else datetime.strptime(day, "%Y%m%d").replace(tzinfo=UTC)
            yield str(int(at.timestamp())), *values


@pytest.mark.parametrize("is_by_open", [False, True])
@pytest.mark.parametrize("name", ["AAPL.NASDAQ", "EUR/USD.IDEALPRO", "ESZ6.CME"])
def test_daily_bars_given_by_a_time_are_of_the_day_they_trade(is_by_open: bool, name: str) -> None:
    options = {"price_type": "MID"} if "/" in name else {}
    wanted, span = series(name, "1-DAY", **options), TimeRange.of("2026-11-16", "2026-11-22")
    with LoopbackGateway() as loopback, connected(loopback, limits=NO_LIMITS) as gateway:
        usual = fetch(gateway, wanted, span)
    with StampsDays() as loopback, connected(loopback, limits=NO_LIMITS) as gateway:
        loopback.is_by_open = is_by_open
        found = fetch(gateway, wanted, span)
    assert len(usual) == 5
    assert np.array_equal(found["ts_event"], usual["ts_event"])


class LeavesOutTheLastFieldOfErrors(LoopbackGateway):
    async def _on_9(self, client: Client, fields: list[str]) -> None:
        client.send(4, 2, fields[2], 200, "No security definition has been found for the request")


def test_an_error_of_fewer_fields_is_understood() -> None:
    with (
        LeavesOutTheLastFieldOfErrors() as loopback,
        connected(loopback) as gateway,
        pytest.raises(SkippableError, match="No security definition"),
    ):
        run(gateway.details("NOPE.NASDAQ"))


class HangsUp(LoopbackGateway):
    """On ids in use, without the word that they are."""

    async def _log_in(self, client: Client, fields: list[str]) -> None:
        if int(fields[2]) in self.taken_ids:
            self.logins.append(int(fields[2]))
            client.writer.close()
        else:
            await super()._log_in(client, fields)


def test_a_gateway_that_hangs_up_on_a_client_id_is_asked_with_the_next() -> None:
    with HangsUp() as loopback:
        loopback.taken_ids = {1, 2}
        with connected(loopback) as gateway:
            assert gateway.status().client_id == 3


def test_a_gateway_that_hangs_up_on_every_client_id_is_told_as_it_is() -> None:
    with HangsUp() as loopback:
        loopback.taken_ids = set(range(1, 6))
        with started(loopback.port) as gateway:
            wait_until(lambda: gateway.status().error)
            assert "closed the connection: is this machine among the addresses it trusts" in gateway.status().error


class TakesItsTimeWithPositions(LoopbackGateway):
    async def _on_61(self, client: Client, fields: list[str]) -> None:
        await asyncio.sleep(0.5)
        await super()._on_61(client, fields)


def test_positions_not_told_yet_are_not_taken_for_none() -> None:
    with TakesItsTimeWithPositions() as loopback, connected(loopback) as gateway:
        assert not gateway.is_account_told
        wait_until(lambda: gateway.is_account_told)
        assert len(run(gateway.holdings())) == 1
        loopback.drop()
        wait_until(lambda: not gateway.is_account_told)


class SaysMoreThanAsked(LoopbackGateway):
    """With fields of a later version at the end of what it tells."""

    async def _on_61(self, client: Client, fields: list[str]) -> None:
        keep, client.send = client.send, lambda *told: keep(*told, "more", "")
        await super()._on_61(client, fields)
        client.send = keep

    def _quote(self, client: Client, symbol: str, prices: tuple[float, float, float]) -> None:
        for req_id in client.lines:
            client.send(1, 6, req_id, 4, prices[2], 300, 0, "more")


def test_fields_of_a_later_version_are_left_aside() -> None:
    with SaysMoreThanAsked() as loopback, connected(loopback) as gateway:
        wait_until(lambda: gateway.is_account_told)
        assert len(run(gateway.holdings())) == 1
        run(gateway.want("AAPL.NASDAQ"))
        wait_until(lambda: loopback.clients[0].lines)
        loopback.quote("AAPL", 221.1, 221.3, 221.2)
        assert wait_until(lambda: gateway.quotes().get("AAPL.NASDAQ")).last == Decimal("221.2")


class DoesNotSearch(LoopbackGateway):
    is_deaf = False

    async def _on_81(self, client: Client, fields: list[str]) -> None:
        if not self.is_deaf:
            client.error(int(fields[1]), 321, "Error validating request:-'cE' : cause - Unknown message id")


@pytest.mark.parametrize("is_deaf", [False, True])
def test_where_nothing_is_found_by_name_the_symbol_is_looked_up(is_deaf: bool) -> None:
    with DoesNotSearch() as loopback, connected(loopback, pace=Pace()) as gateway:
        loopback.is_deaf = is_deaf
        assert [match.instrument_id for match in run(gateway.search("pltr"))] == ["PLTR.NASDAQ"]
        if not is_deaf:
            assert [match.instrument_id for match in run(gateway.search("SPY", "ETF"))] == ["SPY.ARCA"]
            assert [match.instrument_id for match in run(gateway.search("BRK B"))] == ["BRK-B.NYSE"]
            assert run(gateway.search("BRK.A")) == []


class DatesItsBeginOddly(LoopbackGateway):
    async def _on_87(self, client: Client, fields: list[str]) -> None:
        client.send(88, fields[1], self.begin)


@pytest.mark.parametrize("begin", ["never", "20240102 09:30:00 Nowhere/Land"])
def test_a_begin_of_history_that_can_not_be_read_fails_at_once(begin: str) -> None:
    with DatesItsBeginOddly() as loopback, connected(loopback, pace=Pace()) as gateway:
        loopback.begin = begin
        with pytest.raises(RetryableError, match="can't be read"):
            run(gateway.head(series()))
        assert gateway.connection.state is State.CONNECTED


def test_an_answer_to_nothing_that_was_asked_is_left_alone() -> None:
    with LoopbackGateway() as loopback, connected(loopback) as gateway:
        loopback.send_raw(frame(["17", "4711", "", "", "0"]) + frame(["88", "4712", "never"]) + frame(["4", "2"]))
        assert len(fetch(gateway, series())) == 7
        await_state(gateway, State.CONNECTED)
