"""Write reports: `python -m app.reports`."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated
from zoneinfo import available_timezones

import typer

from app.reports import company, macro, market_portfolio
from app.reports.document import Document
from nautilus_data import Workspace, errors, load_settings, open_workspace, to_ns

_WAIT_S = 120.0
_ADJUSTMENTS = ("total", "raw")
_MARKET, _MACRO, _COMPANY = "market_portfolio", "macro", "company"
_REPORTS = (_MARKET, _MACRO, _COMPANY)
_LISTED = ", ".join(_REPORTS)


def main(
    names: Annotated[list[str] | None, typer.Argument(metavar="[REPORT]...", help=f"{_LISTED}; none: all")] = None,
    out: Annotated[Path, typer.Option(help="folder; or file, which ends in .html, of one report")] = Path("reports"),
    trader: Annotated[str | None, typer.Option(help="only this trader, e.g. DEMO-001; default: all")] = None,
    instrument: Annotated[list[str] | None, typer.Option(help="only these, e.g. AAPL.NASDAQ; repeatable")] = None,
    companies: Annotated[
        list[str] | None,
        typer.Option("--company", help="ticker, CIK or name; repeatable; default: those kept up to date"),
    ] = None,
    as_of: Annotated[
        str | None, typer.Option(help="macro and companies as known then, e.g. 2020-03-01; default: now")
    ] = None,
    zone: Annotated[str, typer.Option(help="time zone to show times in")] = "UTC",
) -> None:
    """Save reports, each as one HTML file that needs no network; an empty demo is filled first."""
    if zone not in available_timezones():
        raise errors.ConfigError(f"no time zone is called {zone!r}: write one as in Europe/Berlin")
    places = places_of(names or [], out)
    at = None if as_of is None else _time(as_of)
    makers: dict[str, Callable[[Workspace], Mapping[str, Document]]] = {
        _MARKET: lambda opened: {"": make_market(opened, trader, instrument or [], zone)},
        _MACRO: lambda opened: {"": make_macro(opened, at, zone)},
        _COMPANY: lambda opened: make_companies(opened, companies or [], at, zone),
    }
    workspace = open_workspace(load_settings())
    try:
        failed = [error for name, path in places.items() if (error := _save(workspace, makers[name], path, out))]
    finally:
        workspace.close()
    if failed:
        raise failed[0]


def _save(
    workspace: Workspace, make: Callable[[Workspace], Mapping[str, Document]], path: Path, out: Path
) -> errors.SkippableError | None:
    """Write a report, or several of a kind beside each other; why it can't be made: others still can."""
    try:
        documents = make(workspace)
    except errors.SkippableError as error:
        return error
    if len(documents) > 1 and path == out:
        raise errors.ConfigError(f"{out} can hold one report: name a folder with --out")
    for ending, document in documents.items():
        place = path if path == out else path.with_stem(path.stem + ending)
        write(place, document.html())
        print(f"{place}: {place.stat().st_size / 1e6:.1f} MB, {document.subtitle.lower()}")
    return None


def places_of(names: Sequence[str], out: Path) -> dict[str, Path]:
    """The file of each report asked for; of several companies it gets their names' endings."""
    if unknown := [name for name in names if name not in _REPORTS]:
        raise errors.ConfigError(f"no report is called {unknown[0]!r}; there are: {_LISTED}")
    if out.suffix != ".html":
        return {name: out / f"{name}.html" for name in names or _REPORTS}
    if len(names) > 1:
        raise errors.ConfigError(f"{out} can hold one report: name a folder with --out")
    return {names[0] if names else _MARKET: out}


def make_market(workspace: Workspace, trader: str | None, instruments: list[str], zone: str) -> Document:
    if workspace.is_demo:
        fill(workspace, "sample", _ADJUSTMENTS)
    check(workspace, trader, instruments)
    workspace.recall()
    return market_portfolio.make(workspace, trader, instruments, zone)


def make_macro(workspace: Workspace, as_of: int | None, zone: str) -> Document:
    if workspace.is_demo:
        fill(workspace, "arch", ("raw",))
    return macro.make(workspace, as_of, zone)


def make_companies(workspace: Workspace, names: list[str], as_of: int | None, zone: str) -> dict[str, Document]:
    """A report of each company by the ending of its file's name; without any the page that says what to do."""
    found = company.wanted(workspace, names)
    if not found:
        return {"": company.nothing(workspace, names)}
    return {f"-{_plain(name)}": company.make(workspace, cik, as_of, zone) for name, cik in found.items()}


def fill(workspace: Workspace, name: str, adjustments: Sequence[str]) -> None:
    """Backfill what the demo lacks of a source: here, or by the worker of a server that runs on the same store."""
    backfill = workspace.backfill
    source = next(source for source in backfill.sources() if source.spec.name == name)
    if source.unavailable_reason():
        return
    lines = [known.instrument_id for known in source.instruments()] or list(source.lines())
    plans = [
        backfill.plan(instrument_id, name, adjustment=adjustment)
        for adjustment in adjustments
        for instrument_id in lines
    ]
    for plan in (plan for plan in plans if not plan.is_empty):
        if workspace.overview.worker().alive:
            _wait(workspace, backfill.start(plan))
        else:
            asyncio.run(backfill.fetch(plan))


def _wait(workspace: Workspace, job_id: int) -> None:
    deadline = time.monotonic() + _WAIT_S
    while not (job := next(job for job in workspace.backfill.jobs(1_000) if job.id == job_id)).status.is_final:
        if time.monotonic() > deadline:
            raise errors.RetryableError(f"the worker has not finished {job.title} in {_WAIT_S:.0f} s: try again later")
        time.sleep(0.2)


def check(workspace: Workspace, trader: str | None, instruments: list[str]) -> None:
    """Raise when what is asked for is not stored, saying what is."""
    stored = [name for name in workspace.market.instruments()["instrument_id"] if workspace.market.choices(name)]
    traders = workspace.portfolio.traders()
    if not stored and not traders:
        raise errors.SkippableError(
            "there is nothing to report: no bar and no run is stored."
            " Start the dashboard (make serve), or: python -m nautilus_data sources, then backfill"
        )
    if trader and trader not in traders:
        raise errors.SkippableError(f"no run of {trader} is stored; there are: {', '.join(traders) or 'none'}")
    if missing := [name for name in instruments if name not in stored]:
        raise errors.SkippableError(f"no bars of {', '.join(missing)} are stored; there are: {', '.join(stored)}")


def write(path: Path, text: str) -> None:
    """Put the file there whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.tmp")
        unfinished.write_text(text, encoding="utf-8", newline="\n")
        unfinished.replace(path)
    except OSError as error:
        raise errors.ConfigError(f"can't write {path}: {error.strerror}; choose another place with --out") from error


def _plain(name: str) -> str:
    """What a file can be called anywhere."""
    return re.sub(r"[^A-Za-z0-9-]+", "-", name)


def _time(as_of: str) -> int:
    try:
        return to_ns(as_of)
    except ValueError as error:
        raise errors.ConfigError(str(error)) from error


def run() -> None:
    """Exit code 2 when settings or place are wrong, 1 when there is nothing to report."""
    try:
        _app()
    except errors.DashboardError as error:
        typer.echo(f"app.reports: {error}", err=True)
        sys.exit(2 if isinstance(error, errors.FatalError) else 1)


_app = typer.Typer(add_completion=False)
_app.command()(main)

if __name__ == "__main__":
    run()
