"""The command line's macro: on a store of its own, and with a loopback FRED."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nautilus_data.__main__ import main
from nautilus_data.services.macro import NOTICE
from nautilus_data.settings import Settings, child_environment, load_settings
from nautilus_data.workspace import open_store
from tests.loopback_fred import API_KEY, loopback_fred
from tests.macro_store import RATE, put_rate, put_yields

Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def settings(data_dir: Path) -> Settings:
    return load_settings(nautilus_data_dir=data_dir, demo="off", fred_store=True)


@pytest.fixture
def ask(settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """`python -m nautilus_data macro WORDS`: exit code and what it said."""

    def asked(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["nautilus_data", "macro", *words])
        code = main()
        said = capsys.readouterr()
        return code, said.out, said.err

    for name, value in {**child_environment(settings), "COLUMNS": "200"}.items():
        monkeypatch.setenv(name, value)
    return asked


@pytest.fixture
def seeded(settings: Settings) -> None:
    store = open_store(settings)
    put_rate(store)
    put_yields(store)
    store.close()


@pytest.fixture
def with_fred(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    with loopback_fred({"UNRATE": RATE}, releases={50: ["2024-01-05", "2024-02-02"]}) as server:
        monkeypatch.setenv("FRED_BASE_URL", server.url)
        monkeypatch.setenv("FRED_API_KEY", API_KEY)
        yield ask


@pytest.mark.usefixtures("seeded")
def test_the_list_says_what_was_known_and_what_lacks(ask: Ask) -> None:
    code, said, _ = ask("list")
    assert code == 0
    assert "2024-02-02 13:30" in said and "3.7" in said
    assert "no key: set FRED_API_KEY" in said and NOTICE in said
    rows = {one["series_id"]: one for one in json.loads(ask("list", "--as-of", "2024-01-10", "--json")[1])}
    assert (rows["UNRATE"]["value"], rows["UNRATE"]["ts_event"][:10]) == (3.7, "2023-12-01")
    assert rows["UNRATE"]["ts_init"] == "2024-01-05T13:30:00.000Z"
    assert (rows["GDP"]["value"], rows["GDP"]["ts_event"], rows["GDP"]["state"]) == (None, None, "unavailable")


@pytest.mark.usefixtures("seeded")
def test_a_series_is_shown_as_it_was_known_at_a_date(ask: Ask) -> None:
    rows = json.loads(ask("show", "unrate", "--as-of", "2024-01-10", "--json")[1])
    assert [(one["ts_event"][:10], one["value"]) for one in rows] == [
        ("1970-01-01", 3.9), ("2023-11-01", 3.7), ("2023-12-01", 3.7),
    ]  # fmt: skip
    revised = json.loads(ask("show", "UNRATE.FRED", "--json", "--last", "3")[1])
    assert [one["value"] for one in revised] == [3.8, 3.7, None]
    changes = json.loads(
        ask("show", "UNRATE", "--how", "change", "--start", "2023-12-01", "--end", "2024-01-02", "--json")[1]
    )
    assert [round(one["value"], 9) for one in changes] == [0.1, -0.1]
    code, said, _ = ask("show", "UNRATE", "--last", "2")
    assert code == 0 and "from fred" in said and "the newest 2 of 5" in said and NOTICE in said


@pytest.mark.usefixtures("seeded")
def test_every_version_of_a_value_is_listed(ask: Ask) -> None:
    rows = json.loads(ask("vintages", "UNRATE", "2023-12-01", "--json")[1])
    assert [(one["ts_init"][:10], one["value"], one["known_by"]) for one in rows] == [
        ("2024-01-05", 3.7, "vintage"), ("2024-02-02", 3.8, "vintage"),
    ]  # fmt: skip
    assert json.loads(ask("vintages", "UNRATE", "1970-01-01", "--json")[1])[0]["ts_event"][:10] == "1970-01-01"
    code, _, error = ask("vintages", "UNRATE", "2023-12-02")
    assert (code, "no value of UNRATE is dated 2023-12-02" in error) == (1, True)


@pytest.mark.usefixtures("seeded")
def test_all_of_a_series_is_written_to_a_file(ask: Ask, tmp_path: Path) -> None:
    path = tmp_path / "rate.csv"
    code, said, _ = ask("show", "UNRATE", "--last", "1", "--output", str(path))
    assert (code, "5 rows written" in said) == (0, True)
    lines = path.read_text().splitlines()
    assert lines[0] == "ts_event,ts_init,value,known_by"
    assert lines[-2] == "2024-01-01 00:00:00+00:00,2024-02-02 13:30:00+00:00,3.7,vintage"
    code, _, error = ask("show", "UNRATE", "--output", str(tmp_path / "no" / "rate.csv"))
    assert (code, "can't write" in error) == (2, True)


@pytest.mark.usefixtures("seeded")
def test_factors_tell_their_value_their_definition_and_what_they_lack(ask: Ask) -> None:
    found = {one["key"]: one for one in json.loads(ask("factors", "--json")[1])}
    slope = found["curve_slope"]
    assert (round(slope["value"], 6), slope["inputs"], slope["sources"]) == (-1.3, ["DGS10", "DGS3MO"], ["fred"])
    assert slope["formula"] and slope["reference"]
    assert found["oil_shock"]["missing"] == ["DCOILWTICO"]
    code, said, _ = ask("factors")
    assert code == 0 and "factors can't be computed without:" in said and "DCOILWTICO" in said
    history = json.loads(ask("factor", "curve_slope", "--as-of", "2024-01-04", "--json")[1])
    assert [round(one["value"], 6) for one in history] == [-1.5]
    code, said, _ = ask("factor", "curve_slope")
    assert code == 0 and "Diebold" in said and "2024-01-04 21:15" in said and NOTICE in said


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["show", "UNRATE"], 1, "nothing is stored of UNRATE: no key: set FRED_API_KEY"),
        (["list", "--as-of", "yesterweek"], 1, "not a time: 'yesterweek'"),
        (["show", "UNRATE", "--how", "cubed"], 1, "nothing is stored of UNRATE"),
        (["factor", "luck"], 1, "there is no factor 'luck'; there are: curve_level"),
        (["update"], 1, "FRED can't be asked: no key: set FRED_API_KEY"),
        (["search", "rate"], 1, "FRED can't be asked: no key"),
        (["add", "TEDRATE"], 1, "TEDRATE can't be had: it ended in January 2022"),
        (["add", "no such id!"], 1, "write its id, as UNRATE.FRED"),
        (["remove", "AAA"], 1, "AAA is not kept up to date"),
        (["show"], 2, "Missing argument 'ID'"),
    ],
)
def test_what_is_not_possible_says_why(ask: Ask, words: list[str], code: int, told: str) -> None:
    done, _, error = ask(*words)
    assert (done, told in error, "Traceback" in error) == (code, True, False), error


def test_without_a_release_known_the_calendar_says_so(ask: Ask) -> None:
    code, said, _ = ask("calendar")
    assert (code, "no release is known in these days. no key" in said) == (1, True)
    assert ask("calendar", "--json")[:2] == (1, "[]\n")


def test_a_series_is_searched_added_and_removed(with_fred: Ask) -> None:
    found = json.loads(with_fred("search", "unemployment", "--json")[1])
    assert [(one["series_id"], one["name"]) for one in found] == [("UNRATE", "Unemployment Rate")]
    assert with_fred("search", "nothing like it")[0] == 1
    assert "AAA is kept" in with_fred("add", "aaa.fred")[1]
    assert "AAA" in {one["series_id"] for one in json.loads(with_fred("list", "--json")[1])}
    assert with_fred("remove", "AAA")[0] == 0
    assert "AAA" not in {one["series_id"] for one in json.loads(with_fred("list", "--json")[1])}


def test_an_update_asks_fred_and_ends_with_0_when_all_of_it_came(with_fred: Ask) -> None:
    code, said, error = with_fred("update", "UNRATE", "--json")
    assert code == 0, said + error
    (job,) = json.loads(said)
    assert (job["status"], job["title"]) == ("SUCCEEDED", "UNRATE.FRED observations from fred")
    assert json.loads(with_fred("show", "UNRATE", "--last", "1", "--json")[1])[0]["value"] == 3.7
    code, said, _ = with_fred("update", "NOTHERE")
    assert (code, "The series does not exist" in said) == (1, True), said
