"""What a person looks at."""

import pytest

from app.layout.selection import Selection, is_zone


def test_times_are_utc_until_another_zone_is_chosen() -> None:
    assert Selection().zone == "UTC"


def test_the_browsers_zone_is_named_not_called_browser() -> None:
    assert Selection(tz="browser", browser_zone="Europe/Berlin").zone == "Europe/Berlin"


def test_a_zone_nobody_knows_falls_back_to_utc() -> None:
    assert Selection(tz="Mars/Olympus").zone == "UTC"


@pytest.mark.parametrize(
    ("name", "known"), [("UTC", True), ("America/New_York", True), ("Mars/Olympus", False), ("", False)]
)
def test_only_iana_names_are_zones(name: str, known: bool) -> None:
    assert is_zone(name) is known


def test_a_url_with_a_wrong_theme_or_zone_is_not_followed() -> None:
    given = {"theme": "pink", "tz": "Mars/Olympus", "instrument": "AAPL.NASDAQ", "other": "1"}
    assert Selection()._known(given) == {"instrument": "AAPL.NASDAQ"}
