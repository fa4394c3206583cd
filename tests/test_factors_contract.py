"""No factor sees the future: over every factor, on lines with vintages made at random."""

from __future__ import annotations

import math
import warnings
import zlib
from collections.abc import Mapping
from functools import cache

import numpy as np
import pandas as pd
import pytest

from nautilus_data.core.macro_series import MACRO_SERIES, MacroSeries
from nautilus_data.core.observation import Vintages
from nautilus_data.core.release_lag import Lag, moments
from nautilus_data.factors import FACTORS, DailyFactor, Factor

FIRST, LAST = "2000-01-01", "2026-06-30"
DAY_NS = 86_400_000_000_000
CUTS = 3
POISON = 1e9
# Where a line is about, for those whose size or sign a factor relies on.
ABOUT = {
    "USREC": 0.0, "WALCL": 6e6, "WTREGEN": 5e5, "RRPONTSYD": 300.0, "DCOILWTICO": 60.0, "VIXCLS": 20.0,
    "VXVCLS": 21.0, "gold_usd": 1500.0,
}  # fmt: skip
UNDECLARED = Lag(business_days=1)


def _dates(frequency: str) -> np.ndarray:
    first, last = np.datetime64(FIRST, "D"), np.datetime64(LAST, "D")
    if frequency == "D":
        days = np.arange(first, last)
        return days[np.is_busday(days)].astype("datetime64[ns]").astype("int64")
    if frequency == "W":
        # 2000-01-05 was a Wednesday.
        return (
            np.arange(first + np.timedelta64(4, "D"), last, np.timedelta64(7, "D"))
            .astype("datetime64[ns]")
            .astype("int64")
        )
    step = np.timedelta64({"M": 1, "Q": 3, "A": 12}[frequency], "M")
    months = np.arange(first.astype("datetime64[M]"), last.astype("datetime64[M]"), step)
    return months.astype("datetime64[ns]").astype("int64")


