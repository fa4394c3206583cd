"""Identity: who asks, what they may do, and by which door they came in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Each may do all that the one before may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        return list(Role).index(self)

    def covers(self, other: Role) -> bool:
        """May this role do what `other` may?"""
        return self.rank >= other.rank


class Door(StrEnum):
    """How somebody came in."""

    LOCAL = "local"  # on this machine, while there are no users
    SESSION = "session"  # logged in with a browser
    KEY = "key"  # an API key
    TOKEN = "token"  # an access token
    SHARE = "share"  # a share link: one page, nothing else
    COMMAND = "command line"


@dataclass(frozen=True)
class Share:
    """What a share link opens: one page (`portfolio`), as it was chosen (`trader=X&tz=UTC`), until `ts_expires`."""

    page: str
    query: str
    hides_amounts: bool
    ts_expires: int


@dataclass(frozen=True)
class Identity:
    """Somebody known. `ref` names the session, key or link and is no secret; no `areas` of REST: all."""

    name: str
    role: Role
    door: Door
    ref: str = ""
    areas: frozenset[str] = frozenset()
    share: Share | None = None

    def may(self, needed: Role) -> bool:
        """Does the role suffice? A share link may look, and nothing more."""
        if self.share is not None:
            return needed is Role.VIEWER
        return self.role.covers(needed)

    @property
    def hides_amounts(self) -> bool:
        return self.share is not None and self.share.hides_amounts


# While there are no users, who sits at this machine may do everything.
LOCAL = Identity("local", Role.ADMIN, Door.LOCAL)
