"""Filings' rows as answers: times ISO 8601, decimals exact as text, what is not known null."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import NoneType
from typing import Annotated, Any, TypeVar, get_args

from fastapi import Path, Query
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from app.server.answers import iso
from app.server.filings_answers import DatasetState
from nautilus_data import Workspace, errors, to_ns

AsOf = Annotated[str | None, Query(description="what was known then, as 2023-11-10 or 2023-11-10T14:30Z; default: now")]
Cik = Annotated[str, Path(description="of a company, with zeros or without; or its ticker, as BRK.B or BRK-B")]
_Model = TypeVar("_Model", bound=BaseModel)
_TIMES = frozenset({"filed", "report_date", "amends", "known_since", "before_ts_init"})


def at_time(as_of: str | None) -> int:
    """The time asked for, or now; nothing is told of the future."""
    now = time.time_ns()
    return now if as_of is None else min(to_ns(as_of), now)


def rows(model: type[_Model], found: Iterable[Mapping[str, Any]]) -> list[_Model]:
    """Each row as an answer; what it has besides is left out."""
    return [row(model, one) for one in found]


def row(model: type[_Model], found: Mapping[str, Any], **more: object) -> _Model:
    """One row as an answer: '', NaN and a time of 0 are null where the answer lets them be."""
    given = {}
    for name, field in model.model_fields.items():
        if name in found:
            value = _told(name, found[name])
            is_optional = NoneType in get_args(field.annotation)
            given[name] = None if value == "" and is_optional else value
    return model(**{**given, **more})


def optional(model: type[_Model], found: Mapping[str, Any] | None) -> _Model | None:
    """As `row`, of what may not be there."""
    return None if found is None else row(model, found)


def numbers(found: Mapping[str, float]) -> dict[str, float | None]:
    """Parts by name; NaN is null."""
    return {name: _told(name, value) for name, value in found.items()}


def states(found: Mapping[str, tuple[str, str]]) -> dict[str, DatasetState]:
    """How each dataset of a company stands."""
    return {kind: DatasetState(state=state, note=note or None) for kind, (state, note) in found.items()}


def named(opened: Workspace, text: str) -> str:
    """The CIK (ten digits) of a company; 404 says it is of none, or of several."""
    try:
        return opened.filings.resolve(text)
    except errors.SkippableError as error:
        raise HTTPException(404, _advised(opened, str(error))) from None


def known(opened: Workspace, text: str) -> str:
    """As `named`, of a company anything is told of; 404 says how to have it."""
    cik = named(opened, text)
    card = opened.filings.company(cik)
    if not card.told["name"] and not card.is_kept and not any(card.rows.values()):
        reason = opened.filings.refusal() or f"POST /api/v1/edgar/companies/{cik}/keep has it asked for"
        raise HTTPException(404, f"nothing is known of the company with the CIK {cik}: {reason}")
    return cik


def _advised(opened: Workspace, message: str) -> str:
    """A list of no companies knows none: that is why, then."""
    if opened.filings.companies():
        return message
    return f"{message}. No list of companies is kept yet: {opened.filings.refusal() or 'the worker asks for it'}"


def _told(name: str, value: Any) -> Any:
    if name.startswith("ts_") or name in _TIMES:
        return iso(int(value)) if value else ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return None if isinstance(value, float) and value != value else value
