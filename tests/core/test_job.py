"""Jobs: when they have ended and how far they are."""

from __future__ import annotations

import pytest

from nautilus_data.core.job import Job, Status


def job(**fields) -> Job:
    return Job(id=1, kind="backfill", title="t", **fields)


def test_three_states_are_the_end() -> None:
    assert [status for status in Status if status.is_final] == [Status.SUCCEEDED, Status.FAILED, Status.CANCELLED]


@pytest.mark.parametrize(
    ("fields", "fraction"),
    [
        ({}, None),
        ({"done": 1, "total": 4}, 0.25),
        ({"status": Status.SUCCEEDED}, 1.0),
        ({"status": Status.FAILED, "done": 1, "total": 2}, 0.5),
    ],
)
def test_the_fraction_is_known_once_the_total_is(fields: dict, fraction: float | None) -> None:
    assert job(**fields).fraction == fraction
