"""Commands about who may come in: users, API keys, and the audit log of what was done."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from typing import Annotated

import pandas as pd
import typer

from nautilus_data.commands import OUT, open_store, show
from nautilus_data.core.identity import Role
from nautilus_data.core.timerange import say_time
from nautilus_data.core.user import MIN_PASSWORD, checked_name
from nautilus_data.errors import SkippableError
from nautilus_data.permissions import Permitted

users = typer.Typer(help="Who may log in. There is no default password: the first user is yours.", no_args_is_help=True)
keys = typer.Typer(help="API keys, by which scripts come in.", no_args_is_help=True)
audit = typer.Typer(help="The log of what was done, which can only grow.", no_args_is_help=True)
_Json = Annotated[bool, typer.Option("--json", help="print JSON and nothing else")]
_Name = Annotated[str, typer.Argument(metavar="NAME", help="1 to 64 of a-z, 0-9, . _ @ -")]
_Stdin = Annotated[bool, typer.Option("--password-stdin", help="read the password from standard input, one line")]
_Filter = Annotated[str | None, typer.Option()]
_LISTED = ("seq", "time", "actor", "role", "door", "act", "target", "outcome", "detail", "address")


@users.command("add")
def add_user(
    name: _Name,
    role: Annotated[Role, typer.Option(help="the first user must be an admin")] = Role.VIEWER,
    oauth: Annotated[str, typer.Option(help="the name an OAuth provider knows them by; then a password may lack")] = "",
    password_stdin: _Stdin = False,
) -> None:
    """Add a user; the password is asked for twice."""
    with _opened() as workspace:
        if not workspace.users.has_any() and role is not Role.ADMIN:
            raise SkippableError("the first user must be an admin: add --role admin")
        kept = workspace.users.add(checked_name(name), _password(password_stdin, bool(oauth)), role, oauth)
    OUT.print(f"{kept} may log in as {role}")


@users.command("passwd")
def passwd(name: _Name, password_stdin: _Stdin = False) -> None:
    """Give a user a new password; ends their sessions."""
    with _opened() as workspace:
        workspace.users.set_password(checked_name(name), _password(password_stdin))
    OUT.print(f"{checked_name(name)} has a new password; sessions and refresh tokens have ended")


@users.command("role")
def set_role(name: _Name, role: Annotated[Role, typer.Argument()]) -> None:
    """Give a user another role; ends their sessions."""
    with _opened() as workspace:
        workspace.users.set_role(name, role)
    OUT.print(f"{checked_name(name)} is {role} now; sessions and refresh tokens have ended")


@users.command("list")
def list_users(as_json: _Json = False) -> None:
    """Every user, when they last logged in, and what they have open."""
    with _opened() as workspace:
        _show(workspace.users.list(), as_json)


@users.command("remove")
def remove_user(name: _Name) -> None:
    """Remove a user; ends sessions, tokens, keys and share links."""
    with _opened() as workspace:
        workspace.users.remove(name)
    OUT.print(f"{checked_name(name)} is gone, and so are their sessions, tokens, keys and share links")


@keys.command("add")
def add_key(
    owner: Annotated[str, typer.Argument(help="the user whose key it is")],
    title: Annotated[str, typer.Argument(help="what it is for")],
    role: Annotated[Role, typer.Option(help="no more than the owner's counts")] = Role.VIEWER,
    area: Annotated[list[str] | None, typer.Option(help="of REST, may be repeated; none: all")] = None,
    days: Annotated[int, typer.Option(min=0, help="0: until it is revoked")] = 90,
) -> None:
    """Make a key and print it: this once, as only its hash is kept."""
    with _opened() as workspace:
        secret, ref = workspace.keys.add(owner, title, role, area or (), days or None)
    typer.echo(secret)
    typer.echo(f"{ref}: keep it now, it is not shown again. Send it as: Authorization: Bearer KEY", err=True)


@keys.command("list")
def list_keys(owner: _Filter = None, as_json: _Json = False) -> None:
    """Every key, without its secret."""
    with _opened() as workspace:
        found = workspace.keys.list(owner)
    _show(found if as_json else found.assign(areas=found["areas"].str.join(" ")), as_json)


@keys.command("revoke")
def revoke_key(ref: Annotated[str, typer.Argument(help="as `keys list` names it")]) -> None:
    """End a key."""
    with _opened() as workspace:
        workspace.keys.revoke(ref)
    OUT.print(f"{ref} lets nobody in any more")


@audit.command("list")
def list_audit(
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    before: Annotated[int | None, typer.Option(help="entries before this number")] = None,
    actor: _Filter = None,
    act: _Filter = None,
    outcome: Annotated[str | None, typer.Option(help="allowed, refused or failed")] = None,
    as_json: _Json = False,
) -> None:
    """What was done, the newest first."""
    with _opened() as workspace:
        found = workspace.audit.list(limit, before, actor, act, outcome)
    if as_json:
        show(found, True)
    else:
        show(found.assign(time=[say_time(ns) for ns in found["ts"]])[list(_LISTED)])


@audit.command("verify")
def verify(
    noted: Annotated[str, typer.Option(help="hash of a head noted before, which must still be there")] = "",
    as_json: _Json = False,
) -> None:
    """Check every entry against the one before; 1 when one is not as it was written."""
    with _opened() as workspace:
        verdict = workspace.audit.verify(noted)
    if as_json:
        show(pd.DataFrame([asdict(verdict)]), True)
    elif verdict.ok:
        OUT.print(f"{verdict.entries} entries, all as they were written; head {verdict.head}", highlight=False)
        OUT.print("note the head elsewhere: with --noted a log cut off at its end is found out, too")
    else:
        OUT.print(f"entry {verdict.broken}: {verdict.problem}", markup=False, highlight=False)
    raise typer.Exit(0 if verdict.ok else 1)


@contextmanager
def _opened() -> Iterator[Permitted]:
    with closing(open_store()) as workspace:
        try:
            yield workspace
        except LookupError as error:
            raise SkippableError(str(error)) from error


def _password(is_piped: bool, may_lack: bool = False) -> str:
    if is_piped:
        return sys.stdin.readline().rstrip("\r\n")
    if may_lack:
        return ""
    return typer.prompt(
        f"Password ({MIN_PASSWORD} characters or more)", hide_input=True, confirmation_prompt="The same again"
    )


def _show(found: pd.DataFrame, as_json: bool) -> None:
    """Times as people read them."""
    if not as_json:
        times = [name for name in found.columns if name.startswith("ts_") or name == "locked_until"]
        told = {name: [say_time(ns) if ns else "-" for ns in found[name]] for name in times}
        found = found.assign(**told)
    show(found, as_json)
