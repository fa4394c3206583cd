"""A browser's end of a page's websocket, without the browser: for the benchmarks."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import AsyncIterator

from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

_TOKEN = re.compile(r'"token":"([^"]+)"')
_READY = {"type": "event", "name": "document_ready", "values": {"type": "map"}}


class PageClient:
    """One open page; `texts()` yields every patch the server sends, as JSON text."""

    def __init__(self, address: str, page: str) -> None:
        self._address, self._page = address, page
        self._socket: WebSocketClientConnection | None = None

    async def open(self) -> None:
        """Load the page, open its websocket, fetch the document, say that it is ready, as BokehJS does."""
        with urllib.request.urlopen(f"http://{self._address}/{self._page}", timeout=30) as reply:
            token = _TOKEN.search(reply.read().decode())[1]
        request = HTTPRequest(f"ws://{self._address}/{self._page}/ws", headers={"Origin": f"http://{self._address}"})
        self._socket = await websocket_connect(request, subprotocols=["bokeh", token], max_message_size=1 << 28)
        await self._read_message()
        await self._send("PULL-DOC-REQ", {})
        while (await self._read_message())[0] != "PULL-DOC-REPLY":
            pass
        ready = {"kind": "MessageSent", "msg_type": "bokeh_event", "msg_data": _READY}
        await self._send("PATCH-DOC", {"events": [ready]})

    async def texts(self) -> AsyncIterator[str]:
        while True:
            kind, content = await self._read_message()
            if kind == "PATCH-DOC":
                yield content

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    async def _send(self, kind: str, content: dict) -> None:
        header = {"msgid": kind, "msgtype": kind}
        for part in (header, {}, content):
            await self._socket.write_message(json.dumps(part))

    async def _read_message(self) -> tuple[str, str]:
        """Kind and content of the next message; binary buffers are read and left."""
        header = json.loads(await self._text())
        await self._text()
        content = await self._text()
        for _ in range(header.get("num_buffers", 0) * 2):
            await self._socket.read_message()
        return header["msgtype"], content

    async def _text(self) -> str:
        part = await self._socket.read_message()
        if part is None:
            raise ConnectionError("the server closed the page")
        return part
