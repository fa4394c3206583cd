"""Look: how the charts of a page are drawn and what lies over them; in the URL, so a link shows the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param

from app.layout.selection import Text
from app.views import chart

AXES = MappingProxyType({"exchange": "Exchange time", "page": "The page's zone"})
COUNTS = (1, 2, 4)
IN_URL = ("style", "scale", "axis", "indicators", "compare", "profile", "count", "others", "linked", "trades")
# What is drawn of a trader's doings: each shows that much more.
TRADES = MappingProxyType(
    {"fills": "Fills, P&L", "orders": "All events", "none": "None"}
)  # fmt: skip
_MOST_COMPARED = 4
_CLOSE = (5, 4)
# On a phone the settings would push the chart out of sight: they are folded away.
_ON_PHONES = "@media (min-width:721px){:host{display:none!important}}"
_FOLDED = "@media (max-width:720px){:host(:not(.open)){display:none!important}}"


class Look(param.Parameterized):
    """What a person chose; a page watches it and draws anew."""

    style = param.Selector(default="candles", objects=list(chart.STYLES), doc="how bars are drawn")
    scale = param.Selector(default="linear", objects=list(chart.SCALES), doc="the price scale")
    axis = param.Selector(default="exchange", objects=list(AXES), doc="whose clock the time axis shows")
    indicators = Text("", doc="as ema:length=20,rsi:length=14")
    compare = Text("", doc="instrument ids, as MSFT.NASDAQ,SPY.ARCA")
    profile = param.Boolean(False, doc="volume by price of what is in view")
    trades = param.Selector(default="fills", objects=list(TRADES), doc="what is drawn of orders and fills")
    count = param.Selector(default=1, objects=list(COUNTS), doc="charts side by side")
    others = Text("", doc="what the further charts show, as MSFT.NASDAQ@1-DAY,SPY.ARCA@1-DAY")
    linked = param.Boolean(True, doc="charts side by side show the same time")

    def __init__(self, **params: Any) -> None:
        super().__init__(**params)
        self.refused: list[str] = []

    @property
    def compared(self) -> list[str]:
        return [name for name in self.compare.split(",") if name][:_MOST_COMPARED]

    def follow_url(self) -> None:
        """Take what the URL says, and keep it telling what was chosen; what can't be is noted in `refused`."""
        if pn.state.location is not None:
            pn.state.location.sync(self, list(IN_URL), on_error=self.take_each)

    def take_each(self, values: Mapping[str, Any]) -> None:
        """One value that can't be spoils none of the others."""
        self.refused = []
        for name, value in values.items():
            try:
                setattr(self, name, value)
            except ValueError:
                self.refused.append(f"{name}={str(value)[:40]}")

    def drop(self, kind: str, name: str) -> None:
        """Take an indicator or a compared instrument off."""
        field = "compare" if kind == "compare" else "indicators"
        kept = [part for part in getattr(self, field).split(",") if part and part != name]
        setattr(self, field, ",".join(kept))

    def swap(self, old: str, new: str) -> None:
        """Another indicator, or the same with other parameters, in the place of one."""
        parts = [new if part == old else part for part in self.indicators.split(",")]
        self.indicators = ",".join(dict.fromkeys(parts))

    def add(self, indicator: str) -> None:
        self.indicators = ",".join(dict.fromkeys([*filter(None, self.indicators.split(",")), indicator]))


class LookControls:
    """Widgets of a look; `on_refused` hears why something can't be added."""

    def __init__(self, look: Look, indicators: Mapping[str, Any], on_refused: Callable[[str], None]) -> None:
        self.look, self._on_refused = look, on_refused
        self.style = _select("Style", {title: name for name, title in chart.STYLES.items()}, 136)
        scale = _select("Scale", {title: name for name, title in chart.SCALES.items()}, 110)
        axis = _select("Axis", {title: name for name, title in AXES.items()}, 162)
        trades = _select("Orders", {title: name for name, title in TRADES.items()}, 146)
        self.count = pmui.RadioButtonGroup(options={"1": 1, "2": 2, "4": 4}, size="small", margin=_CLOSE)
        joined = {"style": self.style, "scale": scale, "axis": axis, "trades": trades, "count": self.count}
        for name, widget in joined.items():
            _join(widget, look, name)
        titles = {each.title: name for name, each in sorted(indicators.items(), key=lambda item: item[1].title)}
        self._indicator = _select("Add indicator", {"…": "", **titles}, 150)
        self._compare = _select("Compare with", {"…": ""}, 150)
        self._indicator.param.watch(lambda event: self._add(event.new), "value")
        self._compare.param.watch(lambda event: self._add_compared(event.new), "value")
        profile = pmui.Switch.from_param(look.param.profile, label="Volume profile", description="", margin=_CLOSE)
        linked = pmui.Switch.from_param(
            look.param.linked, label="Same time", description="", margin=_CLOSE, visible=look.count > 1
        )
        look.param.watch(lambda event: setattr(linked, "visible", event.new > 1), "count")
        made = [self.style, scale, axis, self._indicator, self._compare, trades, profile, self.count, linked]
        more = pmui.Switch(label="Chart settings", value=False, description="", stylesheets=[_ON_PHONES])
        self._box = pn.FlexBox(*made, gap="8px", align_items="flex-end", stylesheets=[_FOLDED], margin=0)
        more.param.watch(lambda event: setattr(self._box, "css_classes", ["open"] if event.new else []), "value")
        self.widgets = [more, self._box]

    def offer(self, instruments: Sequence[str]) -> None:
        options = {"…": "", **{name: name for name in instruments}}
        if options != self._compare.options:
            self._compare.options = options

    def _add(self, name: str) -> None:
        if name:
            self._indicator.value = ""
            self.look.add(name)

    def _add_compared(self, name: str) -> None:
        if not name:
            return
        self._compare.value = ""
        if len(self.look.compared) >= _MOST_COMPARED:
            self._on_refused(f"{_MOST_COMPARED} instruments are compared: take one off first")
            return
        self.look.compare = ",".join(dict.fromkeys([*self.look.compared, name]))
        # Prices of two instruments say little on one scale; what changed in percent does.
        self.look.scale = "percent"


def _select(label: str, options: Mapping[str, str], width: int) -> pmui.Select:
    first = next(iter(options.values()))
    return pmui.Select(label=label, options=dict(options), value=first, size="small", width=width, margin=_CLOSE)


def _join(widget: Any, look: Look, name: str) -> None:
    """A widget and a parameter that follow each other."""
    widget.value = getattr(look, name)
    widget.param.watch(lambda event: setattr(look, name, event.new), "value")
    look.param.watch(lambda event: setattr(widget, "value", event.new), name)
