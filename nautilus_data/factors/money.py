"""Money: how fast it grows, and how fast beyond prices."""

from __future__ import annotations

from collections.abc import Mapping

from nautilus_data.factors.monthly import Months, year_over_year
from nautilus_data.factors.monthly_factor import MonthlyFactor, together

FAMILY = "money"


class RealMoneyGrowth(MonthlyFactor):
    key, title, family = "real_m2", "M2 growth beyond inflation", FAMILY
    formula = "YoY(M2SL) − YoY(CPIAUCSL), of the newest month both have"
    reference = "Definition; Board of Governors, H.6, and BLS"
    units = "pp"
    note = "Exploratory: its link to growth has been loose since the 1990s. None for October 2025 and October 2026."
    inputs = ("M2SL", "CPIAUCSL")
    levels = ((0.0, "money grows as prices"),)

    def months(self, lines: Mapping[str, Months]) -> Months:
        first, (money, prices) = together(year_over_year(lines["M2SL"]), year_over_year(lines["CPIAUCSL"]))
        return Months(first, money - prices)


class MonetaryBaseGrowth(MonthlyFactor):
    key, title, family = "monetary_base", "Monetary base growth", FAMILY
    formula = "YoY(BOGMBASE)"
    reference = "Definition; Board of Governors, H.6"
    units = "%"
    note = "Since 2008 it says how assets are bought and sold by the Federal Reserve, not how banks lend."
    inputs = ("BOGMBASE",)

    def months(self, lines: Mapping[str, Months]) -> Months:
        return year_over_year(lines["BOGMBASE"])
