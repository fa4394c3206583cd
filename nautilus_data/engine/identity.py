"""Identity: a process that can't be mistaken for a later one with the same pid."""

from __future__ import annotations

import os
from dataclasses import dataclass

import psutil

# The time of birth is reckoned from the boot time, which moves a little when the clock is set.
_TOLERANCE_S = 2.0


@dataclass(frozen=True)
class Identity:
    """A pid and when it was born (Unix seconds); pid 0 is nobody."""

    pid: int = 0
    created: float = 0.0

    @classmethod
    def of(cls, pid: int | None = None) -> Identity:
        """Of a living process, by default this one; nobody if it is gone."""
        try:
            process = psutil.Process(os.getpid() if pid is None else pid)
            return cls(process.pid, process.create_time())
        except psutil.NoSuchProcess:
            return cls()

    @property
    def is_alive(self) -> bool:
        if not self.pid:
            return False
        try:
            process = psutil.Process(self.pid)
            is_same = abs(process.create_time() - self.created) < _TOLERANCE_S
            return is_same and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False
