"""Rates: how many requests one caller has left, counted in this process' memory."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

# Of one address that gives wrong keys and tokens: this part of what a caller may ask.
_FAILURES = 10


@dataclass(frozen=True)
class Left:
    """What is left of a minute's requests; `reset_s` until there is room for one more again."""

    limit: int
    remaining: int
    reset_s: int
    is_over: bool

    @property
    def headers(self) -> dict[str, str]:
        found = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_s),
        }
        return {**found, "Retry-After": str(self.reset_s)} if self.is_over else found


class Rates:
    """Moving windows of a minute, by user, key or address."""

    def __init__(self, per_min: int) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._rest = RateLimitItemPerMinute(per_min, namespace="rest")
        self._failures = RateLimitItemPerMinute(max(1, per_min // _FAILURES), namespace="failures")

    def take(self, caller: str) -> Left:
        """One REST request of this caller."""
        return self._take(self._rest, caller)

    def fail(self, address: str) -> Left:
        """One wrong key or token from this address."""
        return self._take(self._failures, address)

    def _take(self, item: RateLimitItemPerMinute, key: str) -> Left:
        is_over = not self._limiter.hit(item, key)
        window = self._limiter.get_window_stats(item, key)
        reset_s = max(1, math.ceil(window.reset_time - time.time()))
        return Left(item.amount, window.remaining, reset_s, is_over)
