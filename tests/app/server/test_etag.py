"""Etag: answers that have not changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.responses import FileResponse, StreamingResponse
from fastapi.testclient import TestClient

from app.server.etag import Etag


@pytest.fixture
def words() -> list[str]:
    return ["one"]


@pytest.fixture
def client(words: list[str], tmp_path: Path) -> TestClient:
    app = FastAPI()
    app.add_middleware(Etag)
    (tmp_path / "file.js").write_text("let a = 1")

    @app.get("/words")
    def told() -> list[str]:
        return words

    @app.post("/words")
    def add() -> list[str]:
        return words

    @app.get("/missing", status_code=404)
    def missing() -> str:
        return "none"

    @app.get("/parts")
    def parts() -> StreamingResponse:
        def each() -> Iterator[str]:
            yield "a"
            yield "b"

        return StreamingResponse(each())

    @app.get("/file")
    def file() -> FileResponse:
        return FileResponse(tmp_path / "file.js")

    return TestClient(app)


@pytest.mark.parametrize("path", ["/words", "/file"])
@pytest.mark.parametrize("form", ["{}", '"x", {}', "*"])
def test_who_has_an_answer_is_not_sent_it_again(client: TestClient, path: str, form: str) -> None:
    etag = client.get(path).headers["etag"]
    again = client.get(path, headers={"If-None-Match": form.format(etag)})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert "content-length" not in again.headers


def test_the_name_changes_with_the_answer(client: TestClient, words: list[str]) -> None:
    first = client.get("/words")
    words.append("two")
    second = client.get("/words", headers={"If-None-Match": first.headers["etag"]})
    assert second.json() == ["one", "two"] and second.headers["etag"] != first.headers["etag"]


def test_only_what_is_read_and_there_has_a_name(client: TestClient) -> None:
    assert "etag" not in client.post("/words").headers
    assert "etag" not in client.get("/missing").headers


def test_a_body_in_parts_is_sent_as_it_comes(client: TestClient) -> None:
    answer = client.get("/parts", headers={"If-None-Match": "*"})
    assert answer.status_code == 200 and answer.text == "ab" and "etag" not in answer.headers
