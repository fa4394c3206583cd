"""Settings: the one place that reads the environment and `.env`."""

from __future__ import annotations

import ipaddress
import os
import re
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote, urlsplit

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from nautilus_data.access_settings import AccessSettings
from nautilus_data.errors import ConfigError
from nautilus_data.source_settings import SourceSettings

_HOST_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?")


class Demo(StrEnum):
    """`auto`: on when no REDIS_* is set."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


class Group(StrEnum):
    """Who remembers how far the bus was stored; `auto`: Redis, unless its user may not make a consumer group."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


class HouseSettings(BaseSettings):
    """What is set but for the sources."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        allow_inf_nan=False,
    )

    dashboard_host: str = Field("127.0.0.1", description="address to listen on; beyond this machine, users come first")
    dashboard_port: int = Field(5006, ge=1, le=65535, description="port of pages, REST and docs")
    environment: str = Field("development", description="a label shown by /health")
    debug: bool = Field(False, description="show tracebacks on pages and in REST errors")
    database_url: SecretStr | None = Field(None, description="SQLAlchemy URL; default: SQLite in the data folder")
    redis_url: SecretStr | None = Field(None, description="redis://… or rediss://…; wins over the six below")
    redis_host: str | None = Field(None, description="Redis host, instead of REDIS_URL")
    redis_port: int | None = Field(None, ge=1, le=65535, description="Redis port, 6379 by default")
    redis_db: int | None = Field(None, ge=0, description="Redis database; NautilusTrader always writes to 0")
    redis_username: str | None = Field(None, description="Redis user; none: the default user")
    redis_password: SecretStr | None = Field(None, description="Redis password")
    redis_ssl: bool | None = Field(None, description="TLS to Redis, and to its Sentinels")
    redis_ssl_ca: Path | None = Field(None, description="PEM file of the CA of Redis; default: the system's")
    redis_ssl_cert: Path | None = Field(None, description="PEM file of this client's certificate, where Redis asks")
    redis_ssl_key: Path | None = Field(None, description="PEM file of its key, without a passphrase")
    redis_ssl_verify: bool = Field(True, description="check certificate and host name of Redis")
    redis_sentinels: str | None = Field(
        None, description="host:port of a Sentinel, several with commas; instead of REDIS_URL, REDIS_HOST, REDIS_PORT"
    )
    redis_sentinel_master: str = Field("mymaster", description="name the Sentinels have for the master")
    redis_sentinel_password: SecretStr | None = Field(None, description="password of the Sentinels themselves")
    nautilus_stream_key: str = Field("*", description="streams to read: a glob, several with commas; *: discover")
    nautilus_data_dir: Path = Field(
        default_factory=lambda: user_data_path("nautilus-dashboard", appauthor=False),
        description="folder of the embedded state; default: the platform's user data folder",
    )
    demo: Demo = Field(Demo.AUTO, description="a demo by a real engine: auto (on when no REDIS_* is set), on, off")
    demo_pace: float = Field(1.0, gt=0, le=1000, description="bars a second of each instrument the demo replays")
    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING, ERROR")
    log_format: LogFormat = Field(LogFormat.TEXT, description="text or json")
    bus_retry_base_s: float = Field(1.0, gt=0, description="first wait before reconnecting to Redis, then doubled")
    bus_retry_max_s: float = Field(60.0, gt=0, description="longest wait between tries")
    bus_retry_tries: int = Field(10, ge=1, description="tries before the state is ERROR")
    bus_health_check_s: float = Field(30.0, gt=0, description="seconds between health checks of an idle connection")
    bus_connect_timeout_s: float = Field(5.0, gt=0, description="seconds a connection attempt may take")
    bus_answer_s: float = Field(
        1.0, gt=0, description="seconds an answer of Redis may be late before it counts as gone"
    )
    bus_probe_s: float = Field(2.0, gt=0, description="seconds between looks whether a lost Redis is back")
    bus_group: Group = Field(
        Group.AUTO, description="store by a consumer group: auto (on unless the Redis user may not), on, off"
    )
    bus_silence_s: float = Field(5.0, gt=0, description="seconds without an entry before a stream is called silent")
    embedded_redis_mb: int = Field(256, ge=16, description="memory limit of the embedded Redis in MB")
    backfill_top_up_s: int = Field(
        0, ge=0, description="seconds between top-ups of every series with history; 0: only those with a schedule"
    )
    source_tolerance: float = Field(
        0.001, gt=0, lt=1, description="share by which closes of two sources may differ before it is told"
    )
    retention_days: int = Field(7, ge=1, description="days quotes and trades from the bus are kept in the store")
    retention_bars: bool = Field(
        True, description="make bars of a minute of quotes and trades before they are deleted, where there are none"
    )
    equity_interval_s: float | None = Field(
        None, gt=0, description="seconds between stored points of the equity history; default: 60, in the demo 5"
    )

    @model_validator(mode="before")
    @classmethod
    def _not_set(cls, values: dict[str, object]) -> dict[str, object]:
        """Leave out what is empty or says "none": anaconda-project can't run with a variable that has no value."""
        return {name: value for name, value in values.items() if not _says_nothing(value)}

    @field_validator("demo", "log_format", "bus_group", mode="before")
    @classmethod
    def _any_case(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise ValueError("write DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @field_validator("nautilus_data_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("redis_url")
    @classmethod
    def _redis_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not _is_redis_url(value.get_secret_value()):
            raise ValueError("write redis://[USER:PASSWORD@]HOST[:PORT][/DB], or rediss:// for TLS")
        return value

    @field_validator("redis_host")
    @classmethod
    def _host_alone(cls, value: str | None) -> str | None:
        if value is not None and not (_HOST_NAME.fullmatch(value) or _is_ip(value)):
            raise ValueError("write a host name or an IP address alone; a whole address belongs in REDIS_URL")
        return value

    @field_validator("redis_ssl_ca", "redis_ssl_cert", "redis_ssl_key")
    @classmethod
    def _readable_file(cls, value: Path | None) -> Path | None:
        path = value and value.expanduser().absolute()
        if path and not (path.is_file() and os.access(path, os.R_OK)):
            raise ValueError(f"{path} is not there, or not a file that can be read")
        return path

    @field_validator("redis_sentinels")
    @classmethod
    def _by_address(cls, value: str | None) -> str | None:
        for part in value.split(",") if value else ():
            _address(part)
        return value

    @model_validator(mode="after")
    def _fit_together(self) -> HouseSettings:
        files = (self.redis_ssl_ca, self.redis_ssl_cert, self.redis_ssl_key)
        address = self.redis_url or self.redis_host or self.redis_port
        contradictions = {
            "BUS_RETRY_BASE_S is longer than BUS_RETRY_MAX_S": self.bus_retry_base_s > self.bus_retry_max_s,
            "REDIS_SENTINELS name the master: leave out REDIS_URL, REDIS_HOST and REDIS_PORT": (
                self.redis_sentinels and address
            ),
            "REDIS_SENTINEL_PASSWORD needs REDIS_SENTINELS": self.redis_sentinel_password and not self.redis_sentinels,
            "REDIS_SSL_CA, _CERT and _KEY need TLS: set REDIS_SSL=true, or rediss:// in REDIS_URL": (
                any(files) and not self.user_redis_url.startswith("rediss:")
            ),
            "REDIS_SSL_KEY needs REDIS_SSL_CERT": self.redis_ssl_key and not self.redis_ssl_cert,
        }
        if found := [text for text, is_so in contradictions.items() if is_so]:
            raise ValueError("; ".join(found))
        return self

    @property
    def has_redis(self) -> bool:
        """Is any REDIS_* set, so that the Redis is the user's own?"""
        address = (self.redis_url, self.redis_host, self.redis_port, self.redis_db, self.redis_sentinels)
        given = (*address, self.redis_username, self.redis_password, self.redis_ssl)
        return any(value is not None for value in given)

    @property
    def is_demo(self) -> bool:
        return self.demo is Demo.ON or (self.demo is Demo.AUTO and not self.has_redis)

    @property
    def is_embedded_redis(self) -> bool:
        return self.is_demo or not self.has_redis

    @property
    def user_redis_url(self) -> str:
        """The URL of the user's own Redis, password included: never show it. With Sentinels its host means nothing."""
        if self.redis_url:
            return self.redis_url.get_secret_value()
        scheme = "rediss" if self.redis_ssl else "redis"
        host = self.redis_host or "127.0.0.1"
        host = f"[{host}]" if ":" in host else host
        return f"{scheme}://{self._login}{host}:{self.redis_port or 6379}/{self.redis_db or 0}"

    @property
    def sentinel_addresses(self) -> tuple[tuple[str, int], ...]:
        return tuple(map(_address, self.redis_sentinels.split(","))) if self.redis_sentinels else ()

    @property
    def _login(self) -> str:
        user = quote(self.redis_username or "", safe="")
        password = f":{quote(self.redis_password.get_secret_value(), safe='')}" if self.redis_password else ""
        return f"{user}{password}@" if user or password else ""

    @property
    def store_url(self) -> str:
        """The demo has a database file of its own; else DATABASE_URL, else SQLite in the data folder."""
        if self.database_url and not self.is_demo:
            return self.database_url.get_secret_value()
        name = "demo" if self.is_demo else "nautilus"
        return f"sqlite:///{self.nautilus_data_dir / name}.sqlite"

    @property
    def equity_clock_s(self) -> float:
        """The demo's days pass in seconds, so its equity is noted more often unless told otherwise."""
        return self.equity_interval_s or (5.0 if self.is_demo else 60.0)

    @property
    def is_loopback(self) -> bool:
        if self.dashboard_host.lower() == "localhost":
            return True
        return _is_ip(self.dashboard_host) and ipaddress.ip_address(self.dashboard_host).is_loopback


class Settings(AccessSettings, SourceSettings, HouseSettings):
    """Every setting, its default, and what it means; names are upper case in the environment."""


def load_settings(**overrides: object) -> Settings:
    """Read the environment and `.env` (or the file ENV_FILE names); a ConfigError never shows a value."""
    env_file = env_file_named()
    try:
        return Settings(_env_file=env_file, **overrides)
    except ValidationError as error:
        raise ConfigError(
            f"can't read the settings: {_what_is_wrong(error)}. Correct the environment or .env"
        ) from None
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"can't read {env_file}: it must be a readable text file in UTF-8") from None


def env_file_named() -> Path:
    """The file that ENV_FILE names, else `.env`; ConfigError when the named one is not there."""
    named = os.environ.get("ENV_FILE")
    if named and not Path(named).exists():
        raise ConfigError(f"ENV_FILE names {named}, which is not there. Correct or unset it")
    return Path(named or ".env")


def _what_is_wrong(error: ValidationError) -> str:
    """Pydantic's sentences by setting, without the input: it may be a secret."""
    items = error.errors(include_input=False, include_context=False)
    named = (
        (*(str(part).upper() for part in item["loc"]), item["msg"].removeprefix("Value error, ")) for item in items
    )
    return "; ".join(": ".join(words) for words in named)


def _says_nothing(value: object) -> bool:
    return isinstance(value, str) and value.strip().lower() in ("", "none")


def _is_redis_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        has_address = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return has_address and parts.scheme in ("redis", "rediss") and (parts.path.strip("/") or "0").isdecimal()


def _address(text: str) -> tuple[str, int]:
    """HOST:PORT; ValueError for what is no such."""
    parts = urlsplit(f"//{text.strip()}")
    host, port = parts.hostname or "", parts.port or 0
    if not port or parts.path or "@" in text or not (_HOST_NAME.fullmatch(host) or _is_ip(host)):
        raise ValueError("write HOST:PORT, several with commas")
    return host, port


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def child_environment(settings: Settings) -> dict[str, str]:
    """This process' environment for a child that is to read the same settings and import the project from here."""
    given = {name.upper(): _as_text(getattr(settings, name)) for name in settings.model_fields_set}
    root = str(Path(__file__).parents[1])
    path = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH", "")) if part)
    return {**os.environ, **given, "PYTHONPATH": path}


def _as_text(value: object) -> str:
    return value.get_secret_value() if isinstance(value, SecretStr) else "" if value is None else str(value)
