"""Rest link: a small button at each table and chart that tells where REST has the same rows."""

from __future__ import annotations

import html
import json
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import panel as pn
from panel.custom import JSComponent

_LOG = logging.getLogger(__name__)
_HERE = Path(__file__).parent
# Where the pages are, as the browser has it.
_BASE = re.compile(r"https?://[^\s/?#@]{1,255}/[^\s?#]{0,500}", re.ASCII)
# Buttons are seen where the page has somebody who answers them.
MARK_CSS = (_HERE / "rest_link.css").read_text()
MARK_SCRIPT = f"const REST_CSS = {json.dumps(MARK_CSS)}\n" + (_HERE / "rest_mark.js").read_text()
SHOWN_CSS = ":root{--nd-rest:inline-flex}"
_HEADING_CSS = (
    "h2{display:flex;align-items:center;gap:8px;margin:0;font:600 11px/1 var(--nd-font);letter-spacing:.07em;"
    "text-transform:uppercase;color:var(--nd-muted)}"
)
_BAR_CSS = ":host(.nd-rest){display:var(--nd-rest,none)}div{display:flex;justify-content:flex-end}"


class RestLink(JSComponent):
    """One for all buttons of a page; `answer` is asked for a key, and where the browser has the pages, when pressed."""

    _esm = (_HERE / "rest_link.js").read_text()

    def __init__(self, answer: Callable[[str, str], dict[str, Any]], **params: Any) -> None:
        super().__init__(margin=0, width=0, height=0, styles={"position": "absolute"}, **params)
        self._answer = answer

    def _handle_msg(self, data: Any) -> None:
        key, base = (data.get(name) if isinstance(data, dict) else None for name in ("key", "base"))
        if not (isinstance(key, str) and isinstance(base, str) and _BASE.fullmatch(base)):
            _LOG.warning("a page was asked for what is no address of it kind=%s", type(data).__name__)
            return
        self._send_msg({"key": key, **self._told(key, base)})

    def _told(self, key: str, base: str) -> dict[str, Any]:
        """The page boundary: what can't be told is said in its stead."""
        try:
            return self._answer(key, base)
        except Exception as error:
            _LOG.exception("the address of what a page shows could not be told key=%s", key)
            return {"title": "REST", "problem": f"This can't be told: {error}"}


def mark(key: str) -> str:
    """The button, to stand in HTML that has `MARK_CSS`."""
    quoted = html.escape(key, quote=True)
    return f'<button type="button" class="rest" data-rest="{quoted}" title="Copy as curl or Python">API</button>'


def heading(text: str, key: str = "") -> pn.pane.HTML:
    """A heading with the button of what stands below it."""
    shown = f"<h2>{html.escape(text, quote=False)}{mark(key) if key else ''}</h2>"
    styles = [_HEADING_CSS, MARK_CSS] if key else [_HEADING_CSS]
    return pn.pane.HTML(shown, sizing_mode="stretch_width", margin=(14, 0, 4, 0), stylesheets=styles)


def bar(key: str, **params: Any) -> pn.pane.HTML:
    """The button alone, at the right, above what has no heading."""
    options = {"sizing_mode": "stretch_width", "margin": (0, 0, 3, 0), **params}
    shown = f"<div>{mark(key)}</div>"
    return pn.pane.HTML(shown, css_classes=["nd-rest"], stylesheets=[_BAR_CSS, MARK_CSS], **options)
