"""Headers: what every answer tells a browser it may do with it."""

from __future__ import annotations

from collections.abc import Mapping

from tornado.httputil import HTTPHeaders, HTTPServerRequest
from tornado.web import OutputTransform

from app.server import doors

_COMMON = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(),"
        " midi=(), payment=(), usb=(), serial=(), clipboard-read=(), clipboard-write=(self)"
    ),
}
_A_YEAR = "max-age=31536000"
_CLOSED = "frame-ancestors 'none'; base-uri 'none'; object-src 'none'; form-action 'self'"
# Bokeh compiles templates and formatters, pages have inline scripts, and components are modules made into blobs.
_PAGE = (
    "default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self' blob: {websocket}; worker-src 'self' blob:;"
    " manifest-src 'self'; " + _CLOSED
)
_DOCUMENTS = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:;"
    " font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; " + _CLOSED
)
_DATA = "default-src 'none'; " + _CLOSED
_DOCUMENT_PATHS = frozenset({"/docs", "/redoc"})
_PLAIN_PATHS = frozenset({doors.LOGIN, doors.LOGOUT, doors.OAUTH})
# A handler may say more than the gate: of these its own word counts.
_ITS_OWN = frozenset({"Cache-Control", "Content-Security-Policy", "Referrer-Policy"})


def answer_headers(request: HTTPServerRequest) -> dict[str, str]:
    """What an answer to this request bears, whatever it is."""
    found = {**_COMMON, "Content-Security-Policy": _policy(request), "Referrer-Policy": "same-origin"}
    if request.protocol == "https":
        found["Strict-Transport-Security"] = _A_YEAR
    if not doors.is_file(request.path):
        found["Cache-Control"] = "no-store"
    return found


def _policy(request: HTTPServerRequest) -> str:
    if doors.is_rest(request.path) or doors.is_file(request.path) or request.path in _PLAIN_PATHS:
        return _DATA
    if request.path in _DOCUMENT_PATHS:
        return _DOCUMENTS
    scheme = "wss" if request.protocol == "https" else "ws"
    return _PAGE.format(websocket=f"{scheme}://{request.host}")


class Protected(OutputTransform):
    """Puts the gate's headers on every answer, and takes off what frameworks tell of themselves or allow others."""

    def __init__(self, request: HTTPServerRequest) -> None:
        # Of the gate: a request that did not come through it gets no answer.
        self._headers: Mapping[str, str] = request.answer_headers

    def transform_first_chunk(
        self, status_code: int, headers: HTTPHeaders, chunk: bytes, finishing: bool
    ) -> tuple[int, HTTPHeaders, bytes]:
        for name in [name for name in headers if name == "Server" or name.startswith("Access-Control-")]:
            del headers[name]
        for name, value in self._headers.items():
            if name not in _ITS_OWN or name not in headers:
                headers[name] = value
        return status_code, headers, chunk
