"""Permissions: which role each verb needs, and the workspace as one identity may use it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from types import MappingProxyType
from typing import Any

from nautilus_data.core.acting import acting
from nautilus_data.core.correlation import CORRELATION, correlated, new_id
from nautilus_data.core.identity import Door, Identity, Role
from nautilus_data.errors import ForbiddenError, RefusedError
from nautilus_data.hiding import WithoutAmounts

_ACTS = {
    Role.VIEWER: "drawings.clear drawings.delete drawings.put",
    Role.OPERATOR: """
        engine.pause engine.resume engine.set_pace engine.start engine.stop
        desk.connect desk.disconnect desk.reconnect desk.enable desk.disable desk.set_priority desk.watch desk.unwatch
        backfill.cancel backfill.resume backfill.retry backfill.schedule backfill.start backfill.start_missing
        backfill.unschedule
        macro.add macro.remove macro.update filings.add filings.remove filings.update filings.refresh_companies
        instruments.set_alias catalog.again catalog.cancel catalog.export catalog.import_
        bus.acknowledge bus.discard bus.reconnect bus.replay export.bars
    """,
}
# Who comes in, and by what: each act writes its own entry, in one transaction with what it changes.
_RECORDED = "users.add users.set_role users.set_password users.remove"
_RECORDED_OF = {
    "users.change_password": "name", "users.end_sessions": "name", "users.end_session": "name", "keys.add": "owner",
    "keys.revoke": "owner", "shares.add": "owner", "shares.revoke": "owner",
}  # fmt: skip
_GUARDED_READS = {Role.OPERATOR: "logs.tail", Role.ADMIN: "users.list audit.list audit.verify system.settings"}
_READS_OF = {"users.sessions": "name", "keys.list": "owner", "shares.list": "owner"}
# A link lets in who has no login at all.
_OWN_ROLES = {"shares.add": Role.OPERATOR}
# They ask a source, which takes some of its quota; nothing of ours changes.
_ASKS = "desk.search desk.quote macro.search instruments.find"
# Of the worker, of the server's own clock, or of who holds the whole workspace.
_INTERNAL = """
    backfill.fetch backfill.run backfill.start_due backfill.time_in macro.start_due macro.warm filings.start_due
    desk.refresh portfolio.record_equity retention.forget_old
    bus.attach bus.forget_readers bus.publish bus.record bus.sample bus.server_run_recorded
    overview.subscriber overview.watch live.feed live.take_quoted
    users.log_in users.log_in_as users.log_out users.identity keys.identity shares.identity
    tokens.issue tokens.refresh tokens.identity tokens.end audit.record
