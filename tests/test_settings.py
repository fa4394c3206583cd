"""Settings: names, defaults, what REDIS_* means, and errors that never show a value."""

from __future__ import annotations

from pathlib import Path

import pytest

from nautilus_data.errors import ConfigError
from nautilus_data.settings import Demo, LogFormat, Settings, load_settings


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Start each test with no setting in the environment and no `.env` at hand."""
    for name in (*Settings.model_fields, "env_file"):
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def test_the_defaults_are_a_demo_on_loopback() -> None:
    settings = load_settings()
    assert (settings.dashboard_host, settings.dashboard_port) == ("127.0.0.1", 5006)
    assert (settings.environment, settings.debug) == ("development", False)
    assert settings.is_loopback and settings.is_demo and settings.is_embedded_redis and not settings.has_redis
    assert settings.store_url.endswith("/demo.sqlite")
    assert settings.nautilus_data_dir.is_absolute()


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("DASHBOARD_HOST", "::1", "dashboard_host", "::1"),
        ("DASHBOARD_PORT", "8080", "dashboard_port", 8080),
        ("ENVIRONMENT", "production", "environment", "production"),
        ("DEBUG", "true", "debug", True),
        ("NAUTILUS_STREAM_KEY", "trader-*,other", "nautilus_stream_key", "trader-*,other"),
        ("DEMO", "OFF", "demo", Demo.OFF),
        ("LOG_LEVEL", "debug", "log_level", "DEBUG"),
        ("LOG_FORMAT", "JSON", "log_format", LogFormat.JSON),
        ("REDIS_PORT", "6380", "redis_port", 6380),
        ("BUS_RETRY_TRIES", "3", "bus_retry_tries", 3),
    ],
)
def test_each_setting_is_read_from_its_upper_case_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, field: str, expected: object
) -> None:
    monkeypatch.setenv(name, value)
    assert getattr(load_settings(), field) == expected


def test_the_env_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DASHBOARD_PORT=7001\nENVIRONMENT=staging\nUNRELATED=1\n")
    monkeypatch.setenv("ENVIRONMENT", "production")
    settings = load_settings()
    assert (settings.dashboard_port, settings.environment) == (7001, "production")


def test_env_file_names_another_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DASHBOARD_PORT=7001\n")
    (tmp_path / "live.env").write_text("DASHBOARD_PORT=7002\n")
    monkeypatch.setenv("ENV_FILE", "live.env")
    assert load_settings().dashboard_port == 7002


def test_a_named_env_file_that_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENV_FILE", "nowhere.env")
    with pytest.raises(ConfigError, match=r"ENV_FILE.*nowhere\.env"):
        load_settings()


def test_an_env_file_that_is_not_text_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"DASHBOARD_PORT=\xff\xfe\x00\n")
    with pytest.raises(ConfigError, match=r"can't read .*\.env"):
        load_settings()


def test_empty_values_count_as_not_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("REDIS_HOST=\nDASHBOARD_PORT=\n")
    monkeypatch.setenv("REDIS_URL", "")
    monkeypatch.setenv("DEMO", "")
    settings = load_settings()
    assert settings.is_demo and not settings.has_redis and settings.dashboard_port == 5006


def test_the_word_none_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.setenv(name.upper(), "None")
    settings = load_settings()
    assert settings.is_demo and not settings.has_redis and settings.database_url is None
    assert settings.nautilus_data_dir.name == "nautilus-dashboard"


def test_equity_is_noted_more_often_in_the_demo_unless_told() -> None:
    assert load_settings(demo="on").equity_clock_s == 5
    assert load_settings(demo="off").equity_clock_s == 60
    assert load_settings(demo="on", equity_interval_s=30).equity_clock_s == 30


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_URL", "redis://127.0.0.1:6379/0"),
        ("REDIS_HOST", "127.0.0.1"),
        ("REDIS_PORT", "6379"),
        ("REDIS_DB", "0"),
        ("REDIS_USERNAME", "reader"),
        ("REDIS_PASSWORD", "pw"),
        ("REDIS_SENTINELS", "127.0.0.1:26379"),
        ("REDIS_SSL", "false"),
    ],
)
def test_any_redis_setting_turns_the_demo_off(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    settings = load_settings()
    assert settings.has_redis and not settings.is_demo and not settings.is_embedded_redis
    assert settings.store_url.endswith("/nautilus.sqlite")


def test_demo_on_keeps_the_embedded_redis_and_its_own_database() -> None:
    settings = load_settings(demo="on", redis_host="10.0.0.5", database_url="postgresql://localhost/prices")
    assert settings.is_demo and settings.is_embedded_redis
    assert settings.store_url.endswith("/demo.sqlite")


def test_demo_off_without_redis_still_has_the_embedded_one() -> None:
    settings = load_settings(demo="off")
    assert not settings.is_demo and settings.is_embedded_redis


def test_the_redis_url_wins_over_its_parts() -> None:
    settings = load_settings(redis_url="rediss://cache.example:6390/2", redis_host="other", redis_port=1)
    assert settings.user_redis_url == "rediss://cache.example:6390/2"


@pytest.mark.parametrize(
    ("parts", "url"),
    [
        ({"redis_host": "cache"}, "redis://cache:6379/0"),
        ({"redis_port": 6380}, "redis://127.0.0.1:6380/0"),
        ({"redis_host": "cache", "redis_ssl": True, "redis_db": 3}, "rediss://cache:6379/3"),
        ({"redis_host": "cache", "redis_password": "p@ss/w:rd"}, "redis://:p%40ss%2Fw%3Ard@cache:6379/0"),
        ({"redis_host": "::1"}, "redis://[::1]:6379/0"),
        ({"redis_username": "re/der", "redis_password": "a:b"}, "redis://re%2Fder:a%3Ab@127.0.0.1:6379/0"),
        ({"redis_username": "reader"}, "redis://reader@127.0.0.1:6379/0"),
    ],
)
def test_the_parts_make_a_redis_url(parts: dict[str, object], url: str) -> None:
    assert load_settings(**parts).user_redis_url == url


@pytest.mark.parametrize(
    "url", ["http://cache", "cache:6379", "redis:///0", "redis://cache:port", "redis://cache:6379/x"]
)
def test_a_redis_url_that_is_none_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(ConfigError, match="REDIS_URL") as caught:
        load_settings(redis_url=url)
    assert url not in str(caught.value)


@pytest.mark.parametrize("host", ["redis://cache", "cache:6379", "user@cache", "a b"])
def test_a_redis_host_that_is_more_than_a_host_is_refused(host: str) -> None:
    with pytest.raises(ConfigError, match="REDIS_HOST"):
        load_settings(redis_host=host)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DASHBOARD_PORT", "eighty"),
        ("DASHBOARD_PORT", "70000"),
        ("DEBUG", "perhaps"),
        ("DEMO", "sometimes"),
        ("LOG_LEVEL", "chatty"),
        ("LOG_FORMAT", "xml"),
        ("REDIS_DB", "-1"),
        ("BUS_RETRY_BASE_S", "0"),
        ("DEMO_PACE", "nan"),
        ("BUS_RETRY_MAX_S", "inf"),
    ],
)
def test_a_value_that_cannot_be_parsed_names_the_setting_and_not_the_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=rf"{name}: .*Correct the environment or \.env") as caught:
        load_settings()
    assert f"'{value}'" not in str(caught.value)


def test_every_wrong_setting_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DASHBOARD_PORT", "x")
    monkeypatch.setenv("REDIS_PORT", "y")
    with pytest.raises(ConfigError, match=r"DASHBOARD_PORT.*REDIS_PORT"):
        load_settings()


def test_a_first_wait_longer_than_the_longest_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"BUS_RETRY_BASE_S.*BUS_RETRY_MAX_S"):
        load_settings(bus_retry_base_s=90, bus_retry_max_s=60)


def test_sentinels_are_read_by_host_and_port() -> None:
    settings = load_settings(redis_sentinels="one.example:26379, [::1]:26380")
    assert settings.sentinel_addresses == (("one.example", 26379), ("::1", 26380))
    assert load_settings().sentinel_addresses == ()


@pytest.mark.parametrize("text", ["cache", ",", "cache:", "cache:0", "cache:x", "me@cache:1", "cache:1/0", "a:1,,b:2"])
def test_a_sentinel_without_host_and_port_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="REDIS_SENTINELS: "):
        load_settings(redis_sentinels=text)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"redis_sentinels": "a:1", "redis_host": "cache"}, "leave out REDIS_URL, REDIS_HOST"),
        ({"redis_sentinels": "a:1", "redis_url": "redis://:hidden@cache"}, "leave out REDIS_URL"),
        ({"redis_sentinel_password": "hidden"}, "REDIS_SENTINEL_PASSWORD needs REDIS_SENTINELS"),
        ({"redis_ssl_ca": __file__, "redis_password": "hidden"}, "need TLS: set REDIS_SSL=true"),
        ({"redis_ssl_ca": __file__, "redis_url": "redis://:hidden@cache"}, "need TLS: set REDIS_SSL=true"),
        ({"redis_ssl_key": __file__, "redis_ssl": True}, "REDIS_SSL_KEY needs REDIS_SSL_CERT"),
        ({"redis_ssl_cert": "/not/there.pem", "redis_ssl": True}, "REDIS_SSL_CERT: /not/there.pem is not there"),
    ],
)
def test_redis_settings_that_contradict_each_other_are_told_in_one_line(given: dict[str, object], text: str) -> None:
    with pytest.raises(ConfigError, match=text) as caught:
        load_settings(**given)
    assert "hidden" not in str(caught.value) and "\n" not in str(caught.value)


def test_files_for_tls_go_with_a_rediss_url() -> None:
    settings = load_settings(redis_url="rediss://cache", redis_ssl_ca=__file__, bus_group="OFF")
    assert str(settings.redis_ssl_ca) == __file__ and settings.redis_ssl_verify
    assert settings.bus_group == "off"


def test_secrets_are_in_no_text_of_the_settings() -> None:
    settings = load_settings(
        redis_url="redis://:hidden-one@cache:6379/0",
        redis_password="hidden-two",
        database_url="postgresql://me:hidden-three@db/prices",
    )
    for text in (repr(settings), str(settings), settings.model_dump_json()):
        assert "hidden" not in text


def test_a_wrong_secret_is_not_in_the_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "http://:hidden@cache")
    monkeypatch.setenv("REDIS_PORT", "hidden")
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert "hidden" not in f"{caught.value!r} {caught.value.__cause__!r}"


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load_settings().dashboard_port = 1


@pytest.mark.parametrize(
    ("host", "is_loopback"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("LocalHost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.4", False),
        ("desk.example", False),
        ("localhost.example", False),
    ],
)
def test_only_this_machine_is_loopback(host: str, is_loopback: bool) -> None:
    assert load_settings(dashboard_host=host).is_loopback is is_loopback


def test_the_database_url_is_used_outside_the_demo() -> None:
    settings = load_settings(database_url="postgresql://me:pw@db/prices", demo="off")
    assert settings.store_url == "postgresql://me:pw@db/prices"


def test_the_data_folder_is_made_absolute_and_knows_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NAUTILUS_DATA_DIR", "~/prices")
    assert load_settings().nautilus_data_dir == tmp_path / "prices"
    assert load_settings(nautilus_data_dir="here").nautilus_data_dir == tmp_path / "here"


def test_the_default_data_folder_follows_the_platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert load_settings().nautilus_data_dir.name == "nautilus-dashboard"
    assert load_settings().nautilus_data_dir.is_relative_to(tmp_path)
