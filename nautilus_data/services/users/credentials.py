"""Credentials: is this the password of that name?"""

from __future__ import annotations

import time
from collections.abc import Callable

from nautilus_data.store import Store


class Credentials:
    def __init__(self, store: Store, clock: Callable[[], int] = time.time_ns) -> None:
        raise NotImplementedError
