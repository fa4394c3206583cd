"""The filings page on a store of its own, without a worker and without an address for the SEC."""

import pandas as pd
import pytest

from app.pages.filings import FilingsPage
from nautilus_data.core.dataset import Series
from nautilus_data.core.timerange import NS_PER_DAY, TimeRange, to_ns
from tests.services.filings.seeded import ACME, seed


@pytest.fixture
def make(workspace):
    def made(**params: object) -> FilingsPage:
        page = FilingsPage(workspace=workspace, **params)
        page.build()
        assert page.is_ready, page._body
        return page

    return made


def cells(sheet) -> list[list[str]]:
    """The texts of each row."""
    return [[cell.get("text", "") for cell in row["cells"]] for section in sheet.sections for row in section["rows"]]


def empty(sheet) -> str:
    return " ".join(section["empty"] for section in sheet.sections)


def test_with_nothing_stored_each_view_is_whole_and_says_what_to_do(make) -> None:
    page = make()
    for view in page.views:
        page.view = view
        assert page.parts[view].reading.problem == "", view
    assert "EDGAR_USER_AGENT" in page.notes.above.object and page.notes.above.visible
    assert "not asked yet" in page.notes.below.object
    assert "No company chosen" in page.head._title.object
    assert "Search for a company" in empty(page.parts["filings"].sheet)
    assert "EDGAR_USER_AGENT" in empty(page.parts["feed"].sheet)
    assert "search for a company above, and keep it" in empty(page.parts["overview"].kept)
    assert page.slider.first == ""


def test_a_company_is_found_kept_and_dropped(workspace, make) -> None:
    seed(workspace.store)
    page = make()
    page.finder.text.value_input = "acme"
    assert cells(page.finder.hits)[0][:3] == ["Acme Corp", "ACME, ACME-B", ACME]
    page.finder.hits.pressed = f"{ACME}#1"
    assert page.cik == page.company_id == ACME and page.finder.text.value_input == ""
    assert "Acme Corp" in page.head._title.object
    page.head.commands.pressed = "keep#1"
    assert workspace.filings.kept() == [ACME]
    page.head.open()
    assert [entry[0] for entry in page.head.commands.entries] == ["drop", "ask"]
    page.head.commands.pressed = "drop#2"
    assert workspace.filings.kept() == []


def test_the_first_company_kept_is_shown_where_the_url_names_none(workspace, make) -> None:
    seed(workspace.store)
    workspace.filings.add(ACME)
    assert make().company_id == ACME
    assert make(cik="7").company_id == "0000000007"
    assert make(cik="no number").company_id == ACME


def test_the_day_moves_every_view(workspace, make) -> None:
    seed(workspace.store)
    page = make(cik=ACME, view="statements")
    sheet = page.parts["statements"].sheet
    assert cells(sheet)[0] == ["Revenue", "110,000", "85,000"]
    assert sheet.sections[0]["rows"][0]["cells"][2]["below"] == "was 90,000"
    page.slider.wanted = "2023-12-31#1"
    assert page.as_of == "2023-12-31" and page.slider.drawn == "2023-12-31#1"
    assert cells(sheet)[0] == ["Revenue", "90,000"]
    page.view = "filings"
    assert cells(page.parts["filings"].sheet)[0][0] == "13F-HR"
    page.view = "insiders"
    assert len(cells(page.parts["insiders"].sheet)) == 4
    page.slider.wanted = "#2"
    page.view = "holdings"
    assert cells(page.parts["holdings"].sheet)[0][0] == "ALPHA"


@pytest.mark.parametrize("day", ["tomorrow", "2199-01-01", "2024-13-01"])
def test_a_day_that_is_none_is_now(make, day: str) -> None:
    assert make(as_of=day).as_of == ""


def test_a_press_on_a_value_shows_its_versions(workspace, make) -> None:
    seed(workspace.store)
    page = make(cik=ACME, view="statements")
    part = page.parts["statements"]
    key = part.sheet.sections[0]["rows"][0]["cells"][2]["key"]
    part.sheet.pressed = f"{key}#1"
    assert [row[1] for row in cells(part.versions)] == ["90,000,000", "85,000,000"]
    assert cells(part.restated)[0][3:6] == ["90,000,000", "85,000,000", "−5,000,000"]


def test_forms_and_words_choose_filings(workspace, make) -> None:
    seed(workspace.store)
    page = make(cik=ACME, view="filings")
    part = page.parts["filings"]
    assert len(cells(part.sheet)) == 8 and "10-K (3)" in part.form.options
    part.form.value = "10-K"
    assert page.form == "10-K" and len(cells(part.sheet)) == 3
    part.text.value_input = "no such words"
    assert cells(part.sheet) == [] and empty(part.sheet) == "No filing is like this."
    link = page.workspace.filings.filings(ACME)["link"].iloc[0]
    part.text.value_input = ""
    assert part.sheet.sections[0]["rows"][0]["cells"][1]["link"] == link


def test_a_fact_is_drawn_beside_the_price_of_the_companys_instrument(workspace, make) -> None:
    seed(workspace.store)
    days = pd.Series(range(400), dtype="int64") * NS_PER_DAY + to_ns("2023-01-02T21:00Z")
    bars = pd.DataFrame({"ts_event": days, "ts_init": days, "volume": 1.0})
    bars = bars.assign(**{name: 50 * 10**9 for name in ("open", "high", "low", "close")})
    series = Series(instrument_id="ACME.NYSE", source="sample", adjustment="total")
    workspace.store.write(series, bars, TimeRange(int(days.iloc[0]), int(days.iloc[-1]) + 1))
    page = make(cik=ACME, view="facts")
    part = page.parts["facts"]
    assert list(part._chart.facts.data["y"]) == [85e6, 110e6]
    assert part._chart.facts.data["mark"] == ["restated", ""]
    assert len(part._chart.price.data["x"]) == 400 and part._chart.axis.axis_label == "ACME.NYSE close"
    page.as_of = "2023-06-30"
    assert len(part._chart.price.data["x"]) < 200 and list(part._chart.facts.data["y"]) == [90e6]
    page.concept = "us-gaap:Assets"
    assert cells(part.sheet)[0][1] == "200,000,000"
    page.concept = "us-gaap:Nothing"
    assert cells(part.sheet) == [] and empty(part.sheet)


def test_factors_say_their_value_or_why_there_is_none(workspace, make) -> None:
    seed(workspace.store)
    page = make(cik=ACME)
    factors = page.parts["overview"].factors
    rows = {row["key"]: row for section in factors.list.sections for row in section["rows"]}
    assert rows["asset_growth"]["cells"][1]["text"] == "0.2"
    assert rows["m_score"]["tone"] == "faint" and rows["m_score"]["cells"][5]["text"]
    factors.list.pressed = "asset_growth#1"
    assert page.factor == "asset_growth" and "<h3>" in factors._facts.object
    assert len(factors._chart.line.data["x"]) > 0
    factors.list.pressed = "asset_growth#2"
    assert page.factor == ""


def test_to_ask_without_an_address_is_refused_aloud(workspace, make) -> None:
    seed(workspace.store)
    page = make(cik=ACME)
    assert page.head.commands.entries[1] == ["ask", "Ask now", "", False]
    page.do("Ask now", lambda: workspace.filings.update([ACME]))
    assert page.said.visible
