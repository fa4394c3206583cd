"""Settings of the sources, the HTTP ones named alike; `Settings` has them all, and alone reads the environment."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, field_validator

_PARTS = ("base_url", "api_key", "user_agent", "daily", "timeout_s", "cache_s")
_MAIL_ADDRESS = re.compile(r"[^\s@<>(),;]+@[^\s@<>(),;]+\.[^\s@<>(),;]+")


def _base_url(title: str) -> Any:
    return Field(None, description=f"address of {title}, when it is not its own: a mirror, or one for tests")


def _api_key(title: str) -> Any:
    return Field(None, description=f"key of {title}; it is shown and logged nowhere")


def _timeout_s(title: str) -> Any:
    return Field(10.0, gt=0, le=300, description=f"seconds an answer of {title} may take")


def _cache_s(title: str, age_s: float) -> Any:
    return Field(age_s, ge=0, description=f"seconds an answer of {title} is used again; 0: never")


class SourceSettings(BaseModel):
    """`<SOURCE>_BASE_URL`, `_API_KEY` where the source has keys, `_TIMEOUT_S` and `_CACHE_S`; `IB_*` of the gateway."""

    ib_host: str = Field("127.0.0.1", description="where TWS or IB Gateway of Interactive Brokers listens")
    ib_port: int = Field(
        4002, ge=1, le=65535, description="its port: Gateway 4001 live, 4002 paper; TWS 7496 live, 7497 paper"
    )
    # 0 would bind orders made by hand.
    ib_client_id: int = Field(1, ge=1, le=999_999, description="client id; the next four are tried when it is in use")
    ib_readonly: bool = Field(True, description="ask for nothing that needs the right to trade; orders are never sent")
    ib_timeout_s: float = Field(
        15.0, gt=0, le=300, description="seconds the gateway may take to log in; an answer four times as long"
    )
    yahoo_base_url: str | None = _base_url("Yahoo Finance")
    yahoo_timeout_s: float = _timeout_s("Yahoo Finance")
    yahoo_cache_s: float = _cache_s("Yahoo Finance", 60)
    fred_base_url: str | None = _base_url("FRED")
    fred_api_key: SecretStr | None = _api_key("FRED")
    fred_timeout_s: float = _timeout_s("FRED")
    fred_store: bool = Field(
        False,
        description="keep FRED's values in the store, which its terms restrict; off: in this machine's memory",
    )
    # FRED's terms restrict keeping what it answers.
    fred_cache_s: float = _cache_s("FRED", 0)
    alpha_vantage_base_url: str | None = _base_url("Alpha Vantage")
    alpha_vantage_api_key: SecretStr | None = _api_key("Alpha Vantage")
    alpha_vantage_daily: int = Field(
        25, ge=1, description="requests a day that the plan of Alpha Vantage allows; above 25 it is a paid one"
    )
    alpha_vantage_timeout_s: float = _timeout_s("Alpha Vantage")
    alpha_vantage_cache_s: float = _cache_s("Alpha Vantage", 86_400)
    edgar_base_url: str | None = _base_url("SEC EDGAR")
    edgar_user_agent: str | None = Field(
        None, repr=False, description='who asks SEC EDGAR, which wants no key but this: "name name@example.com"'
    )
    edgar_timeout_s: float = _timeout_s("SEC EDGAR")
    edgar_cache_s: float = _cache_s("SEC EDGAR", 600)
    data_gov_base_url: str | None = _base_url("Data.gov")
    data_gov_api_key: SecretStr | None = _api_key("Data.gov")
    data_gov_timeout_s: float = _timeout_s("Data.gov")
    data_gov_cache_s: float = _cache_s("Data.gov", 86_400)
    trading_economics_base_url: str | None = _base_url("Trading Economics")
    trading_economics_api_key: SecretStr | None = _api_key("Trading Economics")
    trading_economics_timeout_s: float = _timeout_s("Trading Economics")
    trading_economics_cache_s: float = _cache_s("Trading Economics", 3600)
    dbnomics_base_url: str | None = _base_url("DBnomics")
    dbnomics_timeout_s: float = _timeout_s("DBnomics")
    dbnomics_cache_s: float = _cache_s("DBnomics", 43_200)

    @field_validator("*", mode="after")
    @classmethod
    def _an_address(cls, value: object, info: Any) -> object:
        if info.field_name.endswith("_base_url") and value is not None:
            parts = urlsplit(str(value))
            if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
                raise ValueError("write http://HOST[:PORT][/PATH] or https://…, without user, password or query")
            return str(value).rstrip("/")
        return value

    @field_validator("edgar_user_agent", mode="after")
    @classmethod
    def _can_be_written_to(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not _MAIL_ADDRESS.search(value) or not value.isascii() or not value.isprintable():
            raise ValueError('write who asks and an e-mail address in plain letters: "name name@example.com"')
        return value.strip()

    def source(self, name: str) -> dict[str, Any]:
        """What is set for one source, keys in the clear: never show it. Empty for a source without such settings."""
        found = {part: getattr(self, f"{name}_{part}", None) for part in _PARTS}
        return {part: _plain(value) for part, value in found.items() if value is not None}


def _plain(value: Any) -> Any:
    return value.get_secret_value() if isinstance(value, SecretStr) else value
