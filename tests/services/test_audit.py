"""What was done is told, and whatever is changed in the log is found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, insert, update

from nautilus_data.core.correlation import correlated
from nautilus_data.core.identity import Door, Identity, Role
from nautilus_data.services.audit import COLUMNS, Audit, Verdict
from nautilus_data.store import Store
from nautilus_data.store.append_only import SQLITE
from nautilus_data.store.tables import AUDIT

ANN = Identity("ann", Role.OPERATOR, Door.SESSION, "s1")
_ENTRIES = 6
_TEXTS = [name for name in COLUMNS if name not in ("seq", "ts")]


@pytest.fixture
def audit(store: Store) -> Audit:
    return Audit(store)


@pytest.fixture(scope="module")
def unguarded() -> Iterator[Store]:
    """A log nothing guards any more, as for whoever owns the database."""
    store = Store("sqlite://")
    filled(store)
    yield store
    store.close()


@contextmanager
def changed(store: Store, *statements: Any) -> Iterator[Verdict]:
    """What is said of a log after some statements, which are taken back."""
    rows = store.audit_chain(None, 100)
    change(store, lambda connection: [connection.execute(*one) for one in statements])
    try:
        yield Audit(store).verify()
    finally:
        change(store, lambda connection: (connection.execute(delete(AUDIT)), connection.execute(insert(AUDIT), rows)))


def filled(store: Store) -> Audit:
    made = Audit(store)
    for number in range(_ENTRIES):
        made.record(ANN, f"act {number}", f"target {number}", detail='"quoted" \\ ö')
    change(store, lambda connection: [connection.exec_driver_sql(f"DROP TRIGGER {name}") for name in SQLITE])
    return made


def change(store: Store, how: Callable[[Any], object]) -> None:
    with store._writing() as connection:
        how(connection)


def test_entries_tell_who_did_what_and_the_newest_come_first(audit: Audit) -> None:
    with correlated("c0ffee"):
        audit.record(ANN, "engine.start", "run 1", detail="pace 1", address="10.0.0.1")
    audit.record(None, "cleaned up", outcome="failed")
    rows = audit.list()
    assert list(rows.columns) == list(COLUMNS)
    assert rows["seq"].tolist() == [2, 1] and (rows[["seq", "ts"]].dtypes == "int64").all()
    assert rows.loc[1, list(COLUMNS[2:-1])].tolist() == [
        "ann", "operator", "session", "s1", "engine.start", "run 1", "allowed", "pace 1", "10.0.0.1", "c0ffee",
    ]  # fmt: skip
    assert rows.loc[0, ["actor", "door", "act", "outcome", "correlation"]].tolist() == [
        "", "", "cleaned up", "failed", "",
    ]  # fmt: skip


def test_the_list_is_paged_and_filtered(audit: Audit) -> None:
    for number in range(9):
        audit.record(ANN if number % 3 else None, f"act {number % 2}", outcome="refused" if number == 4 else "allowed")
    assert audit.list(limit=2)["seq"].tolist() == [9, 8]
    assert audit.list(limit=2, before=8)["seq"].tolist() == [7, 6]
    assert audit.list(actor="ann", act="act 0", before=9)["seq"].tolist() == [5, 3]
    assert audit.list(outcome="refused")["seq"].tolist() == [5]
    empty = audit.list(actor="nobody")
    assert empty.empty and list(empty.columns) == list(COLUMNS)


def test_text_of_any_kind_is_kept_and_what_is_too_long_is_cut(audit: Audit) -> None:
    audit.record(ANN, "a\0b", "half \ud800 pair", detail="x" * 5_000, address="\n<script>")
    row = audit.list().iloc[0]
    assert (row["act"], row["target"], row["address"]) == ("a\ufffdb", "half ? pair", "\n<script>")
    assert len(row["detail"]) == 1_000 and audit.verify().ok


def test_a_log_without_entries_is_whole(audit: Audit) -> None:
    verdict = audit.verify()
    assert verdict.ok and verdict.entries == 0 and verdict.head == "0" * 64


def test_a_log_of_many_pages_is_whole_and_its_head_is_logged(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    audit = Audit(store, page=2)
    for number in range(7):
        audit.record(ANN, str(number))
    with caplog.at_level("INFO"):
        verdict = audit.verify()
    assert verdict.ok and verdict.entries == 7 and f"head={verdict.head}" in caplog.text
    assert verdict.head == audit.list(limit=1)["hash"].iloc[0]


def test_a_log_cut_off_at_its_end_shows_against_a_noted_head_alone(store: Store) -> None:
    audit = filled(store)
    head = audit.verify().head
    assert audit.verify(head).ok
    audit.record(ANN, "later")
    assert audit.verify(head).ok
    change(store, lambda connection: connection.execute(delete(AUDIT).where(AUDIT.c.seq >= _ENTRIES)))
    assert audit.verify().ok
    verdict = audit.verify(head)
    assert not verdict.ok and verdict.broken == _ENTRIES and "noted head is not there" in verdict.problem


@given(seq=st.integers(1, _ENTRIES), name=st.sampled_from(_TEXTS), text=st.text(st.characters(codec="utf-8")))
def test_any_changed_text_is_found(unguarded: Store, seq: int, name: str, text: str) -> None:
    _find_change(unguarded, seq, {name: text})


@given(seq=st.integers(1, _ENTRIES), ts=st.integers(-(2**63), 2**63 - 1))
def test_any_changed_time_is_found(unguarded: Store, seq: int, ts: int) -> None:
    _find_change(unguarded, seq, {"ts": ts})


def _find_change(store: Store, seq: int, values: dict[str, Any]) -> None:
    before = store.audit_chain(seq - 1, 1)
    with changed(store, (update(AUDIT).where(AUDIT.c.seq == seq).values(values),)) as verdict:
        if before == store.audit_chain(seq - 1, 1):
            assert verdict.ok
        else:
            assert (verdict.ok, verdict.broken) == (False, seq) and f"entry {seq} was changed" in verdict.problem


@given(gone=st.sets(st.integers(1, _ENTRIES - 1), min_size=1))
def test_removed_entries_are_found(unguarded: Store, gone: set[int]) -> None:
    with changed(unguarded, (delete(AUDIT).where(AUDIT.c.seq.in_(gone)),)) as verdict:
        assert (verdict.ok, verdict.broken, verdict.entries) == (False, min(gone), _ENTRIES - len(gone))
        assert f"entry {min(gone)} is missing" in verdict.problem


@given(order=st.permutations(range(1, _ENTRIES + 1)))
def test_entries_in_another_order_are_found(unguarded: Store, order: list[int]) -> None:
    rows = unguarded.audit_chain(None, _ENTRIES)
    moved = [{**rows[place - 1], "seq": seq} for seq, place in enumerate(order, 1)]
    with changed(unguarded, (delete(AUDIT),), (insert(AUDIT), moved)) as verdict:
        first_moved = next((seq for seq, place in enumerate(order, 1) if seq != place), 0)
        assert (verdict.ok, verdict.broken) == (not first_moved, first_moved)


def test_an_entry_put_in_between_is_found(unguarded: Store) -> None:
    row = {**unguarded.audit_chain(2, 1)[0], "act": "made up"}
    moved = update(AUDIT).where(AUDIT.c.seq > 2).values(seq=AUDIT.c.seq * 10)
    with changed(unguarded, (moved,), (insert(AUDIT), row)) as verdict:
        assert verdict.broken == 3
