"""The connection to a gateway: each fault a real one has, and what becomes of what is asked meanwhile."""

from __future__ import annotations

import asyncio
import itertools
import socket
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from nautilus_data.errors import ConfigError, DashboardError, DisconnectedError, RetryableError
from nautilus_data.sources.ib import Gateway, Pace
from nautilus_data.sources.ib.library import load_library
from nautilus_data.transport import State
from tests.conftest import free_port, wait_until
from tests.loopback_answers import frame
from tests.loopback_gateway import LoopbackGateway
from tests.sources.ib.connected import DAY, NO_LIMITS, await_state, connected, fetch, run, series, started


@pytest.fixture
def loopback() -> Iterator[LoopbackGateway]:
    with LoopbackGateway() as made:
        yield made


@pytest.fixture
def asking() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as pool:
        yield pool


def failure(future: Future, within_s: float = 5.0) -> BaseException | None:
    return future.exception(within_s)


@pytest.mark.parametrize("version", [157, 163, 164, 176])
def test_it_speaks_with_gateways_of_any_age(version: int) -> None:
    with LoopbackGateway(version) as loopback, connected(loopback) as gateway:
        assert gateway.status().server_version == version
        assert len(fetch(gateway, series())) == 7
        assert [match.instrument_id for match in run(gateway.search("PLTR"))] == ["PLTR.NASDAQ"]


def test_a_card_shows_address_client_farms_and_quota(loopback: LoopbackGateway) -> None:
    with connected(loopback, client_id=7) as gateway:
        wait_until(lambda: len(gateway.status().farms) == 3)
        status = gateway.status()
        assert status.is_delivering
        assert (status.address, status.client_id, status.error) == (f"127.0.0.1:{loopback.port}", 7, None)
        assert status.farms == {"usfarm": "ok", "ushmds": "ok", "secdefnj": "ok"}
        assert (status.calls_used, status.calls_left) == (0, 60)
    assert gateway.connection.state is State.DISCONNECTED
    wait_until(lambda: not loopback.clients, what="the gateway to see it leave")


def test_it_can_be_asked_from_a_thread_and_from_a_loop_of_its_own(
    loopback: LoopbackGateway, asking: ThreadPoolExecutor
) -> None:
    with connected(loopback) as gateway:
        days = [series(name) for name in ("AAPL.NASDAQ", "PLTR.NASDAQ", "SPY.ARCA")]
        found = [asking.submit(fetch, gateway, one) for one in days]
        assert [len(future.result(10)) for future in found] == [7, 7, 7]


def test_a_client_id_in_use_gives_way_to_the_next(loopback: LoopbackGateway) -> None:
    loopback.taken_ids = {1, 2}
    began = time.monotonic()
    with connected(loopback) as gateway:
        assert gateway.status().client_id == 3
        # Not the time-out of the client library, which doesn't notice.
        assert time.monotonic() - began < 1.5


def test_all_client_ids_in_use_are_told_and_tried_until_one_is_free(loopback: LoopbackGateway) -> None:
    loopback.taken_ids = set(range(1, 6))
    with started(loopback.port) as gateway:
        wait_until(lambda: gateway.status().error)
        assert "client ids from 1 to 5 are in use" in gateway.status().error
        assert "IB_CLIENT_ID" in gateway.status().error
        loopback.taken_ids = {1}
        await_state(gateway, State.CONNECTED)
        assert gateway.status().client_id == 2


def test_nobody_there_is_told_with_what_to_do_and_noticed_when_it_comes() -> None:
    port = free_port()
    with started(port) as gateway:
        wait_until(lambda: gateway.status().error)
        assert f"no gateway at 127.0.0.1:{port} (Connection refused)" in gateway.status().error
        assert "IB_PORT" in gateway.status().error
        with pytest.raises(DisconnectedError, match="not connected to the gateway"):
            fetch(gateway, series())
        loopback = LoopbackGateway()
        loopback.port = port
        with loopback:
            await_state(gateway, State.CONNECTED, 3.0)


