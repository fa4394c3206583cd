"""Theme: the one place of colours, fonts and number formats."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

from app.views import palette
from app.views.numbers import NOT_KNOWN, age, clock, count, day, money, percent, price, qty, rate, size

__all__ = ["DARK", "DOWN", "FONT", "LIGHT", "MONO", "NOT_KNOWN", "UP", "age", "clock", "colors", "count", "css", "day",
           "material", "money", "percent", "price", "qty", "rate", "size"]  # fmt: skip

UP, DOWN = palette.UP, palette.DOWN
FONT = 'Inter, "Segoe UI", Roboto, "Helvetica Neue", Arial, "Liberation Sans", sans-serif'
MONO = 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, "Liberation Mono", monospace'

DARK = MappingProxyType(
    {
        "bg": "#0b0f14", "panel": "#12181f", "raised": "#1a222b", "line": "#26303b", "text": "#e3e9ef",
        "muted": "#97a5b3", "accent": "#58a6ff", "ok": "#2fbf9f", "warn": "#e3b341", "bad": "#ff6b5e", "ink": "#0b0f14",
        "up": "#2fbf9f", "down": "#f0824f",
    }
)  # fmt: skip
LIGHT = MappingProxyType(
    {
        "bg": "#eef1f4", "panel": "#ffffff", "raised": "#f5f7f9", "line": "#d5dce3", "text": "#17202a",
        "muted": "#55636f", "accent": "#0a5fc4", "ok": "#0b7a66", "warn": "#8a5d00", "bad": "#c4281b", "ink": "#ffffff",
        "up": "#0b7a66", "down": "#b0431a",
    }
)  # fmt: skip


def colors(is_dark: bool) -> MappingProxyType[str, str]:
    return DARK if is_dark else LIGHT


def material() -> dict[str, Any]:
    """What panel-material-ui makes its theme of: both schemes, one font, square-ish corners, dense widgets."""
    return {
        "light": {"palette": _material_palette(LIGHT)},
        "dark": {"palette": _material_palette(DARK)},
        "typography": {"fontFamily": FONT, "fontSize": 13, "button": {"textTransform": "none", "fontWeight": 600}},
        "shape": {"borderRadius": 4},
        "components": {
            "MuiButton": {"defaultProps": {"disableElevation": True, "size": "small"}},
            "MuiTextField": {"defaultProps": {"size": "small"}},
        },
    }


def css() -> str:
    """Custom properties of both schemes; they reach into every component's shadow root."""
    common = f"--nd-font:{FONT};--nd-mono:{MONO};"
    return (
        f":root{{{common}{_properties(DARK)}color-scheme:dark}}"
        f":root[data-nd-theme=light]{{{_properties(LIGHT)}color-scheme:light}}"
        "body{font-variant-numeric:tabular-nums}"
    )


def _properties(scheme: MappingProxyType[str, str]) -> str:
    return "".join(f"--nd-{name}:{value};" for name, value in scheme.items())


def _material_palette(scheme: MappingProxyType[str, str]) -> dict[str, Any]:
    mains = {"primary": "accent", "success": "ok", "warning": "warn", "error": "bad"}
    return {
        **{name: {"main": scheme[color], "contrastText": scheme["ink"]} for name, color in mains.items()},
        "background": {"default": scheme["bg"], "paper": scheme["panel"]},
        "text": {"primary": scheme["text"], "secondary": scheme["muted"]},
        "divider": scheme["line"],
    }
