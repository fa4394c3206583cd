"""The ASGI bridge in a real Panel server."""

import asyncio
import http.client
import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import panel as pn
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

from app.server.asgi import AsgiHandler
from app.server.etag import Etag
from app.server.methods import Methods
from tests.conftest import free_port, wait_until

app = FastAPI()
app.add_middleware(Etag)
app.add_middleware(Methods, routes=app.routes)


@app.get("/api/plain")
async def plain(request: Request) -> dict[str, str]:
    return {"query": request.url.query, "agent": request.headers.get("x-test", ""), "host": request.url.netloc}


@app.post("/api/echo")
async def echo(request: Request) -> dict[str, str]:
    return {"body": (await request.body()).decode()}


@app.get("/api/threaded")
def threaded() -> dict[str, bool]:
    return {"is_main": threading.current_thread() is threading.main_thread()}


@app.get("/api/stream")
async def stream() -> StreamingResponse:
    async def parts():
        for number in range(3):
            yield f"part {number}\n"
            await asyncio.sleep(0)

    return StreamingResponse(parts(), media_type="text/plain", headers={"X-Own": "yes"})


@app.get("/api/named/{name:path}")
async def named(name: str) -> dict[str, str]:
    return {"name": name}


@app.get("/api/fails")
async def fails() -> None:
    raise ValueError("on purpose")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    port = free_port()
    routes = [(r"/api/.*", AsgiHandler, {"app": app})]
    server = pn.serve(
        {"page": pn.pane.Str("a page")}, port=port, address="127.0.0.1", threaded=True, show=False, verbose=False,
        extra_patterns=routes,
    )  # fmt: skip
    wait_until(lambda: _status(f"http://127.0.0.1:{port}/page") == 200, 30, "the server")
    yield f"http://127.0.0.1:{port}"
    server.stop()


def _status(url: str) -> int:
    try:
        return urllib.request.urlopen(url, timeout=5).status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def _read(url: str, data: bytes | None = None) -> str:
    request = urllib.request.Request(url, data=data, headers={"X-Test": "me"})
    return urllib.request.urlopen(request, timeout=10).read().decode()


def test_query_headers_and_host_reach_the_application(address: str) -> None:
    host = address.removeprefix("http://")
    assert _read(f"{address}/api/plain?a=1&b=%2F") == f'{{"query":"a=1&b=%2F","agent":"me","host":"{host}"}}'


def test_a_posted_body_reaches_the_application(address: str) -> None:
    assert _read(f"{address}/api/echo", b"hello") == '{"body":"hello"}'


def test_a_blocking_handler_runs_beside_the_loop(address: str) -> None:
    assert _read(f"{address}/api/threaded") == '{"is_main":false}'


def test_a_streamed_answer_arrives_whole_with_its_headers(address: str) -> None:
    answer = urllib.request.urlopen(f"{address}/api/stream", timeout=10)
    assert answer.read() == b"part 0\npart 1\npart 2\n"
    assert answer.headers["X-Own"] == "yes" and answer.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("path", "status"), [("/api/none", 404), ("/api/echo", 405), ("/api/fails", 500), ("/page", 200)]
)
def test_errors_have_their_status_and_pages_go_on(address: str, path: str, status: int) -> None:
    assert _status(address + path) == status


@pytest.mark.parametrize(
    ("path", "name"),
    [("GBP%2FUSD.SIM", "GBP/USD.SIM"), ("a%3Fb%23c", "a?b#c"), ("caf%C3%A9", "café"), ("%00", "\0"), ("%ff", "\ufffd"),
     ("%252F", "%2F")],
)  # fmt: skip
def test_what_is_encoded_in_a_path_is_read_once(address: str, path: str, name: str) -> None:
    assert json.loads(_read(f"{address}/api/named/{path}")) == {"name": name}


def test_bytes_that_are_not_ascii_arrive_as_they_were_sent(address: str) -> None:
    host, _, port = address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        target = "/api/named/café".encode()
        line.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: " + host.encode() + b"\r\nConnection: close\r\n\r\n")
        told = b"".join(iter(lambda: line.recv(65_536), b""))
    assert json.loads(told.partition(b"\r\n\r\n")[2]) == {"name": "café"}


@pytest.mark.parametrize(("method", "said"), [("TRACE", "GET"), ("PROPFIND", "GET, HEAD, POST")])
def test_a_method_that_is_not_served_is_refused_with_those_that_are(address: str, method: str, said: str) -> None:
    request = urllib.request.Request(f"{address}/api/plain", method=method)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=10)
    assert refused.value.code == 405 and refused.value.headers["Allow"].startswith(said)
    assert b"<html" not in refused.value.read()


def _asked(url: str, method: str = "GET", **headers: str) -> tuple[int, http.client.HTTPMessage, bytes]:
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)) as line:
        line.request(method, parts.path, headers=headers)
        answer = line.getresponse()
        return answer.status, answer.headers, answer.read()


def test_head_tells_the_length_and_sends_nothing(address: str) -> None:
    _, read, body = _asked(f"{address}/api/threaded")
    status, head, nothing = _asked(f"{address}/api/threaded", "HEAD")
    assert (status, nothing) == (200, b"")
    assert head["Content-Length"] == read["Content-Length"] == str(len(body))
    assert head["Etag"] == read["Etag"]


def test_the_application_alone_names_its_answers(address: str) -> None:
    etag = _asked(f"{address}/api/threaded")[1]["Etag"]
    assert etag.startswith('W/"')
    status, head, body = _asked(f"{address}/api/threaded", **{"If-None-Match": etag})
    assert (status, head["Etag"], body) == (304, etag, b"")
    assert _asked(f"{address}/api/threaded", **{"If-None-Match": '"another"'})[0] == 200


def test_options_says_how_an_address_is_asked(address: str) -> None:
    status, head, body = _asked(f"{address}/api/echo", "OPTIONS")
    assert (status, head["Allow"], body) == (204, "POST, OPTIONS", b"")
