"""Refusal: an answer instead of what was asked for; it tells what to do, and nothing of what is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from tornado.web import RequestHandler

from app.server.problems import problem
from nautilus_data.core.correlation import correlated

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY")
"""Those that are answered, if only by 405."""
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class Refused:
    """`location`: where a browser is sent instead."""

    status: int
    detail: str = ""
    location: str = ""
    headers: Mapping[str, str] = field(default_factory=lambda: _NOTHING)


class Refusal(RequestHandler):
    """Answers every method alike, whatever the body."""

    SUPPORTED_METHODS = METHODS

    def initialize(self, refused: Refused) -> None:
        self._refused = refused

    def check_xsrf_cookie(self) -> None:
        """Nothing is changed."""

    def write_error(self, status_code: int, **_: Any) -> None:
        """Of a method that Tornado does not know: no other answer than to those it does."""
        self.prepare()

    def prepare(self) -> None:
        refused = self._refused
        self.set_status(refused.status)
        for name, value in refused.headers.items():
            self.set_header(name, value)
        if refused.location:
            self.set_header("Location", refused.location)
            self.finish()
        elif refused.status == 204:
            self.clear_header("Content-Type")
            self.finish()
        else:
            with correlated(self.request.correlation):
                told = problem(self.request.path, refused.status, refused.detail)
            self.set_header("Content-Type", told.media_type)
            self.finish(bytes(told.body))


def refuse_method(handler: RequestHandler, status: int) -> None:
    told = problem(handler.request.path, status, "this server knows no such method: /docs says how it is asked")
    handler.set_header("Allow", ", ".join(METHODS))
    handler.set_header("Content-Type", told.media_type)
    handler.finish(bytes(told.body))
