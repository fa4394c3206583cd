import numpy as np
import pytest

from app.views.clock import to_span, wall_clock_ms
from nautilus_data.core.timerange import TimeRange, to_ns


@pytest.mark.parametrize(
    ("zone", "shown"),
    [("UTC", "2013-01-04T21:00"), ("America/New_York", "2013-01-04T16:00"), ("Asia/Tokyo", "2013-01-05T06:00")],
)
def test_an_axis_shows_the_wall_clock_of_the_zone(zone, shown):
    place = wall_clock_ms([to_ns("2013-01-04T21:00Z")], zone)
    assert place[0] == np.datetime64(shown, "ms").astype("int64")


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kolkata"])
def test_a_place_on_the_axis_leads_back_to_its_time(zone):
    span = TimeRange.of("2013-01-04T21:00Z", "2013-06-04T09:30Z")
    assert to_span(*wall_clock_ms([span.start, span.end], zone), zone) == span


def test_a_place_in_the_hour_that_is_skipped_or_doubled_has_a_time():
    for local in ("2013-03-10T02:30", "2013-11-03T01:30"):
        place = float(np.datetime64(local, "ms").astype("int64"))
        assert to_span(place, place + 1, "America/New_York").duration_ns >= 0


def test_places_no_time_can_have_are_clipped():
    span = to_span(-1e30, 1e30, "UTC")
    assert span.start == 0
    assert span.end > to_ns("2200-01-01")
