"""Status: header, status board, and the looks: loading, empty, stale, past, error."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui as pmui
import param
from panel.custom import JSComponent

from app.layout.rest_link import MARK_SCRIPT
from app.views.cards import Group
from nautilus_data.core.identity import Door, Identity
from nautilus_data.core.redaction import hide

_HERE = Path(__file__).parent
_NS_PER_MS = 1_000_000


def _script(name: str) -> str:
    """A component's script after what they share: a component that isn't bundled can't import."""
    return (_HERE / "age.js").read_text() + (_HERE / name).read_text()


class Header(JSComponent):
    """Menu, DEMO badge, trader and run, bus state and age of the data, clock and zone, theme, account.

    Ages are counted in the browser. Who came by a share link has no menu.
    """

    pages = param.List([], doc="slug, title and icon path of each page, in order")
    current = param.String("", doc="slug of this page")
    is_demo = param.Boolean(False, doc="show the DEMO badge")
    bus_state = param.String("connecting", doc="state of the message bus connection")
    bus_note = param.String("", doc="what the state means, or what to do")
    incidents = param.Integer(0, doc="how many things are wrong with the bus now")
    trouble = param.String("", doc="the worst of them: what, and of whom")
    is_bad = param.Boolean(False, doc="are values shown old or wrong because of one?")
    last_ms = param.Integer(0, doc="UTC milliseconds of the last message; 0: none yet")
    beat_ms = param.Integer(0, doc="UTC milliseconds of the server when it last spoke")
    silence_s = param.Number(5.0, doc="seconds without a message after which the data is called stale")
    traders = param.List([], doc="ids of the traders to choose from; none: nothing to choose")
    trader = param.String("", doc="the trader chosen; empty: all")
    runs = param.List([], doc="id as text and title of each run of that trader, the current one (empty id) first")
    run = param.String("", doc="the run chosen; empty: the current one")
    tz = param.String("UTC", doc="UTC, browser, or an IANA name")
    browser_zone = param.String("UTC", doc="the browser's own zone, set by it")
    theme = param.String("dark", doc="dark or light")
    user = param.String("", doc="who is logged in")
    role = param.String("", doc="what that user may do")
    is_local = param.Boolean(True, doc="is there no login, as nobody but this machine can reach the server?")
    may_share = param.Boolean(False, doc="offer a link to this page")
    shared_until_ms = param.Integer(0, doc="UTC milliseconds; of who came by a share link, else 0")
    hides_amounts = param.Boolean(False, doc="are amounts hidden from who came by that link?")

    _esm = _script("header.js")

    def introduce(self, identity: Identity, may_share: bool) -> None:
        """Say who looks at the page."""
        share = identity.share
        self.param.update(
            user=identity.name, role=str(identity.role), is_local=identity.door is Door.LOCAL,
            may_share=may_share and share is None, shared_until_ms=share.ts_expires // _NS_PER_MS if share else 0,
            hides_amounts=identity.hides_amounts,
        )  # fmt: skip

    def take(self, bus: Any, beat: int) -> None:
        """Send what changed of the bus, and the beat."""
        self.param.update(
            bus_state=bus.state,
            bus_note=bus.error_message or bus.note,
            incidents=bus.incidents,
            trouble=bus.trouble,
            is_bad=bus.is_bad,
            last_ms=bus.last_message_at // _NS_PER_MS,
            beat_ms=beat // _NS_PER_MS,
        )


class Board(JSComponent):
    """Groups of cards in one component; only what changed is sent, as one patch."""

    groups = param.List([], doc="groups as dicts")
    pressed = param.String("", doc="`key` of the card whose action was pressed last, and a count", allow_refs=False)

    _esm = MARK_SCRIPT + _script("board.js")

    def __init__(self, on_action: Callable[[str], None] | None = None, **params: Any) -> None:
        params.setdefault("sizing_mode", "stretch_width")
        super().__init__(**params)
        self._on_action = on_action

    def show(self, groups: Iterable[Group]) -> None:
        """Show these groups; nothing is sent when nothing changed."""
        shown = [_as_dict(group, self._on_action is not None) for group in groups]
        if shown != self.groups:
            self.groups = shown

    @param.depends("pressed", watch=True)
    def _press(self) -> None:
        key, _, _ = self.pressed.rpartition("#")
        if key and self._on_action is not None:
            self._on_action(key)


