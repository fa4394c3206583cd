"""The audit log on each database: it can only grow, and grows in one line however many write."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from sqlalchemy.exc import DBAPIError

from nautilus_data.core.audit_entry import entry_by
from nautilus_data.errors import FatalError
from nautilus_data.services.audit import Audit
from nautilus_data.store import Store
from tests.store.conftest import Clock, run_sql

_WRITER = """
import sys
from nautilus_data.core.audit_entry import entry_by
from nautilus_data.store import Store
store = Store(sys.argv[1])
for number in range(40):
    store.append_audit(entry_by(None, "act", f"{sys.argv[2]} {number}"))
"""


def test_the_database_refuses_to_change_or_delete_entries(
    store: Store, url: str, open_store: Callable[..., Store]
) -> None:
    is_sqlite = url.startswith("sqlite")
    for number in range(3):
        store.append_audit(entry_by(None, "act", str(number)))
    for statement in (
        "UPDATE audit SET actor = 'nobody' WHERE seq = 2", "DELETE FROM audit WHERE seq = 3", "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE seq = 2" if is_sqlite else "TRUNCATE audit",
    ):  # fmt: skip
        with pytest.raises(DBAPIError, match="the audit log can only grow"):
            run_sql(url, statement)
    assert [row["target"] for row in store.audit_chain(None, 10)] == ["0", "1", "2"]
    # What guards it is back, too, when the store opens.
    run_sql(url, "DROP TRIGGER audit_no_delete" if is_sqlite else "DROP TRIGGER audit_no_change ON audit")
    open_store(url)
    with pytest.raises(DBAPIError, match="the audit log can only grow"):
        run_sql(url, "DELETE FROM audit")


def test_processes_that_write_at_once_make_one_chain(store: Store, url: str) -> None:
    started = [subprocess.Popen([sys.executable, "-c", _WRITER, url, name]) for name in "ab"]
    for number in range(40):
        store.append_audit(entry_by(None, "act", f"c {number}"))
    assert [process.wait(60) for process in started] == [0, 0]
    rows = store.audit_chain(None, 1_000)
    assert [row["seq"] for row in rows] == list(range(1, 121))
    for name in "abc":
        mine = [row["target"] for row in rows if row["target"][0] == name]
        assert mine == [f"{name} {number}" for number in range(40)]
    assert Audit(store).verify().entries == 120 and Audit(store).verify().ok


def test_an_entry_that_cannot_be_written_leaves_nothing_done(store: Store, url: str, clock: Clock) -> None:
    run_sql(url, "ALTER TABLE audit RENAME TO audit_gone")
    with pytest.raises(FatalError):
        store.append_audit(entry_by(None, "act"))
    run_sql(url, "ALTER TABLE audit_gone RENAME TO audit")
    store.append_audit(entry_by(None, "act"))
    assert [(row["seq"], row["ts"]) for row in store.audit_chain(None, 10)] == [(1, clock.now)]
