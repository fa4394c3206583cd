"""Schema run: schemathesis over the API's description, against a real server; `make fuzz` runs it for long.

python -m tests.schema_run --examples 100
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from nautilus_data.core.identity import Role
from tests.served import Served, served

SEED = 20_261_126
# They end logins, users and keys: asked last, when nobody needs the keys of this run any more.
_ENDING = r"^/api/v1/(users/\{name\}|users/\{name\}/sessions|sessions/\{ref\}|keys/\{ref\}|auth/password)$"
# A source that can't be asked now answers 503 and says when: by a rule of its own, not by a fault of ours.
_ASKS_SOURCES = r"(/search|/search/\{query\}|/quote/\{symbol\}|/edgar/feed|/instruments/find|/companies/refresh)$"
_CONFIG = """
warnings = false
suppress-health-check = ["all"]
continue-on-failure = true
# Who asks a source waits for its turn.
request-timeout = 60
[[operations]]
include-path-regex = '{asks}'
checks.not_a_server_error.expected-statuses = ["2xx", "3xx", "4xx", 503]
"""


@dataclass(frozen=True)
class Outcome:
    """What a run of schemathesis found; `told` is its own report."""

    who: str
    cases: int
    operations: int
    failures: int
    errors: int
    minutes: float
    told: str

    def __str__(self) -> str:
        counts = f"{self.operations} operations, {self.cases} cases, {self.failures} failures, {self.errors} errors"
        return f"{self.who}: {counts}, {self.minutes:.1f} min"


def run(
    server: Served, role: Role | None, folder: Path, examples: int, phases: str = "examples,fuzzing", *more: str
) -> Outcome:
    """All operations but those that end logins, by a key of this role; by nobody where it is None."""
    return _run(server, role, folder, examples, phases, f"--exclude-path-regex={_ENDING}", *more)


def run_ending(
    server: Served, role: Role | None, folder: Path, examples: int, phases: str = "examples,fuzzing"
) -> Outcome:
    """Those that end logins: to be run last."""
    return _run(server, role, folder, examples, phases, f"--include-path-regex={_ENDING}")


def _run(server: Served, role: Role | None, folder: Path, examples: int, phases: str, *more: str) -> Outcome:
    description, config, report = (folder / name for name in ("openapi.json", "schemathesis.toml", "report.json"))
    with server.client() as client:
        description.write_text(client.get("/api/v1/openapi.json").text)
    config.write_text(_CONFIG.format(asks=_ASKS_SOURCES))
    key = [] if role is None else ["--header", f"X-API-Key: {server.filled.keys[role]}"]
    began = time.monotonic()
    done = subprocess.run(
        [Path(sys.executable).with_name("schemathesis"), "--config-file", config, "run", description,
         "--url", server.url, *key, "--checks", "all", "--phases", phases, "--max-examples", str(examples),
         "--seed", str(SEED), "--report", "json", "--report-json-path", report, *more],
        cwd=folder, capture_output=True, text=True,
    )  # fmt: skip
    found = json.loads(report.read_text()) if report.exists() else {}
    return _outcome(role or "nobody", found, (time.monotonic() - began) / 60, done.stdout + done.stderr)


def _outcome(who: str, found: dict, minutes: float, told: str) -> Outcome:
    cases, operations = found.get("test_cases", {}), found.get("operations", {})
    return Outcome(
        who, cases.get("generated", 0), operations.get("tested", 0), len(found.get("failures", ())),
        len(found.get("errors", ())) if found else 1, minutes, told,
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="ask the API whatever its description lets through, and what not")
    parser.add_argument("--examples", type=int, default=50, help="made-up requests of each operation")
    parser.add_argument("--phases", default="examples,coverage,fuzzing,stateful")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, served(Path(name) / "data") as server:
        outcomes = []
        for step in (run, run_ending):
            for role in (None, Role.VIEWER, Role.OPERATOR, Role.ADMIN):
                outcomes.append(step(server, role, Path(name), given.examples, given.phases))
                sys.stdout.write(f"{outcomes[-1]}\n")
                sys.stdout.flush()
    wrong = [one for one in outcomes if one.failures or one.errors]
    sys.stdout.write("".join(one.told for one in wrong))
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
