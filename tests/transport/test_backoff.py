"""Back-off."""

from nautilus_data.transport import delays


def test_delays_double_up_to_the_longest_and_end_after_the_tries() -> None:
    assert list(delays(1, 60, 10)) == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]


def test_a_base_above_the_longest_is_cut() -> None:
    assert list(delays(5, 2, 2)) == [2, 2]
