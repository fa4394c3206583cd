"""Settings of the HTTP sources: named alike, keys never shown, only addresses as base URLs."""

from __future__ import annotations

from pathlib import Path

import pytest

from nautilus_data.errors import ConfigError
from nautilus_data.settings import Settings, child_environment, load_settings
from nautilus_data.source_settings import SourceSettings
from nautilus_data.sources import make_sources
from nautilus_data.transport import Access, Ledger

SOURCES = ("yahoo", "fred", "alpha_vantage", "edgar", "data_gov", "trading_economics", "dbnomics")


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (*Settings.model_fields, "env_file"):
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("source", SOURCES)
def test_each_source_is_set_by_variables_named_alike(monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    wanted = {"base_url": "http://127.0.0.1:9999/api", "timeout_s": 3.0, "cache_s": 0.0}
    if f"{source}_api_key" in SourceSettings.model_fields:
        wanted["api_key"] = "k3y"
    if f"{source}_daily" in SourceSettings.model_fields:
        wanted["daily"] = 75
    if f"{source}_user_agent" in SourceSettings.model_fields:
        wanted["user_agent"] = "A Trader trader@example.com"
    for part, value in wanted.items():
        monkeypatch.setenv(f"{source}_{part}".upper(), str(value))
    assert load_settings().source(source) == wanted
    assert Access(**load_settings().source(source)).base_url == "http://127.0.0.1:9999/api"


def test_a_source_with_nothing_set_has_its_defaults_and_one_without_settings_none() -> None:
    assert load_settings().source("fred") == {"timeout_s": 10.0, "cache_s": 0.0}
    assert load_settings().source("sample") == {}


def test_keys_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FRED_API_KEY", "k3y-that-nobody-sees")
    settings = load_settings()
    access = Access(**settings.source("fred"))
    assert access.api_key == "k3y-that-nobody-sees"
    assert "nobody" not in repr(settings) + str(settings) + repr(access)
    assert child_environment(settings)["FRED_API_KEY"] == "k3y-that-nobody-sees"


@pytest.mark.parametrize(
    "value", ["A Trader", "@trader", "trader@", "a@b", "trader@example.com\nX: y", "tr\u00e4der@example.com"]
)
def test_who_asks_edgar_is_to_be_written_to(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("EDGAR_USER_AGENT", value)
    with pytest.raises(ConfigError, match=r"EDGAR_USER_AGENT.*name@example.com") as caught:
        load_settings()
    assert value not in str(caught.value)


def test_who_asks_edgar_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGAR_USER_AGENT", "A Trader trader@example.com")
    settings = load_settings()
    access = Access(**settings.source("edgar"))
    assert access.user_agent == "A Trader trader@example.com"
    assert "trader@" not in repr(settings) + str(settings) + repr(access)
    assert child_environment(settings)["EDGAR_USER_AGENT"] == "A Trader trader@example.com"


@pytest.mark.parametrize(
    "value",
    ["query2.finance.yahoo.com", "ftp://host", "https:///path", "https://user:secret@host", "http://host/?key=secret"],
)
def test_a_base_url_that_is_none_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("YAHOO_BASE_URL", value)
    with pytest.raises(ConfigError, match="YAHOO_BASE_URL") as caught:
        load_settings()
    assert value not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"), [("YAHOO_TIMEOUT_S", "0"), ("FRED_CACHE_S", "-1"), ("EDGAR_TIMEOUT_S", "soon")]
)
def test_times_that_are_none_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=name):
        load_settings()


def test_sources_are_made_as_the_settings_say(tmp_path: Path) -> None:
    settings = load_settings(yahoo_base_url="http://127.0.0.1:1/", yahoo_timeout_s=2)
    ledger = Ledger(tmp_path)
    made = make_sources(lambda name: Access(folder=tmp_path, **settings.source(name)), ledger)
    assert (made["yahoo"].access.base_url, made["yahoo"].access.timeout_s) == ("http://127.0.0.1:1", 2.0)
    assert made["yahoo"].meter.ledger is ledger
    ledger.close()
