"""The same drills on a real NautilusTrader node: frozen, its Redis frozen, and stopped as it should be."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable, Iterator

import pandas as pd
import pytest

from nautilus_data.core.incident import Kind
from nautilus_data.core.instrument import Instrument
from nautilus_data.engine import EngineProcess, RunConfig, Status
from nautilus_data.settings import Settings, load_settings
from nautilus_data.workspace import Workspace, open_workspace
from tests.conftest import RedisServer, wait_until
from tests.engine.conftest import bars, engine, instruments, reach, run_config  # noqa: F401
from tests.test_faults import SHOWN_S

logger = logging.getLogger(__name__)
pytestmark = [pytest.mark.redis, pytest.mark.timeout(180)]


@pytest.fixture
def workspace(settings: Settings, redis_server: RedisServer) -> Iterator[Workspace]:
    folder = settings.nautilus_data_dir
    opened = open_workspace(load_settings(nautilus_data_dir=folder, demo="off", redis_url=redis_server.url), tail=True)
    yield opened
    opened.close()


def kinds(workspace: Workspace) -> list[str]:
    return workspace.bus.open_incidents()["kind"].tolist()


def wait_for(workspace: Workspace, kind: Kind, timeout_s: float = SHOWN_S) -> None:
    started = time.monotonic()
    wait_until(lambda: kind in kinds(workspace), timeout_s, f"{kind}, there is {kinds(workspace)}")
    logger.info("real node: %s shown after %d ms", kind, (time.monotonic() - started) * 1000)


def wait_until_well(workspace: Workspace, timeout_s: float = 10.0) -> None:
    wait_until(lambda: not kinds(workspace), timeout_s, f"the end of {kinds(workspace)}")


@pytest.fixture
def node(
    engine: EngineProcess,  # noqa: F811
    run_config: Callable[..., RunConfig],  # noqa: F811
    instruments: list[Instrument],  # noqa: F811
    bars: dict[str, pd.DataFrame],  # noqa: F811
    workspace: Workspace,
) -> EngineProcess:
    """It has beaten three times, so its rhythm is known."""
    engine.start(run_config(pace=2.0), instruments, bars)
    reach(engine, lambda state: state.status is Status.RUNNING and state.bars_sent > 0)
    wait_until(lambda: any(one.heartbeat_s for one in workspace.live.nodes.copy().values()), 20)
    time.sleep(1.5)
    assert kinds(workspace) == []
    return engine


def test_a_real_node_that_freezes_and_goes_on(node: EngineProcess, workspace: Workspace) -> None:
    pid = node.state().pid
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_for(workspace, Kind.HEARTBEAT_MISSED)
        wait_until(lambda: workspace.overview.nodes()[0].is_stale, 1)
        time.sleep(1.0)
        assert kinds(workspace) == ["heartbeat missed"]
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_until_well(workspace)
    assert not workspace.overview.nodes()[0].is_stale
    node.stop()
    time.sleep(3.0)
    assert kinds(workspace) == []
    assert workspace.overview.nodes()[0].state in ("STOPPED", "DISPOSED")


def test_a_redis_that_freezes_under_a_real_node(
    node: EngineProcess,
    workspace: Workspace,
    redis_server: RedisServer,
) -> None:
    redis_server.process.send_signal(signal.SIGSTOP)
    try:
        wait_for(workspace, Kind.REDIS_GONE)
        time.sleep(1.0)
    finally:
        redis_server.process.send_signal(signal.SIGCONT)
    wait_until_well(workspace)
    before = workspace.live.messages
    wait_until(lambda: workspace.live.messages > before + 3, 5, "the node to be heard again")


def test_a_redis_killed_under_a_real_node_leaves_it_mute(
    node: EngineProcess, workspace: Workspace, redis_server: RedisServer
) -> None:
    """It trades on, and nothing of it is heard: both are told until it is started anew."""
    redis_server.kill()
    wait_for(workspace, Kind.REDIS_GONE)
    redis_server.start()
    wait_until(lambda: Kind.REDIS_GONE not in kinds(workspace), 10)
    wait_for(workspace, Kind.REDIS_RESTARTED, 4)
    wait_for(workspace, Kind.HEARTBEAT_MISSED, 5)
    time.sleep(1.0)
    assert node.state().status is Status.RUNNING
    assert {"redis restarted", "heartbeat missed"} <= set(kinds(workspace))
    assert workspace.overview.bus().is_bad
