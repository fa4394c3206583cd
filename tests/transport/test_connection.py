"""The state machine, against links that fail on command."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from nautilus_data.errors import ConfigError, DashboardError, FatalError, RetryableError
from nautilus_data.transport import Connection, State
from tests.conftest import wait_until


class Peer:
    """Refuses with `error` while that is set; a session lasts until `broken` is set; `is_back` answers the probe."""

    def __init__(self, error: DashboardError | None = None) -> None:
        self.error, self.broken, self.tries = error, threading.Event(), 0
        self.is_back, self.probes = False, 0

    def connect(self) -> str:
        self.tries += 1
        if self.error:
            raise self.error
        return "link"

    def probe(self) -> bool:
        self.probes += 1
        return self.is_back


@contextmanager
def running(connection: Connection, peer: Peer) -> Iterator[list[State]]:
    """Sessions in a thread, as a subscriber has them; yields the states that links came up in."""
    stop = threading.Event()
    states: list[State] = []

    def use() -> None:
        for _ in connection.sessions(peer.connect, stop, peer.probe):
            states.append(connection.state)
            while not stop.is_set() and not peer.broken.wait(0.005):
                pass
            if peer.broken.is_set():
                peer.broken.clear()
                connection.lost(peer.error or RetryableError("cut"))

    thread = threading.Thread(target=use)
    thread.start()
    try:
        yield states
    finally:
        stop.set()
        thread.join(5)
        assert not thread.is_alive()


def quick(**options: object) -> Connection:
    return Connection("test", **{"base_s": 0.01, "max_s": 0.04, "tries": 3, "stable_s": 0.0, **options})


def test_it_connects_and_ends_disconnected() -> None:
    connection = quick(clock=lambda: 77)
    with running(connection, Peer()) as states:
        wait_until(lambda: connection.state is State.CONNECTED)
        assert connection.connected_at == 77
        assert connection.error_message is None
    assert states == [State.CONNECTED]
    assert connection.state is State.DISCONNECTED


def test_a_lost_link_is_made_again() -> None:
    connection, peer = quick(), Peer()
    with running(connection, peer) as states:
        wait_until(lambda: states)
        peer.broken.set()
        wait_until(lambda: len(states) == 2)
        assert connection.reconnect_attempts == 0


def test_while_the_peer_is_away_it_is_reconnecting_and_says_why() -> None:
    connection, peer = quick(tries=1000), Peer()
    with running(connection, peer) as states:
        wait_until(lambda: states)
        peer.error = RetryableError("nobody there")
        peer.broken.set()
        wait_until(lambda: connection.state is State.RECONNECTING and connection.reconnect_attempts >= 2)
        assert connection.error_message == "nobody there"
        peer.error = None
        wait_until(lambda: connection.state is State.CONNECTED)
        assert connection.error_message is None


def test_exhausted_tries_end_in_error_after_exactly_that_many() -> None:
    connection, peer = quick(max_s=60, base_s=0.001, tries=10), Peer(RetryableError("down"))
    with running(connection, peer):
        wait_until(lambda: connection.state is State.ERROR)
        assert peer.tries == 10
        assert connection.reconnect_attempts == 10


def test_a_person_starts_over_from_error() -> None:
    connection, peer = quick(max_s=60, base_s=0.001), Peer(RetryableError("down"))
    with running(connection, peer):
        wait_until(lambda: connection.state is State.ERROR)
        peer.error = None
        connection.retry()
        wait_until(lambda: connection.state is State.CONNECTED)


def test_retry_gives_all_tries_again() -> None:
    connection, peer = quick(max_s=60, base_s=0.001, tries=3), Peer(RetryableError("down"))
    with running(connection, peer):
        wait_until(lambda: connection.state is State.ERROR)
        connection.retry()
        wait_until(lambda: peer.tries == 6 and connection.state is State.ERROR)


def test_the_slow_probe_gets_out_of_error_by_itself() -> None:
    connection, peer = quick(max_s=0.02), Peer(RetryableError("down"))
    with running(connection, peer):
        wait_until(lambda: connection.state is State.ERROR)
        peer.error = None
        wait_until(lambda: connection.state is State.CONNECTED)


def test_a_fatal_error_is_not_tried_again_at_once() -> None:
    connection, peer = quick(max_s=60), Peer(FatalError("wrong password"))
    with running(connection, peer):
        wait_until(lambda: connection.state is State.ERROR)
        assert peer.tries == 1
        assert connection.error_message == "wrong password"


def test_a_wrong_setting_is_fatal_too() -> None:
    connection = quick(max_s=60)
    with running(connection, Peer(ConfigError("no such host"))):
        wait_until(lambda: connection.state is State.ERROR)


def test_a_link_that_breaks_at_once_each_time_ends_in_error() -> None:
    connection, peer = quick(stable_s=60, max_s=60, base_s=0.001, tries=3), Peer()
    stop = threading.Event()
    count = 0
    for _ in connection.sessions(peer.connect, stop):
        count += 1
        connection.lost(RetryableError("cut"))
        if count == 3:
            peer.error = RetryableError("down")
            threading.Timer(0.3, stop.set).start()
    assert count == 3
    assert peer.tries == 3


def test_trouble_that_does_not_break_the_link_is_noted_and_taken_back() -> None:
    connection = quick()
    connection.note("Redis is full")
    assert connection.error_message == "Redis is full"
    connection.note(None)
    assert connection.error_message is None


def test_stop_ends_a_long_wait_soon() -> None:
    connection = quick(base_s=60, max_s=60)
    with running(connection, Peer(RetryableError("down"))):
        wait_until(lambda: connection.reconnect_attempts == 1)
    assert connection.state is State.DISCONNECTED


def test_a_probe_that_finds_the_peer_back_ends_a_long_wait() -> None:
    connection, peer = quick(base_s=60, max_s=60, probe_s=0.1), Peer(RetryableError("down"))
    with running(connection, peer):
        wait_until(lambda: peer.probes >= 2)
        assert peer.tries == connection.reconnect_attempts == 1
        peer.error, peer.is_back = None, True
        wait_until(lambda: connection.state is State.CONNECTED, timeout_s=1.0)


def test_a_connect_that_fails_after_the_probe_got_through_is_a_try_as_any() -> None:
    connection, peer = quick(base_s=60, max_s=60, probe_s=0.1, tries=3), Peer(RetryableError("loading"))
    peer.is_back = True
    with running(connection, peer):
        wait_until(lambda: connection.state is State.ERROR)
        assert peer.tries == connection.reconnect_attempts == 3


def test_in_error_the_probe_is_slow_and_gets_out_in_less_than_10_s() -> None:
    connection, peer = quick(base_s=0.001, max_s=60, probe_s=0.001, tries=1), Peer(RetryableError("down"))
    with running(connection, peer):
        wait_until(lambda: connection.state is State.ERROR)
        peer.error, peer.is_back, peer.probes = None, True, 0
        wait_until(lambda: connection.state is State.CONNECTED, timeout_s=8.0)
        assert peer.probes == 1


def test_a_person_who_asked_while_it_connected_has_no_retry_left_over() -> None:
    connection, peer = quick(base_s=60, max_s=60, stable_s=60, tries=2), Peer()
    connect = peer.connect

    def connect_while_a_person_asks() -> str:
        connection.retry()
        return connect()

    peer.connect = connect_while_a_person_asks
    with running(connection, peer) as states:
        wait_until(lambda: states)
        peer.error = RetryableError("down")
        peer.broken.set()
        wait_until(lambda: connection.state is State.RECONNECTING)
        time.sleep(0.3)
        assert peer.tries == 1


def test_the_last_changes_are_kept_with_time_and_reason() -> None:
    connection, peer = quick(clock=lambda: 77, base_s=0.001, max_s=60, tries=2), Peer()
    with running(connection, peer) as states:
        wait_until(lambda: states)
        peer.error = RetryableError("cut")
        peer.broken.set()
        wait_until(lambda: connection.state is State.ERROR)
    assert connection.history == (
        (77, State.CONNECTING, None),
        (77, State.CONNECTED, None),
        (77, State.RECONNECTING, "cut"),
        (77, State.ERROR, "cut"),
        (77, State.DISCONNECTED, None),
    )
    for _ in range(50):
        for _ in connection.sessions(peer.connect, stopped()):
            pass
    assert len(connection.history) == 50 and connection.history[-1].state is State.DISCONNECTED


def stopped() -> threading.Event:
    stop = threading.Event()
    stop.set()
    return stop
