"""The command about logs: the newest lines of server, worker, engine and commands, together."""

from __future__ import annotations

import json
import time
from typing import Annotated, Any

import pandas as pd
import typer

from nautilus_data import load_settings
from nautilus_data.core.timerange import NS_PER_S
from nautilus_data.services.log_tail import Logs

_LOOK_S = 0.5
# A line of another process may come to its file so much later.
_LATE_S = 2


def logs(
    level: Annotated[str, typer.Option(help="DEBUG, INFO, WARNING, ERROR: this and above")] = "DEBUG",
    role: Annotated[str, typer.Option(help="server, worker, engine or command")] = "",
    text: Annotated[str, typer.Option(help="what the line must contain")] = "",
    correlation: Annotated[str, typer.Option(help="the id of a request or a job")] = "",
    limit: Annotated[int, typer.Option(help="this many of the newest")] = 200,
    follow: Annotated[bool, typer.Option("--follow", help="go on with what is written from now on")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a line")] = False,
) -> None:
    """The newest log lines, the newest last."""
    tail = Logs(load_settings().nautilus_data_dir / "logs")
    wanted = {"level": level, "role": role, "text": text, "correlation": correlation}
    found = tail.tail(limit, **wanted)
    told = _tell(found, set(), as_json)
    # Of nothing so far: what is new from now on.
    newest = int(found["ts"].max()) if len(found) else time.time_ns()
    while follow:
        time.sleep(_LOOK_S)
        found = tail.tail(10_000, **wanted, after=newest - _LATE_S * NS_PER_S)
        told = _tell(found, told, as_json)
        newest = max(newest, int(found["ts"].max())) if len(found) else newest


def _tell(found: pd.DataFrame, told: set[tuple[int, int]], as_json: bool) -> set[tuple[int, int]]:
    """Print what is not told yet, oldest first; what of these lines is told by now."""
    rows = found.iloc[::-1].to_dict("records")
    for row in rows:
        if (row["ts"], row["pid"]) not in told:
            typer.echo(json.dumps(row, ensure_ascii=False) if as_json else _as_text(row))
    return {(row["ts"], row["pid"]) for row in rows}


def _as_text(row: dict[str, Any]) -> str:
    named = {"job": row["job"] or "", "correlation": row["correlation"]}
    # A job that is a field already is told once.
    more = [f"{name}={value}" for name, value in named.items() if value and f"{name}={value}" not in row["fields"]]
    when = f"{pd.Timestamp(row['ts']):%Y-%m-%d %H:%M:%S.%f}"[:-3]
    words = (
        when, f"{row['level']:<7}", f"{row['role']:<7}", row["logger"], row["event"],
        row["fields"], *more,
    )  # fmt: skip
    line = " ".join(" ".join(words).splitlines())
    return f"{line}\n{row['exception']}" if row["exception"] else line
