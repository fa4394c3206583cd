"""Macro says what was known, by whom, since when; and nothing that came later."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd
import pytest

from nautilus_data.core.dataset import Series
from nautilus_data.core.macro_series import MACRO_SERIES, observations_of, releases_of
from nautilus_data.core.plan import Mode
from nautilus_data.core.timerange import TimeRange, to_ns
from nautilus_data.errors import SkippableError
from nautilus_data.services.macro import Macro
from nautilus_data.sources.fred import Fred
from nautilus_data.store import Store
from nautilus_data.transport import Access, Ledger
from tests.services.macro.seeded import Clock, describe, seed

NOW = "2024-04-10T12:00"
# March was first said to be 3.9, and revised a month later.
UNRATE = {
    "2024-02-02T13:30": {"2023-01-01": 3.4, "2023-12-01": 3.7, "2024-01-01": 3.7},
    "2024-03-08T13:30": {"2024-02-01": 3.9},
    "2024-04-05T12:30": {"2024-02-01": 3.8, "2024-03-01": 3.8},
}


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def started() -> list[tuple[Series, str]]:
    return []


@pytest.fixture
def macro(store: Store, clock: Clock, started: list[tuple[Series, str]], tmp_path: Path) -> Macro:
    def start(series: Series, mode: str) -> int:
        started.append((series, mode))
        return len(started)

    fred = Fred(Access(api_key="k" * 32), Ledger(tmp_path), clock=clock)
    return Macro(store, {"fred": fred}, start, clock)


def row_of(macro: Macro, series_id: str, as_of: str | None = None) -> dict[str, object]:
    frame = macro.series(None if as_of is None else to_ns(as_of))
    return frame[frame["series_id"] == series_id].iloc[0].to_dict()


def test_the_default_series_and_what_factors_need_are_kept(macro: Macro) -> None:
    kept = set(macro.kept())
    assert {one.series_id for one in MACRO_SERIES.values() if one.is_default} < kept
    assert {name for factor in macro.factors() for name in factor.inputs if name in MACRO_SERIES} <= kept
    assert "USREC" in kept and "gold_usd" not in kept


def test_a_series_is_shown_as_it_was_known(macro: Macro, store: Store) -> None:
    seed(store, "UNRATE", UNRATE)
    now, then = row_of(macro, "UNRATE"), row_of(macro, "UNRATE", "2024-03-10")
    assert (now["value"], now["previous"], now["change"]) == (3.8, 3.8, 0.0)
    assert (now["ts_event"], now["ts_init"]) == (to_ns("2024-03-01"), to_ns("2024-04-05T12:30"))
    assert (then["value"], then["previous"], then["ts_event"]) == (3.9, 3.7, to_ns("2024-02-01"))
    assert then["change"] == pytest.approx(0.2)
    assert (now["state"], now["source"], now["known_by"], now["category"]) == ("data", "fred", "vintage", "employment")
    before = row_of(macro, "UNRATE", "2024-02-02T13:29:59")
    assert before["state"] == "not known then" and math.isnan(before["value"]) and before["ts_init"] == 0


def test_observations_are_of_one_vintage(macro: Macro, store: Store) -> None:
    seed(store, "UNRATE", UNRATE)
    then = macro.observations("UNRATE", to_ns("2024-03-10"))
    assert then["value"].tolist() == [3.4, 3.7, 3.7, 3.9]
    assert macro.observations("UNRATE")["value"].tolist() == [3.4, 3.7, 3.7, 3.8, 3.8]
    assert then.attrs["source"] == "fred"
    span = TimeRange.of("2024-01-01", "2024-03-01")
    assert macro.observations("UNRATE", span=span)["ts_event"].tolist() == [to_ns("2024-01-01"), to_ns("2024-02-01")]


def test_every_version_of_a_period_is_told(macro: Macro, store: Store) -> None:
    seed(store, "UNRATE", UNRATE)
    found = macro.vintages("UNRATE", to_ns("2024-02-01"))
    assert found["value"].tolist() == [3.9, 3.8]
    assert found["ts_init"].tolist() == [to_ns("2024-03-08T13:30"), to_ns("2024-04-05T12:30")]


def test_transforms_count_by_the_calendar(macro: Macro, store: Store) -> None:
    months = {f"2023-{month:02}-01": 100.0 + month for month in range(1, 13)} | {"2024-01-01": 111.1}
    del months["2023-10-01"]
    seed(store, "CPIAUCSL", {"2024-02-13T13:30": months | {"2024-10-01": 120.0}})
    yoy = macro.observations("CPIAUCSL", how="yoy").set_index("ts_event")["value"]
    assert yoy[to_ns("2024-01-01")] == pytest.approx(10.0)
    assert math.isnan(yoy[to_ns("2024-10-01")])
    change = macro.observations("CPIAUCSL", how="change")["value"].tolist()
    assert math.isnan(change[0]) and change[1] == 1.0
    with pytest.raises(ValueError, match="write level, change"):
        macro.observations("CPIAUCSL", how="log")


def test_who_has_a_series_answers_and_is_named(macro: Macro, store: Store) -> None:
    seed(store, "VIXCLS", {"2019-01-02": {"2019-01-01": 25.0}}, source="arch")
    assert row_of(macro, "VIXCLS")["source"] == "arch"
    seed(store, "VIXCLS", {"2024-01-03": {"2024-01-02": 13.2}})
    assert (row_of(macro, "VIXCLS")["source"], row_of(macro, "VIXCLS")["value"]) == ("fred", 13.2)


def test_a_curve_takes_the_last_day_before_that_is_near(macro: Macro, store: Store) -> None:
    for name, value in (("DGS3MO", 5.4), ("DGS10", 4.2)):
        known = {"2024-03-28": float("nan"), "2024-03-27": value, "2024-01-02": value - 1}
        seed(store, name, {"2024-03-29T20:15": known})
    found = macro.curve([to_ns("2024-03-29"), to_ns("2024-02-15")])
    assert found["value"].tolist() == [5.4, 4.2]
    assert found["years"].tolist() == [0.25, 10.0]
    assert set(found["ts_event"]) == {to_ns("2024-03-27")}
    assert set(found["ts_init"]) == {to_ns("2024-03-29T20:15")} and set(found["source"]) == {"fred"}


def test_a_factor_is_cut_where_it_was_known(macro: Macro, store: Store) -> None:
    dates = [f"2024-01-{day:02}" for day in range(2, 20)]
    for name, value in (("DGS10", 4.0), ("DGS3MO", 5.5)):
        seed(store, name, {f"{date}T21:15": {date: value} for date in dates})
    assert macro.factor("curve_slope")["value"].tolist() == [-1.5] * len(dates)
    assert len(macro.factor("curve_slope", to_ns("2024-01-05T21:14"))) == 3
    row = macro.scores().set_index("key").loc["curve_slope"]
    assert (row["value"], row["sources"], row["missing"]) == (-1.5, ["fred"], [])
    assert "GDPC1" in macro.scores().set_index("key").loc["output_gap"]["missing"]
    seed(store, "DGS10", {"2024-01-22T21:15": {"2024-01-22": 4.5}})
    seed(store, "DGS3MO", {"2024-01-22T21:15": {"2024-01-22": 5.5}})
    assert macro.factor("curve_slope")["value"].iloc[-1] == -1.0


def test_a_factor_that_is_not_there_is_refused_with_those_that_are(macro: Macro) -> None:
    with pytest.raises(SkippableError, match="curve_slope"):
        macro.factor("slope")


def test_a_regime_holds_until_it_is_known_to_have_changed(macro: Macro, store: Store) -> None:
    # It is left after five closes beyond a threshold.
    levels = {"2024-01-02": 12.0, **{f"2024-01-{day:02}": 35.0 for day in range(3, 10)}}
    seed(store, "VIXCLS", {f"{date}T22:00": {date: value} for date, value in levels.items()})
    spans = macro.regimes(to_ns("2024-01-10"))
    mine = spans[spans["key"] == "volatility_regime"]
    assert mine["label"].tolist() == ["calm", "stress"]
    assert mine["end"].tolist() == [to_ns("2024-01-07T22:00"), to_ns("2024-01-10")]


def test_recessions_are_those_dated_by_then(macro: Macro, store: Store) -> None:
    early = {"2020-01-01": 0.0, "2020-02-01": 0.0}
    seed(store, "USREC", {"2020-03-01": early, "2020-06-08": {"2020-03-01": 1.0, "2020-04-01": 1.0, "2020-05-01": 0.0}})
    assert macro.recessions(to_ns("2020-05-31")) == []
    assert macro.recessions() == [TimeRange.of("2020-03-01", "2020-05-01")]


def test_states_that_are_not_data_are_told_apart(macro: Macro, store: Store) -> None:
    assert row_of(macro, "GDP")["state"] == "not asked"
    store.cover(observations_of("INDPRO"), TimeRange.of("1700-01-01", NOW), "")
    assert macro.refusal() == ""
    unavailable = Macro(store, {"fred": Fred(Access(), Ledger(None))}, lambda series, mode: 0)
    assert row_of(unavailable, "GDP")["state"] == "unavailable"
    assert "FRED_API_KEY" in row_of(unavailable, "GDP")["note"]


def test_what_is_late_says_so(macro: Macro, store: Store, clock: Clock) -> None:
    seed(store, "UNRATE", UNRATE)
    describe(store, "UNRATE")
    dates = [to_ns("2024-04-05T12:30"), to_ns("2024-05-03T12:30")]
    frame = pd.DataFrame({"ts_event": dates, "ts_init": [1, 1], "ts_seen": clock.now})
    store.write(releases_of("50"), frame)
    assert row_of(macro, "UNRATE")["ts_next"] == to_ns("2024-05-03T12:30")
    assert row_of(macro, "UNRATE")["note"] == ""
    clock.now = to_ns("2024-05-05")
    assert row_of(macro, "UNRATE")["note"].startswith("late: Employment Situation")
    calendar = macro.calendar(to_ns("2024-05-01"), to_ns("2024-06-01"))
    assert calendar[["release", "ts_event", "is_out"]].values.tolist() == [["Employment Situation", dates[1], True]]


def test_nothing_is_late_of_a_release_that_comes_more_often_than_its_periods(
    macro: Macro, store: Store, clock: Clock
) -> None:
    seed(store, "UNRATE", UNRATE)
    describe(store, "UNRATE")
    days = pd.date_range("2024-03-01", "2024-05-10", tz="UTC").as_unit("ns").asi8
    store.write(releases_of("50"), pd.DataFrame({"ts_event": days, "ts_init": 1, "ts_seen": clock.now}))
    clock.now = to_ns("2024-05-05")
    assert row_of(macro, "UNRATE")["note"] == ""


def test_a_release_that_is_no_longer_announced_is_not_ahead(macro: Macro, store: Store) -> None:
    describe(store, "UNRATE")
    moved, ahead = to_ns("2024-05-03T12:30"), to_ns("2024-05-06T12:30")
    store.write(releases_of("50"), pd.DataFrame({"ts_event": [moved], "ts_init": [1], "ts_seen": [5]}))
    store.write(releases_of("50"), pd.DataFrame({"ts_event": [ahead], "ts_init": [2], "ts_seen": [6]}))
    assert macro.calendar(to_ns("2024-05-01"), to_ns("2024-06-01"))["ts_event"].tolist() == [ahead]


def test_a_person_adds_and_removes_series(macro: Macro) -> None:
    assert macro.add(" exhoslusm495s ") == "EXHOSLUSM495S"
    macro.remove("GDP")
    assert "EXHOSLUSM495S" in macro.kept() and "GDP" not in macro.kept()
    macro.add("GDP")
    assert "GDP" in macro.kept()
    with pytest.raises(SkippableError, match="SOFR"):
        macro.add("USD3MTD156N")
    with pytest.raises(SkippableError):
        macro.add("not an id!")


def test_asking_now_takes_what_was_refused_too(macro: Macro, store: Store, started: list[tuple[Series, str]]) -> None:
    store.cover(observations_of("GDP"), TimeRange.of("1700-01-01", "2024-01-01"), "refused")
    assert macro.update(["GDP", "UNRATE"]) == [1, 2]
    assert started == [(observations_of("GDP"), Mode.MISSING_FAILED), (observations_of("UNRATE"), Mode.MISSING)]


def test_without_anything_stored_the_error_says_what_to_do(macro: Macro) -> None:
    with pytest.raises(SkippableError, match="nothing is stored of UNRATE"):
        macro.observations("UNRATE")
    assert macro.extent() is None
    assert macro.curve([to_ns(NOW)]).empty and macro.regimes().empty


def test_gold_is_taken_from_bars_where_there_are_any(macro: Macro, store: Store) -> None:
    bars = Series(instrument_id="XAUUSD.IDEALPRO", source="interactive_brokers", price_type="MID")
    price = 2_000 * 10**9
    times = [to_ns("2024-01-02T22:00"), to_ns("2024-01-03T22:00")]
    frame = pd.DataFrame(
        {
            "ts_event": times,
            "ts_init": times,
            "open": price,
            "high": price,
            "low": price,
            "close": [price, price + 5 * 10**8],
            "volume": 0.0,
        }
    )
    store.write(bars, frame)
    assert macro.sparks(["gold_usd"])["gold_usd"].values.tolist() == [2000.0, 2000.5]


def test_sparks_are_the_last_values_that_are_there(macro: Macro, store: Store) -> None:
    seed(store, "UNRATE", {"2024-03-01": {"2023-12-01": 3.7, "2024-01-01": float("nan"), "2024-02-01": 3.9}})
    spark = macro.sparks(["UNRATE", "GDP"], count=2)
    assert list(spark) == ["UNRATE"]
    assert spark["UNRATE"].values.tolist() == [3.7, 3.9]


def test_as_of_in_the_future_is_now(macro: Macro, store: Store) -> None:
    seed(store, "UNRATE", UNRATE | {"2024-05-03T12:30": {"2024-04-01": 3.9}})
    assert len(macro.observations("UNRATE", to_ns("2030-01-01"))) == 5


def test_the_mark_is_another_one_once_something_changed(macro: Macro, store: Store) -> None:
    seed(store, "UNRATE", UNRATE)
    marks = [macro.mark()]
    assert macro.mark() == marks[0]
    for change in (
        lambda: seed(store, "UNRATE", {"2024-04-06": {"2024-03-01": 3.6}}),
        lambda: seed(store, "PAYEMS", UNRATE),
        lambda: store.write(releases_of("50"), pd.DataFrame({"ts_event": [1], "ts_init": [1], "ts_seen": [1]})),
        lambda: macro.remove("UNRATE"),
        lambda: store.add_job("backfill", "UNRATE"),
    ):
        change()
        marks.append(macro.mark())
    assert len(set(map(str, marks))) == len(marks)


def test_versions_that_came_later_are_not_told(macro: Macro, store: Store) -> None:
    seed(store, "UNRATE", UNRATE)
    assert macro.vintages("UNRATE", to_ns("2024-02-01"), to_ns("2024-03-10"))["value"].tolist() == [3.9]


def test_each_transform_is_one_a_series_can_be_asked_for_by(macro: Macro, store: Store) -> None:
    seed(store, "UNRATE", UNRATE)
    assert list(macro.transforms()) == ["level", "change", "year_change", "yoy", "z"]
    assert all(len(macro.observations("UNRATE", how=how)) == 5 for how in macro.transforms())


def test_what_is_projected_is_no_last_value(macro: Macro, store: Store) -> None:
    seed(
        store, "GDPPOT", {"2024-02-07T18:00": {"2023-10-01": 22_700.0, "2024-01-01": 22_800.0, "2034-01-01": 27_000.0}}
    )
    assert (row_of(macro, "GDPPOT")["value"], row_of(macro, "GDPPOT")["change"]) == (22_800.0, 100.0)
    assert macro.sparks(["GDPPOT"])["GDPPOT"].values.tolist() == [22_700.0, 22_800.0]
    assert macro.observations("GDPPOT")["value"].tolist()[-1] == 27_000.0
