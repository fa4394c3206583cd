"""Link: how to reach a Redis, and what an error of it means."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from redis import ConnectionPool, Redis, SSLConnection
from redis.backoff import NoBackoff
from redis.connection import parse_url
from redis.exceptions import (
    AuthenticationError,
    ConnectionError,
    InvalidResponse,
    NoPermissionError,
    ReadOnlyError,
    RedisError,
    TimeoutError,
)
from redis.retry import Retry

from nautilus_data.bus.cursor import explain_refusal
from nautilus_data.errors import ConfigError, DashboardError, FatalError, RetryableError

Address = tuple[str, int]
_READ_BYTES = 1 << 18
_HIDDEN = "***"
_UNTRUSTED = ("CERTIFICATE_VERIFY_FAILED",)
_REFUSED = ("CERTIFICATE_REQUIRED", "HANDSHAKE_FAILURE", "ALERT_UNKNOWN_CA", "BAD_CERTIFICATE")
_NO_TLS = ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE")
_HUNG_UP = ("EOF occurred", "EOF_WHILE_READING", "reset by peer", "Broken pipe", "closed by server")


@dataclass(frozen=True)
class Pace:
    """Seconds: between searches for new streams, a read may block, connecting may take, rest after a small page.

    An answer may be late by `answer_s` (a read's: after it blocked); then the connection is called dead.
    """

    discover_s: float = 1.0
    block_s: float = 0.5
    timeout_s: float = 5.0
    health_check_s: float = 30.0
    rest_s: float = 0.002
    answer_s: float = 1.0


@dataclass(frozen=True)
class Tls:
    """Files in PEM; without `ca` the system's. Not to verify is for trying out alone."""

    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None
    verify: bool = True


@dataclass(frozen=True)
class Sentinels:
    """Who knows which Redis is the master now."""

    addresses: tuple[Address, ...]
    master: str = "mymaster"
    password: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"{self.master} of Sentinel {', '.join(f'{host}:{port}' for host, port in self.addresses)}"


class Link:
    """A Redis by its URL; with `sentinels` the master they name when it is connected to, and the URL's host is unused.

    `tls` counts for a rediss:// URL, Sentinels included. Raises ConfigError on a URL or file that can't be used.
    """

    def __init__(
        self, url: str, pace: Pace | None = None, *, tls: Tls | None = None, sentinels: Sentinels | None = None
    ) -> None:
        self.pace = pace or Pace()
        self._sentinels, self._asked_first = sentinels, 0
        self._options = _read_url(url)
        self._is_tls = self._options.get("connection_class") is SSLConnection
        if tls and self._is_tls:
            self._options |= _tls_options(tls)
        given = (self._options.get("password"), sentinels.password if sentinels else None)
        self._secrets = [text for secret in given if secret for text in (secret, quote(secret, safe=""))]

    def __repr__(self) -> str:
        return f"Link({self.address})"

    @property
    def address(self) -> str:
        """Safe to show."""
        if self._sentinels:
            return str(self._sentinels)
        return str(self._options.get("path") or f"{self._options['host']}:{self._options['port']}")

    def client(self, raw_commands: Iterable[str] = ()) -> Redis:
        """A client that has not connected yet; replies of `raw_commands` come as they are.

        Only with Sentinels the network is asked, for the master, and a DashboardError may come.
        """
        return self._client(self.pace.timeout_s, self.pace.block_s + self.pace.answer_s, raw_commands)

    def connect(self, raw_commands: Iterable[str] = ()) -> Redis:
        """A client that is connected and logged in; else RetryableError or FatalError with what to do."""
        return self._greeted(self.client(raw_commands))

    def check(self) -> None:
        """Connect once; RetryableError or FatalError says what is wrong and what to do."""
        self.connect().connection_pool.disconnect()

    def probe(self) -> bool:
        """Does it answer, login included? A silent one is given up after `answer_s`."""
        try:
            self._greeted(self._client(self.pace.answer_s, self.pace.answer_s)).connection_pool.disconnect()
        except DashboardError:
            return False
        return True

    def explain(self, error: Exception) -> DashboardError:
        """Retry or fatal, and what to do; never a secret."""
        where = "REDIS_SENTINELS" if self._sentinels else "REDIS_URL"
        login = "REDIS_USERNAME, REDIS_PASSWORD" + ("" if self._sentinels else " or REDIS_URL")
        return self._explain(error, f"Redis at {self.address}", login, where)

    def _client(self, connect_s: float, answer_s: float, raw_commands: Iterable[str] = ()) -> Redis:
        master = self._find_master() if self._sentinels else {}
        times = _times(connect_s, answer_s) | {"health_check_interval": self.pace.health_check_s}
        client = Redis(connection_pool=ConnectionPool(**self._options | master | times))
        for command in raw_commands:
            client.set_response_callback(command, _as_is)
        return client

    def _greeted(self, client: Redis) -> Redis:
        try:
            client.ping()
            if self._sentinels:
                _insist_on_master(client)
        except (RedisError, OSError) as error:
            client.connection_pool.disconnect()
            raise self.explain(error) from None
        return client

    def _find_master(self) -> dict[str, Any]:
        """Ask one Sentinel after the other, the one that knew it last time first."""
        reasons, addresses = [], self._sentinels.addresses
        for turn in range(len(addresses)):
            place = (self._asked_first + turn) % len(addresses)
            try:
                host, port = self._ask(*addresses[place])
            except RetryableError as error:
                reasons.append(str(error))
                continue
            self._asked_first = place
            return {"host": host, "port": port}
        raise RetryableError("; ".join(reasons))

    def _ask(self, host: str, port: int) -> Address:
        who, name, times = f"Sentinel at {host}:{port}", self._sentinels.master, _times(*[self.pace.answer_s] * 2)
        login = {"username": None, "password": self._sentinels.password, "db": 0}
        client = Redis(connection_pool=ConnectionPool(**self._options | login | times | {"host": host, "port": port}))
        try:
            found = client.execute_command("SENTINEL GET-MASTER-ADDR-BY-NAME", name)
        except (RedisError, OSError) as error:
            raise self._explain(error, who, "REDIS_SENTINEL_PASSWORD", "REDIS_SENTINELS") from None
        finally:
            client.connection_pool.disconnect()
        if not found:
            raise RetryableError(f"{who} knows no master {name}: correct REDIS_SENTINEL_MASTER")
        return found[0].decode(), int(found[1])

    def _explain(self, error: Exception, who: str, login: str, address: str) -> DashboardError:
        # A server that does not know AUTH repeats its arguments, shortened.
        text = self._hide(" ".join(str(error).split()).partition(", with args")[0])[:200]
        if isinstance(error, AuthenticationError) or text.startswith(("NOAUTH", "WRONGPASS")):
            return FatalError(f"{who} refused the login: correct {login}")
        if isinstance(error, NoPermissionError):
            return FatalError(f"{who} does not allow it: {text}; give the user these commands")
        if "unknown command" in text.lower() or "syntax error" in text.lower():
            return FatalError(f"{who} is too old: {text}; version 6.2 or later is needed")
        if isinstance(error, InvalidResponse):
            kind, _, place = who.partition(" at ")
            return FatalError(f"what answers at {place} is not {kind}: correct {address} or REDIS_SSL")
        if isinstance(error, TimeoutError):
            tls = ", does it speak TLS" if self._is_tls else ""
            return RetryableError(f"{who} does not answer ({text}): is it running, is it reachable{tls}?")
        if isinstance(error, ConnectionError):
            return (self._is_tls and _explain_tls(who, text)) or RetryableError(
                f"no connection to {who} ({text}): start it or correct {address}"
            )
        return RetryableError(f"{who}: {text if _HIDDEN in text else explain_refusal(error)}")

    def _hide(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, _HIDDEN)
        return text


def _explain_tls(who: str, text: str) -> DashboardError | None:
    if any(word in text for word in _UNTRUSTED):
        return FatalError(f"TLS: {who} has a certificate that is not trusted ({text}): correct REDIS_SSL_CA")
    if any(word in text for word in _REFUSED):
        return FatalError(f"TLS: {who} refused the client's certificate ({text}): correct REDIS_SSL_CERT, _KEY")
    if any(word in text for word in _NO_TLS):
        return FatalError(f"TLS: {who} does not speak it ({text}): correct REDIS_SSL or REDIS_URL")
    if any(word in text for word in _HUNG_UP):
        return RetryableError(f"TLS: {who} hung up ({text}): if it asks for a certificate, set REDIS_SSL_CERT, _KEY")
    return None


def _as_is(response: Any, **options: Any) -> Any:
    return response


def _insist_on_master(client: Redis) -> None:
    """Sentinel may not know yet; a user who may not ask is believed."""
    try:
        role = client.execute_command("ROLE")[0]
    except NoPermissionError:
        return
    if role != b"master":
        raise ReadOnlyError("it is the master no longer, Sentinel is to name another")


def _times(connect_s: float, answer_s: float) -> dict[str, float]:
    return {"socket_connect_timeout": connect_s, "socket_timeout": answer_s}


def _read_url(url: str) -> dict[str, Any]:
    try:
        options = parse_url(url)
    except (ValueError, AttributeError):
        # The parser's own text may quote a part of the password.
        raise ConfigError(
            "can't read REDIS_URL: write redis://[user:password@]host[:port][/db] or rediss://… for TLS;"
            " percent-encode special characters of the password"
        ) from None
    address = {} if "path" in options else {"host": "localhost", "port": 6379}
    return (
        address
        | options
        | {
            # RESP2 and raw replies: the fastest way through redis-py.
            "protocol": 2,
            "decode_responses": False,
            "socket_keepalive": True,
            "socket_read_size": _READ_BYTES,
            # redis-py's own retries would hide a lost reply.
            "retry": Retry(NoBackoff(), 0),
        }
    )


def _tls_options(tls: Tls) -> dict[str, Any]:
    _try_files(tls)
    return {
        "ssl_ca_certs": str(tls.ca) if tls.ca else None,
        "ssl_certfile": str(tls.cert) if tls.cert else None,
        "ssl_keyfile": str(tls.key) if tls.key else None,
        "ssl_cert_reqs": "required" if tls.verify else "none",
        "ssl_check_hostname": tls.verify,
        # A key with a passphrase must not ask for it on the terminal.
        "ssl_password": "",
    }


def _try_files(tls: Tls) -> None:
    context = ssl.create_default_context()
    name, path = "REDIS_SSL_CA", tls.ca
    try:
        if tls.ca:
            context.load_verify_locations(cafile=tls.ca)
        name, path = "REDIS_SSL_CERT and REDIS_SSL_KEY", tls.cert
        if tls.cert:
            context.load_cert_chain(tls.cert, tls.key, password="")
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"can't use the file of {name} ({path}: {error}): it must be PEM, a key without passphrase that fits"
        ) from None
