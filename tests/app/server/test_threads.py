"""Threads of requests, when the server ends."""

from __future__ import annotations

import subprocess

from tests.conftest import free_port

SCRIPT = """
import sys, threading, time, urllib.request
from fastapi import FastAPI
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.web import Application
from app.server.asgi import AsgiHandler
from app.server.threads import end_threads

app, loop, port = FastAPI(), IOLoop.current(), int(sys.argv[1])

@app.get("/slow")
def slow() -> str:
    loop.add_callback(loop.stop)
    time.sleep(0.5)
    return "done"

HTTPServer(Application([(r"/.*", AsgiHandler, {"app": app})])).listen(port, "127.0.0.1")
ask = lambda: urllib.request.urlopen(f"http://127.0.0.1:{port}/slow")
threading.Thread(target=ask, daemon=True).start()
loop.start()
end_threads()
print("stopped")
"""


def test_a_server_that_is_stopped_amid_a_request_ends(python: str) -> None:
    command = [python, "-c", SCRIPT, str(free_port())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "stopped\n"), done.stderr
