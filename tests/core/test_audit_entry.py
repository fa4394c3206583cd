"""Audit entries: who is named, and what the chain is made of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nautilus_data.core.acting import acting
from nautilus_data.core.audit_entry import GENESIS, chained, entry_by, entry_of, plain
from nautilus_data.core.correlation import correlated
from nautilus_data.core.identity import LOCAL, Door, Identity, Role

_ROWS = st.dictionaries(st.sampled_from("abcd"), st.text() | st.integers(), max_size=4)


def test_an_entry_names_for_whom_it_is_done_and_by_which_request() -> None:
    ann = Identity("ann", Role.OPERATOR, Door.KEY, "k1")
    with acting(LOCAL), acting(ann, "10.0.0.1"), correlated("c0ffee"):
        entry = entry_of("did", "this")
    assert (entry.actor, entry.role, entry.door, entry.ref) == ("ann", "operator", "key", "k1")
    assert (entry.act, entry.target, entry.outcome) == ("did", "this", "allowed")
    assert (entry.address, entry.correlation) == ("10.0.0.1", "c0ffee")
    assert (entry_of("did").actor, entry_of("did").address, entry_of("did").correlation) == ("", "", "")


def test_whom_it_is_about_may_be_found_out_later() -> None:
    assert entry_by(None, "logout").about("ann", "t1").actor == "ann"
    assert entry_by(LOCAL, "logout", "t2").about("ann", "t1").target == "t2"


@given(_ROWS, _ROWS)
def test_rows_that_differ_have_hashes_that_differ(one: dict[str, object], other: dict[str, object]) -> None:
    assert (chained(GENESIS, one) == chained(GENESIS, other)) is (one == other)
    assert chained(GENESIS, one) == chained(GENESIS, dict(reversed(one.items())))
    assert chained(GENESIS, one) != chained("f" * 64, one)


@given(st.text(), st.integers(0, 50))
def test_plain_text_can_be_kept_by_every_database(text: str, most: int) -> None:
    kept = plain(text, most)
    assert len(kept) <= most and "\0" not in kept and kept.encode().decode() == kept
