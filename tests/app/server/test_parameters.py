"""Parameters: misspelt names in a query."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("asked", ["limt=5", "limit=5&Format=csv", "=1", "limit=5&%00=1", f"{'x' * 500}=1"])
def test_a_name_that_a_route_does_not_know_is_refused(client, asked: str) -> None:
    answer = client.get(f"/api/v1/jobs?{asked}")
    assert answer.status_code == 422
    assert "there are: correlation, cursor, format, limit" in answer.json()["detail"]
    assert len(answer.json()["errors"]) == 1


def test_a_route_without_parameters_says_so(client) -> None:
    assert "there are: none" in client.get("/health?x=1").json()["detail"]


def test_parameters_of_what_a_route_depends_on_are_known(client) -> None:
    asked = "trader_id=T-1&run_id=0&format=csv&limit=3"
    assert client.get(f"/api/v1/portfolio/fills?{asked}").status_code == 200
