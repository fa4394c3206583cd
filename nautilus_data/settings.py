"""Settings: the one place that reads the environment and `.env`."""

from __future__ import annotations

import ipaddress
import os
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote

from platformdirs import user_data_path
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from nautilus_data.errors import ConfigError


class Demo(StrEnum):
    """`auto`: on when no REDIS_* is set."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


class LogFormat(StrEnum):
    TEXT = "text"
    JSON = "json"


class Settings(BaseSettings):
    """Every setting, its default, and what it means; names are upper case in the environment."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True, env_ignore_empty=True)

    dashboard_host: str = Field("127.0.0.1", description="address to listen on; loopback only until login exists")
    dashboard_port: int = Field(5006, ge=1, le=65535, description="port of pages, REST and docs")
    environment: str = Field("development", description="a label shown by /health")
    debug: bool = Field(False, description="show tracebacks on pages and in REST errors")
    database_url: SecretStr | None = Field(None, description="SQLAlchemy URL; default: SQLite in the data folder")
    redis_url: SecretStr | None = Field(None, description="redis://… or rediss://…; wins over the five below")
    redis_host: str | None = Field(None, description="Redis host, instead of REDIS_URL")
    redis_port: int | None = Field(None, ge=1, le=65535, description="Redis port, 6379 by default")
    redis_db: int | None = Field(None, ge=0, description="Redis database; NautilusTrader always writes to 0")
    redis_password: SecretStr | None = Field(None, description="Redis password")
    redis_ssl: bool | None = Field(None, description="TLS to Redis")
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
    bus_silence_s: float = Field(5.0, gt=0, description="seconds without an entry before a stream is called silent")
    embedded_redis_mb: int = Field(256, ge=16, description="memory limit of the embedded Redis")
    retention_days: int = Field(7, ge=1, description="days quotes and trades from the bus are kept in the store")
    equity_interval_s: float = Field(60.0, gt=0, description="seconds between stored points of the equity history")

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
            raise ValueError("write DEBUG, INFO, WARNING or ERROR")
        return value.upper()

    @property
    def has_redis(self) -> bool:
        """Is any REDIS_* set, so that the Redis is the user's own?"""
        given = (self.redis_url, self.redis_host, self.redis_port, self.redis_db, self.redis_password, self.redis_ssl)
        return any(value is not None for value in given)

    @property
    def is_demo(self) -> bool:
        return self.demo is Demo.ON or (self.demo is Demo.AUTO and not self.has_redis)

    @property
    def is_embedded_redis(self) -> bool:
        return self.is_demo or not self.has_redis

    @property
    def user_redis_url(self) -> str:
        """The URL of the user's own Redis, password included: never show it."""
        if self.redis_url:
            return self.redis_url.get_secret_value()
        scheme = "rediss" if self.redis_ssl else "redis"
        login = f":{quote(self.redis_password.get_secret_value(), safe='')}@" if self.redis_password else ""
        return f"{scheme}://{login}{self.redis_host or '127.0.0.1'}:{self.redis_port or 6379}/{self.redis_db or 0}"

    @property
    def store_url(self) -> str:
        """The demo has a database file of its own; else DATABASE_URL, else SQLite in the data folder."""
        if self.database_url and not self.is_demo:
            return self.database_url.get_secret_value()
        name = "demo" if self.is_demo else "nautilus"
        return f"sqlite:///{self.nautilus_data_dir.expanduser().absolute() / name}.sqlite"

    @property
    def equity_clock_s(self) -> float:
        """The demo's days pass in seconds, so its equity is noted more often unless told otherwise."""
        is_default = self.is_demo and "equity_interval_s" not in self.model_fields_set
        return 5.0 if is_default else self.equity_interval_s

    @property
    def is_loopback(self) -> bool:
        if self.dashboard_host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.dashboard_host).is_loopback
        except ValueError:
            return False


def load_settings(**overrides: object) -> Settings:
    """Read the environment and `.env`; a ConfigError names each wrong setting, never its value."""
    try:
        return Settings(**overrides)
    except ValidationError as error:
        wrong = "; ".join(
            f"{'_'.join(map(str, item['loc'])).upper()}: {item['msg']}" for item in error.errors(include_input=False)
        )
        raise ConfigError(f"can't read the settings: {wrong}. Correct the environment or .env") from None


def child_environment() -> dict[str, str]:
    """This process' environment for a child that imports the project from where this one did."""
    root = str(Path(__file__).parents[1])
    path = os.pathsep.join(part for part in (root, os.environ.get("PYTHONPATH", "")) if part)
    return {**os.environ, "PYTHONPATH": path}
