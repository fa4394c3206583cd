"""Commands about macro: series as they were known, factors, releases, and what is kept up to date."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer

from nautilus_data.commands import OUT, follow_all, open_store, show
from nautilus_data.core.plan import say_count
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange, say_time, to_ns
from nautilus_data.errors import SkippableError
from nautilus_data.factors import Factor
from nautilus_data.macro_tables import readable, tell_notice, tell_rows, with_times

macro = typer.Typer(help="Economic series as they were known at a time, and factors of them.", no_args_is_help=True)
_Json = Annotated[bool, typer.Option("--json", help="print JSON and nothing else")]
_AsOf = Annotated[str | None, typer.Option("--as-of", help="what was known then: 2020-03-01 or 2020-03-01T14:30Z")]
_Series = Annotated[str, typer.Argument(metavar="ID", help="as FRED names it: UNRATE")]
_Text = Annotated[str | None, typer.Option()]
_Last = Annotated[int, typer.Option(min=0, help="this many of the newest; 0: all")]
_Output = Annotated[Path | None, typer.Option(help="write all of it to this CSV file")]
# What fits a terminal.
_LISTED = ("series_id", "name", "value", "units", "period", "known", "source", "state")
_SCORED = ("key", "title", "value", "label", "units", "known", "source")


@macro.command("list")
def list_series(as_of: _AsOf = None, as_json: _Json = False) -> None:
    """Every series that is kept or stored: its last value, since when it is known, how it stands."""
    found = open_store().macro.series(_time(as_of))
    if as_json:
        show(with_times(found), True)
        return
    show(readable(found)[list(_LISTED)])
    for (state, note), rows in found[found["note"] != ""].groupby(["state", "note"], sort=False):
        OUT.print(f"{state}, {len(rows)} series: {note}")
    tell_notice(found["source"])


@macro.command("show")
def show_series(
    series_id: _Series,
    as_of: _AsOf = None,
    how: Annotated[str, typer.Option(help="level, change, year_change, yoy or z")] = "level",
    start: _Text = None,
    end: _Text = None,
    last: _Last = 20,
    output: _Output = None,
    as_json: _Json = False,
) -> None:
    """One series as it was known at a time: each value with its date and since when it is known."""
    found = open_store().macro.observations(_named(series_id), _time(as_of), how, _span(start, end))
    tell_rows(found, last, output, as_json, [found.attrs["source"]])


@macro.command()
def vintages(
    series_id: _Series,
    date: Annotated[str, typer.Argument(help="of the value: 2024-01-01 is January's, or the first quarter's")],
    output: _Output = None,
    as_json: _Json = False,
) -> None:
    """Every version of one value, in the order they became known."""
    service, name, period = open_store().macro, _named(series_id), to_ns(date)
    found = service.vintages(name, period)
    if found.empty:
        raise SkippableError(f"no value of {name} is dated {say_time(period)}: macro show {name} lists dates")
    found.insert(0, "ts_event", period)
    tell_rows(found, 0, output, as_json, [service.observations(name).attrs["source"]])


@macro.command()
def factors(as_of: _AsOf = None, as_json: _Json = False) -> None:
    """Every factor: its value at a time, and the series it lacks."""
    workspace = open_store()
    found = workspace.macro.scores(_time(as_of))
    if as_json:
        defined = pd.DataFrame([_definition(one) for one in workspace.macro.factors()])
        show(with_times(found).merge(defined, on="key"), True)
        return
    show(readable(found.assign(source=found["sources"].str.join(", ")))[list(_SCORED)])
    lacking = found[found["missing"].str.len() > 0]
    if len(lacking):
        names = sorted({name for one in lacking["missing"] for name in one})
        OUT.print(f"{say_count(len(lacking), 'factor')} can't be computed without: {', '.join(names)}")
        OUT.print(workspace.macro.refusal() or "ask for them: python -m nautilus_data macro update")
    for row in found[found["problem"] != ""].itertuples():
        OUT.print(f"{row.key}: {row.problem}")
    tell_notice(name for one in found["sources"] for name in one)


@macro.command()
def factor(
    key: Annotated[str, typer.Argument(help="as `macro factors` names it")],
    as_of: _AsOf = None,
    last: _Last = 20,
    output: _Output = None,
    as_json: _Json = False,
) -> None:
    """One factor's definition and history: no value knows more than was known at its time."""
    service = open_store().macro
    found = service.factor(key, _time(as_of))
    defined = next(one for one in service.factors() if one.key == key)
    if defined.is_regime:
        found = found.assign(label=[defined.states[int(value)] for value in found["value"]])
    if not as_json:
        OUT.print(f"{defined.title} ({defined.units}): {defined.formula}\n{defined.reference}", markup=False)
        OUT.print(defined.note or "", end="\n" if defined.note else "", markup=False)
    tell_rows(found, last, output, as_json, service.scores().set_index("key").loc[key, "sources"])


