"""Methods: HEAD, OPTIONS and what an address is not asked by."""

from __future__ import annotations

import pytest

DRAWINGS = "/api/v1/drawings?instrument_id=AAPL.NASDAQ"


@pytest.mark.parametrize("path", ["/health", "/api/v1/jobs", "/docs", "/", "/api/v1/market-data/latest?format=csv"])
def test_what_is_read_answers_head_as_get_but_for_the_body(client, path: str) -> None:
    read, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length", "etag"):
        assert head.headers[name] == read.headers[name]


def test_head_is_told_too_that_nothing_changed(client) -> None:
    etag = client.get("/api/v1/jobs").headers["etag"]
    assert client.head("/api/v1/jobs", headers={"If-None-Match": etag}).status_code == 304


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/health", "GET, HEAD, OPTIONS"),
        ("/api/v1/engine/start", "POST, OPTIONS"),
        (DRAWINGS, "GET, DELETE, HEAD, OPTIONS"),
        ("/api/v1/drawings/one?instrument_id=AAPL.NASDAQ", "PUT, DELETE, OPTIONS"),
    ],
)
def test_every_address_says_how_it_is_asked(client, path: str, allowed: str) -> None:
    told = client.options(path)
    assert (told.status_code, told.headers["allow"], told.content) == (204, allowed, b"")
    for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "QUERY"} - set(allowed.split(", ")):
        refused = client.request(method, path)
        assert (refused.status_code, refused.headers["allow"]) == (405, allowed), method
        assert method == "HEAD" or allowed in refused.json()["detail"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "PUT"])
def test_an_address_that_is_none_is_not_found_however_it_is_asked(client, method: str) -> None:
    assert client.request(method, "/api/v1/nothing").status_code == 404


def test_an_address_that_is_written_out_is_no_value_of_a_pattern(client) -> None:
    told = client.options("/api/v1/edgar/companies/refresh")
    assert told.headers["allow"] == "POST, OPTIONS"
    assert client.get("/api/v1/edgar/companies/refresh").status_code == 405
