"""What is offered for copying: addresses, curl, Python."""

import ast

import pytest

from app.views.rest_text import asked, curl, posted, python, told

BASE = "http://127.0.0.1:5006/"


def test_an_address_has_what_was_chosen_and_nothing_else() -> None:
    found = asked("portfolio/orders", trader_id="T-1", run_id=None, text="", limit=200, open_only=True)
    assert found.address(BASE) == f"{BASE}api/v1/portfolio/orders?trader_id=T-1&limit=200&open_only=true"


def test_ids_with_slashes_and_words_with_spaces_are_encoded() -> None:
    found = asked("messagebus/books/{}", "GBP/USD.SIM", trader_id="T 1&x=y'#")
    assert found.address(BASE) == f"{BASE}api/v1/messagebus/books/GBP%2FUSD.SIM?trader_id=T%201%26x%3Dy%27%23"


def test_a_list_is_asked_for_one_by_one() -> None:
    assert asked("macro/compare", ids=["A", "B"]).address(BASE).endswith("?ids=A&ids=B")


def test_an_object_is_told_as_json_alone() -> None:
    found = asked("status", has_rows=False)
    assert found.address(BASE, "csv") == f"{BASE}api/v1/status"
    assert told("Nodes", found, BASE, needs_key=False)["links"] == [["JSON", f"{BASE}api/v1/status"]]


def test_rows_are_offered_in_three_files() -> None:
    links = dict(told("Orders", asked("portfolio/orders"), BASE, needs_key=False)["links"])
    assert links == {
        name: f"{BASE}api/v1/portfolio/orders?format={name.lower()}" for name in ("CSV", "Parquet", "JSON")
    }


@pytest.mark.parametrize("has_rows", [True, False])
@pytest.mark.parametrize("needs_key", [True, False])
def test_python_is_python_and_reads_its_key_from_the_environment(has_rows: bool, needs_key: bool) -> None:
    text = python(asked("x", q='a"b\\', has_rows=has_rows), BASE, needs_key)
    ast.parse(text)
    assert ('os.environ["NAUTILUS_API_KEY"]' in text) is ("import os" in text) is needs_key
    assert "\n\n\n" not in text


def test_curl_names_the_key_by_its_variable_and_quotes_the_address() -> None:
    text = curl(asked("x", q="it's; rm -rf $HOME"), BASE, needs_key=True)
    assert text == (
        'curl -sS --fail-with-body -H "X-API-Key: $NAUTILUS_API_KEY" \\\n'
        f"  '{BASE}api/v1/x?q=it%27s%3B%20rm%20-rf%20%24HOME&format=csv'"
    )
    assert "X-API-Key" not in curl(asked("x"), BASE, needs_key=False)


def test_a_question_with_a_body_is_posted_and_has_no_links() -> None:
    found = posted("plan", name="it's", mode="all", end=None)
    shown = told("Plan", found, BASE, needs_key=True)
    assert shown["links"] == []
    assert """-d '{"name": "it'"'"'s", "mode": "all"}'""" in curl(found, BASE, needs_key=False)
    text = python(found, BASE, needs_key=True)
    ast.parse(text)
    assert '"Content-Type": "application/json"' in text and "'it" not in text.split("data=")[0]


def test_who_needs_a_key_is_told_where_to_make_one() -> None:
    assert "API key" in told("Orders", asked("x"), BASE, needs_key=True)["hint"]
    assert told("Orders", asked("x"), BASE, needs_key=False)["hint"] == ""
