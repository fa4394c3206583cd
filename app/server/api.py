"""REST: status and engine, and the routes of the others, over the same services as the pages, on the same port."""

from __future__ import annotations

import html
import importlib.util
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import panel as pn
from fastapi import Depends, FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import FileResponse, HTMLResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from app.server import alpha_vantage, assets, backfills, catalogs, companies, filings, macro, messagebus, sources
from app.server.answers import Opened, Queued, plain
from app.server.asgi import AsgiHandler
from app.server.etag import Etag
from app.server.parameters import check_parameters
from app.server.problems import add_problems, documented, problem

_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_PAGES = Path(__file__).resolve().parent.parent / "pages"
_NO_VIEWER = (
    "<p>The viewer is not installed: <code>pip install fastapi-offline</code>."
    ' The description itself is at <a href="/api/v1/openapi.json">/openapi.json</a>.</p>'
)
_DESCRIPTION = (
    "Times are ISO 8601 UTC. Commands answer 202 with a job id: the worker carries them out. Tables come as JSON, CSV,"
    " Arrow or Parquet by `Accept` or `format`, a page at a time: `Link` leads to the rows that follow."
    " Errors are problem details (RFC 9457)."
)
_ASSETS = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}


class Health(BaseModel):
    status: str = Field(description="ok, or degraded when the store can't be read")
    environment: str
    debug: bool


class MessageBusStatus(BaseModel):
    connection_state: str = Field(description="disconnected, connecting, connected, reconnecting or error")
    connected_at: str | None = Field(description="ISO 8601 UTC")
    last_message_at: str | None = Field(description="ISO 8601 UTC")
    reconnect_attempts: int
    error_message: str | None
    messages_received: int = Field(description="every entry read once, heartbeats included")


class StartRun(BaseModel):
    start: str = Field("2004-01-02", description="first day replayed, ISO 8601")
    warmup: int = Field(250, ge=0, le=10_000, description="sessions replayed unpaced first")
    pace: float = Field(1.0, gt=0, le=1000, description="bars a second of each instrument")


class Pace(BaseModel):
    pace: float = Field(gt=0, le=1000, description="bars a second of each instrument")


