"""Fixed point, against Python's own integers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautilus_data.engine.fixed_point import decode, encode, price_decimals, volume_decimals, volume_units

_INT64 = st.integers(-(2**63) + 1, 2**63 - 1)


@given(st.lists(_INT64, min_size=1, max_size=20), st.integers(0, 16))
def test_sixteen_bytes_hold_what_python_would_write_and_come_back(values: list[int], decimals: int) -> None:
    raw = encode(np.array(values), decimals, 16)
    wanted = [value * 10 ** (16 - decimals) for value in values]
    assert [int.from_bytes(bytes(row), "little", signed=True) for row in raw] == wanted
    units, is_exact = decode(raw, decimals)
    assert units.tolist() == values
    assert is_exact.all()


@given(st.lists(st.integers(-(10**18), 10**18), min_size=1, max_size=20))
def test_eight_bytes_hold_nine_decimals(values: list[int]) -> None:
    raw = encode(np.array(values), 9, 8)
    assert [int.from_bytes(bytes(row), "little", signed=True) for row in raw] == values
    assert decode(raw, 9)[0].tolist() == values


@pytest.mark.parametrize("raw", [1, -1, 10**6, 2**126, -(2**126), 10**7 * 2**63])
def test_what_is_no_int64_of_nine_decimals_is_told_from_what_is(raw: int) -> None:
    both = np.frombuffer(b"".join(one.to_bytes(16, "little", signed=True) for one in (raw, 3 * 10**7)), "u1")
    units, is_exact = decode(both.reshape(2, 16), 9)
    assert is_exact.tolist() == [False, True]
    assert units.tolist() == [0, 3]


def test_decimals_are_the_fewest_that_are_exact() -> None:
    assert [price_decimals(np.array([10**9, ticks])) for ticks in (0, 5 * 10**8, 10**7, -1)] == [0, 1, 2, 9]
    assert [volume_decimals(np.array([100.0, value])) for value in (np.nan, 0.5, 0.001, 1 / 3)] == [0, 1, 3, None]


def test_an_unknown_volume_is_written_as_nothing_and_one_too_large_not_at_all() -> None:
    assert volume_units(np.array([np.nan, 1.5]), 1).tolist() == [0, 15]
    assert volume_units(np.array([1e19]), 0) is None
    assert volume_units(np.array([np.inf]), 0) is None
