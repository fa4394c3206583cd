"""Manners: is a request one that a browser of ours, a script or a proxy of ours sends? Whoever asks."""

from __future__ import annotations

from ipaddress import IPv6Address, ip_address

from tornado.httputil import HTTPServerRequest, split_host_and_port

from app.server import doors
from app.server.address import Bound
from app.server.refusal import Refused
from nautilus_data.core.identity import Door

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OURS = frozenset({"same-origin", "none"})
_FOR_OTHERS = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, X-API-Key, X-Request-ID, Accept, Content-Type, If-None-Match",
    "Access-Control-Max-Age": "600",
}
_SEEN_BY_OTHERS = "ETag, Link, Retry-After, RateLimit-Limit, RateLimit-Remaining, RateLimit-Reset, X-Request-ID"


class Manners:
    def __init__(self, bound: Bound) -> None:
        self._bound = bound

    def see_through_proxy(self, request: HTTPServerRequest) -> None:
        """Take address and scheme from the proxy in front, and from nobody else."""
        request.peer = _plain(request.remote_ip or "")
        request.remote_ip = request.peer
        if request.peer not in self._bound.proxies:
            return
        # What is left of the last hop that is no proxy of ours, anybody may have written.
        for hop in reversed(request.headers.get("X-Forwarded-For", "").split(",")):
            if _plain(hop.strip()) not in self._bound.proxies:
                request.remote_ip = _plain(hop.strip()) or request.peer
                break
        is_tls = request.headers.get("X-Forwarded-Proto", "").rpartition(",")[2].strip() == "https"
        request.protocol = "https" if is_tls else "http"

    def refusal(self, request: HTTPServerRequest) -> Refused | None:
        return self._past_proxy(request) or self._elsewhere(request) or self._of_others(request)

    def refusal_of_known(self, request: HTTPServerRequest) -> Refused | None:
        """A browser sends cookies, or comes from this machine, also when a foreign page makes it ask."""
        if request.identity.door in (Door.KEY, Door.TOKEN):
            return None
        may_read = request.identity.door is Door.LOCAL and request.method in _SAFE_METHODS
        is_asked_for = may_read and self._is_allowed_origin(request)
        site = request.headers.get("Sec-Fetch-Site", "none")
        is_of_others = _is_of_other_origin(request) or (site not in _OURS and not _is_followed_link(request))
        if is_of_others and not is_asked_for:
            return Refused(403, "a page of another site may not ask this: open this server's own pages")
        if request.method in _SAFE_METHODS or request.identity.door is Door.LOCAL:
            return None
        if "Origin" not in request.headers and "Sec-Fetch-Site" not in request.headers:
            return Refused(403, "a change with a cookie must say where it comes from: scripts use an API key")
        return None

    def _past_proxy(self, request: HTTPServerRequest) -> Refused | None:
        if not self._bound.proxies:
            return None
        if request.peer not in self._bound.proxies:
            return Refused(403, "connect through the proxy in front of this server")
        if request.protocol != "https" and request.path not in ("/health", "/liveness"):
            return Refused(403, "use https; the proxy must send X-Forwarded-Proto: https and X-Forwarded-For")
        return None

    def _elsewhere(self, request: HTTPServerRequest) -> Refused | None:
        name = split_host_and_port(request.host.lower())[0].strip("[]").rstrip(".")
        if self._bound.is_named(name, _arrived_at(request)):
            return None
        return Refused(421, f"Host {request.host[:80]!r} is not this server: open it by its address, or add the name"
                            " to DASHBOARD_HOSTS")  # fmt: skip

    def _of_others(self, request: HTTPServerRequest) -> Refused | None:
        if not _is_of_other_origin(request):
            site = request.headers.get("Sec-Fetch-Site", "none")
            is_change = request.method not in _SAFE_METHODS or doors.is_websocket(request)
            return (
                Refused(403, "a page of another site may not change anything here")
                if (is_change and site not in _OURS)
                else None
            )
        origin = request.headers["Origin"]
        if self._is_allowed_origin(request):
            return self._allow(request, origin)
        if request.method in _SAFE_METHODS and not doors.is_websocket(request):
            # Its browser shows it nothing: the answer allows no other origin.
            return None
        return Refused(403, f"a page of {origin[:80]!r} may not change anything here: use this server's own pages")

    def _is_allowed_origin(self, request: HTTPServerRequest) -> bool:
        is_listed = request.headers.get("Origin", "").lower() in self._bound.origins
        return is_listed and doors.is_rest(request.path) and not doors.is_websocket(request)

    def _allow(self, request: HTTPServerRequest, origin: str) -> Refused | None:
        request.answer_headers |= {
            "Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": _SEEN_BY_OTHERS, "Vary": "Origin",
            "Cross-Origin-Resource-Policy": "cross-origin",
        }  # fmt: skip
        if request.method == "OPTIONS" and "Access-Control-Request-Method" in request.headers:
            is_private = request.headers.get("Access-Control-Request-Private-Network") == "true"
            private = {"Access-Control-Allow-Private-Network": "true"} if is_private else {}
            request.answer_headers |= _FOR_OTHERS | private
            return Refused(204)
        return None


def _is_of_other_origin(request: HTTPServerRequest) -> bool:
    origin = request.headers.get("Origin")
    return origin is not None and origin.lower() != f"{request.protocol}://{request.host}".lower()


def _is_followed_link(request: HTTPServerRequest) -> bool:
    headers = request.headers
    is_navigation = headers.get("Sec-Fetch-Mode") == "navigate" and headers.get("Sec-Fetch-Dest") == "document"
    return is_navigation and request.method in ("GET", "HEAD") and not doors.is_websocket(request)


def _arrived_at(request: HTTPServerRequest) -> str:
    """This machine's address that the connection came to."""
    stream = getattr(request.connection, "stream", None)
    socket = getattr(stream, "socket", None)
    return _plain(socket.getsockname()[0]) if socket is not None else ""


def _plain(address: str) -> str:
    """One spelling of an address; IPv4 in IPv6 is IPv4. Empty for what is none."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return str(mapped or found)