class Guard:
    """Refuses foreign Host headers (DNS rebinding) and changes asked for by pages of another origin."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        refusal = self._refusal(scope) if scope["type"] == "http" else ""
        if refusal:
            await problem(scope["path"], 403, refusal)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _refusal(self, scope: MutableMapping[str, Any]) -> str:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get("host", "")
        if _hostname(host) not in _allowed_hosts():
            return f"Host {host[:80]!r} is not this server: open it as 127.0.0.1 or localhost"
        if scope["method"] in _SAFE_METHODS:
            return ""
        origin, site = headers.get("origin"), headers.get("sec-fetch-site", "none")
        if origin is not None and origin != f"{scope['scheme']}://{host}":
            return f"a page of {origin[:80]!r} may not change anything here: use this server's own pages"
        if site not in ("same-origin", "none"):
            return "a page of another site may not change anything here"
        return ""


def make_app() -> FastAPI:
    app = FastAPI(
        title="Nautilus dashboard", version="1", docs_url=None, redoc_url=None,
        description=_DESCRIPTION, openapi_url="/api/v1/openapi.json", dependencies=[Depends(check_parameters)],
        responses=documented(400, 401, 403, 404, 409, 413, 422, 429, 500, 503),
    )  # fmt: skip
    app.add_middleware(Etag)
    app.add_middleware(Guard)
    add_problems(app)
    _add_status(app)
    _add_engine(app)
    app.include_router(alpha_vantage.ROUTER)
    app.include_router(backfills.ROUTER)
    app.include_router(catalogs.ROUTER)
    app.include_router(filings.ROUTER)
    # After those of all companies: here a path names one.
    app.include_router(companies.ROUTER)
    app.include_router(macro.ROUTER)
    app.include_router(messagebus.ROUTER)
    app.include_router(sources.ROUTER)
    app.include_router(assets.ROUTER)
    _add_documents(app)
    return app


def _add_status(app: FastAPI) -> None:
    @app.get("/health", tags=["status"])
    def health(opened: Opened) -> Health:
        settings = opened.settings
        status = "ok" if opened.overview.store().ok else "degraded"
        return Health(status=status, environment=settings.environment, debug=settings.debug)

    @app.get("/api/v1/status", tags=["status"])
    def status(opened: Opened) -> dict[str, Any]:
        """What the overview page shows."""
        return {"is_demo": opened.is_demo, **plain(opened.overview.status())}

    @app.get("/api/v1/messagebus/status", tags=["status"])
    def messagebus(opened: Opened) -> MessageBusStatus:
        """How the reader that stores stands, whichever process is asked; all are at /api/v1/messagebus/readers."""
        found = plain(opened.bus.status())
        return MessageBusStatus(
            **{**found, "connection_state": found["state"], "error_message": found["error_message"] or None}
        )

    @app.post("/api/v1/messagebus/reconnect", status_code=202, tags=["status"])
    def reconnect(opened: Opened) -> dict[str, str]:
        """Every reader starts over, as after the tries were exhausted."""
        opened.bus.reconnect()
        return {"message": "asked: see /api/v1/messagebus/status"}

    @app.get("/api/v1/jobs", tags=["jobs"])
    def jobs(opened: Opened, limit: Annotated[int, Field(ge=1, le=1000)] = 50) -> list[dict[str, Any]]:
        """Newest first."""
        return plain(opened.overview.jobs(limit))


def _add_engine(app: FastAPI) -> None:
    @app.get("/api/v1/engine", tags=["engine"])
    def engine(opened: Opened) -> dict[str, Any]:
        found = {"is_available": opened.engine.is_available, "reason": opened.engine.reason}
        return {**found, **plain(opened.engine.status())}

    @app.post("/api/v1/engine/start", status_code=202, tags=["engine"])
    def start(opened: Opened, run: StartRun) -> Queued:
        return Queued(job_id=opened.engine.start(start=run.start, warmup=run.warmup, pace=run.pace))

    @app.post("/api/v1/engine/pause", status_code=202, tags=["engine"])
    def pause(opened: Opened) -> Queued:
        return Queued(job_id=opened.engine.pause())

    @app.post("/api/v1/engine/resume", status_code=202, tags=["engine"])
    def resume(opened: Opened) -> Queued:
        return Queued(job_id=opened.engine.resume())

    @app.post("/api/v1/engine/pace", status_code=202, tags=["engine"])
    def pace(opened: Opened, wanted: Pace) -> Queued:
        return Queued(job_id=opened.engine.set_pace(wanted.pace))

    @app.post("/api/v1/engine/stop", status_code=202, tags=["engine"])
    def stop(opened: Opened) -> Queued:
        return Queued(job_id=opened.engine.stop())


def _add_documents(app: FastAPI) -> None:
    @app.get("/", include_in_schema=False)
    def index() -> HTMLResponse:
        return HTMLResponse(index_page(sorted(path.stem for path in _PAGES.glob("*.py"))))

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        if _assets_folder() is None:
            return HTMLResponse(_NO_VIEWER)
        return get_swagger_ui_html(
            openapi_url="/api/v1/openapi.json", title=f"{app.title} · API", swagger_favicon_url="/favicon.ico",
            swagger_js_url="/docs-assets/swagger-ui-bundle.js", swagger_css_url="/docs-assets/swagger-ui.css",
        )  # fmt: skip

    @app.get("/docs-assets/{name}", include_in_schema=False)
    def asset(name: str) -> FileResponse:
        folder = _assets_folder()
        if name not in _ASSETS or folder is None:
            raise HTTPException(404, "no such file")
        return FileResponse(folder / name, media_type=_ASSETS[name], headers={"Cache-Control": "max-age=86400"})


def index_page(slugs: list[str]) -> str:
    """Links to all pages; a browser is led on to the overview at once."""
    links = "".join(f'<li><a href="{html.escape(slug)}">{html.escape(slug.capitalize())}</a></li>' for slug in slugs)
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Nautilus dashboard</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta http-equiv="refresh" content="0; url=overview">'
        "<style>html{color-scheme:dark light;font:15px/1.8 sans-serif}"
        "body{max-width:30em;margin:12vh auto;padding:0 1em}</style></head>"
        f"<body><h1>Nautilus dashboard</h1><ul>{links}"
        '<li><a href="docs">API documentation</a></li></ul></body></html>'
    )


def _allowed_hosts() -> frozenset[str]:
    found = pn.state.cache.get("workspace")
    return _LOOPBACK_NAMES | ({found.settings.dashboard_host} if found is not None else frozenset())


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _assets_folder() -> Path | None:
    # Found, not imported: only its copies of the viewer's files are wanted.
    spec = importlib.util.find_spec("fastapi_offline")
    return Path(spec.origin).parent / "static" if spec and spec.origin else None


ROUTES = [
    (r"/(?:|health|docs|docs-assets/[^/]+|chart-assets/.*|api/.*)", AsgiHandler, {"app": make_app()}),
]
