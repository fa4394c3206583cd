"""Set-up: whatever a process tells goes one way, and no secret goes with it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from nautilus_data.settings import Settings, child_environment, load_settings

CANARY = "CANARY/fred key+4711"
PASSWORD = "p@ss:wörd/4711"
_HEAD = """
import logging, os, sys
from nautilus_data import load_settings, set_up_logs
settings = load_settings()
key, password = settings.fred_api_key.get_secret_value(), settings.redis_password.get_secret_value()
url = settings.user_redis_url
set_up_logs(settings, "server")
"""


def run(settings: Settings, program: str, **environment: str) -> tuple[str, list[dict]]:
    """Standard output and error together, and the lines of the file."""
    done = subprocess.run(
        [sys.executable, "-c", _HEAD + program], env={**child_environment(settings), **environment},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    path = settings.nautilus_data_dir / "logs" / "server.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return done.stdout + done.stderr, lines


def of(folder: Path, **more: object) -> Settings:
    return load_settings(nautilus_data_dir=folder, fred_api_key=CANARY, redis_password=PASSWORD, **more)


def has_no_secret(shown: str, lines: list[dict]) -> bool:
    told = shown + json.dumps(lines, ensure_ascii=False)
    spelled = (CANARY, PASSWORD, "fred%20key", "fred+key", "w%C3%B6rd", "wörd", "fred key")
    return not [one for one in spelled if one in told]


def test_a_line_of_anybody_goes_to_standard_error_and_to_the_file(tmp_path: Path) -> None:
    shown, lines = run(of(tmp_path), """
logging.getLogger("somebody.else").warning("lost %s", "it")
import structlog
structlog.get_logger("of.structlog").info("bound", number=7, password=password)
""")  # fmt: skip
    assert [(line["logger"], line["event"], line["fields"]) for line in lines] == [
        ("somebody.else", "lost it", {}),
        ("of.structlog", "bound", {"number": 7, "password": "•••"}),
    ]
    assert "WARNING somebody.else lost it" in shown


def test_standard_error_has_the_same_as_json_when_asked(tmp_path: Path) -> None:
    shown, lines = run(of(tmp_path, log_format="json"), """
logging.getLogger("a").info("started port=%s", 1)
""")  # fmt: skip
    assert [json.loads(line) for line in shown.splitlines()] == lines
    assert lines[0]["fields"] == {"port": 1}


def test_secrets_of_the_settings_are_hidden_in_every_spelling(tmp_path: Path) -> None:
    shown, lines = run(of(tmp_path), """
from urllib.parse import quote, quote_plus
log = logging.getLogger("a")
for text in (key, password, url, quote(key), quote_plus(key), quote(password, safe=""), repr(key), str([url])):
    log.info("told %s value=%s", text, text)
""")  # fmt: skip
    assert len(lines) == 8
    assert has_no_secret(shown, lines), shown


def test_a_login_in_an_address_is_hidden_and_an_address_without_one_is_not(tmp_path: Path) -> None:
    settings = load_settings(
        nautilus_data_dir=tmp_path, fred_api_key=CANARY, redis_password=PASSWORD, redis_host="127.0.0.1",
        database_url="postgresql+psycopg://ann:db%2Fcanary@127.0.0.1:1/x?application_name=y",
    )  # fmt: skip
    shown, lines = run(settings, """
log = logging.getLogger("a")
log.info("opening %s", settings.database_url.get_secret_value())
log.info("by itself db/canary and db%%2Fcanary and %s", "db%2fcanary")
log.info("at redis://127.0.0.1:6379/0")
""")  # fmt: skip
    assert "canary" not in shown + json.dumps(lines)
    assert "at redis://127.0.0.1:6379/0" in shown


def test_an_error_nobody_caught_is_a_line_without_secrets(tmp_path: Path) -> None:
    shown, lines = run(of(tmp_path), "raise RuntimeError('can not use ' + key)")
    assert lines[-1]["level"] == "CRITICAL"
    assert "RuntimeError: can not use •••" in lines[-1]["exception"]
    assert has_no_secret(shown, lines), shown


def test_errors_of_threads_loops_callbacks_and_clean_up_are_lines_without_secrets(tmp_path: Path) -> None:
    shown, lines = run(of(tmp_path), """
import asyncio, gc, threading, warnings
from tornado.ioloop import IOLoop

def fail():
    raise ValueError("with " + key)

class Dirty:
    def __del__(self):
        fail()

thread = threading.Thread(target=fail, name="worker of " + password)
thread.start(); thread.join()
Dirty(); gc.collect()
warnings.warn("mind " + password)

async def main():
    asyncio.get_running_loop().call_soon(fail)
    asyncio.ensure_future(asyncio.to_thread(fail))
    IOLoop.current().add_callback(fail)
    await asyncio.sleep(0.3)
    gc.collect()

asyncio.run(main())
""")  # fmt: skip
    told = [line["exception"] for line in lines if "exception" in line]
    assert sum("ValueError: with •••" in one for one in told) == 5, shown
    assert {"py.warnings", "asyncio", "tornado.application"} <= {line["logger"] for line in lines}
    assert has_no_secret(shown, lines), shown


def test_an_interrupt_is_no_line_of_the_log(tmp_path: Path) -> None:
    shown, lines = run(of(tmp_path), "raise KeyboardInterrupt")
    assert (shown, lines) == ("", [])


def test_libraries_with_an_outlet_of_their_own_are_looked_through_too(tmp_path: Path) -> None:
    shown, lines = run(of(tmp_path), """
import panel
set_up_logs(settings, "server")
for name in ("panel", "bokeh", "tornado.general"):
    logging.getLogger(name).error("told %s", key)
""")  # fmt: skip
    assert [line["logger"] for line in lines] == ["panel", "bokeh", "tornado.general"]
    assert shown.count("told") == 3
    assert has_no_secret(shown, lines), shown


def test_a_folder_that_can_not_be_written_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("in the way")
    shown, _ = run(of(tmp_path), 'logging.getLogger("a").info("still here")')
    assert "still here" in shown


def test_a_command_shows_only_what_is_wrong(tmp_path: Path) -> None:
    settings = of(tmp_path)
    shown, _ = run(settings, """
set_up_logs(settings, "command")
logging.getLogger("a").info("quiet")
logging.getLogger("a").warning("loud")
""")  # fmt: skip
    assert "quiet" not in shown
    assert "loud" in shown
    assert (tmp_path / "logs" / "command.jsonl").read_text().count("\n") == 2


def test_what_is_tried_again_is_a_line_and_ends_nothing(tmp_path: Path) -> None:
    _, lines = run(of(tmp_path), """
from nautilus_data.errors import RetryableError
from nautilus_data.transport.http import tried_again
answers = [RetryableError("busy", retry_after=0.01), None]
def ask():
    if error := answers.pop(0):
        raise error
    return "an answer"
logging.getLogger("the.end").warning(tried_again(ask))
""")  # fmt: skip
    assert [line["event"] for line in lines] == ["stamina.retry_scheduled", "an answer"]
