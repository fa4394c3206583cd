"""Accounts: REST of who comes in — log in by tokens, users, sessions, API keys and share links."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import pandas as pd
from fastapi import APIRouter, Query, Request, Response
from starlette.exceptions import HTTPException

from app.server.accounts_answers import (
    Count,
    Key,
    KeyRow,
    Link,
    Login,
    Me,
    NewKey,
    NewPassword,
    NewShare,
    NewUser,
    OldToken,
    Ref,
    SessionRow,
    ShareRow,
    TokenPair,
    UserChange,
    UserName,
    UserRow,
)
from app.server.answers import Opened, opened_workspace
from app.server.columns import as_rows
from app.server.rows import Paged, table
from nautilus_data.core.identity import Role

ROUTER = APIRouter(prefix="/api/v1", tags=["accounts"])
_OF = Query(description="whose; default: your own, for an admin those of all")
Of = Annotated[UserName | None, _OF]


@ROUTER.post("/auth/token")
def token(asked: Login, request: Request, response: Response) -> TokenPair:
    """Log in with name and password, for a script; too many wrong tries make name and address wait."""
    response.headers["Cache-Control"] = "no-store"
    agent = request.headers.get("user-agent", "")
    found = opened_workspace().tokens.issue(asked.name, asked.password, _address(request), agent)
    return TokenPair(access_token=found.access, refresh_token=found.refresh, expires_in=found.expires_in)


@ROUTER.post("/auth/refresh")
def refresh(asked: OldToken, request: Request, response: Response) -> TokenPair:
    """The next pair; each refresh token is good once, and one that is used again ends the login."""
    response.headers["Cache-Control"] = "no-store"
    found = opened_workspace().tokens.refresh(asked.refresh_token, _address(request))
    return TokenPair(access_token=found.access, refresh_token=found.refresh, expires_in=found.expires_in)


@ROUTER.post("/auth/logout", status_code=204)
def logout(asked: OldToken) -> None:
    """End the login of this refresh token: its access tokens end too. One that has ended is no error."""
    opened_workspace().tokens.end(asked.refresh_token)


@ROUTER.get("/auth/me")
def me(opened: Opened) -> Me:
    """Who asks."""
    who = opened.identity
    return Me(name=who.name, role=who.role, door=who.door, ref=who.ref or None, areas=sorted(who.areas))


@ROUTER.post("/auth/password", status_code=204)
def password(opened: Opened, asked: NewPassword) -> None:
    """Change your own; your other sessions and your tokens end."""
    who = opened.identity
    with _told():
        opened.users.change_password(who.name, asked.current, asked.password, who.ref, opened.address)


@table(ROUTER, "/users", UserRow)
def users(opened: Opened, page: Paged) -> Response:
    """All users, for an admin."""
    return page.rows(as_rows(opened.users.list(), UserRow), UserRow, ["name"])


@ROUTER.post("/users", status_code=201)
def add_user(opened: Opened, asked: NewUser) -> Me:
    """The first must be an admin; from then on everybody needs a login, who sits at this machine too."""
    with _told():
        name = opened.users.add(asked.name, asked.password, asked.role, asked.oauth)
    return Me(name=name, role=asked.role, door=None, ref=None, areas=[])


@ROUTER.patch("/users/{name}", status_code=204)
def change_user(opened: Opened, name: UserName, asked: UserChange) -> None:
    """Another role, another password; either ends the user's sessions and tokens."""
    with _told():
        if asked.role is not None:
            opened.users.set_role(name, asked.role)
        if asked.password is not None:
            opened.users.set_password(name, asked.password)


@ROUTER.delete("/users/{name}", status_code=204)
def remove_user(opened: Opened, name: UserName) -> None:
    """With all that lets the user in: sessions, tokens, keys, share links. The last admin stays."""
    with _told():
        opened.users.remove(name)


@ROUTER.delete("/users/{name}/sessions")
def end_sessions(opened: Opened, name: UserName) -> Count:
    """End all logins of a user but the one that asks."""
    with _told():
        return Count(ended=opened.users.end_sessions(name, opened.identity.ref))


@table(ROUTER, "/sessions", SessionRow)
def sessions(opened: Opened, page: Paged, user: Of = None) -> Response:
    """Logins that have not ended, of browsers and of scripts, newest first."""
    with _told():
        return _rows(page, opened.users.sessions(_whose(opened, user)), SessionRow)


@ROUTER.delete("/sessions/{ref}", status_code=204)
def end_session(opened: Opened, ref: Ref) -> None:
    """Log out a session of the own; an admin: of anybody."""
    with _told():
        opened.users.end_session(ref, _whose(opened, None))


@table(ROUTER, "/keys", KeyRow)
def keys(opened: Opened, page: Paged, owner: Of = None) -> Response:
    """API keys; the secrets were shown once, and are kept nowhere."""
    with _told():
        return _rows(page, opened.keys.list(_whose(opened, owner)), KeyRow)


@ROUTER.post("/keys", status_code=201)
def add_key(opened: Opened, asked: NewKey, response: Response) -> Key:
    """Make a key. Its secret is in this answer and never told again."""
    response.headers["Cache-Control"] = "no-store"
    owner = asked.owner or opened.identity.name
    with _told():
        secret, ref = opened.keys.add(owner, asked.title, asked.role, asked.areas, asked.days)
    return Key(ref=ref, secret=secret)


@ROUTER.delete("/keys/{ref}", status_code=204)
def revoke_key(opened: Opened, ref: Ref) -> None:
    """End an API key of the own; an admin: of anybody."""
    with _told():
        opened.keys.revoke(ref, _whose(opened, None))


@table(ROUTER, "/shares", ShareRow)
def shares(opened: Opened, page: Paged, owner: Of = None) -> Response:
    """Share links; their addresses were shown once, and are kept nowhere."""
    with _told():
        return _rows(page, opened.shares.list(_whose(opened, owner)), ShareRow)


@ROUTER.post("/shares", status_code=201)
def add_share(opened: Opened, asked: NewShare, response: Response) -> Link:
    """Make a link that opens one page, read-only, without a login. Its path is in this answer and never told again."""
    response.headers["Cache-Control"] = "no-store"
    owner = opened.identity.name
    with _told():
        secret, ref = opened.shares.add(owner, asked.page, asked.query, asked.hides_amounts, asked.hours)
    return Link(ref=ref, path=f"/share/{secret}")


@ROUTER.delete("/shares/{ref}", status_code=204)
def revoke_share(opened: Opened, ref: Ref) -> None:
    """End a share link of the own; an admin: of anybody."""
    with _told():
        opened.shares.revoke(ref, _whose(opened, None))


def _rows(page: Paged, found: pd.DataFrame, row: type) -> Response:
    return page.rows(as_rows(found, row), row, ["ref"])


def _whose(opened: Opened, name: str | None) -> str | None:
    """The one asked for; else all for an admin, and the own for anybody else."""
    who = opened.identity
    return name or (None if who.may(Role.ADMIN) else who.name)


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


@contextmanager
def _told() -> Iterator[None]:
    """What is not there is 404; what the rules of accounts forbid is a conflict with what there is."""
    try:
        yield
    except LookupError as error:
        raise HTTPException(404, str(error)) from error
    except ValueError as error:
        raise HTTPException(409, str(error)) from error
