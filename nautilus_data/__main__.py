"""Command line: worker, backfill, coverage, sources, catalog, macro, filings, engine, logs, users, keys, audit."""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress
from typing import Annotated

import pandas as pd
import typer

from nautilus_data import Settings, load_settings
from nautilus_data.backfilling import BackfillWorker
from nautilus_data.catalog_commands import catalog
from nautilus_data.commands import OUT, add_commands, open_store, wait
from nautilus_data.core.redaction import hide
from nautilus_data.engine import Identity
from nautilus_data.errors import ConfigError, DashboardError, FatalError
from nautilus_data.filings_commands import filings
from nautilus_data.logs import COMMAND, set_up_logs
from nautilus_data.logs_commands import logs
from nautilus_data.macro_commands import macro
from nautilus_data.services.engine import DEFAULT_START, DEFAULT_WARMUP
from nautilus_data.users_commands import audit, keys, users
from nautilus_data.worker import Worker

app = typer.Typer(
    help="The data layer of the control room for NautilusTrader.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
engine = typer.Typer(help="Ask the worker to start, pause, pace or stop the node.", no_args_is_help=True)
app.add_typer(engine, name="engine")
app.add_typer(catalog, name="catalog")
app.add_typer(macro, name="macro")
app.add_typer(filings, name="filings")
app.add_typer(users, name="users")
app.add_typer(keys, name="keys")
app.add_typer(audit, name="audit")
add_commands(app)
app.command()(logs)


@app.command()
def worker(
    supervisor: Annotated[str, typer.Option(help="pid:created of the server it belongs to")] = "",
    backfills_only: Annotated[bool, typer.Option("--backfills-only", help="while no other worker runs")] = False,
) -> None:
    """Run ingest, backfills and the node; one at a time per store."""
    settings = load_settings()
    set_up_logs(settings, "worker")
    pid, _, created = supervisor.partition(":")
    owner = Identity(int(pid), float(created)) if supervisor else None
    asyncio.run(_run_worker(settings, owner, backfills_only))


async def _run_worker(settings: Settings, owner: Identity | None, backfills_only: bool) -> None:
    if backfills_only:
        await BackfillWorker(settings, owner or Identity.of()).run()
    else:
        await Worker(settings, owner).run()


@engine.command("status")
def engine_status() -> None:
    """The node as the worker last saw it."""
    status = open_store().engine.status()
    replayed = pd.Timestamp(status.replayed_to, tz="UTC").date() if status.replayed_to else "-"
    OUT.print(
        f"{status.status} run={status.run_id} pace={status.pace:g} bars={status.bars_sent} replayed_to={replayed}"
    )


@engine.command("start")
def engine_start(start: str = DEFAULT_START, warmup: int = DEFAULT_WARMUP, pace: float = 1.0) -> None:
    """Start a replay of the stored history."""
    workspace = open_store()
    wait(workspace, workspace.engine.start(start, warmup, pace))


@engine.command("pace")
def engine_pace(pace: float) -> None:
    """Set the bars a second of each instrument."""
    workspace = open_store()
    wait(workspace, workspace.engine.set_pace(pace))


@engine.command("pause")
def engine_pause() -> None:
    """Hold the replay."""
    workspace = open_store()
    wait(workspace, workspace.engine.pause())


@engine.command("resume")
def engine_resume() -> None:
    """Go on with the replay."""
    workspace = open_store()
    wait(workspace, workspace.engine.resume())


@engine.command("stop")
def engine_stop() -> None:
    """Stop the node."""
    workspace = open_store()
    wait(workspace, workspace.engine.stop())


def main() -> int:
    """Exit code 2 when it can't start, 1 when what was asked failed."""
    try:
        app()
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else int(bool(done.code))
    except (DashboardError, ValueError) as error:
        typer.echo(f"nautilus_data: {hide(str(error))}", err=True)
        return 2 if isinstance(error, FatalError) else 1
    return 0


def _set_up_command_logs() -> None:
    # Settings that can't be read are told of by the command that needs them.
    with suppress(ConfigError):
        set_up_logs(load_settings(), COMMAND)


if __name__ == "__main__":
    _set_up_command_logs()
    sys.exit(main())
