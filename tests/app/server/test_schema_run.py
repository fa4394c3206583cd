"""The API against its own description: a bounded run of schemathesis; `make fuzz` is the long one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nautilus_data.core.identity import Role
from tests.schema_run import run, run_ending
from tests.served import Served, served

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served") / "data") as found:
        yield found


@pytest.mark.parametrize("role", [None, Role.VIEWER, Role.ADMIN], ids=["nobody", "viewer", "admin"])
def test_every_operation_keeps_to_its_description(server: Served, role: Role | None, tmp_path) -> None:
    outcome = run(server, role, tmp_path, examples=1)
    assert (outcome.failures, outcome.errors) == (0, 0), outcome.told
    assert outcome.operations > 150 and outcome.cases >= outcome.operations


def test_operations_that_end_logins_keep_to_theirs(server: Served, tmp_path) -> None:
    outcome = run_ending(server, Role.ADMIN, tmp_path, examples=2)
    assert (outcome.failures, outcome.errors) == (0, 0), outcome.told
    assert outcome.operations == 6
