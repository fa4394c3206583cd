"""What is copied from a page runs: curl and Python of every kind against a real server, by a key and without."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

import pandas as pd
import pytest
from pyarrow import ipc

from app.views.rest_text import KEY_VARIABLE, Asked, asked, curl, posted, python
from nautilus_data.core.identity import Role
from tests.served import Served, served

pytestmark = pytest.mark.timeout(300)
BARS = asked("market-data/historical/bars", symbol="AAPL.NASDAQ", source="sample", adjustment="raw", limit=1_000)
FILLS = asked("portfolio/fills", trader_id="T-1", limit=200)
CURVE = asked("macro/curve", days=["2024-01-02", "2024-01-03"], as_of="2024-01-10T00:00:00.000000000Z")
STATUS = asked("status", has_rows=False)
PLAN = posted(
    "historical/backfill/plan", instrument_id="IBM.NYSE", source="sample", start="2012-01-03", end="2012-02-03"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served")) as found:
        yield found


@pytest.fixture(scope="module")
def environment(server: Served) -> dict[str, str]:
    return os.environ | {KEY_VARIABLE: server.filled.keys[Role.VIEWER]}


@pytest.fixture
def curl_program() -> str:
    found = shutil.which("curl")
    if found is None:
        pytest.skip("there is no curl on this machine")
    return found


def run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def rows_of(server: Served, found: Asked) -> pd.DataFrame:
    return ipc.open_stream(io.BytesIO(answer_of(server, found, "arrow"))).read_all().to_pandas()


def answer_of(server: Served, found: Asked, form: str) -> bytes:
    with server.client() as client:
        answer = client.get(found.address(f"{server.url}/", form))
    assert answer.status_code == 200, answer.text
    return answer.content


@pytest.mark.parametrize("found", [BARS, FILLS, CURVE], ids=lambda found: found.path)
def test_python_has_the_rows(server: Served, environment: dict[str, str], found: Asked) -> None:
    text = python(found, f"{server.url}/", needs_key=True)
    told = run([sys.executable, "-c", text + "\nprint(rows.to_json(date_unit='ns'))"], environment)
    assert told.returncode == 0, told.stderr
    rows = rows_of(server, found)
    assert len(rows) and told.stdout.splitlines()[-1] == rows.to_json(date_unit="ns")


@pytest.mark.parametrize("found", [BARS, FILLS, CURVE], ids=lambda found: found.path)
def test_curl_has_the_rows(server: Served, environment: dict[str, str], curl_program: str, found: Asked) -> None:
    told = run(["sh", "-c", curl(found, f"{server.url}/", needs_key=True)], environment)
    assert told.returncode == 0, told.stderr
    # `run` reads lines.
    csv = answer_of(server, found, "csv").decode().replace("\r\n", "\n")
    assert told.stdout == csv and len(csv.splitlines()) == len(rows_of(server, found)) + 1


@pytest.mark.parametrize("found", [STATUS, PLAN], ids=lambda found: found.path)
def test_objects_are_told_by_both(server: Served, environment: dict[str, str], curl_program: str, found: Asked) -> None:
    base = f"{server.url}/"
    by_python = run([sys.executable, "-c", python(found, base, needs_key=True)], environment)
    by_curl = run(["sh", "-c", curl(found, base, needs_key=True)], environment)
    assert (by_python.returncode, by_curl.returncode) == (0, 0), by_python.stderr + by_curl.stderr
    assert by_python.stdout.startswith("{'") and by_curl.stdout.startswith('{"')


def test_without_the_key_curl_and_python_fail_and_say_so(
    server: Served, environment: dict[str, str], curl_program: str
) -> None:
    nobody = environment | {KEY_VARIABLE: "nd_wrong"}
    told = run(["sh", "-c", curl(FILLS, f"{server.url}/", needs_key=True)], nobody)
    assert told.returncode != 0 and '"status":401' in told.stdout.replace(" ", "")
    told = run([sys.executable, "-c", python(FILLS, f"{server.url}/", needs_key=True)], nobody)
    assert told.returncode != 0 and "401" in told.stderr


def test_the_fills_are_those_that_were_told(server: Served) -> None:
    assert sorted(rows_of(server, FILLS)["trade_id"]) == ["x-0", "x-1", "x-2"]
