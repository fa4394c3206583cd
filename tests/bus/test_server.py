"""The embedded Redis: a real child that is killed, filled and orphaned."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from nautilus_data.bus import EmbeddedRedis, embedded_url, find_redis_binary
from nautilus_data.errors import FatalError
from tests.conftest import free_port, missing, redis_binaries, wait_until

PARENT = """
import sys, time
from pathlib import Path
from nautilus_data.bus import EmbeddedRedis
server = EmbeddedRedis(Path(sys.argv[1]), 16)
server.start()
print(server.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture(params=redis_binaries() or [None], ids=lambda binary: binary.parent.parent.name if binary else "none")
def server(request: pytest.FixtureRequest, data_dir: Path) -> Iterator[EmbeddedRedis]:
    """One per server binary at hand."""
    if request.param is None:
        missing("no Redis server found: install redis-server or valkey-server")
    embedded = EmbeddedRedis(data_dir, 16, binary=request.param)
    embedded.start()
    yield embedded
    embedded.stop()


@pytest.fixture
def binary() -> Path:
    return find_redis_binary() or missing("no Redis server found: install redis-server or valkey-server")


def client_of(server: EmbeddedRedis) -> redis.Redis:
    return redis.Redis.from_url(server.url)


def is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def answers(url: str) -> bool:
    try:
        return redis.Redis.from_url(url, retry=Retry(NoBackoff(), 0)).ping()
    except redis.ConnectionError:
        return False


def test_it_answers_with_its_password_and_on_loopback_only(server) -> None:
    client = client_of(server)
    assert client.ping()
    assert client.config_get("bind")["bind"] == "127.0.0.1"
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=server.port, retry=Retry(NoBackoff(), 0)).ping()


def test_nothing_secret_is_in_its_command_line_or_repr_or_readable_by_others(server, data_dir) -> None:
    process = psutil.Process(server.pid)
    assert server.password not in " ".join(process.cmdline() + list(process.environ().values()))
    assert server.password not in repr(server)
    holders = [path for path in data_dir.iterdir() if server.password.encode() in path.read_bytes()]
    assert [path.stat().st_mode & 0o777 for path in holders] == [0o600]


def test_another_process_finds_it_by_the_folder(server, data_dir) -> None:
    assert embedded_url(data_dir) == server.url
    server.stop()
    assert embedded_url(data_dir) is None


def test_a_killed_child_is_back_at_the_same_address(server) -> None:
    url, first = server.url, server.pid
    for restarts in (1, 2):
        os.kill(server.pid, signal.SIGKILL)
        wait_until(lambda wanted=restarts: server.restarts == wanted and server.is_alive and answers(url))
    assert server.url == url
    assert server.pid != first


def test_a_child_that_died_and_came_back_is_told(data_dir, binary) -> None:
    told: list[bool] = []
    server = EmbeddedRedis(data_dir, 16, lambda changed: told.append(changed.is_alive), binary=binary)
    server.start()
    wait_until(lambda: told == [True])
    os.kill(server.pid, signal.SIGKILL)
    wait_until(lambda: told == [True, False, True])
    server.stop()


def test_a_failing_listener_does_not_end_the_watch(data_dir, binary) -> None:
    def fail(server: EmbeddedRedis) -> None:
        raise RuntimeError("a listener's mistake")

    server = EmbeddedRedis(data_dir, 16, fail, binary=binary)
    server.start()
    os.kill(server.pid, signal.SIGKILL)
    wait_until(lambda: server.restarts == 1 and server.is_alive)
    server.stop()


def test_stop_ends_the_child_and_may_be_called_twice(server) -> None:
    pid = server.pid
    server.stop()
    server.stop()
    assert not is_running(pid)


def test_it_may_be_started_again_after_a_stop(server) -> None:
    server.stop()
    assert answers(server.start())


