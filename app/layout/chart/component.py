"""Component: the chart in the browser; messages go out to it, and what a person does comes back."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

import param
from panel.custom import JSComponent

_LOG = logging.getLogger(__name__)
_HERE = Path(__file__).parent


@cache
def assets() -> str:
    """Where the server has the scripts; the address changes when one of them does."""
    scripts = b"".join(path.read_bytes() for path in sorted(_HERE.glob("*.js")))
    return f"chart-assets/{sha256(scripts + version('pylightcharts').encode()).hexdigest()[:16]}"


class TradingChart(JSComponent):
    """TradingView's Lightweight Charts; `on_message(type, payload)` hears the browser."""

    assets = param.String("", constant=True, doc="folder of the scripts, as the browser asks for it")

    _esm = _HERE / "boot.js"

    def __init__(self, on_message: Callable[[str, Mapping[str, Any]], None], **params: Any) -> None:
        super().__init__(assets=assets(), **params)
        self._on_message = on_message

    def send(self, message: Mapping[str, Any]) -> None:
        """Arrays travel as bytes."""
        self._send_msg(dict(message))

    def _handle_msg(self, data: Any) -> None:
        if not isinstance(data, dict) or not isinstance(data.get("type"), str):
            _LOG.warning("the chart sent what is no message kind=%s", type(data).__name__)
            return
        if data["type"] == "error":
            # Said by a browser: one line, however long it is.
            text, stack = (repr(str(data.get(name, ""))[:2_000]) for name in ("text", "stack"))
            _LOG.error("a script of the chart failed in the browser error=%s stack=%s", text, stack)
        self._on_message(data["type"], data)
