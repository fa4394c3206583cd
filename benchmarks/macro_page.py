"""The as-of slider of page `macro` over sixty years of every series, in a real browser, against the bare answer.

Run: python -m benchmarks.macro_page [--moves 20]. A server of its own on SQLite, a Chromium. For each tab:

first    from the start of navigation until its rows are there; factors and regimes compute all there is, once
redraw   from the slider's move until the rows of that day are painted: asked, answered in a thread, sent, drawn
bare     what the tab asks of the service, in this process and without a browser; the ratio is redraw to bare
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.browser import Tab, chromium, tab_of
from benchmarks.bus_to_page import dashboard
from benchmarks.macro_lines import seed
from benchmarks.server import load
from nautilus_data import Settings, open_workspace
from nautilus_data.core.timerange import to_ns
from nautilus_data.services.macro import Macro

FIRST, LAST = "1965-01-01", "2025-01-01"
_ROWS = {"dashboard": ".frame tbody", "series": ".frame tbody", "factors": ".frame tbody", "regimes": ".board"}
_PATIENCE_MS = 120_000
MOVE = """async ([day, selector]) => {
  const inside = (one) => one.shadowRoot ? all(one.shadowRoot) : []
  const all = (root) => [...root.querySelectorAll("*")].flatMap((one) => [one, ...inside(one)])
  const nodes = all(document)
  const slider = nodes.find((one) => one.matches("input[type=range]"))
  const began = performance.now()
  const drawn = new Promise((then) => {
    const watch = new MutationObserver(() => {
      watch.disconnect()
      requestAnimationFrame(() => requestAnimationFrame(() => then(performance.now() - began)))
    })
    for (const one of nodes.filter((node) => node.matches(selector))) {
      watch.observe(one, {childList: true, subtree: true, characterData: true})
    }
  })
  slider.value = Date.parse(`${day}T00:00:00Z`) / 86400000
  slider.dispatchEvent(new Event("input"))
  return drawn
}"""


def asked(macro: Macro, view: str) -> Callable[[int], object]:
    """What a tab asks as of a time."""
    questions = {
        "dashboard": lambda at: macro.sparks(macro.series(at)["series_id"], at),
        "series": lambda at: (macro.series(at), macro.observations("UNRATE", at), macro.recessions(at)),
        "factors": lambda at: (macro.scores(at), macro.factor("curve_level", at), macro.series(at)),
        "regimes": lambda at: (macro.regimes(at), macro.scores(at), macro.recessions(at)),
    }
    return questions[view]


def bare_ms(ask: Callable[[int], object], days: list[str]) -> float:
    ask(to_ns(days[0]))
    took = []
    for day in days:
        began = time.perf_counter()
        ask(to_ns(day))
        took.append((time.perf_counter() - began) * 1_000)
    return statistics.median(took)


def moved_ms(tab: Tab, view: str, days: list[str]) -> list[float]:
    took = []
    for day in days:
        took.append(tab.page.evaluate(MOVE, [day, _ROWS[view]]))
        tab.settle(150)
    return sorted(took)


def measure(address: str, macro: Macro, days: list[str]) -> None:
    with chromium() as browser:
        for view in _ROWS:
            with tab_of(browser) as tab:
                began = time.perf_counter()
                tab.open(f"{address}/macro?view={view}&span=all")
                tab.page.wait_for_selector("tr.row, .board .card", timeout=_PATIENCE_MS)
                first = time.perf_counter() - began
                tab.settle(2_000)
                took, bare = moved_ms(tab, view, days), bare_ms(asked(macro, view), days)
            median, p90 = statistics.median(took), took[int(len(took) * 0.9)]
            print(
                f"{view:10} first {first:5.1f} s   redraw p50 {median:4.0f} ms, p90 {p90:4.0f} ms"
                f"   bare {bare:4.0f} ms   {median / bare:4.1f} times   {load()}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--moves", type=int, default=20)
    moves = parser.parse_args().moves
    days = [f"{2024 - number // 2}-{3 + number % 2 * 6:02}-15" for number in range(moves)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings = Settings(_env_file=None, nautilus_data_dir=folder / "data", demo="off", fred_store=True)
        workspace = open_workspace(settings)
        print(f"{seed(workspace.store, FIRST, LAST):,} versions stored")
        with dashboard(folder, DEMO="off", FRED_STORE="on", FRED_BASE_URL="http://127.0.0.1:1") as (address, _):
            wait(folder / "server.log")
            measure(address, workspace.macro, days)
        workspace.close()


def wait(log: Path, timeout_s: float = 60.0) -> None:
    """Until the server listens."""
    deadline = time.monotonic() + timeout_s
    while "Dashboard: " not in log.read_text():
        if time.monotonic() > deadline:
            raise TimeoutError(f"the server did not come up in {timeout_s:.0f} s: {log.read_text()[-500:]}")
        time.sleep(0.1)


if __name__ == "__main__":
    main()
