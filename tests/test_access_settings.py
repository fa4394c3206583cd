"""Settings of who is let in."""

from __future__ import annotations

from pathlib import Path

import pytest

from nautilus_data.errors import ConfigError
from nautilus_data.settings import load_settings

OAUTH = {"oauth_provider": "github", "oauth_key": "id", "oauth_secret": "canary"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"dashboard_hosts": "https://desk.example"}, "no host name"),
        ({"dashboard_hosts": "desk.example:443"}, "no host name"),
        ({"dashboard_hosts": "*"}, "no host name"),
        ({"dashboard_tls_proxy": "proxy.example"}, "no IP address"),
        ({"cors_origins": "*"}, "never"),
        ({"cors_origins": "https://a.example/"}, "without a path"),
        ({"cors_origins": "https://*.example"}, "no origin"),
        ({"cors_origins": "null"}, "no origin"),
        ({"cors_origins": "https://u:p@a.example"}, "no origin"),
        ({"oauth_provider": "github"}, "OAUTH_KEY and OAUTH_SECRET"),
        ({"oauth_provider": "password"}, "OAUTH_PROVIDER"),
        ({**OAUTH, "oauth_provider": "generic"}, "OAUTH_AUTHORIZE_URL"),
        ({"oauth_token_url": "ftp://x"}, "write https://"),
        ({"oauth_options": "tenant"}, "NAME=VALUE"),
        ({"api_rate_per_min": 0}, "API_RATE_PER_MIN"),
        ({"session_days": 0}, "SESSION_DAYS"),
        ({"dashboard_tls_cert": "/nowhere.pem"}, "not there"),
    ],
)
def test_what_is_wrong_is_named(given: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words.replace("*", r"\*")) as raised:
        load_settings(**given)
    assert "canary" not in str(raised.value)


def test_files_of_tls_are_tried_before_anything_starts(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("no certificate")
    with pytest.raises(ConfigError, match="need each other"):
        load_settings(dashboard_tls_cert=wrong)
    with pytest.raises(ConfigError, match="not a certificate and its key") as raised:
        load_settings(dashboard_tls_cert=wrong, dashboard_tls_key=wrong)
    assert "\n" not in str(raised.value)


def test_lists_are_read_without_regard_to_case_and_spaces() -> None:
    settings = load_settings(
        dashboard_hosts="Desk.example, 10.0.0.1", cors_origins="https://A.example:8443,http://127.0.0.1:3000",
        dashboard_tls_proxy="127.0.0.1, 0:0:0:0:0:0:0:1",
    )  # fmt: skip
    assert settings.host_names == {"desk.example", "10.0.0.1"} and settings.tls_proxies == {"127.0.0.1", "::1"}
    assert settings.allowed_origins == {"https://a.example:8443", "http://127.0.0.1:3000"}


def test_a_provider_is_told_what_is_set_and_its_secret_is_hidden() -> None:
    settings = load_settings(**OAUTH, oauth_options="tenant=t, url = u.example", oauth_user_key="login")
    assert settings.oauth_extra == {"tenant": "t", "url": "u.example", "USER_KEY": "login"}
    assert "canary" not in repr(settings)
