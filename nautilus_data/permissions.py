"""Permissions: which role each verb needs, and the workspace as one identity may use it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from types import MappingProxyType
from typing import Any

from nautilus_data.core.identity import Identity, Role
from nautilus_data.errors import ForbiddenError, RefusedError

_ACTS = {
    Role.VIEWER: "drawings.clear drawings.delete drawings.put",
    Role.OPERATOR: """
        engine.pause engine.resume engine.set_pace engine.start engine.stop
        desk.connect desk.disconnect desk.reconnect desk.enable desk.disable desk.set_priority desk.watch desk.unwatch
        backfill.cancel backfill.resume backfill.retry backfill.schedule backfill.start backfill.start_missing
        backfill.unschedule
        macro.add macro.remove macro.update filings.add filings.remove filings.update filings.refresh_companies
        instruments.set_alias catalog.again catalog.cancel catalog.export catalog.import_
        bus.acknowledge bus.discard bus.reconnect bus.replay
    """,
    Role.ADMIN: "",
}
# They ask a source, which takes some of its quota; nothing of ours changes.
_ASKS = "desk.search desk.quote macro.search instruments.find"
# Of the worker, of the server's own clock, or of who holds the whole workspace.
_INTERNAL = """
    backfill.fetch backfill.run backfill.start_due backfill.time_in macro.start_due macro.warm filings.start_due
    desk.refresh portfolio.record_equity retention.forget_old export.bars
    bus.attach bus.forget_readers bus.publish bus.record bus.sample bus.server_run_recorded
    overview.subscriber overview.watch live.feed live.take_quoted
"""
_ALWAYS = frozenset({"settings", "is_demo", "sources"})


class Kind(StrEnum):
    READ = "read"
    ASK = "ask"
    ACT = "act"
    INTERNAL = "internal"


@dataclass(frozen=True)
class Verb:
    """What a verb does, and the least role that may."""

    kind: Kind
    role: Role = Role.VIEWER


VERBS: Mapping[str, Verb] = MappingProxyType(
    {
        **{name: Verb(Kind.ACT, role) for role, names in _ACTS.items() for name in names.split()},
        **{name: Verb(Kind.ASK) for name in _ASKS.split()},
        **{name: Verb(Kind.INTERNAL) for name in _INTERNAL.split()},
    }
)
_READ = Verb(Kind.READ)


class Permitted:
    """The workspace as one identity may use it: the same services, their verbs checked, and what they change recorded.

    A verb that changes something is written to the audit log before it runs: what can't be recorded is not done.
    """

    def __init__(self, workspace: Any, identity: Identity, address: str = "") -> None:
        self.identity = identity
        self.address = address
        self._workspace = workspace

    def may(self, verb: str) -> bool:
        """May this identity use `engine.start`? Pages hide what it may not."""
        return _allows(self.identity, VERBS.get(verb, _READ))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        found = getattr(self._workspace, name)
        if name not in _ALWAYS:
            found = Service(self, name, found)
        self.__dict__[name] = found
        return found

    def is_live(self) -> bool:
        """Has this login, key or link not ended meanwhile? At most two seconds old."""
        return self._workspace.users.is_live(self.identity.ref)

    def check(self, verb: str, target: str = "") -> None:
        """Raise ForbiddenError, and record that it was refused, unless the identity may; record what it may change."""
        if not self.is_live():
            raise RefusedError("this login has ended: log in again")
        rule = VERBS.get(verb, _READ)
        is_allowed = _allows(self.identity, rule)
        if rule.kind is Kind.ACT or not is_allowed:
            self.note(verb, target, "allowed" if is_allowed else "refused")
        if not is_allowed:
            raise ForbiddenError(_refusal(self.identity, verb, rule))

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
        if rule == _READ:
            return found
        self.__dict__[name] = _guarded(self._permitted, verb, found)
        return self.__dict__[name]


def _guarded(permitted: Permitted, verb: str, method: Callable[..., Any]) -> Callable[..., Any]:
    signature = inspect.signature(method)

    @wraps(method)
    def act(*args: Any, **kwargs: Any) -> Any:
        target = _told(signature, args, kwargs)
        permitted.check(verb, target)
        try:
            return method(*args, **kwargs)
        except Exception as error:
            if VERBS[verb].kind is Kind.ACT:
                permitted.note(verb, target, "failed", f"{type(error).__name__}: {error}"[:500])
            raise

    return act


def _told(signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """What was asked, for a reader of the log: the arguments by name, cut where long, without what may be secret."""
    try:
        bound = signature.bind(*args, **kwargs).arguments
    except TypeError:
        return ""
    words = (f"{name}={value}" for name, value in bound.items() if "password" not in name)
    return " ".join(words)[:500]


def _allows(identity: Identity, rule: Verb) -> bool:
    if rule.kind is Kind.INTERNAL:
        return False
    if identity.share is not None:
        return rule == _READ
    return identity.role.covers(rule.role)


def _refusal(identity: Identity, verb: str, rule: Verb) -> str:
    if rule.kind is Kind.INTERNAL:
        return f"{verb} is of the worker alone"
    if identity.share is not None:
        return f"a share link may look at its page, and nothing more: log in to use {verb}"
    return f"{identity.name} is {identity.role}, and {verb} needs the role {rule.role}: ask an admin"
