"""Link against real servers: with users, TLS and Sentinel, stopped, frozen, killed and started again."""

from __future__ import annotations

import logging
import select
import shutil
import signal
import socket
import subprocess
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import redis
from redis.exceptions import NoPermissionError

from nautilus_data.bus import Link, Pace, Sentinels, Subscriber, Tls
from nautilus_data.errors import ConfigError, DashboardError, FatalError, RetryableError
from nautilus_data.settings import load_settings
from nautilus_data.transport import Connection, State
from nautilus_data.workspace import bus_address, make_link, open_workspace
from tests.bus.wire import QUOTE, fields
from tests.conftest import RedisServer, free_port, missing, wait_until

CANARY = "canary-p@ss:/w%rd"
STREAM = "trader-T-1:stream:data.quotes.SIM.GBP/USD"
PACE = Pace(discover_s=0.1, block_s=0.1, timeout_s=1.0, answer_s=0.3)


def publish(server: RedisServer) -> None:
    with server.client() as client:
        client.xadd(STREAM, fields("data.quotes.SIM.GBP/USD", QUOTE))


@contextmanager
def following(subscriber: Subscriber) -> Iterator[Connection]:
    """Its pages read in a thread."""
    stop = threading.Event()
    thread = threading.Thread(target=lambda: [page.ack() for page in subscriber.pages(stop)])
    thread.start()
    try:
        yield subscriber.connection
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def quick(**options: object) -> Connection:
    return Connection("test", **{"base_s": 0.02, "max_s": 0.1, "tries": 1000, "stable_s": 0.0, **options})


def wait_for(connection: Connection, state: State, timeout_s: float = 10.0) -> float:
    """Seconds until it was in that state."""
    started = time.monotonic()
    wait_until(lambda: connection.state is state, timeout_s, f"{state}, is {connection.state}")
    return time.monotonic() - started


def told(link: Link, kind: type[Exception]) -> str:
    """What `check` says; never the canary."""
    with pytest.raises(kind) as caught:
        link.check()
    assert "canary" not in "".join(traceback.format_exception(caught.value))
    return str(caught.value)


# Users


def add_user(server: RedisServer, *commands: str) -> str:
    """The URL of a user who may do that much."""
    with server.client() as client:
        client.acl_setuser("re@der", enabled=True, passwords=[f"+{CANARY}"], commands=list(commands), keys=["*"])
    return f"redis://re%40der:canary-p%40ss%3A%2Fw%25rd@127.0.0.1:{server.port}/0"


def test_user_and_password_of_a_url_are_percent_decoded(redis_server) -> None:
    client = Link(add_user(redis_server, "+@all")).connect(raw_commands=["ACL WHOAMI"])
    assert client.execute_command("ACL WHOAMI") == b"re@der"
    client.connection_pool.disconnect()


def test_a_wrong_password_is_fatal_and_names_the_settings(redis_server) -> None:
    url = add_user(redis_server, "+@all").replace("rd@", "rd-canary@")
    assert "refused the login: correct REDIS_USERNAME, REDIS_PASSWORD" in told(Link(url), FatalError)


def test_a_read_only_user_connects_and_is_told_what_it_may_not(redis_server) -> None:
    link = Link(add_user(redis_server, "+@read", "+ping", "+info", "-@dangerous"))
    assert link.probe()
    client = link.connect()
    with pytest.raises(NoPermissionError) as caught:
        client.xgroup_create(STREAM, "store", mkstream=True)
    error = link.explain(caught.value)
    client.connection_pool.disconnect()
    assert isinstance(error, FatalError) and "canary" not in str(error)
    assert "does not allow it" in str(error) and "xgroup" in str(error)


def test_the_settings_make_a_link(redis_server) -> None:
    add_user(redis_server, "+@all")
    settings = load_settings(
        redis_host="127.0.0.1", redis_port=redis_server.port, redis_username="re@der", redis_password=CANARY,
        bus_answer_s=0.7, demo="off",
    )  # fmt: skip
    link = make_link(settings)
    link.check()
    assert link.pace.answer_s == 0.7
    assert "canary" not in f"{link} {bus_address(settings)}"


