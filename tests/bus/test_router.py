"""Router: who wants what gets it, in order, whatever another handler does."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import pytest

from nautilus_data.bus import Failure, Message, Router
from nautilus_data.bus.router import topic_pattern


def said(topic: str, number: int = 0) -> Message:
    return Message("s", "T-1", number, topic, None)


def numbers(messages: Sequence[Message]) -> list[int]:
    return [message.entry for message in messages]


class Taker:
    """A handler that remembers; it raises while `is_bad` says so of a message."""

    def __init__(self, is_bad: Callable[[Message], bool] = lambda message: False) -> None:
        self.pages: list[list[int]] = []
        self.tries = 0
        self._is_bad = is_bad

    def __call__(self, messages: Sequence[Message]) -> None:
        self.tries += 1
        if any(map(self._is_bad, messages)):
            raise ValueError("not that one")
        self.pages.append(numbers(messages))

    @property
    def taken(self) -> list[int]:
        return [number for page in self.pages for number in page]


@pytest.mark.parametrize(
    ("pattern", "topic", "is_wanted"),
    [
        ("*", "", True),
        ("*", "data.quotes.SIM.A", True),
        ("data.quotes.*", "data.quotes.SIM.A", True),
        ("data.quotes.*", "data.quotes.", True),
        ("data.quotes.*", "data.quotes", False),
        ("data.quotes.*", "xdata.quotes.A", False),
        ("data.*.SIM.*", "data.quotes.SIM.GBP/USD", True),
        ("*.A", "data.quotes.SIM.A", True),
        ("data.quotes.?", "data.quotes.A", True),
        ("data.quotes.?", "data.quotes.AB", False),
        ("data.quotes.?", "data.quotes.", False),
        ("a?c*", "abc", True),
        ("a.c", "abc", False),
        ("a[bc]", "ab", False),
        ("a[bc]", "a[bc]", True),
        ("a\\*", "a\\xyz", True),
        ("a(b|c)+$", "a(b|c)+$", True),
        ("events.order.*", "events.order.S\n1", True),
        ("??", "é€", True),
        ("", "", True),
        ("", "x", False),
    ],
)
def test_patterns_are_those_of_the_bus(pattern: str, topic: str, is_wanted: bool) -> None:
    assert (topic_pattern(pattern)(topic) is not None) is is_wanted


def test_each_gets_what_it_wants_of_a_page_in_order_and_at_once() -> None:
    router, quotes, everything = Router(), Taker(), Taker()
    router.subscribe("data.quotes.*", quotes)
    router.subscribe("*", everything)
    router.route([said("data.quotes.A", 1), said("events.order.S", 2), said("data.quotes.B", 3)])
    assert (quotes.pages, everything.pages) == ([[1, 3]], [[1, 2, 3]])


def test_handlers_run_in_the_order_they_subscribed_and_one_that_wants_nothing_is_not_called() -> None:
    router, order, idle = Router(), [], Taker()
    for name in "abc":
        router.subscribe("*", lambda messages, name=name: order.append(name), name)
    router.subscribe("other", idle)
    router.route([said("x")])
    assert (order, idle.tries, router.names[:3]) == (["a", "b", "c"], 0, ["a", "b", "c"])


def test_one_bad_message_is_told_with_reason_and_tries_and_the_rest_is_taken() -> None:
    failures: list[Failure] = []
    router = Router(failures.append, tries=3)
    picky, other = Taker(lambda message: message.entry == 5), Taker()
    router.subscribe("*", picky, "picky")
    router.subscribe("*", other, "other")
    router.route([said("t", number) for number in range(16)])
    assert picky.taken == [number for number in range(16) if number != 5]
    assert other.pages == [list(range(16))]
    [failure] = failures
    assert (failure.message.entry, failure.handler, failure.attempts) == (5, "picky", 3)
    assert failure.reason == "ValueError: not that one"


def test_halves_keep_the_number_of_tries_low() -> None:
    picky = Taker(lambda message: message.entry == 700)
    router = Router(lambda failure: None)
    router.subscribe("*", picky)
    router.route([said("t", number) for number in range(1_024)])
    assert len(picky.taken) == 1_023
    assert picky.tries <= 2 * 10 + 3


def test_what_fails_once_only_is_no_failure() -> None:
    failures, tries = [], []

    def shaky(messages: Sequence[Message]) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise RuntimeError("busy")

    router = Router(failures.append)
    router.subscribe("*", shaky)
    router.route([said("t", 1)])
    assert (len(tries), failures) == (2, [])


def test_a_single_try_says_why_it_failed() -> None:
    failures: list[Failure] = []
    router = Router(failures.append, tries=1)
    router.subscribe("*", Taker(lambda message: True), "bad")
    router.route([said("t")])
    assert (failures[0].reason, failures[0].attempts) == ("ValueError: not that one", 1)


def test_a_cancelled_subscription_gets_nothing_more_and_leaves_its_namesake_alone() -> None:
    router, gone, kept = Router(), Taker(), Taker()
    first = router.subscribe("*", gone, "same")
    router.subscribe("*", kept, "same")
    first.cancel()
    first.cancel()
    router.route([said("t", 1)])
    assert (gone.pages, kept.pages, router.names) == ([], [[1]], ["same"])


def test_handlers_may_cancel_themselves_and_subscribe_others_while_a_page_is_routed() -> None:
    router, late = Router(), Taker()

    def once(messages: Sequence[Message]) -> None:
        mine.cancel()
        router.subscribe("*", late)

    mine = router.subscribe("*", once)
    router.route([said("t", 1)])
    router.route([said("t", 2)])
    assert late.pages == [[2]]


def test_subscribing_and_cancelling_from_other_threads_disturbs_nobody() -> None:
    router, steady, stop = Router(), Taker(), threading.Event()
    router.subscribe("*", steady)

    def come_and_go() -> None:
        while not stop.is_set():
            router.subscribe("t*", lambda messages: None).cancel()

    threads = [threading.Thread(target=come_and_go) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(2_000):
        router.route([said("t", number)])
    stop.set()
    for thread in threads:
        thread.join(5)
    assert steady.taken == list(range(2_000))
    assert len(router.names) == 1


def test_a_message_is_handed_over_again_by_the_handlers_name() -> None:
    router = Router()
    is_broken = True
    fixed = Taker(lambda message: is_broken)
    router.subscribe("data.*", fixed, "risk")
    assert router.again(said("data.x", 7), "risk") == "ValueError: not that one"
    is_broken = False
    assert router.again(said("data.x", 7), "risk") == ""
    assert fixed.taken == [7]
    assert "'gone'" in router.again(said("data.x"), "gone")


def test_a_huge_number_of_topics_is_not_remembered_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nautilus_data.bus.router._MAX_TOPICS", 100)
    router, taker = Router(), Taker()
    subscription = router.subscribe("a*", taker)
    router.route([said(f"a{number}", number) for number in range(1_000)])
    assert len(taker.taken) == 1_000
    assert len(subscription._wanted) <= 100
