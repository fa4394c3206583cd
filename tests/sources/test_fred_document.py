"""FRED's documents: what is read, what is not, and no bytes at all that lead to another error than ours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautilus_data.errors import DashboardError, FatalError, RetryableError, SkippableError
from nautilus_data.sources.fred.document import judged, problem, read
from tests.fred_documents import error, transcribed

BOMB = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "y">]><observations a="&x;"/>'


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "is empty"),
        (b" \n ", "is empty"),
        (b'{"observations": []}', "JSON instead of XML"),
        (b"<!DOCTYPE html><title>Maintenance</title>", "web page instead of data; it says: Maintenance"),
        (b"<html><title>Busy</title></html>", "web page"),
        (b'<?xml version="1.0"?><observations count="2"><observation date="20', "cut short or damaged after 66 bytes"),
        (b"Will be right back", "is not data; it says: Will be right back"),
        (BOMB, "declares a document type"),
        (BOMB.decode().replace('"1.0"', '"1.0" encoding="utf-16"').encode("utf-16"), "document type|not data"),
        (b"<rss><channel/></rss>", "its root is 'rss'"),
        (b'<?xml version="1.0" encoding="no-such"?><observations/>', "damaged"),
    ],
)  # fmt: skip
def test_what_is_no_document_of_freds_may_be_one_at_the_next_try(body: bytes, words: str) -> None:
    with pytest.raises(RetryableError, match=words):
        read(body)
    assert isinstance(problem(body), RetryableError)


def test_a_document_is_read_and_nothing_is_wrong_with_it() -> None:
    body = transcribed({"count": 1, "observations": [{"date": "2024-01-01", "value": "<&>"}]})
    assert problem(body) is None
    assert read(body)[0].attrib == {"date": "2024-01-01", "value": "<&>"}


@pytest.mark.parametrize(
    ("status", "message", "kind", "words"),
    [
        (400, "Bad Request.  Variable api_key has not been set.", FatalError, "Check FRED_API_KEY"),
        (400, "The value for variable api_key is not registered.", FatalError, "free one is made at https://fred"),
        (400, "Bad Request.  The series does not exist.", SkippableError, "The series does not exist. Search"),
        (400, "Variable realtime_end can not be after today's date.", RetryableError, "clock ahead"),
        (423, "Locked", RetryableError, "is locked for now"),
    ],
)  # fmt: skip
def test_an_error_means_what_its_words_say(status: int, message: str, kind: type, words: str) -> None:
    found = judged(status, error(message)[0])
    assert type(found) is kind and words in str(found)
    assert type(problem(error(message, status)[0])) is kind


def test_an_error_without_a_known_meaning_means_what_its_status_says() -> None:
    assert judged(400, error("Bad Request.  Variable limit is not between 1 and 1000.")[0]) is None
    assert judged(500, b"") is judged(429, b"Too Many Requests.") is None
    assert isinstance(judged(403, b"<html><title>Denied</title></html>"), RetryableError)


def test_an_error_that_comes_as_an_answer_is_one() -> None:
    assert isinstance(problem(error("Something.", 599)[0]), RetryableError)
    assert isinstance(problem(b'<error code="x" message=""/>'), RetryableError)


@given(st.binary(max_size=300) | st.text(alphabet="<>!&;/=\"' abc\n", max_size=80).map(str.encode))
def test_no_bytes_lead_to_another_error(body: bytes) -> None:
    assert problem(body) is None or isinstance(problem(body), DashboardError)
    for status in (400, 403, 423, 429, 500):
        assert judged(status, body) is None or isinstance(judged(status, body), DashboardError)


@given(st.data())
def test_no_damage_to_a_document_leads_to_another_error(data: st.DataObject) -> None:
    whole = transcribed({"count": 2, "observations": [{"date": "2024-01-01", "value": "1"}] * 2})
    start, end = sorted(data.draw(st.tuples(st.integers(0, len(whole)), st.integers(0, len(whole)))))
    body = whole[:start] + data.draw(st.binary(max_size=5)) + whole[end:]
    assert problem(body) is None or isinstance(problem(body), RetryableError)
