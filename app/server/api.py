"""REST: the routes of all, over the same services as the pages, on the same port."""

from __future__ import annotations

from fastapi import Depends, FastAPI

from app.server import (
    accounts,
    alpha_vantage,
    assets,
    backfills,
    bars,
    brokers,
    bus_losses,
    catalogs,
    companies,
    company_facts,
    coverage_cells,
    drawings,
    engines,
    executions,
    filings,
    index,
    indicators,
    instruments,
    macro,
    macro_factors,
    messagebus,
    openbb,
    portfolio,
    research,
    sources,
    status,
    stored,
    system,
)
from app.server.asgi import AsgiHandler
from app.server.etag import Etag
from app.server.methods import Methods
from app.server.parameters import check_parameters
from app.server.problems import add_problems, documented
from app.server.schemes import add_schemes

_DESCRIPTION = (
    "Times are ISO 8601 UTC. Commands answer 202 with a job id: the worker carries them out. Tables come as JSON, CSV,"
    " Arrow or Parquet by `Accept` or `format`, a page at a time: `Link` leads to the rows that follow. In CSV a text"
    " that a spreadsheet would run as a formula has a quote in front. What is read answers HEAD and `If-None-Match`,"
    " too. Errors are problem details (RFC 9457)."
)
_ROUTERS = (
    # First what is asked again and again: they are gone through in this order.
    status.ROUTER,
    accounts.ROUTER, alpha_vantage.ROUTER, backfills.ROUTER, bars.ROUTER, brokers.ROUTER, catalogs.ROUTER,
    filings.ROUTER,
    # After those of all companies: here a path names one.
    companies.ROUTER, company_facts.ROUTER,
    drawings.ROUTER, engines.ROUTER, executions.ROUTER, indicators.ROUTER, instruments.ROUTER, macro.ROUTER,
    macro_factors.ROUTER, messagebus.ROUTER, bus_losses.ROUTER, portfolio.ROUTER, research.ROUTER, sources.ROUTER,
    coverage_cells.ROUTER, stored.ROUTER, system.ROUTER, openbb.ROUTER, assets.ROUTER, index.ROUTER,
)  # fmt: skip


def make_app() -> FastAPI:
    app = FastAPI(
        title=index.TITLE, version="1", docs_url=None, redoc_url=None, description=_DESCRIPTION,
        openapi_url=index.OPENAPI, dependencies=[Depends(check_parameters)],
        responses=documented(400, 401, 403, 404, 406, 409, 413, 422, 429, 500, 503),
    )  # fmt: skip
    app.add_middleware(Etag)
    app.add_middleware(Methods, routes=app.routes)
    add_problems(app)
    add_schemes(app)
    for router in _ROUTERS:
        app.include_router(router)
    return app


ROUTES = [
    (
        r"/(?:|health|docs|redoc|openapi\.json|widgets\.json|apps\.json|docs-assets/[^/]+|chart-assets/.*|api/.*)",
        AsgiHandler,
        {"app": make_app()},
    ),
]
