"""Inspect: any message as a person can read it, and never more of it than a page can bear."""

from __future__ import annotations

import time

import msgspec
import pytest

from nautilus_data.bus import Message, Router, decode, inspect
from nautilus_data.bus.inspect import SHOWN_BYTES, Inspector
from tests.bus.wire import FILL, QUOTE, pack

TOPIC = "data.quotes.SIM.A"


def said(payload: bytes, topic: str = TOPIC, number: int = 0) -> Message:
    return Message(f"trader-T-1:stream:{topic}", "T-1", number << 20, topic, decode(topic, payload), payload)


@pytest.mark.parametrize("payload", [pack(QUOTE), msgspec.json.encode(QUOTE)])
def test_both_encodings_are_shown_as_json(payload: bytes) -> None:
    message = said(payload)
    assert msgspec.json.decode(inspect.decoded(message)) == QUOTE
    assert inspect.type_of(message) == "QuoteTick"


def test_what_can_not_be_read_says_why_and_is_shown_as_hex() -> None:
    message = said(b"\xc1\x00junk")
    assert inspect.type_of(message) == "unreadable"
    assert inspect.decoded(message) == message.body.reason != ""
    assert inspect.raw(message.payload) == "c1 00 6a 75 6e 6b"


def test_text_is_shown_as_text() -> None:
    assert inspect.raw(b'{"a":1}') == '{"a":1}'
    assert inspect.raw(b"2026-01-01T00:00:00Z") == "2026-01-01T00:00:00Z"
    assert inspect.raw(b"a\x00b") == "61 00 62"
    assert inspect.raw(b"") == ""


def test_a_heartbeat_and_an_unknown_type_have_their_names() -> None:
    beat = said(b"2026-11-20T20:51:11.912262918+00:00", "health:heartbeat")
    assert inspect.type_of(beat) == "Heartbeat"
    assert inspect.decoded(beat)
    assert inspect.type_of(said(pack({"type": "Mine", "x": 1}), "data.custom.Mine")) == "Mine"


def test_numbers_are_shown_exactly() -> None:
    shown = inspect.decoded(said(pack(FILL | {"last_qty": "1.23456789012345678901234567890"}), "events.order.S"))
    assert '"1.23456789012345678901234567890"' in shown


def test_a_large_payload_is_cut_and_told_so() -> None:
    payload = pack(QUOTE | {"note": "x" * 10_000_000})
    message = said(payload)
    router = Router()
    shown = Inspector(router, "*", [message])
    [seen] = shown.messages()
    assert (seen.size, seen.is_cut) == (len(payload), True)
    assert len(seen.raw) <= SHOWN_BYTES
    assert "more than is shown" in seen.decoded or "bytes" in seen.decoded


@pytest.mark.parametrize("depth", [10, 300, 900, 5_000])
@pytest.mark.parametrize("is_json", [True, False])
def test_deep_nesting_neither_fails_nor_grows_beyond_bounds(depth: int, is_json: bool) -> None:
    if is_json:
        payload = b'{"a":' + b"[" * depth + b",".join([b"1"] * 20_000) + b"]" * depth + b"}"
    else:
        payload = b"\x81\xa1a" + b"\x91" * depth + b"\xdc\x4e\x20" + b"\x01" * 20_000
    started = time.process_time()
    shown = inspect.decoded(said(payload, "data.custom.X"))
    assert time.process_time() - started < 0.2
    assert 0 < len(shown) <= 4 * SHOWN_BYTES


def test_an_inspector_starts_with_what_was_and_keeps_the_newest() -> None:
    router = Router()
    shown = Inspector(router, "data.*", [said(pack(QUOTE), number=number) for number in range(3)])
    router.route([said(pack(QUOTE), number=number) for number in range(3, 300)])
    router.route([said(pack(FILL), "events.order.S", 999)])
    numbers = [int(one.entry_id.partition("-")[0]) for one in shown.messages(1_000)]
    assert numbers == list(range(299, 99, -1))
    assert len(shown.messages(5)) == 5
