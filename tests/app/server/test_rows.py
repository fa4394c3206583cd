"""Rows: pages of a table over HTTP."""

from __future__ import annotations

import io

import pandas as pd
import pytest
from fastapi import FastAPI, Response
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import ipc, parquet
from pydantic import BaseModel

from app.server.etag import Etag
from app.server.problems import add_problems
from app.server.rows import LongPaged, Paged, table


class Row(BaseModel):
    id: int
    word: str
    ts_event: str | None


def frame_of(ids: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"id": ids, "word": [f"w{one % 3}" for one in ids], "ts_event": [10**18 + one for one in ids],
                         "hidden": 1})  # fmt: skip


def client_of(frames: list[pd.DataFrame]) -> TestClient:
    """Serves the first of these; a test may change which that is."""
    app = FastAPI()
    app.add_middleware(Etag)
    add_problems(app)

    @table(app.router, "/rows", Row)
    def rows(page: Paged) -> Response:
        return page.rows(frames[0], Row, ["word", "id"])

    @table(app.router, "/many", Row)
    def many(page: LongPaged) -> Response:
        return page.rows(frames[0], Row, ["id"])

    return TestClient(app, raise_server_exceptions=False)


def all_pages(client: TestClient, path: str) -> list[list[dict[str, object]]]:
    pages = []
    while path:
        answer = client.get(path)
        pages.append(answer.json())
        path = answer.links["next"]["url"] if "next" in answer.links else ""
    return pages


@settings(max_examples=25)
@given(st.lists(st.integers(0, 10_000), unique=True, max_size=40), st.integers(1, 12))
def test_all_pages_together_are_all_rows_each_once(ids: list[int], limit: int) -> None:
    pages = all_pages(client_of([frame_of(ids)]), f"/rows?limit={limit}")
    assert [row["id"] for page in pages for row in page] == ids
    assert all(len(page) == limit for page in pages[:-1])


@settings(max_examples=25)
@given(st.data())
def test_rows_that_come_meanwhile_make_none_come_twice_or_go_missing(data: st.DataObject) -> None:
    # The newest first, and new ones come in front.
    ids, seen, path = list(range(20, 0, -1)), [], "/rows?limit=4"
    frames = [frame_of(ids)]
    client = client_of(frames)
    while path:
        answer = client.get(path)
        seen += [row["id"] for row in answer.json()]
        path = answer.links["next"]["url"] if "next" in answer.links else ""
        ids = [*range(ids[0] + data.draw(st.integers(0, 5)), ids[0], -1), *ids]
        frames[0] = frame_of(ids)
    assert seen == list(range(20, 0, -1))


def test_the_address_of_the_next_page_keeps_what_was_asked() -> None:
    answer = client_of([frame_of([1, 2, 3])]).get("/rows?limit=2&format=csv")
    assert answer.headers["content-type"].startswith("text/csv")
    assert {"limit=2", "format=csv"} <= set(answer.links["next"]["url"].partition("?")[2].split("&"))
    assert answer.text.splitlines() == [
        "id,word,ts_event", "1,w1,2001-09-09T01:46:40.000000001Z", "2,w2,2001-09-09T01:46:40.000000002Z",
    ]  # fmt: skip


def test_accept_and_format_say_the_same() -> None:
    client = client_of([frame_of([1, 2, 3])])
    arrow = client.get("/rows", headers={"Accept": "application/vnd.apache.arrow.stream"})
    assert arrow.content == client.get("/rows?format=arrow").content
    assert ipc.open_stream(arrow.content).read_all().column("id").to_pylist() == [1, 2, 3]
    found = parquet.read_table(io.BytesIO(client.get("/rows?format=parquet").content))
    assert found.column_names == ["id", "word", "ts_event"]
    refused = client.get("/rows", headers={"Accept": "image/png"})
    assert refused.status_code == 406 and "text/csv" in refused.json()["detail"]


@pytest.mark.parametrize("cursor", ["x", "é", "bnVsbA", "W10", "WzFd", "W1siYSJdLDFd", "WyJ3MSIsOTldIA", "W" * 2000])
def test_a_cursor_that_is_none_is_not_found(cursor: str) -> None:
    answer = client_of([frame_of([1, 2, 3])]).get("/rows", params={"cursor": cursor})
    assert (answer.status_code == 404 and "first rows" in answer.json()["detail"]) or "Link" in answer.json()["detail"]


@pytest.mark.parametrize("asked", ["limit=0", "limit=1001", "limit=x", "format=xml", f"cursor={'W' * 2001}"])
def test_what_the_description_forbids_is_refused(asked: str) -> None:
    assert client_of([frame_of([1])]).get(f"/rows?{asked}").status_code == 422


def test_long_tables_come_in_larger_pages() -> None:
    client = client_of([frame_of(list(range(1_200)))])
    assert len(client.get("/many?limit=1200").json()) == 1_200
    assert [len(page) for page in all_pages(client, "/many")] == [500, 500, 200]


def test_the_description_tells_formats_headers_and_bounds() -> None:
    described = client_of([frame_of([])]).get("/openapi.json").json()["paths"]["/rows"]["get"]
    answer = described["responses"]["200"]
    assert set(answer["content"]) == {
        "application/json", "text/csv", "application/vnd.apache.arrow.stream", "application/vnd.apache.parquet",
    }  # fmt: skip
    assert {"Link", "ETag"} <= set(answer["headers"])
    (limit,) = (one["schema"] for one in described["parameters"] if one["name"] == "limit")
    assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, 1000, 100)


def test_rows_that_are_the_same_are_not_sent_again() -> None:
    frames = [frame_of([1, 2])]
    client = client_of(frames)
    etag = client.get("/rows").headers["etag"]
    again = client.get("/rows", headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    frames[0] = frame_of([1, 2, 3])
    assert client.get("/rows", headers={"If-None-Match": etag}).status_code == 200
