"""Write a report: `python -m app.reports`."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Annotated
from zoneinfo import available_timezones

import typer

from app.reports import market_portfolio
from nautilus_data import Workspace, errors, load_settings, open_workspace

_WAIT_S = 120.0
_ADJUSTMENTS = ("total", "raw")


def main(
    out: Annotated[Path, typer.Option(help="file to write")] = Path("reports/market_portfolio.html"),
    trader: Annotated[str | None, typer.Option(help="only this trader, e.g. DEMO-001; default: all")] = None,
    instrument: Annotated[list[str] | None, typer.Option(help="only these, e.g. AAPL.NASDAQ; repeatable")] = None,
    zone: Annotated[str, typer.Option(help="time zone to show times in")] = "UTC",
) -> None:
    """Save market and portfolio as one HTML file that needs no network; an empty demo is filled first."""
    if zone not in available_timezones():
        raise errors.ConfigError(f"no time zone is called {zone!r}: write one as in Europe/Berlin")
    workspace = open_workspace(load_settings())
    try:
        if workspace.is_demo:
            fill(workspace)
        check(workspace, trader, instrument or [])
        workspace.recall()
        document = market_portfolio.make(workspace, trader, instrument or [], zone)
    finally:
        workspace.close()
    write(out, document.html())
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB, {document.subtitle.lower()}")


def fill(workspace: Workspace) -> None:
    """Backfill what the demo lacks: here, or by the worker of a server that runs on the same store."""
    backfill = workspace.backfill
    sample = next(source for source in backfill.sources() if source.spec.name == "sample")
    if sample.unavailable_reason():
        return
    plans = [
        backfill.plan(known.instrument_id, "sample", adjustment=adjustment)
        for adjustment in _ADJUSTMENTS
        for known in sample.instruments()
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
