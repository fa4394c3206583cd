"""The command line's users, keys and audit log: with passwords from one line and from a terminal."""

from __future__ import annotations

import io
import json
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nautilus_data.__main__ import main
from nautilus_data.errors import RefusedError
from nautilus_data.settings import Settings, child_environment, load_settings
from nautilus_data.workspace import Workspace, open_workspace
from tests.processes import ROOT
from tests.store.conftest import run_sql

PASSWORD = "correct horse battery"
Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    return load_settings(nautilus_data_dir=data_dir, demo="off")


@pytest.fixture
def ask(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """`python -m nautilus_data WORDS` with a line on standard input: exit code and what it said."""

    def asked(*words: str, line: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["nautilus_data", *words])
        monkeypatch.setattr(sys, "stdin", io.StringIO(f"{line}\n"))
        code = main()
        said = capsys.readouterr()
        return code, said.out, said.err

    for name, value in {**child_environment(settings), "COLUMNS": "250"}.items():
        monkeypatch.setenv(name, value)
    return asked


@pytest.fixture
def workspace(settings: Settings) -> Iterator[Workspace]:
    """Of a server that runs meanwhile."""
    opened = open_workspace(settings)
    yield opened
    opened.close()


@pytest.fixture
def ann(ask: Ask) -> None:
    assert ask("users", "add", "Ann", "--role", "admin", "--password-stdin", line=PASSWORD)[0] == 0


def test_the_first_user_is_an_admin_and_no_password_is_set_for_anybody(ask: Ask) -> None:
    assert ask("users", "add", "ann", "--password-stdin", line=PASSWORD)[::2] == (
        1, "nautilus_data: the first user must be an admin: add --role admin\n",
    )  # fmt: skip
    code, _, said = ask("users", "add", "ann", "--role", "admin", "--password-stdin", line="")
    assert code == 1 and "12 characters or more" in said
    assert json.loads(ask("users", "list", "--json")[1]) == []


@pytest.mark.usefixtures("ann")
def test_users_are_added_changed_and_removed_while_the_server_runs(ask: Ask, workspace: Workspace) -> None:
    code, said, _ = ask("users", "add", "bob", "--role", "operator", "--password-stdin", line="bob's long password")
    assert (code, said) == (0, "bob may log in as operator\n")
    secret, identity = workspace.users.log_in("bob", "bob's long password")
    assert ask("users", "passwd", "bob", "--password-stdin", line="another long password")[0] == 0
    assert not workspace.users.is_live(identity.ref)
    assert workspace.users.identity(secret) is None
    assert ask("users", "role", "bob", "viewer")[1].startswith("bob is viewer now")
    rows = json.loads(ask("users", "list", "--json")[1])
    assert [(row["name"], row["role"]) for row in rows] == [("ann", "admin"), ("bob", "viewer")]
    listed = ask("users", "list")[1]
    assert "bob" in listed and "ts_last_login" in listed and "argon2" not in listed
    assert ask("users", "remove", "BOB")[0] == 0
    with pytest.raises(RefusedError):
        workspace.users.log_in("bob", "another long password")
    code, _, said = ask("users", "remove", "bob")
    assert code == 1 and "there is no user bob" in said
    code, _, said = ask("users", "remove", "ann")
    assert code == 1 and "make another user an admin first" in said


@pytest.mark.usefixtures("ann")
def test_a_user_without_a_password_comes_in_by_oauth_alone(ask: Ask, workspace: Workspace) -> None:
    assert ask("users", "add", "carl", "--oauth", "carl@example.com")[0] == 0
    assert workspace.users.log_in_as("carl@example.com")[1].name == "carl"


@pytest.mark.usefixtures("ann")
def test_a_key_is_shown_once_and_works_until_it_is_revoked(ask: Ask, workspace: Workspace) -> None:
    code, secret, said = ask("keys", "add", "ann", "nightly", "--role", "operator", "--area", "bars", "--days", "0")
    assert code == 0 and "it is not shown again" in said
    identity = workspace.keys.identity(secret.strip())
    assert (identity.role, identity.areas) == ("operator", {"bars"})
    (row,) = json.loads(ask("keys", "list", "--json")[1])
    assert (row["owner"], row["title"], row["ts_expires"]) == ("ann", "nightly", 0)
    assert "nightly" in ask("keys", "list", "--owner", "ann")[1]
    assert secret.strip() not in ask("keys", "list")[1] + ask("audit", "list", "--json")[1]
    assert ask("keys", "revoke", row["ref"])[0] == 0
    code, _, said = ask("keys", "revoke", row["ref"])
    assert code == 1 and "there is no key" in said
    assert json.loads(ask("keys", "list", "--json")[1]) == []


@pytest.mark.usefixtures("ann")
def test_the_audit_log_is_listed_and_a_broken_chain_is_named(ask: Ask, settings: Settings) -> None:
    for number in range(3):
        ask("keys", "add", "ann", f"key {number}")
    listed = ask("audit", "list", "--act", "key made")[1]
    assert "key 2" in listed and "command line" in listed and "user added" not in listed
    code, said, _ = ask("audit", "verify")
    assert code == 0 and "4 entries, all as they were written" in said
    verdict = json.loads(ask("audit", "verify", "--json")[1])[0]
    assert ask("audit", "verify", "--noted", verdict["head"])[0] == 0
    code, said, _ = ask("audit", "verify", "--noted", "f" * 64)
    assert code == 1 and "noted head is not there" in said
    change = "UPDATE audit SET actor = 'somebody else' WHERE seq = 2"
    run_sql(settings.store_url, "DROP TRIGGER audit_no_update", change)
    code, said, _ = ask("audit", "verify")
    assert code == 1 and said.startswith("entry 2: entry 2 was changed")


def test_on_a_terminal_the_password_is_asked_twice_and_never_shown(settings: Settings) -> None:
    keyboard, terminal = pty.openpty()
    words = [sys.executable, "-m", "nautilus_data", "users", "add", "ann", "--role", "admin"]
    started = subprocess.Popen(
        words, stdin=terminal, stdout=terminal, stderr=terminal, cwd=ROOT, env=child_environment(settings),
        start_new_session=True,
    )  # fmt: skip
    os.close(terminal)
    try:
        said = _answer(keyboard, {b"or more": PASSWORD, b"same again": PASSWORD})
        assert started.wait(30) == 0
    finally:
        started.kill()
        started.wait()
        os.close(keyboard)
    assert PASSWORD.encode() not in said and b"ann may log in as admin" in said
    workspace = open_workspace(settings)
    assert workspace.users.log_in("ann", PASSWORD)[1].role == "admin"
    workspace.close()


def _answer(keyboard: int, answers: dict[bytes, str]) -> bytes:
    """All that was said, until the other side hung up or a minute has passed."""
    said, deadline = b"", time.monotonic() + 60
    waiting = dict(answers)
    while (left := deadline - time.monotonic()) > 0 and select.select([keyboard], [], [], left)[0]:
        try:
            said += os.read(keyboard, 1_024)
        except OSError:
            break
        # The space comes once the terminal echoes no more; what is typed before it is thrown away.
        for asked in [one for one in waiting if one in said and said.endswith(b": ")]:
            os.write(keyboard, f"{waiting.pop(asked)}\n".encode())
    return said
