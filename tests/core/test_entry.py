from nautilus_data.core.entry import SEQ_BITS, entry_at, entry_ns


def test_the_first_entry_of_a_moment_is_at_it_and_before_every_other_of_its_millisecond():
    assert entry_ns(entry_at(1_795_206_554_387_000_000)) == 1_795_206_554_387_000_000
    assert entry_at(1_795_206_554_387_999_999) == 1_795_206_554_387 << SEQ_BITS
    assert entry_at(1_795_206_554_387_000_000) < (1_795_206_554_387 << SEQ_BITS | 1)
