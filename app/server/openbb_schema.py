"""OpenBB schema: what the API's own description says of a route, read as OpenBB Workspace writes it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

Described = Mapping[str, Any]

# Of an answer's form, not of what it is about; Workspace asks for all rows of a widget at once.
_NOT_SHOWN = frozenset({"format", "cursor"})
_DAY = re.compile(r"^(start|end|as_of|date|day|since|until)$")
# Beyond this JavaScript rounds.
_LARGEST_WHOLE = 2**53
_MOST_ROWS = 1_000
_MS = len("2024-01-05T13:30:00.000")
_SIGNED = re.compile(r"(^|_)(pnl|return|change|delta|surprise)(_|$)|^(yoy|zscore)$")


class Route:
    """One GET route of the API's description: what it is asked with, and the rows it answers."""

    def __init__(self, description: Described, path: str) -> None:
        if path not in description["paths"] or "get" not in description["paths"][path]:
            raise KeyError(f"the API has no GET {path}")
        self.path = path
        self._schemas = description["components"]["schemas"]
        self._described = description["paths"][path]["get"]

    @property
    def about(self) -> str:
        """What it answers, in a sentence or two."""
        text = self._described.get("description") or self._described.get("summary", "")
        return " ".join(text.split())

    def parameters(self) -> Iterator[Described]:
        """What it is asked by, in path and query."""
        for one in self._described.get("parameters", ()):
            if one["in"] in ("path", "query") and one["name"] not in _NOT_SHOWN:
                yield {**one, "schema": self._bare(one["schema"])}

    def fields(self) -> dict[str, Described]:
        """The fields of a row, in their order."""
        return {name: self._bare(field) for name, field in self._row().get("properties", {}).items()}

    def _row(self) -> Described:
        found = self._resolved(self._described["responses"]["200"]["content"]["application/json"]["schema"])
        if found.get("type") == "array":
            return self._resolved(found["items"])
        lists = [field for field in found.get("properties", {}).values() if field.get("type") == "array"]
        if len(lists) != 1:
            raise KeyError(f"GET {self.path} answers no list of rows")
        return self._resolved(lists[0]["items"])

    def _resolved(self, schema: Described) -> Described:
        reference = schema.get("$ref")
        return self._schemas[reference.rpartition("/")[2]] if reference else schema

    def _bare(self, schema: Described) -> Described:
        """A field's schema without the null it may be."""
        kinds = [one for one in schema.get("anyOf", ()) if one.get("type") != "null"]
        found = self._resolved(kinds[0]) if len(kinds) == 1 else self._resolved(schema)
        return {**found, **{name: schema[name] for name in ("description", "default", "title") if name in schema}}


def column(name: str, field: Described) -> dict[str, Any]:
    """A field as a column of an AgGrid table."""
    kind = cell_type(field)
    found = {"field": name, "headerName": heading(name), "cellDataType": kind}
    if told := field.get("description"):
        found["headerTooltip"] = told
    if kind == "number":
        is_whole = field.get("type") == "integer"
        found |= {"formatterFn": "int" if is_whole else "none", "chartDataType": "series"}
    else:
        is_time = field.get("format") in ("date", "date-time")
        found["chartDataType"] = "time" if is_time else "excluded" if is_nested(field) else "category"
    if kind == "number" and _SIGNED.search(name):
        found["renderFn"] = "greenRed"
    return found


def cell_type(field: Described) -> str:
    """Of the types AgGrid knows. An exact number is told as text; here it becomes a number."""
    if field.get("type") in ("integer", "number") or is_exact(field):
        return "number"
    if field.get("type") == "boolean":
        return "boolean"
    return "dateString" if field.get("format") == "date" else "text"


def is_exact(field: Described) -> bool:
    """Is it a number that REST tells as text, so that no digit is lost?"""
    pattern = field.get("pattern", "")
    return field.get("type") == "string" and bool(pattern) and _takes_numbers_only(pattern)


def is_nested(field: Described) -> bool:
    return field.get("type") in ("array", "object") or not ({"type", "enum"} & set(field))


def parameter(one: Described, options: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    """A parameter as a widget asks for it; `options` names lists to choose from, `values` what is chosen at first."""
    name, schema = one["name"], one["schema"]
    found = {
        "paramName": name, "label": heading(name), "description": one.get("description") or heading(name),
        "type": _parameter_type(name, schema), "value": values.get(name, _first(name, schema)),
    }  # fmt: skip
    if schema.get("type") == "array":
        found["multiple"] = True
    if name in options:
        found |= {"type": "endpoint", "optionsEndpoint": options[name]}
    elif "enum" in schema:
        found["options"] = [{"label": str(value), "value": value} for value in schema["enum"]]
    return found


def heading(name: str) -> str:
    """`ts_event` as `Event`, `instrument_id` as `Instrument`."""
    words = name.removeprefix("ts_").removesuffix("_id").replace("_", " ").strip()
    return (words[:1].upper() + words[1:]) or name


def _first(name: str, schema: Described) -> Any:
    """Of rows as many as a person reads: Workspace has no second page."""
    return min(_MOST_ROWS, schema["maximum"]) if name == "limit" else schema.get("default")


def _parameter_type(name: str, schema: Described) -> str:
    if schema.get("type") == "boolean":
        return "boolean"
    if schema.get("type") in ("integer", "number"):
        return "number"
    return "date" if _DAY.match(name) else "text"


def _takes_numbers_only(pattern: str) -> bool:
    try:
        return bool(re.search(pattern, "-1200.5")) and not re.search(pattern, "x")
    except re.error:
        return False


def flat(found: Any, fields: Mapping[str, Described]) -> list[dict[str, Any]]:
    """Rows as Workspace takes them: exact numbers as numbers, times to the millisecond, lists as text."""
    rows = found if isinstance(found, list) else next(value for value in found.values() if isinstance(value, list))
    return [{name: _cell(row.get(name), field) for name, field in fields.items()} for row in rows]


def _cell(value: Any, field: Described) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int) and abs(value) > _LARGEST_WHOLE:
        return str(value)
    if is_exact(field):
        return float(value)
    if field.get("format") == "date-time" and len(value) > _MS:
        return f"{value[:_MS]}Z"
    return value