# Secrets


def test_no_secret_is_in_any_text_of_a_link(redis_server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    url = add_user(redis_server, "+@all")
    sentinels = Sentinels((("127.0.0.1", 1),), password=CANARY)
    link = Link(url)
    client = link.connect()
    texts = [
        repr(link),
        link.address,
        repr(client),
        repr(sentinels),
        str(sentinels),
        repr(Link(url, sentinels=sentinels)),
    ]
    client.connection_pool.disconnect()
    texts += [told(Link(url, PACE, sentinels=sentinels), RetryableError), caplog.text]
    assert not [text for text in texts if "canary" in text]


@pytest.mark.parametrize(
    ("said", "kind", "shown"),
    [
        (f"unknown command `AUTH`, with args beginning with: `{CANARY[:9]}", FatalError, "too old"),
        (f"{'x' * 190} what is {CANARY}?", RetryableError, "xxx"),
        (f"what is {CANARY}?", RetryableError, "what is ***?"),
    ],
)
def test_a_server_that_repeats_the_password_does_not_get_it_shown(said, kind, shown) -> None:
    with talker(f"-ERR {said}\r\n".encode()) as port:
        assert shown in told(Link(f"redis://:canary-p%40ss%3A%2Fw%25rd@127.0.0.1:{port}", PACE), kind)


@contextmanager
def talker(answer: bytes) -> Iterator[int]:
    """A server that says `answer` to whoever connects."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_say, args=(server, answer))
        thread.start()
        yield server.getsockname()[1]
        thread.join(5)


def _say(server: socket.socket, answer: bytes) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(1000)
        connection.sendall(answer)


# TLS


@dataclass(frozen=True)
class Files:
    """A CA, and what it signed for server and client; another CA; a key with a passphrase."""

    folder: Path

    def __getattr__(self, name: str) -> Path:
        return self.folder / f"{name}.pem"

    def make(self) -> None:
        for name in ("ca", "other"):
            # Python 3.13 asks of a CA that it says what its key is for.
            made = f"-newkey rsa:2048 -nodes -keyout {name}_key.pem -out {name}.pem -subj /CN={name}"
            self._run(f"req -x509 {made} -addext keyUsage=critical,keyCertSign,cRLSign")
        self._sign("server", "subjectAltName=IP:127.0.0.1")
        self._sign("client", "extendedKeyUsage=clientAuth")
        self._run(f"rsa -aes128 -passout pass:{CANARY} -in client_key.pem -out locked_key.pem")

    def _sign(self, name: str, extension: str) -> None:
        (self.folder / f"{name}.ext").write_text(extension)
        self._run(f"req -newkey rsa:2048 -nodes -keyout {name}_key.pem -out {name}.csr -subj /CN={name}")
        signing = f"-in {name}.csr -CA ca.pem -CAkey ca_key.pem -CAcreateserial -extfile {name}.ext -out {name}.pem"
        self._run(f"x509 -req {signing}")

    def _run(self, command: str) -> None:
        subprocess.run(["openssl", *command.split()], cwd=self.folder, capture_output=True, check=True)


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Files:
    if not shutil.which("openssl"):
        missing("no openssl command to make certificates with")
    files = Files(tmp_path_factory.mktemp("pem"))
    files.make()
    return files


@pytest.fixture(scope="module")
def tls_server(redis_binary: Path, pem: Files, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A Redis that speaks TLS on `tls_port`; clients need no certificate unless a test says so."""
    port = free_port()
    files = ("--tls-ca-cert-file", pem.ca, "--tls-cert-file", pem.server, "--tls-key-file", pem.server_key)
    options = ("--tls-port", str(port), "--tls-auth-clients", "no", *map(str, files))
    if not _speaks_tls(redis_binary):
        pytest.skip(f"{redis_binary} was built without TLS")
    server = RedisServer(redis_binary, tmp_path_factory.mktemp("redis"), *options)
    server.tls_port = port
    yield server.start()
    server.kill()


def _speaks_tls(binary: Path) -> bool:
    said = subprocess.run([binary, "--tls-port", "0", "--port", "0", "--bogus", "x"], capture_output=True, text=True)
    return "tls-port" not in said.stdout + said.stderr


def over_tls(server: RedisServer, tls: Tls) -> Link:
    return Link(f"rediss://127.0.0.1:{server.tls_port}", PACE, tls=tls)


def test_tls_with_its_ca_is_trusted(tls_server, pem) -> None:
    link = over_tls(tls_server, Tls(ca=pem.ca))
    link.check()
    assert link.probe()


def test_tls_settings_reach_the_link(tls_server, pem) -> None:
    link = make_link(load_settings(redis_port=tls_server.tls_port, redis_ssl=True, redis_ssl_ca=pem.ca, demo="off"))
    link.check()


@pytest.mark.parametrize("ca", ["other", None])
def test_a_certificate_of_another_ca_is_refused(tls_server, pem, ca) -> None:
    text = told(over_tls(tls_server, Tls(ca=ca and getattr(pem, ca))), FatalError)
    assert "a certificate that is not trusted" in text and "REDIS_SSL_CA" in text


def test_a_certificate_for_another_host_is_refused(tls_server, pem) -> None:
    link = Link(f"rediss://localhost:{tls_server.tls_port}", PACE, tls=Tls(ca=pem.ca))
    assert "not trusted" in told(link, FatalError)


def test_without_verification_any_certificate_will_do(tls_server) -> None:
    over_tls(tls_server, Tls(verify=False)).check()


def test_a_client_certificate_is_shown_where_redis_asks(tls_server, pem) -> None:
    with tls_server.client() as admin:
        admin.config_set("tls-auth-clients", "yes")
        try:
            over_tls(tls_server, Tls(pem.ca, pem.client, pem.client_key)).check()
            text = told(over_tls(tls_server, Tls(pem.ca)), DashboardError)
        finally:
            admin.config_set("tls-auth-clients", "no")
    assert "certificate" in text and "REDIS_SSL_CERT" in text


def test_tls_to_a_server_without_it_is_told(tls_server, pem) -> None:
    link = Link(tls_server.url.replace("redis:", "rediss:"), PACE, tls=Tls(ca=pem.ca))
    assert "does it speak TLS" in told(link, RetryableError)


@pytest.mark.parametrize("files", [("server_key", None, None), ("ca", "client", "server_key"), ("ca", "gone", "gone")])
def test_files_that_are_not_what_they_should_be_are_told_before_connecting(pem, files) -> None:
    ca, cert, key = (name and getattr(pem, name) for name in files)
    with pytest.raises(ConfigError, match="can't use the file of REDIS_SSL_"):
        Link("rediss://127.0.0.1", tls=Tls(ca, cert, key))


def test_a_wrong_file_of_the_settings_is_told_before_anything_starts(pem, data_dir) -> None:
    settings = load_settings(redis_url="rediss://127.0.0.1", redis_ssl_ca=pem.ca_key, nautilus_data_dir=data_dir)
    with pytest.raises(ConfigError, match="REDIS_SSL_CA"):
        open_workspace(settings)
    assert not list(data_dir.iterdir())


def test_a_key_with_a_passphrase_is_refused_and_nobody_is_asked_for_it(pem) -> None:
    with pytest.raises(ConfigError, match="without passphrase"):
        Link("rediss://127.0.0.1", tls=Tls(pem.ca, pem.client, pem.locked_key))


# Sentinel


class Guarded(RedisServer):
    """A server with a password."""

    def client(self, **options: object) -> redis.Redis:
        return super().client(password=CANARY, **options)


class Cluster:
    """A master, its replica and the Sentinel that watches them, each with a password."""

    def __init__(self, binary: Path, folder: Path) -> None:
        basics = ("--requirepass", CANARY, "--masterauth", CANARY, "--repl-diskless-sync-delay", "0")
        for name in ("master", "replica"):
            (folder / name).mkdir()
        self.master = Guarded(binary, folder / "master", *basics)
        self.replica = Guarded(binary, folder / "replica", *basics, "--replicaof", "127.0.0.1", str(self.master.port))
        self.sentinel = RedisServer(binary, folder)
        self._conf = folder / "sentinel.conf"
        self._conf.write_text(
            f'port {self.sentinel.port}\nbind 127.0.0.1\ndir {folder}\nrequirepass "sentinel-{CANARY}"\n'
            f'sentinel monitor bus 127.0.0.1 {self.master.port} 1\nsentinel auth-pass bus "{CANARY}"\n'
            "sentinel down-after-milliseconds bus 500\nsentinel failover-timeout bus 3000\n"
        )

    def start(self) -> Cluster:
        self.master.start()
        self.replica.start()
        with (self._conf.parent / "sentinel.log").open("wb") as log:
            command = [self.sentinel.binary, self._conf, "--sentinel"]
            self.sentinel.process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until(self.link().probe, what="the Sentinel to name the master")
        return self

    def stop(self) -> None:
        for server in (self.sentinel, self.master, self.replica):
            server.kill()

    def link(self, **changes: object) -> Link:
        """The first Sentinel it names is not there."""
        addresses = (("127.0.0.1", 1), ("127.0.0.1", self.sentinel.port))
        sentinels = replace(Sentinels(addresses, "bus", f"sentinel-{CANARY}"), **changes)
        return Link("redis://:canary-p%40ss%3A%2Fw%25rd@unused", PACE, sentinels=sentinels)

    def has_failed_over(self) -> bool:
        with self.replica.client() as client:
            return client.info("replication")["role"] == "master"

    def sees_the_replica(self) -> bool:
        with self.sentinel.client(password=f"sentinel-{CANARY}") as client:
            return any(replica["master-link-status"] == "ok" for replica in client.sentinel_slaves("bus"))


@pytest.fixture
def cluster(redis_binary: Path, tmp_path: Path) -> Iterator[Cluster]:
    cluster = Cluster(redis_binary, tmp_path)
    try:
        yield cluster.start()
    finally:
        cluster.stop()


def test_a_reader_follows_the_master_to_another_redis(cluster) -> None:
    publish(cluster.master)
    wait_until(cluster.sees_the_replica, 15.0, "the Sentinel to see the replica in step")
    reader = Subscriber(cluster.link(), group="store", connection=quick())
    with following(reader):
        wait_until(lambda: reader.entries_read == 1)
        cluster.master.kill()
        wait_until(cluster.has_failed_over, 15.0, "the failover")
        publish(cluster.replica)
        wait_until(lambda: reader.entries_read == 2, 10.0, "the entry of the new master")


def test_what_sentinels_can_not_tell_is_said_without_a_secret(cluster) -> None:
    assert "knows no master other: correct REDIS_SENTINEL_MASTER" in told(cluster.link(master="other"), RetryableError)
    assert "correct REDIS_SENTINEL_PASSWORD" in told(cluster.link(password="canary-wrong"), FatalError)
    assert "start it or correct REDIS_SENTINELS" in told(cluster.link(addresses=(("127.0.0.1", 1),)), RetryableError)
    with cluster.master.client() as client:
        client.execute_command("REPLICAOF", "127.0.0.1", "1")
    assert "the master no longer" in told(cluster.link(), RetryableError)
    cluster.master.kill()
    assert "start it or correct REDIS_SENTINELS" in told(cluster.link(), RetryableError)


def test_sentinels_come_from_the_settings(cluster) -> None:
    settings = load_settings(
        redis_sentinels=f"127.0.0.1:{cluster.sentinel.port}", redis_sentinel_master="bus",
        redis_sentinel_password=f"sentinel-{CANARY}", redis_password=CANARY, demo="off",
    )  # fmt: skip
    make_link(settings).check()
    assert bus_address(settings) == f"bus of Sentinel 127.0.0.1:{cluster.sentinel.port}"


# Silence and absence


@contextmanager
def stopped(server: RedisServer) -> Iterator[None]:
    server.process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        server.process.send_signal(signal.SIGCONT)


@pytest.mark.parametrize("has_stream", [True, False])
def test_a_stopped_redis_is_missed_within_2_s_and_read_again_within_10_s(redis_server, has_stream) -> None:
    if has_stream:
        publish(redis_server)
    with following(Subscriber(redis_server.url)) as connection:
        wait_for(connection, State.CONNECTED)
        with stopped(redis_server):
            assert wait_for(connection, State.RECONNECTING) < 2.0
            assert "does not answer" in connection.error_message
        assert wait_for(connection, State.CONNECTED) < 10.0


def test_a_probe_of_a_stopped_redis_says_no_in_time(redis_server) -> None:
    link = Link(redis_server.url)
    with stopped(redis_server):
        started = time.monotonic()
        assert not link.probe()
        assert time.monotonic() - started < 1.5
    assert link.probe()


class Proxy:
    """Forwards both ways on loopback, until it freezes: connections stay open and nothing goes through."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._peers: dict[socket.socket, socket.socket] = {}
        self._frozen, self._stop = threading.Event(), threading.Event()
        self._server = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._run)
        self.port = self._server.getsockname()[1]
        self.freeze, self.thaw = self._frozen.set, self._frozen.clear

    def __enter__(self) -> Proxy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(5)
        for end in (self._server, *self._peers):
            end.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            ready, _, _ = select.select([self._server, *self._peers], [], [], 0.02)
            for end in [] if self._frozen.is_set() else ready:
                self._accept() if end is self._server else self._forward(end)
            if self._frozen.is_set():
                self._stop.wait(0.02)

    def _accept(self) -> None:
        near, _ = self._server.accept()
        far = socket.create_connection(("127.0.0.1", self._to))
        self._peers |= {near: far, far: near}

    def _forward(self, end: socket.socket) -> None:
        data = b""
        with suppress(OSError, KeyError):
            data = end.recv(1 << 16)
            self._peers[end].sendall(data)
        if not data:
            for gone in (end, self._peers.pop(end, None)):
                if gone is not None:
                    self._peers.pop(gone, None)
                    gone.close()


def test_a_half_open_connection_is_missed_within_2_s(redis_server) -> None:
    publish(redis_server)
    with Proxy(redis_server.port) as proxy, following(Subscriber(f"redis://127.0.0.1:{proxy.port}")) as connection:
        wait_for(connection, State.CONNECTED)
        proxy.freeze()
        assert wait_for(connection, State.RECONNECTING) < 2.0
        proxy.thaw()
        assert wait_for(connection, State.CONNECTED) < 10.0


def test_a_redis_away_for_longer_than_all_tries_is_read_again_soon_or_when_a_person_asks(redis_server) -> None:
    connection = quick(base_s=0.001, max_s=60, tries=5, probe_s=0.1)
    with following(Subscriber(redis_server.url, pace=PACE, connection=connection)):
        wait_for(connection, State.CONNECTED)
        redis_server.kill()
        wait_for(connection, State.ERROR)
        redis_server.start()
        assert wait_for(connection, State.CONNECTED) < 8.0
        redis_server.kill()
        wait_for(connection, State.ERROR)
        redis_server.start()
        connection.retry()
        assert wait_for(connection, State.CONNECTED) < 1.0
    states = [change.state for change in connection.history]
    away = [State.RECONNECTING, State.ERROR]
    assert states == [
        State.CONNECTING, State.CONNECTED, *away, State.CONNECTED, *away, State.CONNECTING, State.CONNECTED,
        State.DISCONNECTED,
    ]  # fmt: skip


def test_however_long_the_back_off_a_redis_that_is_back_is_read_at_once(redis_server) -> None:
    connection = quick(base_s=60, max_s=60, probe_s=0.2)
    with following(Subscriber(redis_server.url, pace=PACE, connection=connection)):
        wait_for(connection, State.CONNECTED)
        redis_server.kill()
        wait_for(connection, State.RECONNECTING)
        redis_server.start()
        assert wait_for(connection, State.CONNECTED) < 2.0
