"""Refusal: an answer instead of what was asked for."""

from __future__ import annotations

import asyncio
import http.client
import json
from contextlib import closing

import pytest
from tornado.httpserver import HTTPServer
from tornado.web import Application

from app.server.refusal import Refusal, Refused
from tests.conftest import free_port


class Behind(Refusal):
    """As behind the gate, which has given the request its id."""

    def initialize(self, refused: Refused) -> None:
        super().initialize(refused)
        self.request.correlation = "r-1"


@pytest.mark.parametrize("method", ["GET", "POST", "TRACE", "PROPFIND"])
def test_every_method_is_refused_alike(method: str) -> None:
    refused = Refused(403, "not you", headers={"X-Why": "test"})

    def ask(port: int) -> tuple[int, str, dict]:
        with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as line:
            line.request(method, "/anything")
            answer = line.getresponse()
            return answer.status, answer.headers["X-Why"], json.loads(answer.read())

    async def serve() -> tuple[int, str, dict]:
        server, port = HTTPServer(Application([(r"/.*", Behind, {"refused": refused})])), free_port()
        server.listen(port, "127.0.0.1")
        try:
            return await asyncio.to_thread(ask, port)
        finally:
            server.stop()
            await server.close_all_connections()

    status, why, told = asyncio.run(serve())
    assert (status, why, told["detail"], told["request_id"]) == (403, "test", "not you", "r-1")
