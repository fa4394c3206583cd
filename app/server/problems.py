"""Problems: every error as problem details (RFC 9457), saying what to do and nothing of how we are built."""

from __future__ import annotations

import logging
import traceback
from http import HTTPStatus
from typing import Any

import panel as pn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field, ValidationError
from starlette.exceptions import HTTPException

from nautilus_data import errors
from nautilus_data.core.correlation import CORRELATION
from nautilus_data.core.redaction import hide

_LOG = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
# Where no route of ours speaks; the codes themselves are described by HTTP.
_BLANK = "about:blank"
_PHRASES = {413: "Content Too Large", 422: "Unprocessable Content"}


class Problem(BaseModel):
    """Problem details of RFC 9457."""

    type: str = Field(_BLANK, description="about:blank: the status says all")
    title: str = Field(description="the status in words")
    status: int
    detail: str = Field(description="what was wrong and what to do")
    instance: str = Field(description="the path that was asked")
    request_id: str = Field(description="names this request in log and audit")


def phrase(code: int) -> str:
    """A status in words, those of RFC 9110 whatever the version of Python."""
    return _PHRASES.get(code) or HTTPStatus(code).phrase


def documented(*codes: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route for these codes."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {code: {"description": phrase(code), "content": {MEDIA_TYPE: {"schema": schema}}} for code in codes}


def problem(path: str, status: int, detail: str, headers: dict[str, str] | None = None, **more: Any) -> JSONResponse:
    """An answer that says what was wrong; `more` are fields of its own."""
    body = {
        "type": _BLANK, "title": phrase(status), "status": status, "detail": hide(detail),
        "instance": hide(path),
        "request_id": CORRELATION.get(), **more,
    }  # fmt: skip
    return JSONResponse(body, status, headers, MEDIA_TYPE)


def add_problems(app: FastAPI) -> None:
    """Answer every error of the application so."""
    for error, answer in _ANSWERS:
        app.add_exception_handler(error, answer)
    described = app.openapi

    def openapi() -> dict[str, Any]:
        found = described()
        found["components"]["schemas"].setdefault("Problem", Problem.model_json_schema())
        return found

    app.openapi = openapi


def _http(request: Request, error: HTTPException) -> JSONResponse:
    detail = _MISSING.get((error.status_code, error.detail), str(error.detail))
    return problem(request.url.path, error.status_code, detail, dict(error.headers or {}))


def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    wrong = [
        {"where": ".".join(map(str, item["loc"])), "detail": item["msg"].removeprefix("Value error, ")}
        for item in error.errors()
    ]
    told = "; ".join(f"{item['where'].partition('.')[2] or item['where']}: {item['detail']}" for item in wrong)
    return problem(request.url.path, 422, told, errors=wrong)


def _refused(request: Request, error: errors.RefusedError) -> JSONResponse:
    if isinstance(error, errors.ForbiddenError):
        return problem(request.url.path, 403, str(error))
    if error.retry_after is not None:
        return problem(request.url.path, 429, str(error), {"Retry-After": str(max(1, round(error.retry_after)))})
    return problem(request.url.path, 401, str(error), {"WWW-Authenticate": "Bearer"})


def _dashboard(request: Request, error: errors.DashboardError) -> JSONResponse:
    is_passing = isinstance(error, errors.RetryableError)
    wait = {"Retry-After": str(max(1, round(error.retry_after or 5)))} if is_passing else {}
    return problem(request.url.path, 503 if is_passing else 409, str(error), wait)


def _value(request: Request, error: ValueError) -> JSONResponse:
    return problem(request.url.path, 409, str(error))


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    _LOG.error("request failed path=%s", request.url.path, exc_info=error)
    found = pn.state.cache.get("workspace")
    more = {"traceback": hide("".join(traceback.format_exception(error)))} if found and found.settings.debug else {}
    return problem(request.url.path, 500, "it failed on our side: the server's log has it by this request_id", **more)


_MISSING = {
    (404, "Not Found"): "there is no such address: /docs lists all there are",
    (405, "Method Not Allowed"): "this address is not asked that way: /docs says how",
}
_ANSWERS = (
    (HTTPException, _http),
    (RequestValidationError, _invalid),
    (errors.RefusedError, _refused),
    (errors.DashboardError, _dashboard),
    # Of our own answers, which is no fault of who asked.
    (ValidationError, _unexpected),
    (ValueError, _value),
    (Exception, _unexpected),
)
