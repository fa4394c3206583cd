"""Head of page `filings`: which company is looked at, how it stands here, and what can be done with it."""

from __future__ import annotations

from typing import Any

import panel as pn

from app.layout.commands import Commands
from app.layout.filings_part import FilingsPart
from app.views import filings as views


class Head(FilingsPart):
    """Stands above every view."""

    def __init__(self, page: Any) -> None:
        self._title = pn.pane.HTML("", sizing_mode="stretch_width", margin=0, stylesheets=[_CSS])
        needs = {"ask": "filings.update", "keep": "filings.add", "drop": "filings.remove"}
        self.commands = Commands(self._press, page.workspace, needs)
        self._note = pn.pane.HTML("", sizing_mode="stretch_width", margin=0, visible=False, stylesheets=[_CSS])
        bar = pn.FlexBox(
            pn.Column(self._title, margin=0, styles={"flex": "1 1 300px", "min-width": "0"}),
            self.commands, gap="8px", align_items="center", sizing_mode="stretch_width",
        )  # fmt: skip
        super().__init__(page, "The company", bar, self._note)

    def ask(self, as_of: int | None) -> Any:
        if not self._cik:
            return None, {}, self._filings.refusal()
        return self._filings.company(self._cik, as_of), self._filings.state(self._cik), self._filings.refusal()

    def draw(self, told: Any, at: int) -> None:
        card, state, refusal = told
        if card is None:
            self._title.object = "<h2>No company chosen</h2><p>Search for one above, and keep it.</p>"
            self.commands.show([])
            return
        words = views.say_states(state["states"], card.rows)
        self._title.object = f"{views.head(card)}<p>{words}</p>"
        keep = ("drop", "Keep no longer", "", True) if card.is_kept else ("keep", "Keep", "", True)
        self.commands.show([keep, ("ask", "Ask now", "", not refusal)])

    def _press(self, command: str) -> None:
        page, cik, filings = self._page, self._cik, self._filings
        if command == "keep":
            page.do("Keep", lambda: filings.add(cik), lambda _: self.open())
        elif command == "drop":
            page.do("Keep no longer", lambda: filings.remove(cik), lambda _: self.open())
        else:
            page.do("Ask now", lambda: filings.update([cik]), self._say_asked)

    def _say_asked(self, jobs: list[int]) -> None:
        links = ", ".join(f'<a href="backfill?job={job}">job {job}</a>' for job in jobs)
        self._note.object = f"<p>{links} ask for it.</p>" if links else "<p>It lacks nothing.</p>"
        self._note.visible = True
        self.open()


_CSS = """
:host{font:12px/1.5 var(--nd-font);color:var(--nd-muted)}
h2{margin:0;font:600 18px/1.3 var(--nd-font);color:var(--nd-text)}
h2 b{margin-left:6px;padding:1px 7px;border:1px solid var(--nd-line);border-radius:4px;color:var(--nd-accent);
 font:600 12px/1.5 var(--nd-font);vertical-align:2px}
p{margin:1px 0 0;overflow-wrap:anywhere}a{color:var(--nd-accent)}
"""
