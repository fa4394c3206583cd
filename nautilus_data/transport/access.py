"""Access: how a source is reached from here, as its settings say."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Access:
    """How one source is reached from here; an empty `base_url` means the source's own address."""

    folder: Path | None = None
    base_url: str = ""
    api_key: str = field(default="", repr=False)
    # Whom a source may write to about what is asked of it, where it wants that.
    user_agent: str = field(default="", repr=False)
    # Requests a day the plan of the key allows; 0: the source knows.
    daily: int = 0
    timeout_s: float = 10.0
    cache_s: float = 60.0
