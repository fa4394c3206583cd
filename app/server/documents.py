"""Documents: whose a document of Bokeh is, and what the token bears that a browser opens it with."""

from __future__ import annotations

import secrets

from bokeh.protocol.exceptions import ProtocolError
from bokeh.server.tornado import BokehTornado
from bokeh.util.token import get_session_id
from tornado.httputil import HTTPServerRequest

from nautilus_data import errors


def seal(application: BokehTornado) -> None:
    """Sign tokens with a key of this start, and keep cookies and headers out of them: a page's HTML shows its token.

    Where a WebSocket comes from, the gate has checked to scheme and port before Bokeh is asked.
    """
    application._websocket_origins = {"*"}
    application._sign_sessions = True
    application._secret_key = secrets.token_bytes(32)
    application._include_headers, application._include_cookies = [], []
    application._exclude_headers = application._exclude_cookies = None
    # What is public must say so too: another version of Bokeh may keep it elsewhere.
    is_sealed = application.sign_sessions and application.secret_key == application._secret_key
    if not is_sealed or application.include_headers != [] or application.include_cookies != []:
        raise errors.ConfigError("this version of Bokeh can't be made safe: install the one of requirements.lock")


def is_of_another(application: BokehTornado, request: HTTPServerRequest) -> bool:
    """Does a WebSocket ask for a document that somebody else opened? One that is gone is nobody's."""
    context = application.applications.get(request.path.removesuffix("/ws"))
    if context is None:
        return False
    try:
        document = context.get_session(get_session_id(_token(request))).document
    except (ProtocolError, ValueError, KeyError, TypeError):
        # No such document: what is not a token is refused where it is read.
        return False
    opened = document.session_context
    return opened is None or getattr(opened.request, "identity", None) != request.identity


def _token(request: HTTPServerRequest) -> str:
    return request.headers.get("Sec-WebSocket-Protocol", "").rpartition(",")[2].strip()