def _levels(series: str, units: str, size: int, dice: np.random.Generator) -> np.ndarray:
    if series == "USREC":
        return np.repeat(dice.random(size // 10 + 1) < 0.25, 10)[:size].astype(float)
    walk = np.cumsum(dice.normal(0, 1, size))
    if units in ("%", "pp"):
        return 4 + 0.06 * walk
    about = ABOUT.get(series, 100.0)
    return about * np.exp(0.008 * walk - 0.008 * walk.mean())


def _without_holidays(values: np.ndarray, dates: np.ndarray, frequency: str, dice: np.random.Generator) -> None:
    if frequency == "D":
        values[dice.random(len(values)) < 0.03] = np.nan
    if frequency == "M":
        values[dates == np.datetime64("2025-10-01", "ns").astype("int64")] = np.nan


def _revisions(
    dates: np.ndarray, known: np.ndarray, values: np.ndarray, dice: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A second and a third version of each, and a whole past made anew now and then."""
    parts = [(dates, known, values)]
    for days in (31, 62):
        wait = (days + dice.integers(0, 4, len(dates))) * DAY_NS
        parts.append((dates, known + wait, values * (1 + dice.normal(0, 0.001, len(dates)))))
    for moment in known[len(known) // 5 :: len(known) // 4]:
        past = known < moment
        parts.append((dates[past], np.full(past.sum(), moment + DAY_NS // 2), values[past] * 1.002))
    return tuple(np.concatenate(arrays) for arrays in zip(*parts, strict=True))


@cache
def line(series: str) -> Vintages:
    dice = np.random.default_rng(zlib.crc32(series.encode()))
    declared = MACRO_SERIES.get(series)
    frequency, units, lag = _shape(declared)
    dates = _dates(frequency)
    if series == "GDPPOT":
        dates = np.concatenate([dates, dates[-1] + (np.arange(1, 41) * 91) * DAY_NS])
    values = _levels(series, units, len(dates), dice)
    _without_holidays(values, dates, frequency, dice)
    known = lag.after(dates, frequency)
    if series == "GDPPOT":
        known = np.minimum(known, moments(np.array([np.datetime64("2020-07-01")]), "12:00")[0])
    late = dice.random(len(dates)) < 0.01
    known = known + np.where(late, dice.integers(1, 6, len(dates)), 0) * DAY_NS
    if frequency in "MQA":
        return Vintages(*_revisions(dates, known, values, dice))
    return Vintages(dates, known, values)


def _shape(declared: MacroSeries | None) -> tuple[str, str, Lag]:
    return ("D", "index", UNDECLARED) if declared is None else (declared.frequency, declared.units, declared.lag)


def lines_of(factor: Factor) -> dict[str, Vintages]:
    return {name: line(name) for name in (*factor.inputs, *factor.optional)}


@cache
def computed(key: str) -> pd.DataFrame:
    return FACTORS[key].compute(lines_of(FACTORS[key]))


def cuts_of(key: str) -> list[int]:
    """Moments at random after the first row, and the moments of rows themselves, where a slip of one shows."""
    known = computed(key)["ts_init"].to_numpy()
    dice = np.random.default_rng(zlib.crc32(key.encode()))
    within = dice.integers(known[0], known[-1], CUTS - 1).tolist()
    return [*within, int(known[dice.integers(0, len(known))])]


def poisoned(lines: Mapping[str, Vintages], after: int) -> dict[str, Vintages]:
    return {
        name: Vintages(one.dates, one.known, np.where(one.known > after, POISON, one.values))
        for name, one in lines.items()
    }


def upto(frame: pd.DataFrame, moment: int) -> pd.DataFrame:
    return frame[frame["ts_init"] <= moment].reset_index(drop=True)


each_factor = pytest.mark.parametrize("key", list(FACTORS))


@each_factor
def test_a_factor_says_what_it_is(key: str) -> None:
    factor = FACTORS[key]
    assert factor.key == key
    for said in (factor.title, factor.family, factor.formula, factor.reference, factor.units):
        assert said.strip() == said != ""
    assert factor.inputs or factor.optional
    assert all(name in MACRO_SERIES for name in factor.inputs)


@each_factor
def test_every_parameter_of_a_factor_says_what_it_is_and_how_far_it_goes(key: str) -> None:
    factor = FACTORS[key]
    for name, parameter in factor.param.objects("existing").items():
        if name != "name":
            assert parameter.doc, name
            assert getattr(parameter, "bounds", None) or getattr(parameter, "objects", None), name


@each_factor
def test_rows_are_ordered_by_when_they_were_known_and_numbers(key: str) -> None:
    frame = computed(key)
    assert list(frame.columns) == ["ts_event", "ts_init", "value"]
    assert [str(kind) for kind in frame.dtypes] == ["int64", "int64", "float64"]
    assert len(frame) > 50
    assert frame["ts_init"].is_monotonic_increasing
    assert np.isfinite(frame["value"]).all()


@each_factor
def test_a_row_is_known_when_news_came_and_never_before_its_date(key: str) -> None:
    factor, frame = FACTORS[key], computed(key)
    assert (frame["ts_init"] >= frame["ts_event"]).all()
    news = np.unique(np.concatenate([one.known for one in lines_of(factor).values()]))
    assert np.isin(frame["ts_init"], news).all()


@each_factor
def test_a_regime_is_the_index_of_one_of_its_states(key: str) -> None:
    factor = FACTORS[key]
    if not factor.is_regime:
        assert factor.units != "state"
        return
    assert len(set(factor.states)) == len(factor.states) > 1
    assert set(computed(key)["value"]) <= set(range(len(factor.states)))


@each_factor
def test_what_is_computed_of_the_lines_as_known_then_is_what_all_of_them_give(key: str) -> None:
    factor = FACTORS[key]
    for moment in cuts_of(key):
        cut = factor.compute({name: one.until(moment) for name, one in lines_of(factor).items()})
        expected = upto(computed(key), moment)
        assert len(expected)
        pd.testing.assert_frame_equal(cut, expected, check_exact=True)


@each_factor
def test_poison_in_all_that_became_known_later_changes_nothing(key: str) -> None:
    factor = FACTORS[key]
    moment = cuts_of(key)[0]
    with warnings.catch_warnings():
        # Of values a billion a fit may overflow; what matters is what was computed before.
        warnings.simplefilter("ignore", RuntimeWarning)
        frame = factor.compute(poisoned(lines_of(factor), moment))
    pd.testing.assert_frame_equal(upto(frame, moment), upto(computed(key), moment), check_exact=True)


@each_factor
def test_nothing_is_computed_of_nothing(key: str) -> None:
    factor = FACTORS[key]
    for lines in ({}, {name: Vintages.nothing() for name in (*factor.inputs, *factor.optional)}):
        frame = factor.compute(lines)
        assert len(frame) == 0
        assert list(frame.columns) == ["ts_event", "ts_init", "value"]


@each_factor
def test_a_factor_does_without_its_optional_lines(key: str) -> None:
    factor = FACTORS[key]
    frame = factor.compute({name: line(name) for name in factor.inputs})
    assert len(frame) > 50
    assert all(math.isfinite(value) for value in frame["value"])


def test_the_lines_made_here_hold_what_is_hard_about_real_ones() -> None:
    assert any(np.isnan(line("DGS10").values))
    payrolls = line("PAYEMS")
    assert len(payrolls) > 3 * len(payrolls.first()) - 10
    assert np.isnan(payrolls.first().values).sum() == 1
    assert (line("GDPPOT").dates > line("GDPPOT").known).any()


class FullSample(DailyFactor):
    """What these tests are there to find: a mean that knows the future."""

    key, title, family, formula, reference, units = "full_sample", "Full", "tests", "y − mean of all y", "none", "pp"
    inputs = ("DGS10",)

    def values(self, lines: Mapping[str, np.ndarray], dates: np.ndarray) -> np.ndarray:
        return lines["DGS10"] - lines["DGS10"].mean()


def test_a_factor_that_sees_the_future_is_found_both_ways() -> None:
    factor, lines = FullSample(), {"DGS10": line("DGS10")}
    moment = int(line("DGS10").known[4000])
    expected = upto(factor.compute(lines), moment)
    for tried in ({"DGS10": line("DGS10").until(moment)}, poisoned(lines, moment)):
        assert not upto(factor.compute(tried), moment).equals(expected)
