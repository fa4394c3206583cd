"""Page macro over sixty years of vintages in a real browser: first render, and the as-of slider's moves.

Run: python -m benchmarks.macro_page [--years 60] [--moves 20]. A server of its own on SQLite, a Chromium. A move is
from the slider's input event until the frame after the sheet of the tab changed; beside it stands what the service
alone takes for the same question in this process, and the share of it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from playwright.sync_api import Page

from benchmarks.browser import chromium, tab_of
from benchmarks.bus_to_page import dashboard, until_up
from benchmarks.macro_lines import seed
from benchmarks.server import load, own_redis
from nautilus_data import Settings, open_workspace
from nautilus_data.workspace import Workspace

_DEEP = """
const deep = (selector, root = document) => {
  const found = [...root.querySelectorAll(selector)]
  for (const one of root.querySelectorAll("*")) {
    if (one.shadowRoot) { found.push(...deep(selector, one.shadowRoot)) }
  }
  return found
}
"""
_MOVE = f"""(days) => new Promise((resolve, reject) => {{
  {_DEEP}
  const [slider] = deep("input[type=range]")
  const frames = deep(".frame, .bk-Figure")
  const started = performance.now()
  const watch = new MutationObserver(() => {{
    watch.disconnect()
    requestAnimationFrame(() => resolve(performance.now() - started))
  }})
  for (const one of frames) {{ watch.observe(one, {{childList: true, subtree: true, characterData: true}}) }}
  setTimeout(() => reject(new Error("nothing was redrawn")), 60000)
  slider.value = days
  slider.dispatchEvent(new Event("input", {{bubbles: true}}))
  slider.dispatchEvent(new Event("change", {{bubbles: true}}))
}})"""
_HAS_ROWS = f"() => {{ {_DEEP} return deep('.frame tbody tr.row').length > 2 }}"
DAY_MS = 86_400_000


def first_render(page: Page, address: str) -> float:
    """Milliseconds from the start of navigation until rows stand there."""
    started = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_function(_HAS_ROWS, timeout=60_000)
    return 1000 * (time.perf_counter() - started)


def moves(page: Page, days: list[int]) -> list[float]:
    found = []
    for day in days:
        found.append(page.evaluate(_MOVE, day))
        page.wait_for_timeout(400)
    return found


def say(name: str, values: list[float], bare_ms: float) -> None:
    middle, worst = statistics.median(values), max(values)
    print(f"{name:<12} move to redraw: median {middle:6.0f} ms, worst {worst:6.0f}; the service {bare_ms:5.0f} ms,"
          f" {bare_ms / middle:.2f} of it")  # fmt: skip


def alone(ask: Callable[[int], object], days: list[int]) -> float:
    """Median milliseconds of the service's own answer."""
    took = []
    for day in days:
        started = time.perf_counter()
        ask(day * DAY_MS * 1_000_000)
        took.append(1000 * (time.perf_counter() - started))
    return statistics.median(took)


def measure(workspace: Workspace, page: Page, address: str, days: list[int]) -> None:
    renders = [first_render(page, f"{address}/macro") for _ in range(4)]
    again = statistics.median(renders[1:])
    print(f"first render: {renders[0]:.0f} ms (first page of the server), then median {again:.0f} ms")
    macro = workspace.macro
    asks = {
        "dashboard": lambda at: (macro.series(at), macro.sparks(macro.kept(), at)), "factors": macro.scores,
        "curve": lambda at: macro.curve([at], at),
    }  # fmt: skip
    for view, ask in asks.items():
        page.goto(f"{address}/macro?view={view}")
        # All factors are computed first.
        page.wait_for_function(_HAS_ROWS, timeout=120_000)
        page.wait_for_timeout(3_000)
        moves(page, days[:2])
        alone(ask, days[:2])
        say(view, moves(page, days), alone(ask, days))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--years", type=int, default=60)
    parser.add_argument("--moves", type=int, default=20)
    asked = parser.parse_args()
    os.environ["ENV_FILE"] = os.devnull
    today = pd.Timestamp.now("UTC").normalize()
    first = f"{today - pd.DateOffset(years=asked.years):%Y-%m-%d}"
    days = (
        pd.date_range(pd.Timestamp("1995-01-17", tz="UTC"), today, asked.moves).as_unit("ms").asi8 // DAY_MS
    ).tolist()
    with tempfile.TemporaryDirectory() as name, own_redis(Path(name)) as redis:
        given = {"demo": "off", "redis_url": redis.url, "fred_store": True}
        workspace = open_workspace(Settings(_env_file=None, nautilus_data_dir=Path(name) / "data", **given))
        print(f"{seed(workspace.store, first, f'{today:%Y-%m-%d}'):,} versions from {first}; {load()}")
        environment = {"DEMO": "off", "REDIS_URL": redis.url, "FRED_STORE": "true"}
        with dashboard(Path(name), **environment) as (address, _):
            asyncio.run(until_up(address))
            with chromium() as browser, tab_of(browser) as tab:
                measure(workspace, tab.page, address, days)
        workspace.close()


if __name__ == "__main__":
    main()
