"""What the button of REST costs a page: its document made and sent with it, against the same page without.

Run: python -m benchmarks.rest_button [--rounds 15]. In this process, on an empty store, no browser: `make` is the
time to build page, shell and document, `size` the document as JSON, `models` how many it has. Without: no button is
drawn and nobody answers one. Both are measured in turns, so that what else runs meets both alike.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import panel as pn
from bokeh.core.json_encoder import serialize_json

from app.layout import rest_link
from app.layout.live import Hub
from app.layout.page import Page
from app.pages.bus import BusPage
from app.pages.macro import MacroPage
from app.pages.overview import OverviewPage
from app.pages.portfolio import Portfolio
from benchmarks.server import load
from nautilus_data import Workspace, load_settings, open_workspace

_PAGES = (OverviewPage, Portfolio, MacroPage, BusPage)
_WITH = rest_link.heading, rest_link.bar


def made(kind: type[Page], workspace: Workspace, has_button: bool) -> tuple[float, int, int]:
    """Milliseconds, bytes and models of one page."""
    rest_link.heading, rest_link.bar = _WITH if has_button else (lambda text, key="": _WITH[0](text), _nothing)
    began = time.perf_counter()
    page = kind(workspace=workspace)
    page.snapshot = Hub(workspace).snapshot()
    page.build()
    shell = page.shell()
    if not has_button:
        shell.main = shell.main[:3]
    document = shell.server_doc()
    took = (time.perf_counter() - began) * 1_000
    return took, len(serialize_json(document.to_json())), len(list(document.models))


def _nothing(key: str, **params: Any) -> pn.Spacer:
    return pn.Spacer(width=0, height=0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as name:
        workspace = open_workspace(load_settings(nautilus_data_dir=Path(name), demo="off"))
        for kind in _PAGES:
            found: dict[bool, list[tuple[float, int, int]]] = {True: [], False: []}
            for number in range(2 * rounds + 2):
                has_button = number % 2 == 0
                found[has_button].append(made(kind, workspace, has_button))
            (with_ms, size, models), (bare_ms, bare_size, bare_models) = (
                [statistics.median(column) for column in zip(*found[which][1:], strict=True)] for which in (True, False)
            )
            print(
                f"{kind.__name__:13} make {with_ms:5.0f} ms, without {bare_ms:5.0f} ms ({with_ms / bare_ms:.3f} times)"
                f"   size {size / 1_000:4.0f} kB, without {bare_size / 1_000:4.0f} kB"
                f"   models {models:.0f}, without {bare_models:.0f}   {load()}"
            )
        workspace.close()


if __name__ == "__main__":
    main()
