"""Cold `python -m app.server` (installed) to the first live value in a page, and what its processes weigh.

Run: python -m benchmarks.cold_start. The demo, on embedded defaults in an empty folder.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
import urllib.request

import psutil

from benchmarks.harness.page_client import PageClient
from benchmarks.harness.server_process import Server, serve, wait_until_up

_PAGES = 10
# A card of the strip of latest values: an instrument, then a price with decimals.
_PRICE = re.compile(r'"AAPL\.NASDAQ"[^}\]]*?"\d[\d,]*\.\d+"')
_WATCH_S = 15.0


async def first_value(server: Server) -> float:
    """Seconds from the start until an open overview page holds a price of a real bar."""
    page = PageClient(server.address, "overview")
    await page.open()
    async for text in page.texts():
        if ("AAPL.NASDAQ" in text and "▲" in text) or "▼" in text:
            break
    page.close()
    return time.monotonic() - server.started


def weigh(server: Server) -> dict[str, tuple[float, float]]:
    """MB resident and CPU percent over some seconds, of each kind of process."""
    parent = psutil.Process(server.process.pid)
    processes = {"server": parent}
    for child in parent.children(recursive=True):
        line = " ".join(child.cmdline())
        kinds = {"nautilus_data worker": "worker", "engine.runner": "node", "redis": "redis", "valkey": "redis"}
        for word, kind in kinds.items():
            if word in line:
                processes.setdefault(kind, child)
    for process in processes.values():
        process.cpu_percent()
    time.sleep(_WATCH_S)
    return {kind: (p.memory_info().rss / 1e6, p.cpu_percent()) for kind, p in processes.items()}


def show(title: str, weights: dict[str, tuple[float, float]]) -> None:
    parts = (f"{kind} {size:.0f} MB {cpu:.1f} % CPU" for kind, (size, cpu) in weights.items())
    print(f"{title}: {', '.join(parts)}")


async def with_pages(server: Server) -> None:
    pages = [PageClient(server.address, "overview" if n % 2 else "market") for n in range(_PAGES)]
    for page in pages:
        await page.open()
    readers = [asyncio.create_task(_drain(page)) for page in pages]
    show(f"with {_PAGES} open pages", await asyncio.to_thread(weigh, server))
    for page, reader in zip(pages, readers, strict=True):
        reader.cancel()
        page.close()


async def _drain(page: PageClient) -> None:
    async for _ in page.texts():
        pass


def main() -> None:
    with serve(DEMO="on") as server:
        print(f"server up: {wait_until_up(server):.1f} s")
        print(f"first live value in a page: {asyncio.run(first_value(server)):.1f} s")
        time.sleep(5)
        show("at rest, no page open", weigh(server))
        asyncio.run(with_pages(server))
        with urllib.request.urlopen(f"http://{server.address}/api/v1/messagebus/status", timeout=5) as reply:
            print(f"bus: {json.load(reply)}")


if __name__ == "__main__":
    main()