def test_a_gateway_that_does_not_finish_the_login_is_given_up(loopback: LoopbackGateway) -> None:
    loopback.is_silent_at_login = True
    with started(loopback.port, pace=Pace(connect_s=0.3)) as gateway:
        wait_until(lambda: gateway.status().error)
        assert "does not answer within 0.3 s" in gateway.status().error


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", frame(["not a number", "x"])])
def test_what_is_no_gateway_is_told(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    peer, _ = server.accept()
                except OSError:
                    return
                peer.recv(100)
                peer.sendall(answer)
                peer.close()

        threading.Thread(target=serve, daemon=True).start()
        with started(server.getsockname()[1], pace=Pace(connect_s=1.0)) as gateway:
            wait_until(lambda: gateway.status().error)
            assert "gateway at" in gateway.status().error or "is no TWS" in gateway.status().error
        server.shutdown(socket.SHUT_RDWR)


def test_a_gateway_that_is_too_old_needs_a_person() -> None:
    with LoopbackGateway(version=151) as loopback, started(loopback.port) as gateway:
        await_state(gateway, State.ERROR)
        assert "too old" in gateway.status().error


def test_a_drop_fails_what_is_pending_and_is_healed(loopback: LoopbackGateway, asking: ThreadPoolExecutor) -> None:
    with connected(loopback) as gateway:
        loopback.is_deaf_to_history = True
        pending = asking.submit(fetch, gateway, series())
        wait_until(lambda: loopback.asked(20))
        began = time.monotonic()
        loopback.drop()
        assert isinstance(failure(pending), DisconnectedError)
        assert time.monotonic() - began < 1.0
        loopback.is_deaf_to_history = False
        await_state(gateway, State.CONNECTED)
        assert len(fetch(gateway, series("SPY.ARCA"))) == 7
        ((start, end, reason),) = gateway.outages()
        assert end > start
        assert "closed the connection" in reason


def test_a_frozen_gateway_is_noticed_within_five_seconds(loopback: LoopbackGateway, asking: ThreadPoolExecutor) -> None:
    """With the pace it has in earnest."""
    with connected(loopback, pace=Pace()) as gateway:
        loopback.is_frozen = True
        pending = asking.submit(fetch, gateway, series())
        began = time.monotonic()
        wait_until(lambda: gateway.connection.state is not State.CONNECTED)
        assert time.monotonic() - began < 5.0
        assert "frozen" in gateway.status().error
        assert isinstance(failure(pending), DisconnectedError)
        loopback.is_frozen = False
        await_state(gateway, State.CONNECTED)


def test_a_gateway_that_still_sends_but_answers_nothing_is_noticed(loopback: LoopbackGateway) -> None:
    with connected(loopback, pace=Pace(beat_s=0.1, patience_s=0.3, deaf_s=1.0)) as gateway:
        run(gateway.want("AAPL.NASDAQ"))
        wait_until(lambda: loopback.clients[0].lines and len(loopback.asked(49)) > 1)
        loopback.is_frozen = True
        prices = itertools.count(221)

        def still_sends() -> bool:
            loopback.quote("AAPL", next(prices), 300, 300)
            return gateway.connection.state is not State.CONNECTED

        wait_until(still_sends)
        assert "still sends, but answers nothing" in gateway.status().error
        loopback.is_frozen = False
        await_state(gateway, State.CONNECTED)


def test_a_slow_gateway_is_not_frozen(loopback: LoopbackGateway) -> None:
    loopback.history_delay_s = 1.5
    with connected(loopback) as gateway:
        assert len(fetch(gateway, series())) == 7
        assert [change.state for change in gateway.connection.history] == [State.CONNECTING, State.CONNECTED]


def test_half_an_answer_gives_no_bars_and_ends(loopback: LoopbackGateway, asking: ThreadPoolExecutor) -> None:
    with connected(loopback) as gateway:
        loopback.next_history.append("half")
        pending = asking.submit(fetch, gateway, series())
        # What follows is swallowed as the rest of the answer: bytes come, messages don't.
        assert isinstance(failure(pending, 8.0), DisconnectedError)
        assert "can't be read" in gateway.status().error or gateway.connection.state is State.CONNECTED
        await_state(gateway, State.CONNECTED)
        assert len(fetch(gateway, series("SPY.ARCA"))) == 7


def test_an_answer_that_can_not_be_read_fails_at_once(loopback: LoopbackGateway) -> None:
    with connected(loopback) as gateway:
        loopback.next_history.append("malformed")
        with pytest.raises(RetryableError, match="can't be read"):
            fetch(gateway, series())
        assert gateway.connection.state is State.CONNECTED
        loopback.send_raw(frame(["10", "no number", "?"]) + frame(["17"]) + frame(["999", "1"]))
        assert len(fetch(gateway, series("SPY.ARCA"))) == 7


def test_a_late_answer_is_no_answer_and_is_cancelled(loopback: LoopbackGateway) -> None:
    with connected(loopback, pace=Pace(request_s=0.3)) as gateway:
        loopback.is_deaf_to_history = True
        with pytest.raises(RetryableError, match="no answer of the gateway in time"):
            fetch(gateway, series())
        wait_until(lambda: loopback.asked(25), what="the request to be cancelled")


def test_a_request_that_is_given_up_is_cancelled_at_the_gateway(loopback: LoopbackGateway) -> None:
    async def give_up(gateway: Gateway) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(gateway.history(series(), DAY), 0.3)

    with connected(loopback) as gateway:
        loopback.is_deaf_to_history = True
        run(give_up(gateway))
        wait_until(lambda: loopback.asked(25), what="the request to be cancelled")


@pytest.mark.parametrize("code", [1100, 2110])
def test_a_gateway_that_lost_interactive_brokers_keeps_its_connection(
    loopback: LoopbackGateway, asking: ThreadPoolExecutor, code: int
) -> None:
    with connected(loopback) as gateway:
        loopback.is_deaf_to_history = True
        pending = asking.submit(fetch, gateway, series())
        wait_until(lambda: loopback.asked(20))
        loopback.say(code, "Connectivity between IB and Trader Workstation has been lost.")
        assert isinstance(failure(pending), DisconnectedError)
        assert gateway.connection.state is State.CONNECTED
        assert not gateway.status().is_delivering
        assert gateway.outages()[-1][1] == 0
        assert "lost its connection to Interactive Brokers" in gateway.connection.error_message
        with pytest.raises(DisconnectedError, match=str(code)):
            fetch(gateway, series("SPY.ARCA"))
        loopback.is_deaf_to_history = False
        loopback.say(1102, "Connectivity between IB and Trader Workstation has been restored - data maintained.")
        wait_until(lambda: gateway.status().is_delivering)
        assert gateway.connection.error_message is None
        assert len(fetch(gateway, series("SPY.ARCA"))) == 7
        assert len(gateway.outages()) == 1


def test_a_gateway_that_is_cut_off_when_it_logs_in_says_so(loopback: LoopbackGateway) -> None:
    loopback.is_cut_off_at_login = True
    with connected(loopback) as gateway:
        assert not wait_until(gateway.status).is_delivering
        assert "(2110)" in gateway.status().outage
        assert "(2110)" in gateway.connection.error_message
        loopback.say(1102, "Connectivity between IB and Trader Workstation has been restored - data maintained.")
        wait_until(lambda: gateway.status().is_delivering)
        assert len(fetch(gateway, series())) == 7


def test_a_broken_farm_is_shown_and_no_error(loopback: LoopbackGateway) -> None:
    with connected(loopback) as gateway:
        loopback.say(2103, "Market data farm connection is broken:usfarm")
        loopback.say(2107, "HMDS data farm connection is inactive but should be available upon demand.:ushmds")
        loopback.say(2108, "Market data farm connection is inactive but should be available upon demand.:eufarm")
        wait_until(lambda: gateway.status().farms.get("eufarm") == "idle")
        assert gateway.status().farms == {"usfarm": "broken", "ushmds": "idle", "eufarm": "idle", "secdefnj": "ok"}
        loopback.say(2105, "HMDS data farm connection is broken")
        loopback.say(2106, "HMDS data farm connection is OK")
        loopback.say(2119, "Market data farm is connecting:eufarm")
        wait_until(lambda: gateway.status().farms["eufarm"] == "connecting")
        assert gateway.status().farms["historical data"] == "ok"
        assert gateway.connection.state is State.CONNECTED


def test_no_data_while_the_historical_farm_is_broken_proves_nothing(loopback: LoopbackGateway) -> None:
    said = "Historical Market Data Service error message:HMDS query returned no data: AAPL@SMART Trades"
    with connected(loopback, limits=NO_LIMITS) as gateway:
        loopback.checks_pacing = False
        loopback.next_history += [(162, said), (162, said)]
        loopback.say(2105, "HMDS data farm connection is broken:ushmds")
        wait_until(lambda: gateway.status().farms.get("ushmds") == "broken")
        with pytest.raises(RetryableError, match="while its connection to ushmds is broken"):
            fetch(gateway, series())
        loopback.say(2106, "HMDS data farm connection is OK:ushmds")
        wait_until(lambda: gateway.status().farms["ushmds"] == "ok")
        assert len(fetch(gateway, series())) == 0


def test_a_daily_restart_is_waited_out(loopback: LoopbackGateway) -> None:
    with connected(loopback) as gateway:
        run(gateway.want("AAPL.NASDAQ"))
        loopback.restart_begins()
        await_state(gateway, State.RECONNECTING)
        wait_until(lambda: "no gateway at" in (gateway.status().error or ""))
        loopback.listen()
        await_state(gateway, State.CONNECTED, 3.0)
        wait_until(lambda: len(loopback.asked(1)) == 2, what="the subscription to be made again")
        assert len(fetch(gateway, series())) == 7


def test_a_port_that_changes_is_a_lost_connection(loopback: LoopbackGateway) -> None:
    with connected(loopback):
        loopback.say(1300, "Socket port has been reset and this connection is being dropped.")
        wait_until(lambda: len(loopback.logins) == 2, what="a second login")


def test_a_crash_of_this_program_leaves_its_id_taken_for_a_while(loopback: LoopbackGateway) -> None:
    with connected(loopback), connected(loopback) as second:
        assert second.status().client_id == 2


def test_accounts_and_positions_are_read_under_our_names(loopback: LoopbackGateway) -> None:
    with connected(loopback) as gateway:
        values = wait_until(lambda: run(gateway.account_values()))
        by_tag = {value.tag: value for value in values}
        assert str(by_tag["NetLiquidation"].amount) == "1002345.67"
        assert by_tag["AccountType"].amount is None
        holding = wait_until(lambda: run(gateway.holdings()))[0]
        assert (holding.instrument_id, holding.quantity, str(holding.average_cost)) == ("AAPL.NASDAQ", 150, "181.25")
        # Orders are neither sent nor, with IB_READONLY, asked for.
        assert not [kind for kind in (3, 5, 16) if loopback.asked(kind)]


def test_without_a_summary_the_account_is_read_from_its_updates(loopback: LoopbackGateway) -> None:
    loopback.has_account_summary = False
    with connected(loopback) as gateway:
        (value,) = wait_until(lambda: run(gateway.account_values()))
        assert (value.tag, str(value.amount), value.currency) == ("NetLiquidation", "1002345.67", "USD")


def test_open_orders_are_asked_for_only_with_the_right_to_trade(loopback: LoopbackGateway) -> None:
    with connected(loopback, is_readonly=False):
        wait_until(lambda: loopback.asked(16))


@pytest.mark.parametrize("fault", ["silent", "taken", "nobody"])
def test_stopping_while_it_connects_is_quick(loopback: LoopbackGateway, fault: str) -> None:
    loopback.is_silent_at_login = fault == "silent"
    loopback.taken_ids = set(range(1, 6)) if fault == "taken" else set()
    port = free_port() if fault == "nobody" else loopback.port
    with started(port, pace=Pace(connect_s=60.0)):
        time.sleep(0.2)
        began = time.monotonic()
    assert time.monotonic() - began < 1.0


def test_without_the_client_library_it_says_what_to_install(
    loopback: LoopbackGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ib_insync", "ib_async"):
        monkeypatch.setitem(sys.modules, name, None)
    load_library.cache_clear()
    try:
        with pytest.raises(ConfigError, match="pip install ib_insync"), started(loopback.port):
            pass
    finally:
        load_library.cache_clear()


def test_stopping_ends_what_is_pending_and_leaves_no_thread(
    loopback: LoopbackGateway, asking: ThreadPoolExecutor
) -> None:
    loopback.is_deaf_to_history = True
    with connected(loopback) as gateway:
        pending = asking.submit(fetch, gateway, series())
        wait_until(lambda: loopback.asked(20))
    assert isinstance(failure(pending), DashboardError)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ib-")]
