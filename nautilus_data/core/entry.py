"""Entry: the id of a Redis stream entry as one int, `ms << 20 | seq`, in the same order."""

SEQ_BITS = 20
_NS_PER_MS = 1_000_000


def entry_ns(entry: int) -> int:
    """When Redis took the entry, in nanoseconds (to the millisecond)."""
    return (entry >> SEQ_BITS) * _NS_PER_MS


def entry_at(ns: int) -> int:
    """The first entry there could be at a time."""
    return ns // _NS_PER_MS << SEQ_BITS
