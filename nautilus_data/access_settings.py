"""Settings of who is let in, and from where; `Settings` has them all, and alone reads the environment."""

from __future__ import annotations

import os
import re
import ssl
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator

_NAME = re.compile(r"[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?")


class OauthProvider(StrEnum):
    """Those of Panel that vouch for who logs in on their own page; `generic` needs its addresses."""

    AUTH0 = "auth0"
    AZURE = "azure"
    AZUREV2 = "azurev2"
    BITBUCKET = "bitbucket"
    GENERIC = "generic"
    GITHUB = "github"
    GITLAB = "gitlab"
    GOOGLE = "google"
    OKTA = "okta"


class AccessSettings(BaseModel):
    """`DASHBOARD_*`: how the server is reached; `OAUTH_*`: who else vouches for users."""

    dashboard_hosts: str | None = Field(
        None, description="names the server is reached by besides its address, several with commas; others are refused"
    )
    dashboard_tls_cert: Path | None = Field(None, description="PEM file of the server's certificate: https")
    dashboard_tls_key: Path | None = Field(None, description="PEM file of its key, without a passphrase")
    dashboard_tls_proxy: str | None = Field(
        None,
        description="addresses of the proxy that speaks TLS in front, several with commas; no other may connect",
    )
    dashboard_plain_http: bool = Field(
        False, description="listen beyond this machine without TLS: passwords can be read on the way"
    )
    session_days: int = Field(30, ge=1, le=365, description="days until who was not seen must log in again")
    api_rate_per_min: int = Field(600, ge=1, description="REST requests a minute of one user, key or address")
    cors_origins: str | None = Field(
        None, description="origins whose pages may use REST, as https://HOST[:PORT], several with commas"
    )
    oauth_provider: OauthProvider | None = Field(
        None, description="auth0, azure, azurev2, bitbucket, generic, github, gitlab, google or okta: log in there"
    )
    oauth_key: str | None = Field(None, description="this dashboard's client id at the provider")
    oauth_secret: SecretStr | None = Field(None, description="its client secret; it is shown and logged nowhere")
    oauth_redirect_uri: str | None = Field(
        None, description="where the provider sends back to; default: /login/oauth of the address in use"
    )
    oauth_authorize_url: str | None = Field(None, description="of a generic provider: where one agrees")
    oauth_token_url: str | None = Field(None, description="of a generic provider: where a code becomes a token")
    oauth_user_url: str | None = Field(None, description="of a generic provider: who the token is of")
    oauth_user_key: str | None = Field(
        None, description="what of the provider's answer names the user; default: as usual there, mostly email"
    )
    oauth_options: str | None = Field(
        None, description="tenant=… of azurev2, url=… of okta or gitlab, subdomain=… of auth0; several with commas"
    )

    @field_validator("oauth_provider", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("dashboard_tls_cert", "dashboard_tls_key")
    @classmethod
    def _readable(cls, value: Path | None) -> Path | None:
        path = value and value.expanduser().absolute()
        if path and not (path.is_file() and os.access(path, os.R_OK)):
            raise ValueError(f"{path} is not there, or not a file that can be read")
        return path

    @field_validator("dashboard_hosts")
    @classmethod
    def _names(cls, value: str | None) -> str | None:
        if wrong := [name for name in parts(value) if not (_NAME.fullmatch(name) or _is_ip(name))]:
            raise ValueError(f"{wrong[0]!r} is no host name: leave out scheme, port and path")
        return value

    @field_validator("dashboard_tls_proxy")
    @classmethod
    def _addresses(cls, value: str | None) -> str | None:
        if wrong := [text for text in parts(value) if not _is_ip(text)]:
            raise ValueError(f"{wrong[0]!r} is no IP address")
        return value

    @field_validator("cors_origins")
    @classmethod
    def _origins(cls, value: str | None) -> str | None:
        if wrong := [origin for origin in parts(value) if not _is_origin(origin)]:
            raise ValueError(f"{wrong[0]!r} is no origin: write https://HOST[:PORT], without a path, never *")
        return value

    @field_validator("oauth_redirect_uri", "oauth_authorize_url", "oauth_token_url", "oauth_user_url")
    @classmethod
    def _url(cls, value: str | None) -> str | None:
        if value is not None and (urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname):
            raise ValueError("write https://HOST[:PORT]/PATH")
        return value

    @field_validator("oauth_options")
    @classmethod
    def _pairs(cls, value: str | None) -> str | None:
        if any("=" not in option for option in (value or "").split(",") if option.strip()):
            raise ValueError("write NAME=VALUE, several with commas")
        return value

    @model_validator(mode="after")
    def _whole(self) -> AccessSettings:
        is_generic = self.oauth_provider is OauthProvider.GENERIC
        wrong = {
            "DASHBOARD_TLS_CERT and DASHBOARD_TLS_KEY need each other": (
                bool(self.dashboard_tls_cert) != bool(self.dashboard_tls_key)
            ),
            "OAUTH_PROVIDER needs OAUTH_KEY and OAUTH_SECRET": (
                self.oauth_provider and not (self.oauth_key and self.oauth_secret)
            ),
            "OAUTH_PROVIDER=generic needs OAUTH_AUTHORIZE_URL and OAUTH_TOKEN_URL": (
                is_generic and not (self.oauth_authorize_url and self.oauth_token_url)
            ),
            **self._wrong_files(),
        }
        if found := [text for text, is_so in wrong.items() if is_so]:
            raise ValueError("; ".join(found))
        return self

    def _wrong_files(self) -> dict[str, bool]:
        if not (self.dashboard_tls_cert and self.dashboard_tls_key):
            return {}
        try:
            # No passphrase: else the terminal is asked for one.
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
                self.dashboard_tls_cert, self.dashboard_tls_key, password=lambda: ""
            )
        except (OSError, ValueError):
            return {"DASHBOARD_TLS_CERT and DASHBOARD_TLS_KEY are not a certificate and its key, in PEM": True}
        return {}

    @property
    def host_names(self) -> frozenset[str]:
        return frozenset(parts(self.dashboard_hosts))

    @property
    def tls_proxies(self) -> frozenset[str]:
        return frozenset(str(ip_address(text)) for text in parts(self.dashboard_tls_proxy))

    @property
    def allowed_origins(self) -> frozenset[str]:
        return frozenset(parts(self.cors_origins))

    @property
    def oauth_extra(self) -> dict[str, str]:
        """What Panel's providers are told besides key and secret, under their names."""
        given = {
            "AUTHORIZE_URL": self.oauth_authorize_url, "TOKEN_URL": self.oauth_token_url,
            "USER_URL": self.oauth_user_url, "USER_KEY": self.oauth_user_key,
        }  # fmt: skip
        options = (option.split("=", 1) for option in (self.oauth_options or "").split(",") if option.strip())
        return {
            **{name: value for name, value in given.items() if value},
            **{name.strip(): value.strip() for name, value in options},
        }


def parts(value: str | None) -> list[str]:
    """What is between the commas, in lower case."""
    return [part.strip().lower() for part in (value or "").split(",") if part.strip()]


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_origin(text: str) -> bool:
    try:
        found = urlsplit(text)
        port = found.port
    except ValueError:
        return False
    host = found.netloc.removesuffix(f":{port}") if port else found.netloc
    return (
        found.scheme in ("http", "https") and bool(_NAME.fullmatch(host)) and text == f"{found.scheme}://{found.netloc}"
    )
