"""Index: the first address, for people and for programs, and the API's description to read."""

from __future__ import annotations

import html
import importlib.util
from functools import cache
from importlib.metadata import version
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.openapi.docs import get_redoc_html, get_swagger_ui_html
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from app.server.formats import weights

OPENAPI = "/api/v1/openapi.json"
TITLE = "Nautilus dashboard"
_PAGES = Path(__file__).resolve().parent.parent / "pages"
_NO_VIEWER = (
    "<p>The viewer is not installed: <code>pip install fastapi-offline</code>."
    f' The description itself is at <a href="{OPENAPI}">{OPENAPI}</a>.</p>'
)
_REDOC, _REDOC_LOGO = "redoc.standalone.js", "https://cdn.redoc.ly/redoc/logo-mini.svg"
_ASSETS = {
    "swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript", _REDOC: "text/javascript",
    "favicon.png": "image/png",
}  # fmt: skip
_ICON = "/docs-assets/favicon.png"
ROUTER = APIRouter(include_in_schema=False)


@ROUTER.get("/")
def index(request: Request) -> Response:
    """Links: as JSON for who accepts that rather than HTML."""
    wanted = weights(request.headers.get("accept", ""))
    slugs = sorted(path.stem for path in _PAGES.glob("*.py"))
    if wanted.get("application/json", 0) > wanted.get("text/html", 0):
        return JSONResponse(links(slugs), headers={"Vary": "Accept"})
    return HTMLResponse(index_page(slugs), headers={"Vary": "Accept"})


@ROUTER.get("/openapi.json")
def openapi(request: Request) -> JSONResponse:
    """Where it was before."""
    return JSONResponse(request.app.openapi())


@ROUTER.get("/docs")
def docs() -> HTMLResponse:
    if _assets_folder() is None:
        return HTMLResponse(_NO_VIEWER)
    return get_swagger_ui_html(
        openapi_url=OPENAPI, title=f"{TITLE} · API", swagger_favicon_url=_ICON,
        swagger_js_url="/docs-assets/swagger-ui-bundle.js", swagger_css_url="/docs-assets/swagger-ui.css",
    )  # fmt: skip


@ROUTER.get("/redoc")
def redoc() -> HTMLResponse:
    if _assets_folder() is None:
        return HTMLResponse(_NO_VIEWER)
    return get_redoc_html(
        openapi_url=OPENAPI, title=f"{TITLE} · API", redoc_favicon_url=_ICON, with_google_fonts=False,
        redoc_js_url=f"/docs-assets/{_REDOC}",
    )  # fmt: skip


@ROUTER.get("/docs-assets/{name}")
def asset(name: str) -> Response:
    folder = _assets_folder()
    if name not in _ASSETS or folder is None:
        raise HTTPException(404, "no such file")
    kept = {"Cache-Control": "max-age=86400"}
    if name == _REDOC:
        return Response(_local_redoc(folder / name), media_type=_ASSETS[name], headers=kept)
    return FileResponse(folder / name, media_type=_ASSETS[name], headers=kept)


def links(slugs: list[str]) -> dict[str, object]:
    """What there is, for a program."""
    rest = {"openapi": OPENAPI, "docs": "/docs", "redoc": "/redoc", "health": "/health", "status": "/api/v1/status"}
    return {
        "name": TITLE, "version": version("nautilus-dashboard"), "pages": {slug: f"/{slug}" for slug in slugs},
        "rest": rest,
    }  # fmt: skip


def index_page(slugs: list[str]) -> str:
    """Links to all pages; a browser is led on to the overview at once."""
    listed = "".join(f'<li><a href="{html.escape(slug)}">{html.escape(slug.capitalize())}</a></li>' for slug in slugs)
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{TITLE}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="refresh" content="0; url=overview">'
        "<style>html{color-scheme:dark light;font:15px/1.8 sans-serif}"
        "body{max-width:30em;margin:12vh auto;padding:0 1em}</style></head>"
        f"<body><h1>{TITLE}</h1><ul>{listed}"
        '<li><a href="docs">API documentation</a></li></ul></body></html>'
    )


@cache
def _local_redoc(path: Path) -> str:
    """Its script with our icon in place of the one it would load from its maker."""
    return path.read_text(encoding="utf-8").replace(_REDOC_LOGO, _ICON)


def _assets_folder() -> Path | None:
    # Found, not imported: only its copies of the viewers' files are wanted.
    spec = importlib.util.find_spec("fastapi_offline")
    return Path(spec.origin).parent / "static" if spec and spec.origin else None
