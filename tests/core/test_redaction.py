"""Redaction: what is secret is gone however it is written, and nothing else is."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nautilus_data.core.redaction import HIDDEN, Redaction, is_secret_name

SECRET = "p@ss/wörd 'x\" +50%"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "spell",
    [
        str,
        repr,
        json.dumps,
        lambda text: json.dumps(text, ensure_ascii=False),
        quote,
        quote_plus,
        lambda text: quote(text, safe=""),
        lambda text: quote(text, safe="").lower(),
        lambda text: base64.b64encode(text.encode()).decode(),
    ],
)
def test_a_known_secret_is_hidden_however_it_is_spelled(spell) -> None:
    spelled = spell(SECRET).strip("\"'").rstrip("=") if spell in (repr, json.dumps) else spell(SECRET)
    told = Redaction([SECRET]).hide(f"before {spelled} after")
    assert HIDDEN in told
    assert "wörd" not in told
    assert "w%C3%B6rd" not in told
    assert spelled not in told
    assert told.startswith("before ")
    assert told.endswith(" after")


@given(secret=st.text(min_size=6, max_size=40), around=st.text(max_size=40))
def test_no_secret_of_any_letters_gets_through(secret: str, around: str) -> None:
    assert secret not in Redaction([secret]).hide(f"{around}{secret}{around}").replace(HIDDEN, "\0") or secret in "\0•"


def test_a_short_secret_is_hidden_as_a_word_and_not_inside_others() -> None:
    assert Redaction(["abc"]).hide("abc abcd xabc (abc)") == "••• abcd xabc (•••)"


def test_of_two_secrets_one_inside_the_other_neither_is_left_in_part() -> None:
    assert Redaction(["secret-one", "secret-one-and-more"]).hide("x secret-one-and-more y") == "x ••• y"


def test_a_secret_named_later_is_hidden_from_then_on() -> None:
    redaction = Redaction()
    assert redaction.hide("the word is plain-enough") == "the word is plain-enough"
    redaction.keep("plain-enough", "", "plain-enough")
    assert redaction.hide("the word is plain-enough") == "the word is •••"


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("GET /query?apikey=ABC123&symbol=IBM 200", "GET /query?apikey=•••&symbol=IBM 200"),
        ("GET /x?a=1&api_key=ABC123 and more", "GET /x?a=1&api_key=••• and more"),
        ("api-key=ABC123", "api-key=•••"),
        ("password=hunter2, user=ann", "password=•••, user=ann"),
        ("redis_password=hunter2 port=1", "redis_password=••• port=1"),
        ("https%3A%2F%2Fx%3Fapi_key%3DABC", "https%3A%2F%2Fx%3Fapi_key%3D•••"),
        ("{'password': 'hunter2', 'user': 'ann'}", "{'password': •••, 'user': 'ann'}"),
        ('{"refresh_token": "hunter2", "n": 1}', '{"refresh_token": •••, "n": 1}'),
        ("postgresql+psycopg://ann:hunter2@db:5432/x", "postgresql+psycopg://ann:•••@db:5432/x"),
        ("redis://:hunter2@127.0.0.1:6379/0", "redis://:•••@127.0.0.1:6379/0"),
        ("Authorization: Bearer abcdefghijk", "Authorization: •••"),
        ("sent bearer abcdefghijk to it", "sent bearer ••• to it"),
        ("HTTPHeaders([('authorization', 'Bearer abcdefghi')])", "HTTPHeaders([('authorization', •••)])"),
        ("[(b'cookie', b'session=abc; x=y'), (b'host', b'h')]", "[(b'cookie', b•••), (b'host', b'h')]"),
        ("Cookie: session=abc; other=def\nHost: h", "Cookie: •••\nHost: h"),
        ("Set-Cookie: session=abc; HttpOnly", "Set-Cookie: •••"),
        (f"the token {JWT} is late", "the token ••• is late"),
        ("the token eyJzZXNzaW9uX2lkIjoiYWJj.c2lnbmVk is", "the token ••• is"),
        ("302 GET /share/AbC-123_x?x=1 (127.0.0.1)", "302 GET /share/•••?x=1 (127.0.0.1)"),
        ("GET /login/oauth?code=abc123&state=xyz 400", "GET /login/oauth?code=•••&state=••• 400"),
        ("__Host-nd_session=abc nd_share=def", "__Host-nd_session=••• nd_share=•••"),
        ("key nd_ab12_AbCdEf-_123456789 was used", "key ••• was used"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, hidden: str) -> None:
    assert Redaction().hide(text) == hidden


@pytest.mark.parametrize(
    "text",
    [
        "message not taken handler=ingest stream=trader-DEMO:stream entry=17950000-0",
        "password authentication failed for user ann",
        "max_tokens=30 primary_key=7 sort_key=a monkey=1",
        "server listens address=http://127.0.0.1:5006/market?symbol=AAPL.NASDAQ",
        "state=CONNECTED code=200 share=1",
        "key=AAPL.NASDAQ keyboard=1 passing=2 cookies are kept",
        "",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert Redaction(["something-else"]).hide(text) == text


@pytest.mark.parametrize("name", ["password", "REDIS_PASSWORD", "api_key", "fred-api-key", "token", "Cookie"])
def test_a_field_is_secret_by_its_name(name: str) -> None:
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["key", "tokens_epoch", "monkey", "passed", "handler", "primary_key"])
def test_a_field_is_not_secret_by_half_a_name(name: str) -> None:
    assert not is_secret_name(name)