def test_it_outlives_the_thread_that_started_it(data_dir, binary) -> None:
    server = EmbeddedRedis(data_dir, 16, binary=binary)
    starter = threading.Thread(target=server.start)
    starter.start()
    starter.join()
    time.sleep(0.3)  # the kernel's signal, were there one, comes at once
    assert server.is_alive
    assert server.restarts == 0
    server.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_it_dies_with_its_parent_even_when_that_is_killed(data_dir, python, binary) -> None:
    parent = subprocess.Popen([python, "-c", PARENT, data_dir], stdout=subprocess.PIPE, text=True)
    with parent:
        pid = int(parent.stdout.readline())
        assert is_running(pid)
        parent.kill()
    wait_until(lambda: not is_running(pid), 3)


def test_what_a_killed_parent_left_is_stopped_by_the_next(data_dir, binary) -> None:
    left = subprocess.Popen([binary, "--port", str(free_port()), "--save", ""], stdout=subprocess.DEVNULL)
    record = f'{{"pid": {left.pid}, "created": {psutil.Process(left.pid).create_time()}, "url": "redis://x"}}'
    (data_dir / "redis.json").write_text(record)
    server = EmbeddedRedis(data_dir, 16, binary=binary)
    server.start()
    left.wait(5)
    assert not is_running(left.pid)
    server.stop()


def test_a_process_that_only_got_the_number_is_left_alone(data_dir, binary) -> None:
    (data_dir / "redis.json").write_text(f'{{"pid": {os.getpid()}, "created": 1.0, "url": "redis://x"}}')
    server = EmbeddedRedis(data_dir, 16, binary=binary)
    assert answers(server.start())
    server.stop()


def test_a_record_that_cannot_be_read_stops_nothing(data_dir, binary) -> None:
    (data_dir / "redis.json").write_text("{")
    assert embedded_url(data_dir) is None
    server = EmbeddedRedis(data_dir, 16, binary=binary)
    assert answers(server.start())
    server.stop()


@pytest.mark.parametrize("streams", [1, 40])
def test_reaching_the_memory_limit_does_not_make_a_write_fail(server, streams) -> None:
    client = client_of(server)
    payload = b"x" * 400
    for first in range(0, 80_000, 2000):
        pipeline = client.pipeline(transaction=True)
        for number in range(first, first + 2000):
            pipeline.xadd(f"trader-T-1:stream:{number % streams}", {"topic": "t", "payload": payload})
        pipeline.execute()
    assert client.info("memory")["used_memory"] < 24 * 2**20
    assert client.xlen("trader-T-1:stream:0") > 0


def test_before_memory_runs_out_the_oldest_entries_go_and_no_stream_does(server) -> None:
    client = client_of(server)
    client.xadd("trader-T-1:stream:quiet", {"topic": "t", "payload": "x"})
    while client.info("memory")["used_memory"] < 13 * 2**20 and not server.entries_trimmed:
        pipeline = client.pipeline(transaction=False)
        for _ in range(1000):
            pipeline.xadd("trader-T-1:stream:busy", {"topic": "t", "payload": b"x" * 400})
        pipeline.execute()
    wait_until(lambda: server.entries_trimmed > 0)
    assert client.exists("trader-T-1:stream:quiet", "trader-T-1:stream:busy") == 2


def test_a_machine_without_any_server_is_told_what_to_install(data_dir, monkeypatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "path", [])
    server = EmbeddedRedis(data_dir, 16)
    if find_redis_binary() is None:
        with pytest.raises(FatalError, match="install redis-server"):
            server.start()


def test_a_server_that_cannot_run_is_told_with_its_own_reason(data_dir, tmp_path) -> None:
    broken = tmp_path / "redis-server"
    broken.write_text("#!/bin/sh\necho 'no such luck'\nexit 3\n")
    broken.chmod(0o755)
    server = EmbeddedRedis(data_dir, 16, binary=broken)
    with pytest.raises(FatalError, match="no such luck"):
        server.start()
    assert not server.is_alive
