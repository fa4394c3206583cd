"""Page: what all pages share — shell, selection, traders, live values, error boundary."""

from __future__ import annotations

import logging
import time
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import parse_qs

import panel as pn
import panel_material_ui as pmui
import param

from app.layout import rest_link, status, theme
from app.layout.live import Hub, Snapshot, hub_of
from app.layout.permission import may
from app.layout.rest_link import RestLink
from app.layout.selection import Selection
from app.layout.twins import answer_of
from app.views import table
from nautilus_data.core.identity import LOCAL, Door, Identity

_LOG = logging.getLogger(__name__)
_TRADERS_S = 2.0
# The menu, in its order: slug (the page's file name), title, and an icon as an SVG path of 24 x 24.
MENU = (
    ("overview", "Overview", "M3 3h8v8H3zM13 3h8v5h-8zM13 10h8v11h-8zM3 13h8v8H3z"),
    ("market", "Market", "M6 4v3H4v9h2v4h2v-4h2V7H8V4zM16 2v5h-2v7h2v5h2v-5h2V7h-2V2z"),
    ("macro", "Macro", "M3 3h2v16h16v2H3zM7 12.6l4-4 3 3 5.6-5.6L21 7.4 14 14.4l-3-3-2.6 2.6z"),
    ("filings", "Filings", "M5 2h10l5 5v15H5zM14 3v5h5zM8 12h9v2H8zM8 16h9v2H8z"),
    ("portfolio", "Portfolio", "M3 7h5V4h8v3h5v13H3zM10 6v1h4V6zM5 13h14v-2H5z"),
    ("bus", "Bus", "M3 11h18v2H3zM6 4h4v4H6zM7 8h2v3H7zM14 4h4v4h-4zM15 8h2v3h-2zM10 16h4v4h-4zM11 13h2v3h-2z"),
    ("sources", "Sources", "M4 4h16v4H4zM4 10h16v4H4zM4 16h16v4H4zM6 5h2v2H6zM6 11h2v2H6zM6 17h2v2H6z"),
    ("backfill", "Backfill", "M5 20h14v-2H5zM19 9h-4V3H9v6H5l7 7z"),
    ("catalog", "Catalog", "M3 5h7l2 2h9v12H3zM5 11v6h14v-6z"),
    ("engine", "Engine", "M8 5v14l11-7z"),
    ("system", "System", "M4 3h16v7H4zM4 12h16v7H4zM7 6h2v2H7zM7 15h2v2H7zM12 6h5v2h-5zM12 15h5v2h-5zM6 20h12v2H6z"),
)
_SX = MappingProxyType(
    {
        "& .MuiToolbar-root": {"minHeight": "48px !important", "padding": "0 !important"},
        "& .header": {"backgroundImage": "none", "boxShadow": "none", "backgroundColor": "var(--nd-panel)",
                      "color": "var(--nd-text)", "borderBottom": "1px solid var(--nd-line)"},
        "& .main": {"backgroundColor": "var(--nd-bg)"},
        "& .main-content": {"padding": "12px 16px 24px", "boxSizing": "border-box", "gap": "12px"},
        # Room for the choice of traders, which stands below where the header is too narrow, and for the menu.
        "@media (max-width:1300px)": {"& .main-content": {"paddingBottom": "64px"}},
        "@media (max-width:720px)": {"& .main-content": {"padding": "8px 8px 116px"}},
    }
)  # fmt: skip


