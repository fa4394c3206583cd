"""When a contract's trading days end, from the gateway's own hours; for what no calendar knows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd

# Gateways before 10 say these instead of a zone of the tz database.
_OLD_ZONES = MappingProxyType(
    {
        "EST": "America/New_York",
        "EST5EDT": "America/New_York",
        "CST": "America/Chicago",
        "CST6CDT": "America/Chicago",
        "GB": "Europe/London",
        "BST": "Europe/London",
        "GB-Eire": "Europe/London",
        "MET": "Europe/Berlin",
        "CET": "Europe/Berlin",
        "JST": "Asia/Tokyo",
        "HKT": "Asia/Hong_Kong",
    }
)
# Kinds whose venues trade outside their regular hours too; for others all hours are.
REGULAR_HOURS = ("STK", "IND")
_MIDNIGHT = time(0)
# A session that opens at 17:00 or later is that of the next day.
_EVENING = timedelta(hours=7)
# 20261125:0930-20261125:1600, or 20261125:0930-1600,1630-1700 before version 970.
_HOURS = re.compile(r"(\d{8}):.*-(?:(\d{8}):)?(\d{4})")


@dataclass(frozen=True)
class Hours:
    """Ends of trading days: known ones by date, and the usual time of day."""

    known: Mapping[date, datetime] = field(default_factory=dict)
    usual: time = _MIDNIGHT

    @classmethod
    def parse(cls, text: str, zone: ZoneInfo) -> Hours:
        """Read `tradingHours` or `liquidHours` of contract details; what can't be read is left out."""
        ends: dict[date, datetime] = {}
        for part in text.split(";"):
            if found := _HOURS.fullmatch(part.strip()):
                end = datetime.strptime((found[2] or found[1]) + found[3], "%Y%m%d%H%M").replace(tzinfo=zone)
                ends[end.date()] = max(end, ends.get(end.date(), end))
        counts = Counter(end.time() for end in ends.values())
        return cls(ends, counts.most_common(1)[0][0] if counts else _MIDNIGHT)


@dataclass(frozen=True)
class Listing:
    """What is needed to date the bars of a contract."""

    instrument_id: str
    con_id: int
    sec_type: str
    zone: ZoneInfo
    regular: Hours
    extended: Hours

    @classmethod
    def of(cls, instrument_id: str, details: Any) -> Listing:
        contract, zone = details.contract, read_zone(details.timeZoneId)
        return cls(
            instrument_id,
            contract.conId,
            contract.secType,
            zone,
            Hours.parse(details.liquidHours or details.tradingHours, zone),
            Hours.parse(details.tradingHours or details.liquidHours, zone),
        )

    def usual_close(self, day: date, session: str) -> int:
        """When the trading day of this date ends by the gateway's hours, UTC nanoseconds."""
        # Pairs and futures have one session a day, whatever is called regular.
        hours = self.regular if session == "regular" and self.has_regular_hours else self.extended
        if known := hours.known.get(day):
            return _ns(known)
        shift = timedelta(days=1) if hours.usual == _MIDNIGHT else timedelta()
        return _ns(datetime.combine(day + shift, hours.usual, self.zone))

    def trading_day(self, opens: datetime) -> date:
        """The date of a daily bar given by a time, its open or midnight UTC of its date."""
        return (opens.astimezone(self.zone) + _EVENING).date()

    @property
    def has_regular_hours(self) -> bool:
        return self.sec_type in REGULAR_HOURS


def read_zone(text: str) -> ZoneInfo:
    """The zone of contract details; New York where it says nothing that can be read."""
    name = text.split(" ")[0]
    try:
        return ZoneInfo(_OLD_ZONES.get(name, name) or "America/New_York")
    except (ValueError, OSError, KeyError):
        return ZoneInfo("America/New_York")


def _ns(moment: datetime) -> int:
    return pd.Timestamp(moment).as_unit("ns").value
