"""OpenBB apps: dashboards of our widgets for OpenBB Workspace."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from app.server.openbb_schema import Described, Route
from app.server.openbb_widgets import OPTIONS, WIDGETS, Widget

_COLUMNS = 40
_ABOUT = {
    "Trading": "Bars, positions, orders, fills and equity of NautilusTrader, as they are known here",
    "Macro": "Macro series, the factors made of them, regimes and the Treasury curve, as they were known at a time",
    "Filings": "A company's filings, facts, statements, insiders and scores from EDGAR",
    "Operations": "Sources, the message bus, coverage and jobs: does data come in, and what is missing",
}


def apps(description: Described, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """One app for each category, as apps.json has them; `values`: what is chosen at first, by parameter."""
    return [_app(category, about, description, values) for category, about in _ABOUT.items()]


def _app(category: str, about: str, description: Described, values: Mapping[str, Any]) -> dict[str, Any]:
    shown = [widget for widget in WIDGETS if widget.category == category]
    groups = list(_groups(shown, description, values))
    return {
        "name": f"Nautilus · {category}", "description": about, "img": "", "img_dark": "", "img_light": "",
        "allowCustomization": True, "groups": groups, "prompts": [],
        "tabs": {"overview": {"id": "overview", "name": category, "layout": list(_layout(shown, groups))}},
    }  # fmt: skip


def _groups(shown: Iterable[Widget], description: Described, values: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Widgets that are about the same thing change together. Workspace knows groups by number only."""
    asked = {widget.key: {one["name"] for one in Route(description, widget.path).parameters()} for widget in shown}
    number = 0
    for name in OPTIONS:
        keys = [key for key, names in asked.items() if name in names]
        if len(keys) > 1:
            number += 1
            yield {
                "name": f"Group {number}", "type": "endpointParam", "paramName": name, "widgetIds": keys,
                "defaultValue": values.get(name, ""),
            }  # fmt: skip


def _layout(shown: Iterable[Widget], groups: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Row by row from the left; a row is as high as its highest widget."""
    x = y = height = 0
    for widget in shown:
        if x + widget.width > _COLUMNS:
            x, y, height = 0, y + height, 0
        belongs = [group["name"] for group in groups if widget.key in group["widgetIds"]]
        yield {"i": widget.key, "x": x, "y": y, "w": widget.width, "h": widget.height, "groups": belongs}
        x, height = x + widget.width, max(height, widget.height)
