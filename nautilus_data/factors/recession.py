"""Recession probability: a probit of the term spread, with published coefficients and with its own."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from statistics import NormalDist

import numpy as np
import pandas as pd
import param

from nautilus_data.core.observation import Cursor, Vintages
from nautilus_data.factors.base import Factor, frame_at, nothing
from nautilus_data.factors.ended_month import ended_months
from nautilus_data.factors.monthly import Months, months_of
from nautilus_data.factors.track import Track, common

AHEAD = 12
_NORMAL = NormalDist()
_SPREAD = (
    "spread = mean of DGS10 in month t − mean in month t of the 3-month bill on a bond-equivalent basis,"
    " 100·(365·d/100) / (360 − 91·d/100) of each day's d = DTB3; known when the last day of month t is"
)


class _SpreadProbit(Factor):
    """With coefficients as published."""

    family = "recession"
    units = "%"
    inputs = ("DGS10", "DTB3")
    levels = ((30.0, "recession likely from here on, by convention"),)

    @property
    @abstractmethod
    def coefficients(self) -> tuple[float, float]:
        """Of the constant and of the spread."""

    def compute(self, lines: Mapping[str, Vintages]) -> pd.DataFrame:
        spread = monthly_spread(lines)
        constant, slope = self.coefficients
        return frame_at(spread.dates, spread.known, 100 * normal_cumulative(constant + slope * spread.values))


class RecessionNewYorkFed(_SpreadProbit):
    key, title = "recession_new_york_fed", "Recession probability: New York Fed"
    formula = f"P(recession in month t + 12) = Φ(−0.5333 − 0.6330·spread); {_SPREAD}"
    reference = "Estrella & Trubin 2006, Current Issues 12(5); coefficients of the New York Fed's chart (1959–2009)"
    note = "The coefficients were estimated on 1959–2009: values of months before 2010 look ahead through them."
    coefficients = (-0.5333, -0.6330)


class RecessionEstrellaMishkin(_SpreadProbit):
    key, title = "recession_estrella_mishkin", "Recession probability: Estrella & Mishkin"
    formula = f"P(recession in month t + 12) = Φ(−0.6624 − 0.8115·spread); {_SPREAD}"
    reference = "Estrella & Mishkin 1996, Current Issues 2(7)"
    note = (
        "The coefficients were estimated on 1960–1995: values of months before 1996 look ahead through them."
        " They reproduce the paper's table of probabilities; it prints none."
    )
    coefficients = (-0.6624, -0.8115)


class RecessionWright(Factor):
    key, title, family = "recession_wright", "Recession probability: Wright B, re-estimated", "recession"
    formula = (
        "P(recession in month t + 12) = Φ(a + b·spread + c·mean of DFF in month t); a, b, c by a probit each month on"
        f" all months before whose flag USREC was known and settled; {_SPREAD}"
    )
    reference = "Wright 2006, FEDS 2006-07, model B"
    note = (
        "A flag of 0 stands until the NBER announces a recession (4 to 21 months late), so the last months' flags are"
        " left out; a recession announced later still than that is learned late. Starts after ten years of months"
        " with 12 of them before a recession."
    )
    units = "%"
    inputs = ("DGS10", "DTB3", "DFF", "USREC")
    levels = _SpreadProbit.levels

    event = param.Selector(
        default="in month t + 12",
        objects=["in month t + 12", "within 12 months"],
        doc="The recession the probability is of; Wright's own is the second",
    )
    settled_after = param.Integer(
        default=12, bounds=(0, 24), doc="Months after which a flag of USREC is taken as the NBER's last word"
    )
    least_months = param.Integer(default=120, bounds=(60, 360), doc="Months to estimate on before the first value")

    def compute(self, lines: Mapping[str, Vintages]) -> pd.DataFrame:
        spread = monthly_spread(lines)
        rate = ended_months(lines.get("DFF", Vintages.nothing()), weekends=True)
        flags = lines.get("USREC", Vintages.nothing())
        if not (len(spread) and len(rate) and len(flags)):
            return nothing()
        dates, known = common([spread, rate])
        regressors = np.column_stack([np.ones(len(dates)), spread.on(dates, known), rate.on(dates, known)])
        return frame_at(dates, known, self._probabilities(dates, known, regressors, Cursor(flags)))

    def _probabilities(self, dates: np.ndarray, known: np.ndarray, regressors: np.ndarray, flags: Cursor) -> np.ndarray:
        months = dates.astype("datetime64[ns]").astype("datetime64[M]").astype("int64")
        found, coefficients = np.full(len(dates), np.nan), None
        for place, now in enumerate(known.tolist()):
            happened = self._happened(months_of(flags.at(now)), months[:place], int(months[place]))
            is_known = ~np.isnan(happened)
            coefficients = self._estimated(regressors[:place][is_known], happened[is_known], coefficients)
            if coefficients is not None:
                found[place] = float(regressors[place] @ coefficients)
        return 100 * normal_cumulative(found)

    def _happened(self, flags: Months, months: np.ndarray, now: int) -> np.ndarray:
        """Whether the recession came (1 or 0) that each of these months was asked about; NaN: not known by `now`."""
        settled = Months(flags.first, flags.values[: max(0, now - self.settled_after - flags.first + 1)])
        ahead = range(1, AHEAD + 1) if self.event == "within 12 months" else (AHEAD,)
        return np.max([_flags_in(settled, months + by) for by in ahead], axis=0)

    def _estimated(self, regressors: np.ndarray, happened: np.ndarray, start: np.ndarray | None) -> np.ndarray | None:
        is_enough = len(happened) >= self.least_months and AHEAD <= happened.sum() <= len(happened) - AHEAD
        return probit(regressors, happened, start) if is_enough else None


def monthly_spread(lines: Mapping[str, Vintages]) -> Track:
    """10-year yield less the bill's bond-equivalent yield, of ended months, in percentage points."""
    long, bill = (lines.get(name, Vintages.nothing()) for name in ("DGS10", "DTB3"))
    tracks = [ended_months(long), ended_months(Vintages(bill.dates, bill.known, bond_equivalent(bill.values)))]
    dates, known = common(tracks)
    long_mean, bill_mean = (track.on(dates, known) for track in tracks)
    return Track(dates, known, long_mean - bill_mean)


