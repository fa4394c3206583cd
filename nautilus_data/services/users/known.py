"""Known: who came in lately, remembered so that not every request asks the store."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from threading import Lock
from typing import TypeVar

from nautilus_data.core.timerange import NS_PER_S

KEPT_S = 2.0
_MOST = 10_000
_T = TypeVar("_T")


class Known:
    """Answers that may be 2 s old; another process' change is seen by then, one of this process at once."""

    def __init__(self, clock: Callable[[], int] = time.time_ns) -> None:
        self._clock = clock
        self._kept: dict[Hashable, tuple[int, object]] = {}
        self._version = 0
        self._lock = Lock()

    def ask(self, key: Hashable, find: Callable[[], tuple[_T, int] | None], kept_s: float = KEPT_S) -> _T | None:
        """What `find` says, or said lately: an answer and when it ends (0: never).

        None is not remembered: anybody could fill memory with it.
        """
        now = self._clock()
        with self._lock:
            until, value = self._kept.get(key, (0, None))
            version = self._version
        if now < until:
            return value  # type: ignore[return-value]
        found = find()
        if found is None:
            return None
        answer, ends = found
        until = now + int(kept_s * NS_PER_S)
        with self._lock:
            # What was found before something ended must not outlive it.
            if version == self._version:
                if len(self._kept) >= _MOST:
                    self._kept.clear()
                self._kept[key] = (min(until, ends or until), answer)
        return answer

    def forget(self) -> None:
        """Something ended or changed: ask again."""
        with self._lock:
            self._version += 1
            self._kept.clear()
