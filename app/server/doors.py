"""Doors: what is open to everybody, what is REST, and how far a share link or a key reaches."""

from __future__ import annotations

from types import MappingProxyType
from urllib.parse import parse_qsl

from tornado.httputil import HTTPServerRequest

from nautilus_data.core.identity import Door, Identity

LOGIN, LOGOUT, OAUTH, SHARE = "/login", "/logout", "/login/oauth", "/share/"
_OPEN = frozenset({LOGIN, LOGOUT, OAUTH, "/health", "/favicon.ico"})
_LOGINS = frozenset(f"/api/v1/auth/{step}" for step in ("token", "refresh", "logout"))
_REST = frozenset({"/health", "/liveness", "/metrics", "/widgets.json", "/apps.json"})
_FILES = ("/static/", "/components/", "/docs-assets/", "/chart-assets/")
# Of REST itself, whatever area a key is for.
_COMMON_AREAS = frozenset({"openapi.json", "auth/me"})
# Of addresses that are asked for by name, where another program looks for them.
_AREAS = MappingProxyType({"/widgets.json": "openbb", "/apps.json": "openbb"})
# They name a document of Bokeh: with another's, its page could be taken over.
_DOCUMENT_NAMES = frozenset({"bokeh-session-id", "bokeh-token"})


def is_open(request: HTTPServerRequest) -> bool:
    """May strangers ask this?"""
    # With a query, /liveness would run a page.
    return request.path in _OPEN or request.path.startswith(SHARE) or request.uri == "/liveness" or _is_log_in(request)


def is_rest(path: str) -> bool:
    return path.startswith("/api/") or path in _REST


def is_file(path: str) -> bool:
    """Scripts, styles and pictures: the same for everybody, no data."""
    return path.startswith(_FILES) or path == "/favicon.ico"


def is_websocket(request: HTTPServerRequest) -> bool:
    return request.headers.get("Upgrade", "").lower() == "websocket"


def names_document(request: HTTPServerRequest) -> bool:
    return bool(_DOCUMENT_NAMES & set(request.arguments)) or "Bokeh-Session-Id" in request.headers


def reach(identity: Identity, request: HTTPServerRequest) -> str:
    """Why who asks may not come in here; empty when they may."""
    if identity.share is not None:
        return _reach_of_share(identity.share.page, identity.share.query, request)
    if identity.door in (Door.KEY, Door.TOKEN):
        return _reach_of_key(identity, request)
    return ""


def next_path(text: str) -> str:
    """Where to go on to after a login: a path of this server, else the first page."""
    is_ours = text.startswith("/") and not text.startswith(("//", "/\\", LOGIN, LOGOUT, SHARE))
    return text if is_ours and text.isascii() and text.isprintable() and "\\" not in text else "/"


def _is_log_in(request: HTTPServerRequest) -> bool:
    # By whatever method: the application says by which it is asked.
    return request.path in _LOGINS


def _reach_of_share(page: str, query: str, request: HTTPServerRequest) -> str:
    is_page = request.method in ("GET", "HEAD") and request.path == f"/{page}"
    if is_page and sorted(parse_qsl(request.query)) == sorted(parse_qsl(query)):
        return ""
    if request.path == f"/{page}/ws" or is_file(request.path):
        return ""
    return f"this link opens /{page} as it was shared, and nothing else: log in for more"


def _reach_of_key(identity: Identity, request: HTTPServerRequest) -> str:
    if is_websocket(request) or not (is_rest(request.path) or request.path in ("/", "/docs", "/redoc")):
        return "keys and tokens open REST, not pages: log in at /login"
    asked = _AREAS.get(request.path, request.path.removeprefix("/api/v1/"))
    is_within = any(asked == area or asked.startswith(f"{area}/") for area in identity.areas | _COMMON_AREAS)
    if identity.areas and is_rest(request.path) and not is_within:
        return f"this key is for {', '.join(sorted(identity.areas))} only"
    return ""
