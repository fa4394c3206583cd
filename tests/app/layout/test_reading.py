"""Answers that take time."""

import asyncio
import threading

from app.layout.reading import Reading, Trouble


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_it_asks_at_its_pace() -> None:
    asked, clock = [], Clock()
    reading = Reading(lambda: asked.append(1), 1.0, clock)
    for moment in (0.0, 0.5, 1.0):
        clock.now = moment
        reading.live()
    assert len(asked) == 2


def test_on_a_loop_it_asks_in_a_thread() -> None:
    async def ask() -> Reading:
        reading = Reading(threading.get_ident)
        reading.live()
        assert reading.is_loading
        await reading._task
        return reading

    assert asyncio.run(ask()).answer != threading.get_ident()


def test_the_answer_to_the_last_question_stays_whichever_comes_last() -> None:
    async def ask() -> Reading:
        gates = {"old": threading.Event(), "new": threading.Event()}
        wish = "old"

        def answer() -> str:
            name = wish
            assert gates[name].wait(5)
            return name

        reading = Reading(answer)
        reading.now()
        first = reading._task
        await asyncio.sleep(0.05)
        wish = "new"
        reading.now()
        gates["new"].set()
        await reading._task
        gates["old"].set()
        await first
        return reading

    assert asyncio.run(ask()).answer == "new"


def test_a_failure_keeps_the_last_answer_and_is_told_until_it_is_over() -> None:
    answers = iter([1, OSError("Redis is gone"), 3])

    def ask() -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    reading = Reading(ask)
    trouble = Trouble("Rows", reading)
    trouble.show()
    assert "Loading" in trouble.layout[0][0][0].object
    reading.now()
    trouble.show()
    assert len(trouble.layout[0]) == 0
    reading.now(trouble.show)
    assert reading.answer == 1 and "Redis is gone" in trouble.layout[0][0][0].object
    reading.now(trouble.show)
    assert reading.answer == 3 and len(trouble.layout[0]) == 0


def test_what_is_made_of_an_answer_waits_for_the_first_one() -> None:
    reading = Reading(lambda: 1)
    trouble = Trouble("Rows", reading, "made")
    trouble.show()
    assert len(trouble.layout[1]) == 0
    reading.now(trouble.show)
    assert len(trouble.layout[1]) == 1
