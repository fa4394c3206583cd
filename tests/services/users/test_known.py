"""What is remembered is never older than it may be, and never outlives what ended."""

from __future__ import annotations

from nautilus_data.core.timerange import NS_PER_S
from nautilus_data.services.users import Known
from tests.store.conftest import Clock


def test_an_answer_is_two_seconds_old_at_most_and_ends_when_it_says() -> None:
    clock, asked = Clock(), []
    known = Known(clock)

    def find(ends: int = 0) -> tuple[int, int]:
        asked.append(clock.now)
        return len(asked), ends

    assert [known.ask("a", find), known.ask("a", find), known.ask("b", find)] == [1, 1, 2]
    clock.now += 2 * NS_PER_S - 1
    assert known.ask("a", find) == 1
    clock.now += 1
    assert known.ask("a", lambda: find(clock.now + 1)) == 3
    clock.now += 1
    assert known.ask("a", find) == 4


def test_nothing_is_not_remembered() -> None:
    known = Known(Clock())
    assert known.ask("a", lambda: None) is None
    assert known.ask("a", lambda: ("somebody", 0)) == "somebody"


def test_what_was_found_before_something_ended_is_not_remembered() -> None:
    known = Known(Clock())

    def find() -> tuple[str, int]:
        known.forget()
        return "before", 0

    assert known.ask("a", find) == "before"
    assert known.ask("a", lambda: ("after", 0)) == "after"
