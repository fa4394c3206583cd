"""The client library of Interactive Brokers: the one place that imports it."""

from __future__ import annotations

import asyncio
import logging
import warnings
from functools import cache
from types import ModuleType


@cache
def load_library() -> ModuleType:
    """ib_async where it is installed, else ib_insync; an environment has one of them, as both bring `eventkit`.

    Call it in a thread that has an event loop: eventkit asks for one when imported.
    """
    asyncio.get_event_loop_policy().get_event_loop()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        library = _import()
    # It logs account numbers, and each failed try as an error; what matters is told by this package.
    logging.getLogger(library.__name__).setLevel(logging.CRITICAL)
    return library


def _import() -> ModuleType:
    try:
        import ib_async as library  # may be installed instead of ib_insync
    except ImportError:
        import ib_insync as library  # slow to import, and needs an event loop
    return library
