"""Values between parent and child."""

from __future__ import annotations

import pytest

from nautilus_data.engine.config import Control, EngineState, RunConfig, Status
from nautilus_data.engine.identity import Identity
from nautilus_data.errors import ConfigError


@pytest.mark.parametrize(
    "value",
    [
        RunConfig(run_id="r", redis_password="secret", supervisor=Identity(7, 1.5)),
        Control(pace=2.0, is_paused=True, seq=3),
        EngineState(status=Status.RUNNING, process=Identity(9, 2.25), bars_sent=4),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_survives_the_way_through_json(value: RunConfig | Control | EngineState) -> None:
    assert type(value).from_json(value.to_json()) == value


def test_the_password_is_not_shown() -> None:
    assert "secret" not in repr(RunConfig(run_id="r", redis_password="secret"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"pace": 0}, {"pace": float("nan")}, {"pace": float("inf")}, {"fast": 20}, {"warmup": -1},
        {"trader_id": "DEMO"}, {"position_value": 0},
    ],
    ids=str,
)  # fmt: skip
def test_a_run_that_can_not_work_is_refused_before_anything_starts(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        RunConfig(run_id="r", **wrong)


def test_each_change_of_control_has_a_number_of_its_own() -> None:
    control = Control().change(is_paused=True).change(pace=3.0)
    assert (control.is_paused, control.pace, control.seq) == (True, 3.0, 2)