@macro.command()
def calendar(
    days: Annotated[int, typer.Option(min=1, max=3_660, help="so many days ahead")] = 30,
    start: Annotated[str | None, typer.Option(help="default: now")] = None,
    as_json: _Json = False,
) -> None:
    """Releases ahead, and the series each brings; 1 when none is known."""
    service, first = open_store().macro, time.time_ns() if start is None else to_ns(start)
    found = service.calendar(first, first + days * NS_PER_DAY)
    if as_json:
        show(with_times(found), True)
    elif found.empty:
        OUT.print(f"no release is known in these days. {service.refusal()}".strip())
    else:
        named = found.assign(when=[say_time(ns) for ns in found["ts_event"]], series=found["series"].str.join(", "))
        show(named[["when", "release", "series"]])
        tell_notice(["fred"])
    raise typer.Exit(0 if len(found) else 1)


@macro.command()
def add(series_id: _Series) -> None:
    """Keep a series up to date from now on; the worker asks for it."""
    service = open_store().macro
    name = service.add(series_id)
    OUT.print(f"{name} is kept. {service.refusal() or f'Have it now: python -m nautilus_data macro update {name}'}")


@macro.command()
def remove(series_id: _Series) -> None:
    """Keep a series up to date no longer; what is stored stays."""
    service, name = open_store().macro, _named(series_id)
    if name not in service.kept():
        raise SkippableError(f"{name} is not kept up to date: macro list shows what is")
    service.remove(name)
    OUT.print(f"{name} is kept up to date no longer; what is stored stays")


@macro.command()
def update(
    series_ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="none: all that are kept")] = None,
    as_json: _Json = False,
) -> None:
    """Ask FRED for what series lack, and follow it to the end; 0 when all of it came."""
    workspace = open_store()
    if reason := workspace.macro.refusal():
        raise SkippableError(f"FRED can't be asked: {reason}")
    jobs = workspace.macro.update([_named(one) for one in series_ids or workspace.macro.kept()])
    code = follow_all(workspace, jobs, as_json)
    if jobs and not as_json:
        tell_notice(["fred"])
    raise typer.Exit(code)


@macro.command()
def search(text: str, limit: Annotated[int, typer.Option(min=1, max=100)] = 20, as_json: _Json = False) -> None:
    """Ask FRED for series by words; 1 when it has none."""
    with closing(open_store()) as workspace:
        hits = workspace.macro.search(text, limit)
    found = pd.DataFrame(
        [(one.symbol, one.name, one.exchange, one.currency) for one in hits],
        columns=["series_id", "name", "frequency", "units"],
    )
    show(found, as_json)
    if not as_json:
        tell_notice(["fred"])
    raise typer.Exit(0 if len(found) else 1)


def _named(series_id: str) -> str:
    """A series' id as FRED writes it."""
    return series_id.strip().upper().removesuffix(".FRED")


def _time(as_of: str | None) -> int | None:
    return None if as_of is None else to_ns(as_of)


def _span(start: str | None, end: str | None) -> TimeRange | None:
    if start is None and end is None:
        return None
    return TimeRange(-(2**63) if start is None else to_ns(start), 2**63 - 1 if end is None else to_ns(end))


def _definition(one: Factor) -> dict[str, object]:
    told = {name: getattr(one, name) for name in ("key", "formula", "reference", "note")}
    return {**told, "inputs": list(one.inputs), "optional": list(one.optional), "states": list(one.states)}
