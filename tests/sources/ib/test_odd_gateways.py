"""Gateways that do some things their own way, as versions and settings do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from nautilus_data.core.timerange import to_ns
from tests.loopback_answers import Client, contract_of
from tests.loopback_gateway import LoopbackGateway
from tests.loopback_market import Listed
from tests.sources.ib.connected import NO_LIMITS, connected, fetch, series

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


class SaysWhatNobodyKnows(LoopbackGateway):
    async def _log_in(self, client: Client, fields: list[str]) -> None:
        client.send(8, 1, "10:00")
        await super()._log_in(client, fields)
        client.send(999, "a message", "of a later version")
        client.send("", "")


@pytest.mark.parametrize(
    "kind", [KnowsNoLocalSymbols, IgnoresLocalSymbols, WritesItsOwnTime, WritesNoZone, SaysWhatNobodyKnows]
)
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
