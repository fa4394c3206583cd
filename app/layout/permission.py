"""Permission: a page offers only what who looks at it may do."""

from __future__ import annotations

from typing import Any


def may(workspace: Any, verb: str, of: str | None = None) -> bool:
    """May who looks at this workspace use `engine.start`, or a verb on a thing `of` somebody?

    A workspace that knows no identity allows all.
    """
    asked = getattr(workspace, "may", None)
    return asked is None or asked(verb, of)
