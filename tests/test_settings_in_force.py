"""Settings are told with where they come from; secrets only as set or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from nautilus_data.settings import load_settings
from nautilus_data.settings_in_force import DEFAULT, ENVIRONMENT, GIVEN, InForce, in_force


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, InForce]:
    file = tmp_path / "mine.env"
    file.write_text(
        "LOG_LEVEL=DEBUG\nDEMO_PACE=3\nFRED_API_KEY=canary-in-file\nIB_HOST=none\n"
        "EDGAR_USER_AGENT=ann ann@example.com\nENVIRONMENT=http://ann:canary-login@127.0.0.1:9\n"
    )
    monkeypatch.setenv("ENV_FILE", str(file))
    monkeypatch.setenv("DEMO_PACE", "7")
    monkeypatch.setenv("BUS_GROUP", "")
    monkeypatch.setenv("DATABASE_URL", "postgresql://ann:canary-database@127.0.0.1/x")
    settings = load_settings(demo="off", dashboard_port=5999)
    return {one.name: one for one in in_force(settings)}


def test_each_setting_says_where_its_value_comes_from(told: dict[str, InForce]) -> None:
    assert (told["LOG_LEVEL"].value, told["LOG_LEVEL"].origin) == ("DEBUG", "mine.env")
    assert (told["DEMO_PACE"].value, told["DEMO_PACE"].origin) == ("7.0", ENVIRONMENT)
    assert (told["DASHBOARD_PORT"].value, told["DASHBOARD_PORT"].origin) == ("5999", GIVEN)
    assert (told["BUS_GROUP"].value, told["BUS_GROUP"].origin) == ("auto", DEFAULT)
    assert (told["IB_HOST"].value, told["IB_HOST"].origin) == ("127.0.0.1", DEFAULT)
    assert (told["DEBUG"].value, told["REDIS_HOST"].value) == ("false", "")


def test_of_a_secret_only_whether_it_is_set_is_told(told: dict[str, InForce]) -> None:
    assert [told[name].value for name in ("FRED_API_KEY", "DATABASE_URL", "EDGAR_USER_AGENT")] == ["set"] * 3
    assert told["REDIS_PASSWORD"].value == "not set" and told["REDIS_PASSWORD"].is_secret
    assert "canary" not in repr(told) and "ann@example.com" not in repr(told)
    assert told["ENVIRONMENT"].value == "http://•••@127.0.0.1:9"


def test_every_setting_is_there_with_its_meaning(told: dict[str, InForce]) -> None:
    assert all(one.description for one in told.values())
    assert len(told) == len(type(load_settings()).model_fields)
