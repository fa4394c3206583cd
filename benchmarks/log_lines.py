"""Log lines a second: event, fields, secrets hidden, to two outlets, against the standard library's bare handlers.

Run: python -m benchmarks.log_lines [lines]. Both write text to one file as standard error and a line to another. Bare:
`Formatter` and `FileHandler`, twice. In between: structlog's own `ProcessorFormatter` with `JSONRenderer`, once, which
knows neither fields of a template nor secrets. And how long the tail takes to read 200 lines of a full set of files.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from nautilus_data.core.redaction import Redaction
from nautilus_data.logs.entry import Entries
from nautilus_data.logs.lines import LineFile
from nautilus_data.logs.outlets import Outlets, as_text
from nautilus_data.services.log_tail import Logs

_SECRETS = [f"secret-of-source-{number}-4711" for number in range(8)]
_CALL = ("message not taken handler=%s stream=%s entry=%s reason=%s", "ingest", "trader-DEMO-001:stream")


def bare(folder: Path) -> list[logging.Handler]:
    handlers = [logging.FileHandler(folder / name) for name in ("bare.txt", "bare.log")]
    for handler in handlers:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s %(message)s"))
    return handlers


def plain_structlog(folder: Path) -> list[logging.Handler]:
    handler = logging.FileHandler(folder / "structlog.jsonl")
    stamp = structlog.processors.TimeStamper(fmt="iso")
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[stamp, structlog.stdlib.add_log_level, structlog.stdlib.add_logger_name],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    return [handler]


def ours(folder: Path) -> list[logging.Handler]:
    stream = (folder / "ours.txt").open("w")
    return [Outlets(Entries("server", Redaction(_SECRETS)), as_text, LineFile(folder / "server.jsonl"), stream=stream)]


def lines_per_s(make: Callable[[Path], list[logging.Handler]], lines: int, turns: int) -> float:
    """The median of some turns."""
    rates = []
    for _ in range(turns):
        with tempfile.TemporaryDirectory() as folder:
            log = logging.Logger("nautilus_data.bus.router", logging.INFO)
            log.handlers = make(Path(folder))
            began = time.perf_counter()
            for number in range(lines):
                log.info(*_CALL, number, "ValueError: a price must not be negative")
            rates.append(lines / (time.perf_counter() - began))
            for handler in log.handlers:
                handler.close()
    return statistics.median(rates)


def tail_ms(**wanted: str) -> float:
    """200 lines of 15 MB."""
    with tempfile.TemporaryDirectory() as folder:
        outlets = Outlets(
            Entries("server", Redaction()), as_text, LineFile(Path(folder) / "server.jsonl"), logging.CRITICAL
        )
        for number in range(50_000):
            outlets.emit(logging.LogRecord("a", logging.INFO, "", 1, _CALL[0], (*_CALL[1:], number, "x" * 60), None))
        logs, began = Logs(Path(folder)), time.perf_counter()
        logs.tail(**wanted)
        return (time.perf_counter() - began) * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lines", nargs="?", type=int, default=20_000)
    parser.add_argument("--turns", type=int, default=5)
    asked = parser.parse_args()
    least = lines_per_s(bare, asked.lines, asked.turns)
    for name, make in (("structlog, one outlet, no fields, no secrets", plain_structlog), ("ours", ours)):
        rate = lines_per_s(make, asked.lines, asked.turns)
        print(f"{name}: {rate:,.0f} lines/s, bare logging {least:,.0f}: ratio {rate / least:.2f}")
    print(
        f"tail of 50,000 lines, newest 200: {tail_ms():.1f} ms; a text that is in none: {tail_ms(text='none'):.0f} ms"
    )


if __name__ == "__main__":
    main()
