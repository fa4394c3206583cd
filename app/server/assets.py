"""Assets: the scripts of the trading chart, ours and the library's, served from where they are installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse
from starlette.exceptions import HTTPException

ROUTER = APIRouter(include_in_schema=False)
_OURS = Path(__file__).resolve().parent.parent / "layout" / "chart"
_LIBRARY = "lightweight-charts.js"
# The version in the address changes with what is in it, so a browser may keep what it has.
_FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}


def script(name: str) -> Path | None:
    """The file of a script's name; None where there is none."""
    if name == _LIBRARY:
        # Found, not imported: only its copy of the library is wanted.
        spec = importlib.util.find_spec("pylightcharts")
        found = Path(spec.origin).parent / "js" / _LIBRARY if spec and spec.origin else None
        return found if found and found.is_file() else None
    return next((path for path in _OURS.glob("*.js") if path.name == name), None)


@ROUTER.get("/chart-assets/{version}/{name}")
def asset(version: str, name: str) -> FileResponse:
    found = script(name)
    if found is None:
        missing = "pip install pylightcharts" if name == _LIBRARY else "no such file"
        raise HTTPException(404, missing)
    return FileResponse(found, media_type="text/javascript", headers=_FOREVER)