def loading(what: str) -> pn.Column:
    """Being fetched."""
    return _look("loading", "Loading", what)


def empty(what: str, action: str = "", on_action: Callable[[], None] | None = None, href: str = "") -> pn.Column:
    """Nothing there, with the action that fills it: a button, or a link to a page."""
    return _look("empty", "Nothing here yet", what, action, on_action, href)


def stale(what: str) -> pn.Column:
    """Shown values are old."""
    return _look("stale", "Stale", what)


def past(what: str, action: str, on_action: Callable[[], None]) -> pn.Column:
    """Shown values are those of an earlier run."""
    return _look("past", "Earlier run", what, action, on_action)


def done(what: str) -> pn.Column:
    """It was carried out."""
    return _look("done", "Done", what)


def ended(what: str, action: str, href: str) -> pn.Column:
    """Who looked at it may do so no longer."""
    return _look("past", "This page has ended", what, action, href=href)


def error(what: str, action: str = "", on_action: Callable[[], None] | None = None) -> pn.Column:
    """It failed; says why and what to do."""
    return _look("error", "Error", hide(what), action, on_action)


def _as_dict(group: Group, has_actions: bool) -> dict[str, Any]:
    shown = asdict(group)
    for card in shown["cards"]:
        card["action"] = card["action"] if has_actions else ""
        card["since"] //= _NS_PER_MS
        card["tone"] = str(card["tone"])
    shown["cards"] = list(shown["cards"])
    return shown


def _look(
    kind: str, title: str, what: str, action: str = "", on_action: Callable[[], None] | None = None, href: str = ""
) -> pn.Column:
    link = f'<a href="{html.escape(href, quote=True)}">{html.escape(action)}</a>' if href else ""
    marks = {
        "loading": '<span class="spin"></span>',
        "empty": "○",
        "stale": "◷",
        "past": "↶",
        "error": "▲",
        "done": "●",
    }
    text = (
        f'<div class="look {kind}" role="{"alert" if kind == "error" else "status"}">'
        f'<span class="mark">{marks[kind]}</span>'
        f"<div><b>{title}</b><p>{html.escape(what)}</p>{link}</div></div>"
    )
    shown: list[Any] = [pn.pane.HTML(text, sizing_mode="stretch_width", margin=0, stylesheets=[_LOOK_CSS])]
    if action and on_action is not None:
        button = pmui.Button(label=action, variant="contained", size="small", margin=(6, 0, 0, 46))
        button.on_click(lambda _: on_action())
        shown.append(button)
    return pn.Column(*shown, sizing_mode="stretch_width", css_classes=["nd-look", f"nd-{kind}"])


_LOOK_CSS = """
.look{display:flex;gap:12px;align-items:flex-start;padding:14px 16px;border:1px solid var(--nd-line);
 border-left-width:3px;border-radius:4px;background:var(--nd-panel);color:var(--nd-text);font:13px/1.5 var(--nd-font)}
.look b{font-weight:600}.look p{margin:2px 0 0;color:var(--nd-muted)}.look a{color:var(--nd-accent);font-weight:600}
.look .mark{width:18px;text-align:center;color:var(--nd-muted)}
.loading{border-left-color:var(--nd-accent)}.empty{border-style:dashed;border-left-width:1px}
.stale{border-left-color:var(--nd-warn)}.stale .mark,.stale b{color:var(--nd-warn)}
.past{border-color:var(--nd-accent)}.past .mark,.past b{color:var(--nd-accent)}
.done{border-left-color:var(--nd-ok)}.done .mark,.done b{color:var(--nd-ok)}
.error{border-left-color:var(--nd-bad)}.error .mark,.error b{color:var(--nd-bad)}
.spin{display:inline-block;width:12px;height:12px;border:2px solid var(--nd-line);border-top-color:var(--nd-accent);
 border-radius:50%;animation:turn .9s linear infinite}
@keyframes turn{to{transform:rotate(360deg)}}
@media (prefers-reduced-motion:reduce){.spin{animation:none}}
"""
