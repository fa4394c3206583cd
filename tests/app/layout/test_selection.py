"""What a person looks at."""

import pytest
from panel.io.location import Location

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


def test_a_run_is_one_of_a_trader() -> None:
    assert (Selection().trader_id, Selection(run="5").run_id) == (None, None)
    assert (Selection(trader="T-1").trader_id, Selection(trader="T-1", run="5").run_id) == ("T-1", 5)


@pytest.mark.parametrize("run", ["x", "-3", "1e9", "9" * 25, "²"])
def test_what_is_no_run_selects_none(run: str) -> None:
    assert Selection(trader="T-1", run=run).run_id == -1


def test_the_url_tells_trader_and_run_and_digits_stay_text() -> None:
    """Panel's own reading of a query makes an int of them."""
    selection = Selection()
    location = Location(search="?trader=T-1&run=1700000000000000000&tz=Asia/Tokyo")
    selection.param.update(selection._known(location.query_params))
    location.sync(selection, ["trader", "run", "tz"])
    assert (selection.trader, selection.run_id, selection.tz) == ("T-1", 1_700_000_000_000_000_000, "Asia/Tokyo")
    location.search = "?trader=7&run=5&tz=UTC"
    assert (selection.trader, selection.run, selection.tz) == ("7", "5", "UTC")
    selection.param.update(trader="T-2", run="")
    assert location.query_params["trader"] == "T-2"


def test_a_zone_that_is_none_is_utc_whenever_the_url_is_read_again() -> None:
    location, selection = Location(search="?tz=<b>&trader=T-1"), Selection()
    location.sync(selection, ["trader", "tz"])
    assert (selection.trader, selection.tz) == ("T-1", "UTC")
    # As when another part of the page is kept in the URL, too.
    location.search = "?tz=Mars/Olympus&trader=T-2"
    assert (selection.trader, selection.tz) == ("T-2", "UTC")
