"""The least a chart of a server can take: NumPy's reduceat, a bare websocket, Lightweight Charts and nothing else."""

from __future__ import annotations

import json
import threading
from asyncio import new_event_loop, set_event_loop
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pylightcharts
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler

_SCRIPT = Path(pylightcharts.__file__).parent / "js" / "lightweight-charts.js"
NAMES = ("time", "open", "high", "low", "close", "volume")
_REDUCE = {"open": None, "high": np.maximum, "low": np.minimum, "close": None, "volume": np.add}
_PAGE = """<!doctype html><body style="margin:0"><div id="chart" style="height:600px"></div>
<script src="/script.js"></script><script>
const lwc = LightweightCharts, chart = lwc.createChart(document.getElementById("chart"), {autoSize: true})
const candles = chart.addSeries(lwc.CandlestickSeries), volume = chart.addSeries(lwc.HistogramSeries)
const socket = new WebSocket(`ws://${location.host}/ws`)
socket.binaryType = "arraybuffer"
let asked = 0
window.took = []
socket.onmessage = ({data}) => {
  const rows = new Float64Array(data), n = rows.length / 6, items = [], volumes = []
  const at = (name, i) => rows[name * n + i]
  for (let i = 0; i < n; i += 1) {
    const time = at(0, i)
    items.push({time, open: at(1, i), high: at(2, i), low: at(3, i), close: at(4, i)})
    volumes.push({time, value: at(5, i)})
  }
  candles.setData(items)
  volume.setData(volumes)
  chart.timeScale().fitContent()
  window.onceDrawn((now) => window.took.push({ms: now - asked, at: now, bytes: data.byteLength}))
}
window.ask = (from, to, most) => { asked = performance.now(); socket.send(JSON.stringify({from, to, most})) }
socket.onopen = () => window.ask(0, 1e18, 2000)
</script>"""


def reduced(bars: Mapping[str, np.ndarray], start: float, end: float, most: int) -> np.ndarray:
    """Bars of a span (s) put together into at most so many of equal count; a row a column."""
    first, last = np.searchsorted(bars["time"], [start, end])
    every = max(1, -(-(last - first) // most))
    places = np.arange(first, last, every)
    if not len(places):
        return np.empty((len(NAMES), 0))
    ends = np.append(places[1:], last) - 1
    made = {"time": bars["time"][ends], "open": bars["open"][places], "close": bars["close"][ends]}
    for name, together in _REDUCE.items():
        if together is not None:
            made[name] = together.reduceat(bars[name][:last], places)
    return np.stack([made[name] for name in NAMES])


@contextmanager
def bare_server(bars: Mapping[str, np.ndarray]) -> Iterator[str]:
    """Its address; `window.ask(from, to, most)` there asks, `window.took` says how long until it was drawn."""

    class Socket(WebSocketHandler):
        def on_message(self, message: str | bytes) -> None:
            asked: dict[str, Any] = json.loads(message)
            self.write_message(reduced(bars, asked["from"], asked["to"], asked["most"]).tobytes(), binary=True)

    class Text(RequestHandler):
        def initialize(self, text: str) -> None:
            self._text = text

        def get(self) -> None:
            self.finish(self._text)

    routes = [("/ws", Socket), ("/", Text, {"text": _PAGE}), ("/script.js", Text, {"text": _SCRIPT.read_text()})]
    (listening,) = bind_sockets(0, "127.0.0.1")
    started: list[IOLoop] = []

    def serve() -> None:
        set_event_loop(new_event_loop())
        HTTPServer(Application(routes)).add_socket(listening)
        started.append(IOLoop.current())
        started[0].start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/"
    finally:
        started[0].add_callback(started[0].stop)
        thread.join()
