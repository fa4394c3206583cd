"""Redaction: text without its secrets, those of this process and those that look like one."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, quote_plus

HIDDEN = "•••"
# A shorter secret would be found inside other words.
_SHORT = 6
_NAMES = (
    r"api[_-]?keys?|apikey|x-api-key|password|passwd|passphrase|pwd|secret|client[_-]secret|private[_-]key"
    r"|(?:access|refresh|session|share|auth|csrf|xsrf|id)?[_-]?token|credentials?|nd_session|nd_share"
)
_COOKIES = r"(?:set-)?cookie|(?:proxy-)?authorization"
_QUOTED = r"\"(?:[^\"\\]|\\.)*\"?|'(?:[^'\\]|\\.)*'?"
# In order: a header to the end of its line, a value with a name, a login in a URL, and what tells itself.
_PATTERNS = (
    rf"(?P<header>(?<![\w-])(?:{_COOKIES})[\"']?\s*[:=,]\s*(?:b(?=[\"']))?)(?:{_QUOTED}|[^\r\n]+)",
    rf"(?P<named>(?:(?<![a-z0-9])|(?<=%[0-9a-f]{{2}}))(?:{_NAMES})(?:=|%3d|[\"']\s*[:,=]\s*b?(?=[\"'])|:\s+))(?:{_QUOTED}|[^&\s\"'<>;,)}}\]]+)",
    r"(?P<login>\b[a-z][a-z0-9+.-]*://[^\s/@:\"'<>]*:)[^\s/@\"'<>]+(?=@)",
    r"(?P<scheme>\b(?:bearer|basic)\s+)[\w.~+/=-]{8,}",
    r"\bnd_[a-z0-9]+_[\w-]{8,}",
    # Base64 of a JSON object: tokens, signed or not.
    r"\beyJ[\w-]{8,}(?:\.[\w-]*){0,2}",
    # The way of a share link, and what a login elsewhere sends back.
    r"(?P<way>/share/|[?&](?:code|state)=)[^\s/?#&\"'<>]+",
)
_KINDS = ("header", "named", "login", "scheme", "way")
_SHAPES = re.compile("|".join(_PATTERNS), re.IGNORECASE)
# Nearly every line has none of these, and is spared the search.
_HINTS = ("key", "pass", "pwd", "secret", "token", "credential", "cookie", "authorization", "bearer", "basic", "://",
          "nd_", "eyj", "/share/", "code=", "state=")  # fmt: skip
_SECRET_NAME = re.compile(rf"(?:.*[_.-])?(?:{_NAMES}|{_COOKIES})", re.IGNORECASE)


class Redaction:
    """The secrets known so far; more may be named at any time, from any thread."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._lock = threading.Lock()
        self._kept: set[str] = set()
        self._spellings: Mapping[str, re.Pattern[str]] = {}
        self.keep(*secrets)

    def keep(self, *secrets: str) -> None:
        """Hide these from now on, however they are quoted."""
        with self._lock:
            new = {secret for secret in secrets if secret} - self._kept
            self._kept |= new
            fresh = {spelling for secret in new for spelling in _spellings(secret)}
            if fresh - self._spellings.keys():
                known = {**self._spellings, **{spelling: _exactly(spelling) for spelling in fresh}}
                # The longest first: one secret may be a part of another.
                self._spellings = {spelling: known[spelling] for spelling in sorted(known, key=len, reverse=True)}

    def hide(self, text: str) -> str:
        """The text with each secret replaced by •••."""
        for spelling, pattern in self._spellings.items():
            if spelling in text:
                text = pattern.sub(HIDDEN, text)
        lowered = text.lower()
        is_suspect = any(hint in lowered for hint in _HINTS)
        return _SHAPES.sub(_without_value, text) if is_suspect else text


def is_secret_name(name: str) -> bool:
    """Does a field of this name hold a secret, whatever its value looks like?"""
    return _SECRET_NAME.fullmatch(name) is not None


def _spellings(secret: str) -> Iterator[str]:
    """As it is, and as URLs, headers, JSON and Python write it."""
    escaped = (quote(secret, safe=""), quote(secret), quote_plus(secret))
    yield from (secret, *escaped, *(_lower_escapes(text) for text in escaped))
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1])
    if len(secret) >= _SHORT:
        yield base64.b64encode(secret.encode()).decode().rstrip("=")


def _lower_escapes(text: str) -> str:
    return re.sub(r"%[0-9A-F]{2}", lambda found: found[0].lower(), text)


def _exactly(spelling: str) -> re.Pattern[str]:
    pattern = re.escape(spelling)
    return re.compile(pattern if len(spelling) >= _SHORT else rf"(?<!\w){pattern}(?!\w)")


def _without_value(found: re.Match[str]) -> str:
    kept = next((found[kind] for kind in _KINDS if found[kind]), "")
    return f"{kept}{HIDDEN}"


# Of this process: what is logged and shown passes through it.
REDACTION = Redaction()


def hide(text: str) -> str:
    """The text without the secrets of this process."""
    return REDACTION.hide(text)