def bond_equivalent(discount: np.ndarray) -> np.ndarray:
    """A 91-day bill's yield (%) from its rate on discount basis (%); 5.00 is 5.134."""
    return 100 * (365 * discount / 100) / (360 - 91 * discount / 100)


def normal_cumulative(values: np.ndarray) -> np.ndarray:
    """Φ of each; NaN stays NaN."""
    return np.array([_NORMAL.cdf(value) for value in values.tolist()], "float64")


def probit(regressors: np.ndarray, happened: np.ndarray, start: np.ndarray | None = None) -> np.ndarray | None:
    """Coefficients by maximum likelihood; None where there is no maximum (outcomes told apart without error)."""
    # Most processes never estimate one, and this import takes longer than all others of this package.
    from statsmodels.discrete.discrete_model import Probit

    # Of the same package.
    from statsmodels.tools.sm_exceptions import PerfectSeparationError

    model = Probit(happened, regressors)
    model.raise_on_perfect_prediction = True
    try:
        with np.errstate(all="ignore"):
            fit = model.fit(start_params=start, disp=0, warn_convergence=False)
    except (PerfectSeparationError, np.linalg.LinAlgError):
        return None
    is_found = fit.mle_retvals["converged"] and np.isfinite(fit.params).all()
    return np.asarray(fit.params) if is_found else None


def _flags_in(flags: Months, months: np.ndarray) -> np.ndarray:
    places = months - flags.first
    inside = (places >= 0) & (places < len(flags))
    found = np.full(len(months), np.nan)
    found[inside] = flags.values[places[inside]]
    return np.where(np.isnan(found), np.nan, found > 0.5)
