"""Rest text: the address of what a page shows, and the curl and Python that ask for it."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from urllib.parse import quote, urlencode

KEY_VARIABLE = "NAUTILUS_API_KEY"
_KEY_HEADER = "X-API-Key"


@dataclass(frozen=True)
class Asked:
    """A question to REST; what has no rows is an object, told as JSON alone. With a `body` (JSON) it is posted."""

    path: str
    query: tuple[tuple[str, str], ...] = ()
    has_rows: bool = True
    body: str = ""

    def address(self, base: str, form: str = "") -> str:
        """`base` is where the server's pages are, with a slash at its end; `form`: csv, parquet, json or arrow."""
        query = urlencode([*self.query, *([("format", form)] if form and self.has_rows else [])], quote_via=quote)
        return f"{base}api/v1/{self.path}{f'?{query}' if query else ''}"


def asked(path: str, *parts: object, has_rows: bool = True, **query: object) -> Asked:
    """`asked("macro/series/{}", "UNRATE", as_of=day)`; what is None or '' is not asked for, a list is asked by each."""
    pairs = [
        (name, _text(one))
        for name, value in query.items()
        for one in (value if isinstance(value, list | tuple) else [value])
        if one not in (None, "")
    ]
    return Asked(path.format(*(quote(str(part), safe="") for part in parts)), tuple(pairs), has_rows)


def posted(path: str, **body: object) -> Asked:
    """A question too long for an address: it changes nothing."""
    return Asked(path, has_rows=False, body=json.dumps({name: one for name, one in body.items() if one is not None}))


def curl(found: Asked, base: str, needs_key: bool) -> str:
    """A line for a shell; the key is read from a variable of the environment."""
    header = f' -H "{_KEY_HEADER}: ${KEY_VARIABLE}"' if needs_key else ""
    body = f" \\\n  -H 'Content-Type: application/json' -d {shlex.quote(found.body)}" if found.body else ""
    return f"curl -sS --fail-with-body{header}{body} \\\n  {shlex.quote(found.address(base, 'csv'))}"


def python(found: Asked, base: str, needs_key: bool) -> str:
    """A script: rows as a frame of pandas, an object as a dict."""
    return (_python_rows if found.has_rows else _python_object)(found, base, needs_key)


def told(title: str, found: Asked, base: str, needs_key: bool) -> dict[str, object]:
    """All that is offered about one table or chart."""
    forms = () if found.body else ("csv", "parquet", "json") if found.has_rows else ("json",)
    return {
        "title": title,
        "address": found.address(base),
        "links": [[form.upper() if form != "parquet" else "Parquet", found.address(base, form)] for form in forms],
        "texts": [["curl", curl(found, base, needs_key)], ["Python", python(found, base, needs_key)]],
        "hint": f"Set {KEY_VARIABLE} to an API key of yours: page System, tab Keys." if needs_key else "",
    }  # fmt: skip


def _python_rows(found: Asked, base: str, needs_key: bool) -> str:
    address = json.dumps(found.address(base, "parquet"))
    if not needs_key:
        return f"import pandas as pd\n\nrows = pd.read_parquet({address})\nprint(rows)\n"
    return (
        "import os\n\nimport pandas as pd\n\nrows = pd.read_parquet(\n"
        f"    {address},\n    storage_options={_python_headers()},\n)\nprint(rows)\n"
    )


def _python_object(found: Asked, base: str, needs_key: bool) -> str:
    body = f"    data=json.dumps({json.loads(found.body)!r}).encode(),\n" if found.body else ""
    kind = '"Content-Type": "application/json"' if found.body else ""
    headers = _python_headers(kind, needs_key) if kind or needs_key else "{}"
    os_line = "import os\n" if needs_key else ""
    return (
        f"import json\n{os_line}import urllib.request\n\nrequest = urllib.request.Request(\n"
        f"    {json.dumps(found.address(base))},\n{body}    headers={headers},\n)\n"
        "with urllib.request.urlopen(request) as answer:\n    told = json.load(answer)\nprint(told)\n"
    )


def _python_headers(kind: str = "", needs_key: bool = True) -> str:
    key = f'"{_KEY_HEADER}": os.environ["{KEY_VARIABLE}"]' if needs_key else ""
    return f"{{{', '.join(filter(None, [kind, key]))}}}"


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
