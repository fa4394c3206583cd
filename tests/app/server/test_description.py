"""The description that is kept with the project."""

from __future__ import annotations

from app.server.description import FILE, described


def test_the_description_that_is_kept_is_that_of_the_routes() -> None:
    made = described()
    assert FILE.read_text() == made, "the API changed: python -m app.server.description renews it; look at what changed"
