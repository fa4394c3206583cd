"""User: somebody who may log in; what names and passwords are accepted."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from nautilus_data.core.identity import Role

MIN_PASSWORD, MAX_PASSWORD_BYTES = 12, 1_024
_NAME = re.compile(r"[a-z0-9._@-]{1,64}")


@dataclass(frozen=True, kw_only=True)
class User:
    """No password hash: only an OAuth provider lets them in, as `oauth`. Times are UTC nanoseconds, 0 = never."""

    name: str
    role: Role
    password_hash: str = field(default="", repr=False)
    oauth: str = ""
    ts_created: int = 0
    ts_changed: int = 0
    ts_last_login: int = 0


def folded(name: str) -> str:
    """A name as it is kept, or nothing when it can't be one."""
    kept = name.strip().casefold()
    return kept if _NAME.fullmatch(kept) and kept.strip(".") else ""


def checked_name(name: str) -> str:
    """A name as it is kept; ValueError says what a name may be."""
    if not (kept := folded(name)):
        raise ValueError("a user's name is 1 to 64 of a-z, 0-9, . _ @ - and not of dots alone: choose another")
    return kept


def same_typed(password: str) -> str:
    """The same text for the same password, whichever keyboard composed it."""
    return unicodedata.normalize("NFKC", password)


def check_password(name: str, password: str) -> None:
    """ValueError when nobody should have this password."""
    typed = same_typed(password)
    if len(typed) < MIN_PASSWORD:
        raise ValueError(f"a password has {MIN_PASSWORD} characters or more: choose a longer one")
    if len(typed.encode("utf-8", "surrogatepass")) > MAX_PASSWORD_BYTES:
        raise ValueError(f"a password has {MAX_PASSWORD_BYTES} bytes at most: choose a shorter one")
    if typed.strip().casefold() == name:
        raise ValueError("the password is the user's name: choose another")
    if any(unicodedata.category(one) in ("Cs", "Cc") for one in typed):
        raise ValueError("a password has no control characters: choose another")
