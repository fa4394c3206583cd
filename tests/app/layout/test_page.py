"""What all pages share."""

from pathlib import Path

import panel as pn

import app.layout
from app.layout.live import Snapshot
from app.layout.page import MENU, Page
from app.layout.selection import Selection
from tests.app.conftest import NOW


class Quiet(Page):
    title = "Overview"
    error: Exception | None = None

    def content(self) -> pn.pane.Str:
        if self.error:
            raise self.error
        return pn.pane.Str("here")

    def live(self) -> None:
        self.beats = getattr(self, "beats", 0) + 1


def snapshot(stand_in) -> Snapshot:
    return Snapshot(NOW, stand_in.overview.bus(), stand_in.overview.status())


def test_a_page_shows_loading_until_it_is_built(stand_in) -> None:
    page = Quiet(stand_in)
    assert "loading" in page._body[0][0].object
    page.build()
    assert page._body[-1].object == "here"


def test_a_page_that_cannot_be_built_says_why_and_can_be_tried_again(stand_in) -> None:
    page = Quiet(stand_in)
    page.error = ValueError("table is gone")
    page.build()
    look, again = page._body[0]
    assert "table is gone" in look.object
    page.error = None
    again.clicks += 1
    assert page._body[-1].object == "here"


def test_values_come_only_once_the_page_is_laid_out_but_the_header_at_once(stand_in) -> None:
    page = Quiet(stand_in)
    page.take(snapshot(stand_in))
    assert page.header.bus_state == "connected" and not hasattr(page, "beats")
    page.build()
    page.take(snapshot(stand_in))
    assert page.beats == 1


def test_a_failed_update_is_shown_above_the_old_values_until_the_next_good_one(stand_in) -> None:
    page = Quiet(stand_in)
    page.build()
    page.fail(ValueError("no answer"))
    assert page._trouble.visible and "no answer" in page._trouble[0][0].object
    page.take(snapshot(stand_in))
    assert not page._trouble.visible


def test_the_headers_choices_reach_the_selection_and_back(stand_in) -> None:
    page = Quiet(stand_in, Selection(theme="light"))
    shell = page.shell()
    assert page.header.theme == "light" and shell.dark_theme is False
    page.header.theme = "dark"
    assert page.selection.theme == "dark" and shell.dark_theme is True
    page.header.param.update(tz="browser", browser_zone="Asia/Tokyo")
    assert page.zone == "Asia/Tokyo"
    page.selection.tz = "UTC"
    assert page.header.tz == "UTC"


def test_a_demo_says_so(stand_in) -> None:
    assert Quiet(stand_in).header.is_demo is True


def test_the_menu_names_every_page_there_is() -> None:

    pages = Path(app.layout.__file__).parent.parent / "pages"
    assert {slug for slug, _, _ in MENU} == {path.stem for path in pages.glob("*.py")}


def test_serving_outside_a_server_does_nothing() -> None:
    assert Quiet.serve() is None
