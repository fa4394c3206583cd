"""Names and passwords: what is accepted is kept in one form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautilus_data.core.user import check_password, checked_name, folded, same_typed


@given(st.text())
def test_a_name_is_kept_in_one_form_or_not_at_all(name: str) -> None:
    kept = folded(name)
    assert folded(kept) == kept and len(kept) <= 64
    if kept:
        assert checked_name(name.upper() if name.isascii() else name) == kept
    else:
        with pytest.raises(ValueError, match=r"choose another"):
            checked_name(name)


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=12, max_size=40))
def test_the_same_password_is_the_same_however_it_is_composed(password: str) -> None:
    assert same_typed(same_typed(password)) == same_typed(password)


def test_the_length_of_a_password_is_that_of_what_is_kept() -> None:
    check_password("ann", "ö" * 12)
    with pytest.raises(ValueError, match="12 characters"):
        check_password("ann", "o\u0308" * 6)
