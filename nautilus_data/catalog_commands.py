"""Commands about NautilusTrader's catalogs: export, import, show."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Annotated

import pandas as pd
import typer

from nautilus_data.commands import OUT, open_store, show
from nautilus_data.core.job import Status
from nautilus_data.following import a_worker, bar, follow
from nautilus_data.permissions import Permitted
from nautilus_data.services.catalog import Catalog

catalog = typer.Typer(help="Stored bars as a NautilusTrader catalog, and bars out of one.", no_args_is_help=True)
_Json = Annotated[bool, typer.Option("--json", help="print JSON and nothing else")]
# What fits a terminal.
_SHOWN = ("identifier", "rows", "start", "end", "state", "detail")


@catalog.command("export")
def export(
    instruments: Annotated[list[str] | None, typer.Argument(help="SYMBOL.VENUE, or a symbol; none: all")] = None,
    to: Annotated[str, typer.Option(help="name below NAUTILUS_DATA_DIR/catalog, or an absolute path")] = "main",
    timeframe: Annotated[str, typer.Option(help="1m, 1d; none: all stored")] = "",
    source: str = "",
    adjustment: Annotated[str, typer.Option(help="raw, split or total")] = "raw",
    price_type: str = "",
    session: str = "",
    start: Annotated[str | None, typer.Option()] = None,
    end: Annotated[str | None, typer.Option()] = None,
    decimals: Annotated[
        str, typer.Option(help="instrument: as it says; data: as many as the prices have")
    ] = "instrument",
    as_json: _Json = False,
) -> None:
    """Write stored bars into a catalog, only what is not there yet; 0 when all of them are in it."""

    def ask(workspace: Permitted) -> int:
        names = [workspace.instruments.resolve(name) for name in instruments or ()]
        found = workspace.catalog.series(names, timeframe, source, adjustment, price_type, session)
        return workspace.catalog.export(found, to, start, end, decimals)

    raise typer.Exit(_run_and_tell(ask, as_json))


@catalog.command("import")
def import_(
    path: Annotated[str, typer.Argument(help="folder of a catalog, or its name below NAUTILUS_DATA_DIR/catalog")],
    only: Annotated[list[str] | None, typer.Option(help="an instrument or a bar type; may be given again")] = None,
    adjustment: Annotated[str, typer.Option(help="what its bars are: raw, split or total")] = "raw",
    as_json: _Json = False,
) -> None:
    """Take bars out of a catalog into the store, as source `catalog`; 0 when all of them are stored."""
    raise typer.Exit(_run_and_tell(lambda workspace: workspace.catalog.import_(path, adjustment, only or ()), as_json))


@catalog.command("show")
def show_catalog(
    name: Annotated[str, typer.Argument(help="name or path; none: list all")] = "",
    intervals: Annotated[bool, typer.Option("--intervals", help="list what each file's name says is known")] = False,
    as_json: _Json = False,
) -> None:
    """What catalogs there are, or what one holds beside the store."""
    service = open_store().catalog
    if not name:
        found = _readable(service.list(), "ts_modified")
        show(found if as_json else _by_day(found, "ts_modified")[["name", "types", "files", "ts_modified"]], as_json)
        return
    found = service.describe(name)
    if intervals:
        show(_intervals(service, name, found), as_json)
        return
    told = _readable(found, "start", "end", "ts_modified")
    show(told if as_json else _by_day(told, "start", "end")[list(_SHOWN)], as_json)


def _intervals(service: Catalog, name: str, found: pd.DataFrame) -> pd.DataFrame:
    rows = [
        (row.type, row.identifier, span.start, span.end)
        for row in found.itertuples()
        for span in service.intervals(name, row.type, row.identifier)
    ]
    return _readable(pd.DataFrame(rows, columns=["type", "identifier", "start", "end"]), "start", "end")


def _readable(frame: pd.DataFrame, *times: str) -> pd.DataFrame:
    counts = {one: frame[one].astype("Int64") for one in ("rows", "coverage") if one in frame}
    return frame.assign(**counts, **{one: pd.to_datetime(frame[one], utc=True) for one in times})


def _by_day(frame: pd.DataFrame, *times: str) -> pd.DataFrame:
    return frame.assign(**{one: frame[one].dt.date for one in times})


def _run_and_tell(ask: Callable[[Permitted], int], as_json: bool) -> int:
    """Queue a job, follow it with a bar; 0 when it succeeded."""
    workspace = open_store()
    job_id = ask(workspace)
    with a_worker(workspace), bar(OUT, as_json) as tell:
        job = follow(workspace, job_id, tell)
    if as_json:
        typer.echo(json.dumps({"job": job.id, "status": str(job.status), "message": job.message}))
    else:
        OUT.print(f"{job.title}: {job.status} {job.message}")
    return 0 if job.status is Status.SUCCEEDED else 1
