"""One clock for all pages."""

import asyncio
from types import SimpleNamespace

from app.layout.live import Hub, Session

S = 1_000_000_000


class Doc:
    """Runs what it is given when told to, as a document on its loop does."""

    session_context = None

    def __init__(self) -> None:
        self.waiting = []
        self.ended = []

    def add_next_tick_callback(self, callback) -> None:
        self.waiting.append(callback)

    def on_session_destroyed(self, callback) -> None:
        self.ended.append(callback)

    def run(self) -> None:
        waiting, self.waiting = self.waiting, []
        for callback in waiting:
            asyncio.run(callback())


class Listener:
    is_prompt = False
    ref = ""

    def __init__(self, error: Exception | None = None) -> None:
        self.taken, self.failed, self.error = [], [], error

    def take(self, snapshot) -> None:
        if self.error:
            raise self.error
        self.taken.append(snapshot)

    def fail(self, error: Exception) -> None:
        self.failed.append(error)


class Clock:
    now = 100 * S

    def __call__(self) -> int:
        return self.now


def joined(stand_in, *listeners) -> tuple[Hub, Clock, list[Doc]]:
    clock, docs = Clock(), [Doc() for _ in listeners]
    hub = Hub(stand_in, clock)

    for doc, listener in zip(docs, listeners, strict=True):
        hub.join(doc, listener)
    for doc in docs:
        doc.run()
    return hub, clock, docs


def test_ticks_are_dropped_while_one_is_pending_and_the_newest_is_shown() -> None:
    doc, listener = Doc(), Listener()
    session = Session(doc, listener)
    for beat in (1, 2, 3):
        session.push(SimpleNamespace(beat=beat))
    assert len(doc.waiting) == 1
    doc.run()
    assert [snapshot.beat for snapshot in listener.taken] == [3]


def test_a_push_needs_no_document_lock() -> None:
    doc = Doc()
    Session(doc, Listener()).push(SimpleNamespace(beat=1))
    assert doc.waiting[0].nolock is True


def test_a_tick_that_was_waiting_when_the_page_was_closed_is_forgotten() -> None:
    doc, listener = Doc(), Listener()
    Session(doc, listener).push(SimpleNamespace(beat=1))
    doc.session_context = SimpleNamespace(destroyed=True)
    doc.run()
    assert listener.taken == []


def test_a_page_is_not_patched_beside_a_persons_click_but_at_the_next_tick(stand_in) -> None:
    listener = Listener()
    hub, clock, (doc,) = joined(stand_in, listener)
    before, lock = len(listener.taken), asyncio.Lock()
    doc.session_context = SimpleNamespace(session=SimpleNamespace(_lock=lock))
    asyncio.run(lock.acquire())
    clock.now += 2 * S
    hub.tick()
    doc.run()
    assert len(listener.taken) == before
    lock.release()
    hub.tick()
    doc.run()
    assert len(listener.taken) == before + 1


def test_nothing_is_pushed_when_nothing_changed_within_a_second(stand_in) -> None:
    listener = Listener()
    hub, clock, docs = joined(stand_in, listener)
    hub.tick()
    docs[0].run()
    before = len(listener.taken)
    clock.now += S // 4
    hub.tick()
    assert not docs[0].waiting
    clock.now += S
    hub.tick()
    docs[0].run()
    assert len(listener.taken) == before + 1


def test_a_new_value_is_pushed_at_the_next_tick(stand_in) -> None:
    hub, clock, docs = joined(stand_in, Listener())
    hub.tick()
    docs[0].run()
    stand_in.market.version += 1
    clock.now += S // 4
    hub.tick()
    assert len(docs[0].waiting) == 1


def test_a_page_that_fails_shows_it_and_the_others_go_on(stand_in) -> None:
    broken, fine = Listener(ValueError("no such column")), Listener()
    hub, clock, docs = joined(stand_in, broken, fine)
    clock.now += 2 * S
    hub.tick()
    for doc in docs:
        doc.run()
    assert str(broken.failed[-1]) == "no such column"
    assert fine.taken and not fine.failed


def test_a_closed_session_is_forgotten(stand_in) -> None:
    hub, _, docs = joined(stand_in, Listener(), Listener())
    docs[0].ended[0](None)
    assert len(hub) == 1
    docs[1].ended[0](None)
    assert len(hub) == 0


def test_a_document_that_takes_nothing_any_more_is_dropped(stand_in) -> None:
    hub, clock, docs = joined(stand_in, Listener())
    clock.now += 2 * S

    def refuse(callback) -> None:
        raise RuntimeError("destroyed")

    docs[0].add_next_tick_callback = refuse
    hub.tick()
    assert len(hub) == 0


class Eager(Listener):
    """Writes down in which order it was told."""

    is_prompt = True

    def prompt(self) -> None:
        self.taken.append("price")


def test_a_price_is_told_before_the_rest_of_a_tick_and_once(stand_in) -> None:
    eager = Eager()
    hub, clock, docs = joined(stand_in, eager)
    docs[0].run()
    eager.taken.clear()
    clock.now += 2 * S
    stand_in.market.version = 7
    hub.prompt()
    hub.tick()
    docs[0].run()
    assert eager.taken[0] == "price"
    assert len(eager.taken) == 2
    hub.prompt()
    assert docs[0].waiting == []


def test_a_document_that_takes_no_price_any_more_is_dropped_too(stand_in) -> None:
    hub, _, docs = joined(stand_in, Eager())
    hub.prompt()
    docs[0].run()

    def refuse(callback) -> None:
        raise RuntimeError("destroyed")

    docs[0].add_next_tick_callback = refuse
    stand_in.market.version = 7
    hub.prompt()
    assert len(hub) == 0


def test_a_status_that_cannot_be_read_is_told_and_the_old_one_stays(stand_in) -> None:
    hub = Hub(stand_in, Clock())
    asyncio.run(hub.gather())
    stand_in.overview.is_broken = True
    asyncio.run(hub.gather())
    assert "disk full" in hub.snapshot().problem
    assert hub.snapshot().status["worker"].alive
