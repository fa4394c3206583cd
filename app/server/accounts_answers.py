"""Accounts' answers: what REST of users, sessions, keys and share links takes and gives."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from app.server.columns import Time
from nautilus_data.core.identity import Door, Role

UserName = Annotated[
    str, Field(pattern=r"^[a-z0-9._@-]{1,64}$", examples=["ann"], description="1 to 64 of a-z, 0-9, . _ @ -")
]
Ref = Annotated[
    str, Field(pattern=r"^[a-z][0-9a-f]{16}$", examples=["k0123456789abcdef"], description="names it; no secret")
]
# A text that is looked up, not kept: whatever it is, it is only right or wrong.
Typed = Annotated[str, Field(min_length=1, max_length=1024, json_schema_extra={"format": "password"})]
Password = Annotated[
    str,
    Field(min_length=12, max_length=1024, description="not the user's name; no control characters",
          json_schema_extra={"format": "password"}),
]  # fmt: skip
Title = Annotated[
    str, Field(min_length=1, max_length=100, description="what it is for", examples=["nightly report"])
]  # fmt: skip
_NEVER = "null: never"


class Login(BaseModel):
    name: str = Field(min_length=1, max_length=64, examples=["ann"])
    password: Typed


class OldToken(BaseModel):
    refresh_token: Typed


class TokenPair(BaseModel):
    """Send the access token as `Authorization: Bearer …`."""

    access_token: str
    refresh_token: str = Field(description="good once, at /api/v1/auth/refresh")
    token_type: str = "bearer"
    expires_in: int = Field(description="seconds the access token is good for")


class Me(BaseModel):
    name: str
    role: Role
    door: Door | None = Field(description="how they came in")
    ref: str | None = Field(description="names the session, key or login")
    areas: list[str] = Field(description="of REST that a key is for; none: all")


class NewPassword(BaseModel):
    current: Typed
    password: Password


class NewUser(BaseModel):
    name: UserName
    password: Password | Annotated[str, Field(max_length=0)] = Field(
        description="empty only where an OAuth name is given"
    )
    role: Role
    oauth: str = Field("", max_length=200, description="the name an OAuth provider has for the user")


class UserChange(BaseModel):
    role: Role | None = None
    password: Password | None = None


class Count(BaseModel):
    ended: int = Field(description="how many")


class NewKey(BaseModel):
    title: Title
    role: Role = Field(Role.VIEWER, description="not above the owner's")
    areas: list[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_/-]{0,63}$")]] = Field(
        default=[], max_length=50, description="first words of paths after /api/v1/ it is for; none: all"
    )
    days: Annotated[int, Field(ge=1, le=3650)] | None = Field(90, description="null: until it is revoked")
    owner: UserName | None = Field(None, description="for an admin: whose; default: your own")


class Key(BaseModel):
    ref: str
    secret: str = Field(description="shown this once; send it as `Authorization: Bearer …` or `X-API-Key`")


class NewShare(BaseModel):
    page: str = Field(pattern=r"^[a-z][a-z0-9_]{0,63}$", examples=["portfolio"])
    query: str = Field("", max_length=2000, description="what is chosen on it", examples=["trader=DEMO-001&tz=UTC"])
    hides_amounts: bool = Field(True, description="show no amounts of money and no quantities")
    hours: float = Field(24, gt=0, le=2160, description="after that it opens nothing")


class Link(BaseModel):
    ref: str
    path: str = Field(description="after this server's address; shown this once")


class UserRow(BaseModel):
    name: str
    role: Role
    oauth: str | None
    ts_created: Time | None
    ts_last_login: Time | None = Field(description=_NEVER)
    sessions: int = Field(description="of browsers, that have not ended")
    keys: int
    ts_locked_until: Time | None = Field(
        validation_alias="locked_until", description="wrong passwords make the name wait; null: not locked"
    )


class SessionRow(BaseModel):
    ref: str
    user: str
    door: Door = Field(description="session: a browser; token: a script")
    ts_created: Time | None
    ts_seen: Time | None = Field(description="null: not told of scripts")
    ts_expires: Time | None
    address: str | None
    agent: str | None = Field(description="what the browser or the script calls itself")


class KeyRow(BaseModel):
    ref: str
    owner: str
    title: str
    role: Role
    areas: list[str] = Field(description="none: all")
    ts_created: Time | None
    ts_expires: Time | None = Field(description=_NEVER)
    ts_last_used: Time | None = Field(description=_NEVER)


class ShareRow(BaseModel):
    ref: str
    owner: str
    page: str
    query: str
    hides_amounts: bool
    ts_created: Time | None
    ts_expires: Time | None
    ts_opened: Time | None = Field(description="first; null: never")
