"""Figures: Bokeh models as text for a page that loads nothing; the same models give the same text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from bokeh.embed import json_item
from bokeh.models import LayoutDOM, Plot
from bokeh.resources import Resources

# Where BokehJS would ask for what it does not bring along: icons, formulas, maps. None of it is used here.
_LOADERS = re.compile(r"https?:(//(?:cdn|maps)\.[a-z]+\.(?:net|com)/)")


def library() -> str:
    """BokehJS, which draws the figures, unable to load anything more."""
    scripts = Resources(mode="inline", components=["bokeh"], log_level="warn").js_raw
    return "\n".join(_LOADERS.sub(r"blocked:\1", script) for script in scripts)


def drawn(model: LayoutDOM, target: str) -> dict[str, Any]:
    """What BokehJS needs to draw a model into the element `target`; ids count from 1 in every figure."""
    for part in model.references():
        if isinstance(part, Plot):
            # What is behind decides: a light page or a dark one. And the wheel is for scrolling it.
            part.update(background_fill_alpha=0, border_fill_alpha=0)
            part.toolbar.active_scroll = None
    item = json_item(model, target)
    numbers: dict[str, str] = {}
    for found in _ids(item["doc"]):
        numbers.setdefault(found, f"{target}-{len(numbers) + 1}")
    return _renamed(dict(item), numbers)


def _ids(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("id"), str):
            yield value["id"]
        for item in value.values():
            yield from _ids(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _ids(item)


def _renamed(value: Any, numbers: dict[str, str], key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _renamed(item, numbers, name) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_renamed(item, numbers) for item in value]
    return numbers.get(value, value) if key in ("id", "root_id") else value
