"""OpenBB options: what the parameters of widgets may be, from what there is here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any

from starlette.exceptions import HTTPException

from nautilus_data import Permitted

# A value and what Workspace calls it.
Option = tuple[str, str]


def options(opened: Permitted, name: str) -> list[Option]:
    """The choices of a list; a 404 when there is no such list."""
    if name not in _LISTS:
        raise HTTPException(404, f"there is no such list: there are {', '.join(sorted(_LISTS))}")
    return list(_LISTS[name](opened))


def first_values(opened: Permitted) -> dict[str, str]:
    """What is chosen at first where something must be, by the name of a list; those that are empty have none."""
    found = {name: next(iter(listed(opened)), None) for name, listed in _LISTS.items()}
    return {name: first[0] for name, first in found.items() if first is not None}


def _instruments(opened: Permitted) -> Iterable[Option]:
    """Those with live values first."""
    live = sorted(set(opened.market.latest()["instrument_id"]))
    known = opened.market.instruments()["instrument_id"].tolist()
    return [(one, one) for one in dict.fromkeys([*live, *known])]


def _traders(opened: Permitted) -> Iterable[Option]:
    return [(one, one) for one in opened.portfolio.traders()]


def _series(opened: Permitted) -> Iterable[Option]:
    """Those with values first."""
    rows = sorted(opened.macro.series().to_dict("records"), key=lambda row: not row["versions"])
    return [(row["series_id"], row["title"] or row["name"]) for row in rows]


def _companies(opened: Permitted) -> Iterable[Option]:
    return [(row["cik"], row["name"] or row["cik"]) for row in opened.filings.standing().to_dict("records")]


def _macro_factors(opened: Permitted) -> Iterable[Option]:
    return [(one.key, one.title) for one in opened.macro.factors()]


_LISTS: Mapping[str, Callable[[Any], Iterable[Option]]] = MappingProxyType(
    {"instrument_id": _instruments, "trader": _traders, "trader_id": _traders, "series_id": _series}
    | {"cik": _companies, "key": _macro_factors}
)
