"""Macro: series, yield curve, factors, regimes and releases ahead, as they were known at one time."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import pandas as pd

from app.reports.document import Document, Fact, Facts, Figure, Part, Rows, Section, Strip, Words
from app.views import macro_curve, macro_plots, macro_report, table
from app.views.macro import source_name
from app.views.macro_curve import Day
from app.views.macro_days import date, new_york_day, period
from app.views.table import Context
from nautilus_data import Workspace
from nautilus_data.core.macro_series import Category
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange

TITLE = "Macro"
# Drawn when there is any of them; all others are in the table.
DRAWN = (
    "curve_slope", "recession_new_york_fed", "sahm", "activity_3m", "inflation_core_pce", "inflation_momentum",
    "real_rate_10y", "taylor_gap", "real_m2", "financial_stress", "variance_risk_premium", "oil_shock",
    "credit_impulse_baa",
)  # fmt: skip
# Without FRED these are there: from the arch package.
SERIES_DRAWN = {"VIXCLS": "level", "DCOILWTICO": "level", "CPILFESL": "yoy", "UNRATE": "level"}
_AHEAD_DAYS = 30
_EMPTY = (
    "Nothing is stored of any series. Set FRED_API_KEY and run: python -m nautilus_data macro update."
    " Or take what the arch package has: python -m nautilus_data backfill VIXCLS --source arch"
)
_HOW = (
    "Known by vintage: published then, as FRED's archive says; rule: by the usual lag of the series;"
    " seen: it was first seen here then."
)


@dataclass(frozen=True)
class _Held:
    """What was known, read once; the report is made of nothing else."""

    at: int
    series: pd.DataFrame
    scores: pd.DataFrame
    histories: dict[str, pd.DataFrame]
    lines: dict[str, pd.DataFrame]
    days: list[Day]
    yields: pd.DataFrame
    regimes: pd.DataFrame
    recessions: list[TimeRange]
    releases: pd.DataFrame
    factors: dict[str, Any]
    refusal: str
    notice: str

    @property
    def known(self) -> pd.DataFrame:
        """Series with a value."""
        return self.series[self.series["ts_init"] != 0]

    @property
    def sources(self) -> list[str]:
        return sorted({*self.known["source"], *(["fred"] if len(self.releases) else [])})


def make(workspace: Workspace, as_of: int | None = None, zone: str = "UTC") -> Document:
    """The report of what was known at a time (ns); None: now, and then it tells how old things are today."""
    held = _read(workspace, time.time_ns() if as_of is None else min(as_of, time.time_ns()))
    context = Context(now=held.at, zone=zone)
    sections = (
        Section("summary", "Summary", _summary(held, context)),
        *_series(held, context),
        Section("curve", "Yield curve", _curve(held, context)),
        Section("factors", "Factors", _factors(held, context)),
        *_charts(held, context),
        Section("regimes", "Regimes", _regimes(held)),
        Section("releases", "Releases ahead", _releases(held, context)),
        Section("about", "About this report", _about(held, context, as_of is not None)),
    )
    return Document(TITLE, f"As known at {table.when(held.at, zone)} {zone}", "", sections)


def _read(workspace: Workspace, at: int) -> _Held:
    service = workspace.macro
    series, scores = service.series(at), service.scores(at)
    there = set(scores.loc[scores["ts_init"] != 0, "key"])
    stored = set(series.loc[series["ts_init"] != 0, "series_id"])
    days = macro_curve.days_of(new_york_day(at), "")
    return _Held(
        at=at, series=series, scores=scores,
        histories={key: service.factor(key, at) for key in DRAWN if key in there},
        lines={name: service.observations(name, at, how) for name, how in SERIES_DRAWN.items() if name in stored},
        days=days, yields=service.curve([day.ns for day in days], at),
        regimes=service.regimes(at), recessions=service.recessions(at),
        releases=service.calendar(at, at + _AHEAD_DAYS * NS_PER_DAY),
        factors={one.key: one for one in service.factors()}, refusal=service.refusal(), notice=service.notice,
    )  # fmt: skip


def _summary(held: _Held, context: Context) -> tuple[Part, ...]:
    known, computed = held.known, held.scores[held.scores["ts_init"] != 0]
    newest = int(known["ts_init"].max()) if len(known) else 0
    first = None if held.releases.empty else held.releases.iloc[0]
    facts = (
        Fact("Series with a value", f"{len(known)} of {len(held.series)}", ", ".join(map(source_name, held.sources))),
        Fact("Newest value known", table.day(newest, context.zone), f"{table.age(newest, held.at)} before"),
        Fact("Factors", f"{len(computed)} of {len(held.scores)}", "with a value"),
        Fact("Next release", table.UNKNOWN if first is None else table.day(first["ts_event"], context.zone),
             "none is known" if first is None else first["release"]),
    )  # fmt: skip
    words = [Words(held.notice)] if "fred" in held.sources else []
    if known.empty:
        words.append(Words(_EMPTY, "empty"))
    if held.refusal:
        words.append(Words(f"FRED can't be asked: {held.refusal}", "warn"))
    return Strip(facts), *words


def _series(held: _Held, context: Context) -> tuple[Section, ...]:
    """One table a category, of what has a value; the rest in a sentence."""
    lacking = held.series[held.series["ts_init"] == 0]
    parts: list[Part] = [Words(_HOW)]
    for reason, rows in lacking.groupby("note", sort=False):
        names = ", ".join(rows["series_id"])
        parts.append(Words(f"Without a value ({reason or 'not asked for yet'}): {names}."))
    sections = [Section("series", "Series", tuple(parts))]
    for category in Category:
        rows = held.known[held.known["category"] == category.value]
        if len(rows):
            shown = Rows(rows, macro_report.SERIES, context, f"Last values: {category.value}", "")
            sections.append(Section(f"series-{category.value}", category.value.capitalize(), (shown,), level=3))
    return tuple(sections)


def _curve(held: _Held, context: Context) -> tuple[Part, ...]:
    if held.yields.empty:
        lacks = held.refusal or "no Treasury yield is stored of these days"
        return (Words(f"No curve: {lacks}.", "empty"),)
    caption = f"Treasury yields by maturity, as known at {table.when(held.at, context.zone)} {context.zone}"
    plot = macro_plots.curve(held.yields, held.days)
    return Figure(plot, caption, plot.height), Rows(held.yields, macro_report.YIELDS, context, "Yields", "")


def _factors(held: _Held, context: Context) -> tuple[Part, ...]:
    there = held.scores[(held.scores["ts_init"] != 0) | (held.scores["problem"] != "")]
    lacking = held.scores[held.scores["missing"].str.len() > 0]
    return (
        Words("Each value is made of nothing but what was known at its time; ages are of the report's time."),
        Rows(there, macro_report.FACTORS, context, "Values", "No factor has the series it needs."),
        Rows(lacking, macro_report.LACKING, context, "Not computed", "Every factor has the series it needs."),
    )


def _charts(held: _Held, context: Context) -> tuple[Section, ...]:
    return (
        *(_series_chart(name, frame, held, context) for name, frame in held.lines.items()),
        *(_factor_chart(key, frame, held, context) for key, frame in held.histories.items()),
    )


def _series_chart(series_id: str, frame: pd.DataFrame, held: _Held, context: Context) -> Section:
    row = held.series[held.series["series_id"] == series_id].iloc[0]
    is_yoy = SERIES_DRAWN[series_id] == "yoy"
    name, units = f"{row['name']}{', over a year' if is_yoy else ''}", "%" if is_yoy else row["units"]
    plot = macro_plots.history(frame, units, recessions=held.recessions, by="ts_event")
    caption = _caption(f"{series_id} in {units}, by the dates it is about", [row["source"]], row, held, context)
    return Section(f"chart-{series_id}", name, (Figure(plot, caption, plot.height),), level=3)


def _factor_chart(key: str, frame: pd.DataFrame, held: _Held, context: Context) -> Section:
    factor, row = held.factors[key], held.scores[held.scores["key"] == key].iloc[0]
    plot = macro_plots.history(frame, factor.units, recessions=held.recessions, levels=factor.levels)
    what = f"{factor.formula} · in {factor.units}, at the time each value was known"
    caption = _caption(what, row["sources"], row, held, context)
    return Section(f"chart-{key}", factor.title, (Figure(plot, caption, plot.height),), level=3)


def _caption(what: str, sources: list[str], row: Any, held: _Held, context: Context) -> str:
    known = f"{table.when(row['ts_init'], context.zone)[:16]} {context.zone}"
    shaded = " · shaded: recessions as NBER had dated them" if held.recessions else ""
    of = period(row["ts_event"], row.get("frequency", ""))
    return (
        f"{what} · {', '.join(map(source_name, sources))} · last: {of}, known since {known},"
        f" {table.age(row['ts_init'], held.at)} old{shaded}"
    )


def _regimes(held: _Held) -> tuple[Part, ...]:
    if held.regimes.empty:
        return (Words("No regime has the series it needs.", "empty"),)
    states = {key: held.factors[key].states for key in held.regimes["key"]}
    scores = held.scores.set_index("key")
    # The last one holds on for as long as there are values that say so.
    known = held.regimes.assign(end=held.regimes["end"].clip(upper=held.regimes["key"].map(scores["ts_init"])))
    plot = macro_plots.regimes(known, states, recessions=held.recessions)
    facts = [Fact(row.title, row.label, f"since {date(row.start)}, by data of {date(scores.loc[row.key, 'ts_event'])}")
             for row in held.regimes.drop_duplicates("key", keep="last").itertuples()]  # fmt: skip
    caption = "Each regime when it was known to hold; none is smoothed with what came later"
    return Strip(tuple(facts)), Figure(plot, caption, plot.height)


def _releases(held: _Held, context: Context) -> tuple[Part, ...]:
    reason = f" FRED can't be asked: {held.refusal}" if held.refusal else ""
    empty = f"No release is known in the {_AHEAD_DAYS} days after.{reason}"
    return (Rows(held.releases, macro_report.RELEASES, context, f"The next {_AHEAD_DAYS} days", empty),)


def _about(held: _Held, context: Context, is_past: bool) -> tuple[Part, ...]:
    at = f"{table.when(held.at, context.zone)} {context.zone}"
    rows = (
        ("As known at", f"{at}: {'as asked for' if is_past else 'when it was made'}"),
        ("Values from", ", ".join(map(source_name, held.sources)) or "none stored"),
        *((("FRED", held.notice),) if "fred" in held.sources else ()),
        ("Made by", "python -m app.reports macro"),
        ("Network", "none: the file holds all it shows and loads nothing"),
    )
    defined = tuple((one.title, " · ".join(filter(None, (one.formula, one.reference, one.note))))
                    for one in held.factors.values())  # fmt: skip
    return Facts(rows), Words("How each factor is made, after whom, and what to mind:"), Facts(defined)
