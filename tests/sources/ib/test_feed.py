"""Live values: quotes and five-second bars on demand, delayed ones told apart, asked for again after a loss."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from nautilus_data.errors import SkippableError
from nautilus_data.sources.ib import Gateway, Line, Quote, RealtimeBar
from nautilus_data.transport import State
from tests.conftest import wait_until
from tests.loopback_answers import frame
from tests.loopback_gateway import LoopbackGateway
from tests.sources.ib.connected import await_state, connected, run

APPLE = "AAPL.NASDAQ"


@pytest.fixture
def loopback() -> Iterator[LoopbackGateway]:
    with LoopbackGateway() as made:
        yield made


def lines(loopback: LoopbackGateway) -> int:
    return sum(len(client.lines) for client in loopback.clients)


def test_a_quote_comes_with_its_prices_and_sizes_and_is_told(loopback: LoopbackGateway) -> None:
    told: list[Quote | RealtimeBar] = []
    with connected(loopback, on_value=told.append) as gateway:
        run(gateway.want(APPLE))
        wait_until(lambda: lines(loopback) == 1)
        loopback.quote("AAPL", 221.1, 221.3, 221.2)
        quote = wait_until(lambda: (found := gateway.quotes().get(APPLE)) and found.last and found)
        assert (quote.bid, quote.ask, quote.last) == (Decimal("221.1"), Decimal("221.3"), Decimal("221.2"))
        assert (quote.price, quote.bid_size, quote.is_delayed) == (Decimal("221.2"), 300.0, False)
        assert quote.ts_received > 0
        assert told[-1] == quote


def expect_delayed(gateway: Gateway, loopback: LoopbackGateway) -> None:
    run(gateway.want(APPLE))
    wait_until(lambda: lines(loopback) == 1)
    loopback.quote("AAPL", 221.1, 221.3, 221.2)
    assert wait_until(lambda: gateway.quotes().get(APPLE)).is_delayed


def test_a_delayed_quote_says_so(loopback: LoopbackGateway) -> None:
    loopback.without_permission = {"AAPL"}
    with connected(loopback) as gateway:
        expect_delayed(gateway, loopback)
        assert gateway.refusals() == {}


def test_ticks_of_delayed_data_are_delayed_though_nothing_else_says_so(loopback: LoopbackGateway) -> None:
    with connected(loopback) as gateway:
        run(gateway.want(APPLE))
        wait_until(lambda: lines(loopback) == 1)
        loopback.without_permission = {"AAPL"}
        loopback.quote("AAPL", 221.1, 221.3, 221.2)
        assert wait_until(lambda: gateway.quotes().get(APPLE)).is_delayed


def test_delayed_quotes_that_become_live_say_so(loopback: LoopbackGateway) -> None:
    loopback.without_permission = {"AAPL"}
    with connected(loopback) as gateway:
        expect_delayed(gateway, loopback)
        loopback.without_permission = set()
        (req_id,) = loopback.clients[0].lines
        loopback.send_raw(frame((58, 1, req_id, 1)))
        loopback.quote("AAPL", 221.2, 221.4, 221.3)
        wait_until(lambda: not gateway.quotes()[APPLE].is_delayed)


@pytest.mark.parametrize("code", [10089, 10091, 10197])
def test_a_refusal_is_forgotten_when_prices_come_all_the_same(loopback: LoopbackGateway, code: int) -> None:
    with connected(loopback) as gateway:
        run(gateway.want(APPLE))
        wait_until(lambda: lines(loopback) == 1)
        (req_id,) = loopback.clients[0].lines
        loopback.say(code, "Delayed market data is available.", req_id)
        if code != 10091:
            wait_until(lambda: gateway.refusals())
        loopback.quote("AAPL", 221.1, 221.3, 221.2)
        quote = wait_until(lambda: gateway.quotes().get(APPLE))
        assert quote.is_delayed == (code == 10091)
        assert gateway.refusals() == {}


def test_a_price_has_the_decimals_that_can_be_stored(loopback: LoopbackGateway) -> None:
    with connected(loopback) as gateway:
        run(gateway.want(APPLE))
        wait_until(lambda: lines(loopback) == 1)
        loopback.quote("AAPL", 220.07000000000002, 220.09, 220.1)
        assert wait_until(lambda: gateway.quotes().get(APPLE)).bid == Decimal("220.07")


def test_outside_the_session_there_is_no_price(loopback: LoopbackGateway) -> None:
    with connected(loopback) as gateway:
        run(gateway.want(APPLE))
        wait_until(lambda: lines(loopback) == 1)
        loopback.quote("AAPL", -1, -1, 221.2)
        quote = wait_until(lambda: gateway.quotes().get(APPLE))
        assert (quote.bid, quote.ask, quote.price) == (None, None, Decimal("221.2"))


def test_five_second_bars_are_stamped_with_their_end(loopback: LoopbackGateway) -> None:
    with connected(loopback) as gateway:
        run(gateway.want(APPLE, "LAST"))
        wait_until(lambda: lines(loopback) == 1)
        loopback.realtime_bar("AAPL", 1_795_600_000, (1.25, 1.5, 1.0, 1.375))
        bar = wait_until(lambda: gateway.realtime_bars().get(Line(APPLE, "LAST")))
        assert bar.ts_event == 1_795_600_005_000_000_000
        assert [bar.open, bar.high, bar.low, bar.close] == [Decimal(text) for text in ("1.25", "1.5", "1.0", "1.375")]


def test_bars_without_permission_are_refused_with_the_reason(loopback: LoopbackGateway) -> None:
    loopback.without_permission = {"AAPL"}
    with connected(loopback) as gateway:
        run(gateway.want(APPLE, "LAST"))
        reasons = wait_until(gateway.refusals)
        assert "No market data permissions" in reasons[Line(APPLE, "LAST")]


def test_what_is_dropped_is_cancelled(loopback: LoopbackGateway) -> None:
    with connected(loopback) as gateway:
        run(gateway.want(APPLE))
        run(gateway.want(APPLE, "MID"))
        wait_until(lambda: lines(loopback) == 2)
        gateway.drop(APPLE)
        gateway.drop(APPLE, "MID")
        wait_until(lambda: lines(loopback) == 0)
        assert gateway.status().lines == 0


def test_asking_twice_takes_one_line(loopback: LoopbackGateway) -> None:
    with connected(loopback) as gateway:
        run(gateway.want(APPLE))
        run(gateway.want(APPLE))
        wait_until(lambda: lines(loopback) == 1)
        assert len(loopback.asked(1)) == 1


def test_after_data_was_lost_subscriptions_are_made_again(loopback: LoopbackGateway) -> None:
    with connected(loopback) as gateway:
        run(gateway.want(APPLE))
        run(gateway.want(APPLE, "LAST"))
        wait_until(lambda: lines(loopback) == 2)
        loopback.say(1100, "Connectivity between IB and Trader Workstation has been lost.")
        loopback.forget_lines()
        loopback.say(1101, "Connectivity between IB and Trader Workstation has been restored - data lost.")
        wait_until(lambda: lines(loopback) == 2)
        assert (len(loopback.asked(1)), len(loopback.asked(50))) == (2, 2)
        loopback.quote("AAPL", 221.1, 221.3, 221.2)
        wait_until(lambda: APPLE in gateway.quotes())


def test_after_data_was_kept_they_are_not(loopback: LoopbackGateway) -> None:
    with connected(loopback) as gateway:
        run(gateway.want(APPLE))
        wait_until(lambda: lines(loopback) == 1)
        loopback.say(1100, "Connectivity between IB and Trader Workstation has been lost.")
        loopback.say(1102, "Connectivity between IB and Trader Workstation has been restored - data maintained.")
        wait_until(lambda: gateway.outages() and gateway.status().is_delivering)
        loopback.quote("AAPL", 221.1, 221.3, 221.2)
        wait_until(lambda: APPLE in gateway.quotes())
        assert len(loopback.asked(1)) == 1


@pytest.mark.parametrize("code", [10182, 10225])
def test_bars_whose_updates_failed_are_asked_for_again(loopback: LoopbackGateway, code: int) -> None:
    with connected(loopback) as gateway:
        run(gateway.want(APPLE, "LAST"))
        wait_until(lambda: lines(loopback) == 1)
        (req_id,) = loopback.clients[0].lines
        loopback.say(code, "Failed to request live updates (disconnected).", req_id)
        wait_until(lambda: len(loopback.asked(50)) >= 2)
        wait_until(lambda: lines(loopback) == 1)
        assert req_id not in loopback.clients[0].lines or code == 10225


def test_a_dropped_connection_has_them_made_again(loopback: LoopbackGateway) -> None:
    with connected(loopback) as gateway:
        run(gateway.want(APPLE))
        wait_until(lambda: lines(loopback) == 1)
        loopback.drop()
        wait_until(lambda: len(loopback.logins) == 2)
        await_state(gateway, State.CONNECTED)
        wait_until(lambda: lines(loopback) == 1)
        loopback.quote("AAPL", 221.1, 221.3, 221.2)
        wait_until(lambda: APPLE in gateway.quotes())


def test_an_unknown_instrument_is_refused(loopback: LoopbackGateway) -> None:
    with connected(loopback) as gateway:
        with pytest.raises(SkippableError, match=r"NOPE\.NASDAQ"):
            run(gateway.want("NOPE.NASDAQ"))
        assert gateway.status().lines == 0
