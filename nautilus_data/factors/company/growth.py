"""Growth of what a company owns and of its shares."""

from __future__ import annotations

import math

from nautilus_data.core.statements import Accounts, Item, NotKnown
from nautilus_data.core.timerange import NS_PER_DAY
from nautilus_data.factors.company.base import CompanyFactor, Score, positive, ratio
from nautilus_data.factors.company.company import CompanyAt

FAMILY = "growth and investment"
# How far the day a year before may lie from a count of shares: covers are dated some weeks after the quarter.
COVER_SLACK_DAYS, FRESH_DAYS = 45, 20


class AssetGrowth(CompanyFactor):
    key, title, family = "asset_growth", "Asset growth", FAMILY
    formula = "AT_t / AT_{t−4q} − 1"
    reference = "Cooper, Gulen & Schill 2008, J. Finance 63"
    units, direction = "ratio", "-"

    def score(self, known: CompanyAt) -> Score:
        before = positive(known.number("assets", 4), "total assets a year before")
        return Score(known.accounts.end, known.number("assets") / before - 1)


class Investment(CompanyFactor):
    key, title, family = "investment", "Investment", FAMILY
    formula = "(ΔPPE net + Δinventory over 4 quarters) / AT_{t−4q}; beside it CAPX_TTM / AT"
    reference = "Lyandres, Sun & Zhang 2008, Review of Financial Studies 21"
    units, direction = "ratio", "-"
    components = ("capital_expenditure",)
    excludes_financials = True

    def score(self, known: CompanyAt) -> Score:
        change = sum(known.number(key) - known.number(key, 4) for key in ("property", "inventory"))
        value = change / positive(known.number("assets", 4), "total assets a year before")
        return Score(known.accounts.end, value, self._spent(known))

    def _spent(self, known: CompanyAt) -> dict[str, float]:
        try:
            return {"capital_expenditure": ratio(known.number("capital_expenditure"), known.number("assets"), "AT")}
        except NotKnown:
            return {}


class ResearchIntensity(CompanyFactor):
    key, title, family = "rd_intensity", "Research intensity", FAMILY
    formula = "XRD_TTM / AT"
    reference = "Chan, Lakonishok & Sougiannis 2001, J. Finance 56"
    units, direction = "ratio", "+"
    excludes_financials = True

    def score(self, known: CompanyAt) -> Score:
        value = known.number("research") / positive(known.number("assets"), "total assets")
        return Score(known.accounts.end, value)


class NetShareIssuance(CompanyFactor):
    key, title, family = "net_share_issuance", "Net share issuance", FAMILY
    formula = "ln(SH_t / SH_{t−4q}), adjusted for splits"
    reference = "Pontiff & Woodgate 2008, J. Finance 63"
    units, direction = "log ratio", "-"
    note = "Splits are those that restated values per share in the filings tell; stock dividends below 5 for 4 are not."

    def score(self, known: CompanyAt) -> Score:
        before, now = share_counts(known.accounts)
        return Score(
            now.end, math.log(positive(now.number, "shares") / positive(before.number, "shares a year before"))
        )


def share_counts(accounts: Accounts) -> tuple[Item, Item]:
    """The number of shares a year before and the last, both of one tag: that on the cover if it is told."""
    line = accounts.line("shares_outstanding")
    for tag in line.concept.tags:
        moments = {end: item for end, item in line.moments.items() if item.tag == tag}
        if not moments or max(moments) < accounts.end - FRESH_DAYS * NS_PER_DAY:
            continue
        now = moments[max(moments)]
        target = now.end - 365 * NS_PER_DAY
        before = min(moments.values(), key=lambda item: abs(item.end - target))
        if abs(before.end - target) <= COVER_SLACK_DAYS * NS_PER_DAY:
            return before, now
    raise NotKnown("the number of shares now and a year before is not known")
