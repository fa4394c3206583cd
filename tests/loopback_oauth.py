"""An OAuth provider on loopback: agrees at once, gives each code one token, and tells who the token is of."""

from __future__ import annotations

import base64
import json
import secrets
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit


@dataclass
class LoopbackOauth:
    """`with LoopbackOauth(client, secret) as provider:`, then set `provider.who` to what it tells of its user."""

    key: str
    secret: str
    who: dict[str, Any] = field(default_factory=dict)
    with_id_token: bool = False
    codes: dict[str, str] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)

    def __enter__(self) -> LoopbackOauth:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                if parts.path == "/authorize":
                    self.send_response(302)
                    self.send_header("Location", provider.agree(parse_qs(parts.query)))
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                elif self.headers.get("Authorization", "").removeprefix("Bearer ") in provider.tokens:
                    self._answer(200, provider.who)
                else:
                    self._answer(401, {"error": "invalid_token"})

            def do_POST(self) -> None:
                given = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self._answer(*provider.exchange(given))

            def _answer(self, status: int, body: dict[str, Any]) -> None:
                payload = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def agree(self, query: dict[str, list[str]]) -> str:
        code = secrets.token_urlsafe(8)
        self.codes[code] = query["redirect_uri"][0]
        return f"{query['redirect_uri'][0]}?{urlencode({'code': code, 'state': query['state'][0]})}"

    def exchange(self, given: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        is_client = (given.get("client_id"), given.get("client_secret")) == ([self.key], [self.secret])
        address = self.codes.pop(given.get("code", [""])[0], None)
        if not is_client or address is None or given.get("redirect_uri") != [address]:
            return 400, {"error": "invalid_grant"}
        self.tokens.append(secrets.token_urlsafe(16))
        found = {"access_token": self.tokens[-1], "refresh_token": "refresh-canary", "expires_in": 3600}
        return 200, {**found, "id_token": _unsigned(self.who)} if self.with_id_token else found


def _unsigned(claims: dict[str, Any]) -> str:
    parts = ({"alg": "RS256"}, claims)
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*coded, "c2ln"])
