"""Back-off: how long to wait before another try."""

from __future__ import annotations

from collections.abc import Iterator


def delays(base_s: float, max_s: float, tries: int) -> Iterator[float]:
    """Waits before each of `tries` tries: `base_s`, doubled each time, at most `max_s`."""
    wait_s = base_s
    for _ in range(tries):
        yield min(wait_s, max_s)
        wait_s = min(wait_s * 2, max_s)
