"""Selection: what a person looks at; lives in the URL, so a link shows the same."""

from __future__ import annotations

import logging
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

import panel as pn
import param

_LOG = logging.getLogger(__name__)
BROWSER = "browser"
_KEPT = ("trader", "run", "instrument", "timeframe", "source", "adjustment", "tz", "theme")
_MAX_RUN = 2**63 - 1


class Text(param.String):
    """Panel reads digits in a URL as a number; here they stay text."""

    @classmethod
    def deserialize(cls, value: object) -> str:
        return str(value)


class Zone(param.String):
    """Each time Panel reads the URL, what is no zone there is UTC: a browser fails at its clock."""

    @classmethod
    def deserialize(cls, value: object) -> str:
        return str(value) if value == BROWSER or is_zone(str(value)) else "UTC"


# The list is read from disk; pages ask several times a second.
@lru_cache(maxsize=1_024)
def is_zone(name: str) -> bool:
    """Is it a time zone this machine knows?"""
    return name in available_timezones() or (name == "UTC" and bool(ZoneInfo(name)))


class Selection(param.Parameterized):
    """Shared by all pages; each page links to the next with its query string."""

    trader = Text("", doc="trader id whose values are shown; empty: all traders")
    run = Text("", doc="id (ns) of an earlier run of that trader; empty: the current one")
    instrument = param.String("", doc="instrument id, as AAPL.NASDAQ; empty: the page chooses one")
    timeframe = param.String("1-DAY", doc="length of a bar")
    source = param.String("auto", doc="where bars come from; auto: by priority")
    adjustment = param.String("total", doc="raw, split or total")
    tz = Zone("UTC", doc="UTC, browser, or an IANA name: the zone times are shown in")
    theme = param.Selector(default="dark", objects=["dark", "light"], doc="dark or light")
    browser_zone = param.String("UTC", doc="IANA name of the browser's zone, as the browser says")

    @property
    def zone(self) -> str:
        """IANA name of the zone times are shown in."""
        name = self.browser_zone if self.tz == BROWSER else self.tz
        return name if is_zone(name) else "UTC"

    @property
    def trader_id(self) -> str | None:
        """The trader looked at; None: all of them."""
        return self.trader or None

    @property
    def run_id(self) -> int | None:
        """The run looked at; None: the current one of each trader."""
        if not (self.trader and self.run):
            return None
        # No run has this id: what is no number selects nothing, not everything.
        return int(self.run) if self.run.isdecimal() and int(self.run) <= _MAX_RUN else -1

    @property
    def is_dark(self) -> bool:
        return self.theme == "dark"

    def follow_url(self, **fixed: str) -> None:
        """Take what the URL of this session says but for what is fixed, and keep the URL telling what is selected."""
        location = pn.state.location
        if location is None:
            return
        self.param.update({**self._known(location.query_params), **fixed})
        location.sync(self, [name for name in _KEPT if name not in fixed], on_error=_tell_refused)

    def _known(self, query: dict[str, object]) -> dict[str, object]:
        given = {name: str(query[name]) for name in _KEPT if name in query}
        if given.get("theme", "dark") not in self.param.theme.objects:
            del given["theme"]
        if given.get("tz", "UTC") != BROWSER and not is_zone(given.get("tz", "UTC")):
            del given["tz"]
        return given


def _tell_refused(values: dict[str, object]) -> None:
    _LOG.warning("URL names what can't be selected names=%s", ",".join(values))
