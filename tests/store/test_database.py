"""Opening, sharing and losing a database."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from nautilus_data.core.dataset import QUOTES
from nautilus_data.core.timerange import TimeRange
from nautilus_data.errors import ConfigError, FatalError, RetryableError
from nautilus_data.store import Store
from tests.store.conftest import DAILY, bars


def test_the_folder_of_the_file_is_made(tmp_path: Path, open_store) -> None:
    open_store(f"sqlite:///{tmp_path / 'a' / 'b' / 'store.sqlite'}")
    assert (tmp_path / "a" / "b" / "store.sqlite").exists()


def test_the_file_is_in_wal_mode_with_foreign_keys(sqlite_url: str, tmp_path: Path, open_store) -> None:
    store = open_store(sqlite_url)
    with store._reading() as connection:
        pragmas = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in PRAGMAS}
    assert pragmas == PRAGMAS


PRAGMAS = {"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1, "busy_timeout": 15_000}


def test_bars_are_clustered_by_their_key(sqlite_url: str, tmp_path: Path, open_store) -> None:
    open_store(sqlite_url)
    with sqlite3.connect(tmp_path / "store.sqlite") as raw:
        made = dict(raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
    raw.close()
    assert "WITHOUT ROWID" in made["bars"]
    assert "PRIMARY KEY (series, ts_event)" in made["bars"]
    assert "WITHOUT ROWID" not in made["order_events"]


def test_a_store_opened_again_has_everything(url: str, open_store) -> None:
    open_store(url).write(DAILY, bars(), TimeRange(0, 10))
    again = open_store(url)
    assert again.read(DAILY).equals(bars())
    assert again.coverage(DAILY) == [TimeRange(0, 10)]


def test_a_database_in_memory_serves_many_threads(open_store) -> None:
    store = open_store("sqlite://")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: store.write(DAILY, bars(first=10 * n)), range(20)))
    assert store.summary(DAILY) == (200, 0, 199)


def test_stats_count_rows_and_bytes(store: Store) -> None:
    store.write(DAILY, bars())
    stats = store.stats()
    assert stats.rows["bars"] == 10
    assert stats.rows["quotes"] == 0
    assert stats.size_bytes > 0


def test_two_stores_number_the_same_things_alike(url: str, open_store) -> None:
    one, two = open_store(url), open_store(url)
    row = ("A.X", 1, "T", 1, 1, 1, 1, 1.0, 1.0)
    one.write_rows({QUOTES: [row]})
    two.write_rows({QUOTES: [("B.X", *row[1:])]})
    assert one.read(QUOTES)["instrument_id"].tolist() == ["A.X", "B.X"]
    assert two.read(QUOTES, where={"instrument_id": "A.X"})["ts_event"].tolist() == [1]


def test_threads_of_two_stores_write_and_read_at_once(url: str, open_store) -> None:
    stores = [open_store(url), open_store(url)]

    def work(number: int) -> int:
        changed = stores[number % 2].write(DAILY, bars(first=100 * number, count=100), TimeRange(number, number + 1))
        stores[number % 2].read(DAILY, last=5)
        return changed

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(work, range(30))) == 3_000
    assert stores[0].summary(DAILY)[0] == 3_000
    assert stores[1].coverage(DAILY) == [TimeRange(0, 30)]


def test_processes_make_one_new_file(sqlite_url: str) -> None:
    program = f"from nautilus_data.store import Store; Store({sqlite_url!r}).close()"
    started = [subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE) for _ in range(3)]
    for process in started:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors.decode()


def test_reading_goes_on_while_another_writes(sqlite_url: str, tmp_path: Path, open_store) -> None:
    store = open_store(sqlite_url)
    store.write(DAILY, bars())
    other = sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    other.execute("DELETE FROM bars")
    assert len(store.read(DAILY)) == 10
    other.rollback()
    other.close()


def test_a_file_locked_by_another_writer_is_worth_another_try(sqlite_url: str, tmp_path: Path, open_store) -> None:
    store = open_store(sqlite_url, busy_timeout_s=0.1)
    other = sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(RetryableError, match="another process is writing"):
        store.cover(DAILY, TimeRange(0, 10))
    other.rollback()
    other.close()
    store.cover(DAILY, TimeRange(0, 10))
    assert store.coverage(DAILY) == [TimeRange(0, 10)]


def test_a_writer_waits_for_another(sqlite_url: str, tmp_path: Path, open_store) -> None:
    store = open_store(sqlite_url)
    other = sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, other.rollback)
    release.start()
    assert store.write(DAILY, bars()) == 10
    release.join()
    other.close()


def schema_pages(url: str, open_store) -> int:
    """Pages the empty tables take; they grow with each table a release adds."""
    open_store(url).close()
    return Path(make_url(url).database).stat().st_size // 4096


def test_a_full_disk_keeps_nothing_of_the_write(sqlite_url: str, open_store) -> None:
    store = open_store(sqlite_url, max_pages=schema_pages(sqlite_url, open_store) + 20)
    store.write(DAILY, bars(count=10), TimeRange(0, 10))
    with pytest.raises(RetryableError, match="disk is full: free some space"):
        store.write(DAILY, bars(first=10, count=50_000), TimeRange(10, 50_010))
    assert store.summary(DAILY) == (10, 0, 9)
    assert store.coverage(DAILY) == [TimeRange(0, 10)]
    assert store.write(DAILY, bars(first=10, count=10)) == 10


def test_a_full_disk_leaves_rows_and_cursors_together(sqlite_url: str, open_store) -> None:
    store = open_store(sqlite_url, max_pages=schema_pages(sqlite_url, open_store) + 20)
    store.write_rows({}, cursors={"stream": 1})
    rows = [("A.X", n, "T", n, n, 1, 1, 1.0, 1.0) for n in range(50_000)]
    with pytest.raises(RetryableError):
        store.write_rows({QUOTES: rows}, cursors={"stream": 2})
    assert store.cursors()["stream"][0] == 1
    assert store.read(QUOTES).empty


@pytest.mark.parametrize("content", [b"this is not a database" * 100, b"SQLite format 3\x00" + b"\xff" * 4000])
def test_a_file_that_is_no_database_is_named_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "store.sqlite"
    path.write_bytes(content)
    with pytest.raises(FatalError, match=rf"{path}.*move it away"):
        Store(f"sqlite:///{path}")
    assert path.read_bytes() == content
    assert [file.name for file in tmp_path.iterdir()] == ["store.sqlite"]


def test_damage_found_later_is_fatal_and_says_what_to_do(sqlite_url: str, tmp_path: Path, open_store) -> None:
    first = schema_pages(sqlite_url, open_store)
    store = open_store(sqlite_url)
    store.write(DAILY, bars(count=20_000))
    store.close()
    path = tmp_path / "store.sqlite"
    content = bytearray(path.read_bytes())
    for page in range((first + 5) * 4096, len(content) - 4096, 4096):
        content[page : page + 4096] = b"\xee" * 4096
    path.write_bytes(content)
    damaged = open_store(sqlite_url)
    with pytest.raises(FatalError, match=r"damaged and was left as it is"):
        damaged.read(DAILY)
    assert path.read_bytes() == bytes(content)


def test_a_file_deleted_while_in_use_is_told(sqlite_url: str, tmp_path: Path, open_store) -> None:
    store = open_store(sqlite_url)
    (tmp_path / "store.sqlite").unlink()
    with pytest.raises(FatalError, match="moved or deleted while in use"):
        store.stats()


def test_a_folder_in_the_place_of_the_file_is_fatal(tmp_path: Path) -> None:
    with pytest.raises(FatalError, match="check the path"):
        Store(f"sqlite:///{tmp_path}")


def test_a_folder_that_cannot_be_made_is_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="choose another"):
        Store(f"sqlite:///{tmp_path / 'file' / 'store.sqlite'}")


def test_tables_of_another_version_are_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    raw = sqlite3.connect(path)
    raw.execute("CREATE TABLE bars (ts INTEGER)")
    raw.close()
    with pytest.raises(FatalError, match="made by another version: its table bars"):
        Store(f"sqlite:///{path}")
    raw = sqlite3.connect(path)
    assert [name for _, name, *_ in raw.execute("PRAGMA table_info(bars)")] == ["ts"]
    raw.close()


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://u:hunter2@h/d", "postgresql://u:hunter2@h:port/d"])
def test_a_url_that_is_not_understood_is_a_wrong_setting(url: str) -> None:
    with pytest.raises(ConfigError, match="DATABASE_URL is not understood; write sqlite") as caught:
        Store(url)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__context__ is None


def test_a_server_that_is_not_there_is_a_wrong_setting_without_the_password() -> None:
    with pytest.raises(ConfigError, match="check DATABASE_URL") as caught:
        Store("postgresql://trader:hunter2@127.0.0.1:1/prices?connect_timeout=2")
    assert "trader" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.postgres
def test_a_database_that_is_not_there_is_a_wrong_setting(postgres_url: str) -> None:
    with pytest.raises(ConfigError, match=r"missing.*check DATABASE_URL"):
        Store(postgres_url.replace("/postgres?", "/missing?"))


@pytest.mark.postgres
def test_the_shown_url_has_no_secrets(postgres_url: str, open_store) -> None:
    shown = open_store(postgres_url.replace("postgres:@", "postgres:hunter2@")).stats().url
    assert shown == "postgresql://postgres:***@/postgres"


def test_the_name_of_a_file_is_its_url(sqlite_url: str, open_store) -> None:
    assert open_store(sqlite_url).name == sqlite_url


_INGEST = """
import sys
from nautilus_data.core.dataset import QUOTES
from nautilus_data.store import Store

store = Store(sys.argv[1])
print("open", flush=True)
for page in range(1, 1_000_000):
    first = page * 2_000
    rows = [("A.X", n, "T", n, n, 1, 1, 1.0, 1.0) for n in range(first, first + 2_000)]
    store.write_rows({QUOTES: rows}, cursors={"stream": first + 1_999})
    print(page, flush=True)
"""


@pytest.mark.parametrize("pages", [1, 5])
def test_a_killed_worker_leaves_rows_and_cursor_together(sqlite_url: str, open_store, pages: int) -> None:
    worker = subprocess.Popen([sys.executable, "-c", _INGEST, sqlite_url], stdout=subprocess.PIPE)
    for _ in range(pages + 1):
        assert worker.stdout.readline()
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait(timeout=10)
    worker.stdout.close()
    store = open_store(sqlite_url)
    found = store.read(QUOTES, columns=["entry"])["entry"]
    assert found.max() == store.cursors()["stream"][0]
    assert len(found) % 2_000 == 0
    assert len(found) >= 2_000 * pages