"""
# All that a link which hides amounts leads to; the portfolio's own are marked as hidden.
_MARKS_HIDDEN = "portfolio"
_WITHOUT_AMOUNTS = frozenset(
    {_MARKS_HIDDEN, "overview", "market", "indicators", "macro", "filings", "coverage"}
) | frozenset({"instruments", "drawings"})
_TELLS_AMOUNTS = "market.fills"
# They read or write wherever a path leads: out of the data folder for an admin alone.
_PLACES = MappingProxyType({"catalog.export": "to", "catalog.import_": "path"})
_SECRET = frozenset({"password", "current"})
_ALWAYS = frozenset({"settings", "is_demo", "sources"})
# Not checked by anybody: only who sits at the command line, and so has the files themselves, may have them.
_WHOLE = frozenset({"store", "ledger", "router", "retention", "close", "start_tail", "watch_over", "recall", "permit"})


class Kind(StrEnum):
    READ = "read"
    ASK = "ask"
    ACT = "act"
    RECORDED = "recorded"
    INTERNAL = "internal"


@dataclass(frozen=True)
class Verb:
    """What a verb does, and the least role that may.

    `own` names the argument that says whose thing it is: with the own thing `own_role` suffices.
    """

    kind: Kind
    role: Role = Role.VIEWER
    own: str = ""
    own_role: Role = Role.VIEWER


VERBS: Mapping[str, Verb] = MappingProxyType(
    {
        **{name: Verb(Kind.ACT, role) for role, names in _ACTS.items() for name in names.split()},
        **{name: Verb(Kind.ASK) for name in _ASKS.split()},
        **{name: Verb(Kind.RECORDED, Role.ADMIN) for name in _RECORDED.split()},
        **{
            name: Verb(Kind.RECORDED, Role.ADMIN, own, _OWN_ROLES.get(name, Role.VIEWER))
            for name, own in _RECORDED_OF.items()
        },
        **{name: Verb(Kind.READ, role) for role, names in _GUARDED_READS.items() for name in names.split()},
        **{name: Verb(Kind.READ, Role.ADMIN, own) for name, own in _READS_OF.items()},
        **{name: Verb(Kind.INTERNAL) for name in _INTERNAL.split()},
    }
)
_READ = Verb(Kind.READ)


class Permitted:
    """The workspace as one identity may use it: the same services, their verbs checked, and what they change recorded.

    A verb that changes something is written to the audit log before it runs, or together with what it changes: what
    can't be recorded is not done.
    """

    def __init__(self, workspace: Any, identity: Identity, address: str = "", is_lasting: bool = False) -> None:
        """`is_lasting`: a page, open for long, so that each act has an id of its own; else they are of one request."""
        self.identity = identity
        self.is_lasting = is_lasting
        self.address = address
        self._workspace = workspace

    def may(self, verb: str, of: str | None = None) -> bool:
        """May this identity use `engine.start`, or a verb on a thing `of` somebody? Pages hide what it may not."""
        return _allows(self.identity, VERBS.get(verb, _READ), of) and not _is_hidden(self.identity, verb)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        is_whole = name in _WHOLE
        if is_whole and self.identity.door is not Door.COMMAND:
            raise AttributeError(f"{name} is of the whole workspace: ask a service")
        found = getattr(self._workspace, name)
        if name == _MARKS_HIDDEN and self.identity.hides_amounts:
            found = WithoutAmounts(found)
        if name not in _ALWAYS and not is_whole:
            found = Service(self, name, found)
        self.__dict__[name] = found
        return found

    def is_live(self) -> bool:
        """Has this login, key or link not ended meanwhile? At most two seconds old. A command line needs none."""
        return self.identity.door is Door.COMMAND or self._workspace.users.is_live(self.identity.ref)

    def check(self, verb: str, target: str = "", of: str | None = None) -> None:
        """Raise ForbiddenError, and record that it was refused, unless the identity may; record what it may change."""
        if not self.is_live():
            raise RefusedError("this login has ended: log in again")
        rule = VERBS.get(verb, _READ)
        is_allowed = self.may(verb, of)
        if rule.kind is Kind.ACT or not is_allowed:
            self.note(verb, target, "allowed" if is_allowed else "refused")
        if not is_allowed:
            raise ForbiddenError(_refusal(self.identity, verb, rule, of))

    def note(self, verb: str, target: str, outcome: str, detail: str = "") -> None:
        """Write one entry of the audit log."""
        self._workspace.audit.record(self.identity, verb, target, outcome, detail, self.address)


class Service:
    """One service as an identity may use it; what reads is handed through as it is."""

    def __init__(self, permitted: Permitted, name: str, service: Any) -> None:
        self._permitted, self._name, self._service = permitted, name, service

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        found = getattr(self._service, name)
        verb = f"{self._name}.{name}"
        rule = VERBS.get(verb, _READ)
        if rule == _READ and not _is_hidden(self._permitted.identity, verb):
            return found
        self.__dict__[name] = _guarded(self._permitted, verb, found)
        return self.__dict__[name]


def _guarded(permitted: Permitted, verb: str, method: Callable[..., Any]) -> Callable[..., Any]:
    signature, rule = inspect.signature(method), VERBS.get(verb, _READ)

    @wraps(method)
    def act(*args: Any, **kwargs: Any) -> Any:
        asked = _bound(signature, args, kwargs)
        target = _told(asked)
        # What is logged, queued and recorded meanwhile is of this identity, and of one act.
        correlation = "" if permitted.is_lasting else CORRELATION.get()
        with correlated(correlation or new_id()), acting(permitted.identity, permitted.address):
            permitted.check(verb, target, asked.get(rule.own))
            try:
                _check_place(permitted.identity, verb, method, asked)
                return method(*args, **kwargs)
            except Exception as error:
                # A wrong password was recorded where it was checked.
                is_told = rule.kind is Kind.RECORDED and isinstance(error, RefusedError)
                if rule.kind in (Kind.ACT, Kind.RECORDED) and not is_told:
                    permitted.note(verb, target, "failed", f"{type(error).__name__}: {error}"[:500])
                raise

    return act


def _check_place(identity: Identity, verb: str, method: Callable[..., Any], asked: Mapping[str, Any]) -> None:
    name = asked.get(_PLACES.get(verb, ""), "")
    if name and not identity.may(Role.ADMIN) and method.__self__.is_outside(name):
        raise ForbiddenError(f"{identity.name} is {identity.role}, and {name} is out of the data folder, where an admin"
                             " alone may read and write: write a plain name")  # fmt: skip


def _bound(signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments by name; none where they don't fit, which the call itself will tell."""
    try:
        return signature.bind(*args, **kwargs).arguments
    except TypeError:
        return {}


def _told(asked: Mapping[str, Any]) -> str:
    """What was asked, for a reader of the log: the arguments by name, cut where long, without what may be secret."""
    words = (f"{name}={value}" for name, value in asked.items() if name not in _SECRET)
    return " ".join(words)[:500]


def _allows(identity: Identity, rule: Verb, of: str | None = None) -> bool:
    if rule.kind is Kind.INTERNAL:
        return False
    if identity.share is not None:
        return rule == _READ
    return identity.role.covers(_needed(identity, rule, of))


def _needed(identity: Identity, rule: Verb, of: str | None) -> Role:
    # A key that gets around is not to make others, nor to end the logins of its owner.
    is_own = bool(rule.own) and of == identity.name and identity.door is not Door.KEY
    return rule.own_role if is_own else rule.role


def _is_hidden(identity: Identity, verb: str) -> bool:
    """Would it tell amounts to who may not see them?"""
    is_safe = verb.partition(".")[0] in _WITHOUT_AMOUNTS and verb != _TELLS_AMOUNTS
    return identity.hides_amounts and not is_safe


def _refusal(identity: Identity, verb: str, rule: Verb, of: str | None) -> str:
    if rule.kind is Kind.INTERNAL:
        return f"{verb} is of the worker alone"
    if identity.share is not None:
        return f"a share link may look at its page, and nothing more: log in to use {verb}"
    return f"{identity.name} is {identity.role}, and {verb} needs the role {_needed(identity, rule, of)}: ask an admin"