class Page(param.Parameterized):
    """One dashboard: `controls()` choose, `content()` is laid out once, `live()` patches values into it.

    Subclasses react to the selection with `@param.depends("selection.instrument", watch=True)`.
    """

    title: ClassVar[str] = ""
    shows_traders: ClassVar[bool] = False
    is_prompt: ClassVar[bool] = False

    selection = param.ClassSelector(class_=Selection, constant=True, doc="what the person looks at; in the URL")

    def __init__(self, workspace: Any, selection: Selection | None = None, **params: Any) -> None:
        super().__init__(selection=selection or Selection(), **params)
        self.workspace = workspace
        self.identity: Identity = getattr(workspace, "identity", LOCAL)
        self.snapshot: Snapshot | None = None
        self.header = status.Header(
            pages=[list(entry) for entry in MENU], current=self.title.lower(), is_demo=workspace.is_demo,
            silence_s=workspace.settings.bus_silence_s, tz=self.selection.tz, theme=self.selection.theme,
            trader=self.selection.trader, run=self.selection.run,
            sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        self.header.introduce(self.identity, may(workspace, "shares.add", self.identity.name))
        self._notice = pn.Column(sizing_mode="stretch_width", margin=0, visible=False)
        self._noticed: tuple[str, str] = ("", "")
        self._offered_at = float("-inf")
        self._trouble = pn.Column(sizing_mode="stretch_width", margin=0, visible=False)
        self._body = pn.Column(
            status.loading(self.title), sizing_mode="stretch_width", margin=0,
            # Bokeh holds what is in it to the window's height, and lets it lie over what follows.
            styles={"gap": "12px", "max-height": "none"},
        )  # fmt: skip
        self.is_ready = False
        self._told = ""
        self._wire()

    def controls(self) -> list[Any]:
        """Widgets that choose what is shown; a row above the content."""
        return []

    def content(self) -> Any:
        """Layout of the page, made once."""
        raise NotImplementedError

    def live(self) -> None:
        """Patch new values in; called at most four times a second, with `self.snapshot` set."""

    def prompt(self) -> None:
        """A price is new; called at most twenty times a second, where `is_prompt`."""

    @property
    def ref(self) -> str:
        """What names the login or the link this page was opened by."""
        return self.identity.ref

    @property
    def zone(self) -> str:
        """IANA name of the zone to show times in; name it wherever a time stands."""
        return self.selection.zone

    @property
    def is_past(self) -> bool:
        """Is an earlier run shown?"""
        return self._noticed[0] == "past"

    def is_stale(self, trader_id: str) -> bool:
        """Are this trader's values old? Its node fell silent, or the bus can't be read; so they never look fresh."""
        shot = self.snapshot
        if shot is None or shot.bus.state != "connected":
            return True
        nodes = [node for node in shot.status.get("nodes", ()) if node.trader_id == trader_id]
        if nodes and not shot.problem:
            return any(node.is_stale for node in nodes)
        # Nobody says how the node is: then only a bus that speaks makes its values fresh.
        silence_s = self.workspace.settings.bus_silence_s
        return shot.beat - shot.bus.last_message_at > silence_s * 1e9

    def take(self, snapshot: Snapshot) -> None:
        """One tick of the hub."""
        if self.ref in snapshot.ended:
            self._end()
            return
        self.snapshot = snapshot
        self.header.take(snapshot.bus, snapshot.beat)
        if time.monotonic() - self._offered_at >= _TRADERS_S:
            self._offer_traders()
        if self.is_ready:
            self.live()
            self._set_trouble("")

    def fail(self, error: Exception) -> None:
        """Show that live values can't be had; the last ones stay."""
        self._set_trouble(f"{self.title} could not be updated, values below are old: {error}")

    def build(self) -> None:
        """Put controls and content in place of the loading look; what fails is shown in its stead."""
        try:
            self._offer_traders()
            controls, content = self.controls(), self.content()
        except Exception as error:
            _LOG.exception("page could not be built page=%s", self.title)
            self._body[:] = [status.error(f"{self.title} could not be shown: {error}", "Try again", self.build)]
            return
        bar = (
            [pn.FlexBox(*controls, gap="8px", align_items="flex-end", sizing_mode="stretch_width")] if controls else []
        )
        self._body[:] = [*bar, content]
        self.is_ready = True

    def shell(self) -> pmui.Page:
        """The whole page: header, trouble strip, notice of what is selected, body."""
        # A share link opens its page, and nothing of REST.
        links = [] if self.identity.share is not None else [RestLink(partial(answer_of, self))]
        shell = pmui.Page(
            title="", meta_title=f"{self.title} · Nautilus", header=[self.header],
            main=[self._trouble, self._notice, self._body, *links],
            theme_toggle=False, busy_indicator=None, dark_theme=self.selection.is_dark,
            raw_css=[theme.css(), rest_link.SHOWN_CSS if links else ""],
            theme_config=theme.material(), sx=dict(_SX),
        )  # fmt: skip
        with param.edit_constant(shell):
            # It follows the whole process: each click on any page would be told to all of them.
            shell.busy = False
        self.selection.param.watch(lambda event: shell.param.update(dark_theme=event.new == "dark"), "theme")
        return shell

    @classmethod
    def serve(cls) -> None:
        """Last line of a page's file: serve it, when the file is run by `panel serve`."""
        doc = pn.state.curdoc
        if doc is None or doc.session_context is None:
            return
        workspace = pn.state.cache.get("workspace")
        if workspace is None:
            missing = "This server has no workspace: start it with `python -m app.server`."
            status.error(missing).servable(title=cls.title)
            return
        # Set by the gate before all routes; a page nobody is known to look at shows nothing.
        identity = getattr(doc.session_context.request, "identity", None)
        if identity is None:
            status.empty("Who looks is not known.", "Log in", href="login").servable(title=cls.title)
            return
        selection = Selection()
        selection.follow_url(**_fixed(identity))
        address = getattr(doc.session_context.request, "remote_ip", "")
        page = cls(workspace=workspace.permit(identity, address, is_lasting=True), selection=selection)
        page.shell().servable(title=f"{cls.title} · Nautilus")
        pn.state.onload(lambda: page._open(hub_of(workspace), doc))

    def _end(self) -> None:
        """The login this page was opened by has ended: nothing more is shown of what it was allowed to see."""
        self.is_ready = False
        self._trouble.visible = self._notice.visible = False
        ended = "The link has ended." if self.identity.share else "You are logged out."
        if self.identity.door is Door.LOCAL:
            ended = "There are users now, so everybody logs in."
        self._body[:] = [status.ended(ended, "Log in", "login")]
        if pn.state.curdoc is not None:
            hub_of(self.workspace).leave(pn.state.curdoc)

    def _set_trouble(self, text: str) -> None:
        if text != self._told:
            self._told = text
            self._trouble[:] = [status.error(text)] if text else []
            self._trouble.visible = bool(text)

    def _offer_traders(self) -> None:
        """What the header offers to choose, and what the page says about a choice that shows no current values."""
        self._offered_at = time.monotonic()
        portfolio, trader = self.workspace.portfolio, self.selection.trader
        traders = portfolio.traders()
        runs = portfolio.runs(trader) if trader else None
        others = traders if len(traders) > 1 or trader or (traders and len(portfolio.runs(traders[0])) > 1) else []
        is_fixed = runs is None or self.identity.share is not None
        self.header.param.update(
            traders=others if self.identity.share is None else [], runs=[] if is_fixed else self._runs_offered(runs)
        )
        if self.shows_traders:
            self._set_notice(*self._words_of_choice(traders, runs))

    def _runs_offered(self, runs: Any) -> list[list[str]]:
        earlier = [[str(run_id), self._begin(run_id)] for run_id in runs["run_id"][1:]]
        return [["", "current run"], *earlier]

    def _begin(self, run_id: int) -> str:
        return table.when(run_id, self.zone) if run_id else "start not seen"

    def _words_of_choice(self, traders: list[str], runs: Any) -> tuple[str, str]:
        """Kind of the notice and its text; empty where current values of a known trader, or of all, are shown."""
        trader, run_id = self.selection.trader, self.selection.run_id
        if not trader:
            return "", ""
        if trader not in traders:
            return "trader", f"No trader {trader} has been seen on this bus."
        if run_id is None or run_id in [*runs["run_id"][:1]]:
            return "", ""
        told = dict(zip(runs["run_id"], runs["ts_last"], strict=True))
        if run_id not in told:
            return "run", f"Trader {trader} has no run {self.selection.run}."
        ended = table.when(told[run_id], self.zone)
        return "past", (
            f"{trader}, run begun {self._begin(run_id)}, accounts last told {ended} ({self.zone}): "
            "what was booked is as of the run's end, and nothing of it is marked to today's prices."
        )

    def _set_notice(self, kind: str, text: str) -> None:
        if (kind, text) == self._noticed:
            return
        self._noticed = kind, text
        self._notice[:] = [self._notice_look(kind, text)] if kind else []
        self._notice.visible = bool(kind)

    def _notice_look(self, kind: str, text: str) -> pn.Column:
        selection = self.selection
        if kind == "trader":
            return status.empty(text, "Show all traders", lambda: selection.param.update(trader="", run=""))
        look = status.past if kind == "past" else status.empty
        return look(text, "Show the current run", lambda: selection.param.update(run=""))

    def _open(self, hub: Hub, doc: Any) -> None:
        self.snapshot = hub.snapshot()
        self.build()
        hub.join(doc, self)

    def _wire(self) -> None:
        """The header's own choices go to the selection and come back from the URL."""
        for name in ("tz", "theme", "browser_zone"):
            self.header.param.watch(lambda event: self.selection.param.update(**{event.name: event.new}), name)
        # The run of one trader is none of another's.
        self.header.param.watch(lambda event: self._choose_trader(event.new), "trader")
        self.header.param.watch(lambda event: self._choose_run(event.new), "run")
        for name in ("tz", "theme", "trader", "run"):
            self.selection.param.watch(lambda event: self.header.param.update(**{event.name: event.new}), name)
        self.selection.param.watch(lambda *_: self._offer_traders(), ["trader", "run", "tz", "browser_zone"])

    def _choose_trader(self, trader: str) -> None:
        # The header follows the selection, too: what is so already is no choice.
        if trader != self.selection.trader and self.identity.share is None:
            self.selection.param.update(trader=trader, run="")

    def _choose_run(self, run: str) -> None:
        if self.identity.share is None:
            self.selection.run = run


def _fixed(identity: Identity) -> dict[str, str]:
    """What a share link shows, whatever the address says: the trader and the run it was made for."""
    if identity.share is None:
        return {}
    asked = parse_qs(identity.share.query)
    return {name: asked.get(name, [""])[-1] for name in ("trader", "run")}
