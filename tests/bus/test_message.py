"""Entries become messages."""

from __future__ import annotations

import pytest

from nautilus_data.bus import Garbage, QuoteTick, Raw, entry_id, entry_ns, entry_text, trader_id_of
from nautilus_data.bus.message import Reader
from tests.bus.wire import FILL, QUOTE, READY, pack

ID = b"1795206554386-7"


def read(*pairs: list, stream: str = "s", trader_id: str = "T-9") -> list:
    return Reader().read(stream, trader_id, pairs)


@pytest.mark.parametrize(
    ("key", "trader_id"),
    [
        ("trader-TESTER-001:stream:data.quotes.SIM.GBP/USD", "TESTER-001"),
        ("trader-TESTER-001:stream", "TESTER-001"),
        ("TESTER-001:stream:data.quotes.SIM.GBP/USD", "TESTER-001"),
        ("trader-stream:data.quotes.SIM.GBP/USD", ""),
        ("stream:data.quotes.SIM.GBP/USD", ""),
        ("trader-TESTER-001:8774e8ba-1d96-44da-a99d-0c6205637d45:stream:x", "TESTER-001"),
        ("787096e4-86c5-4e8b-9f9e-c054089e2197:stream", ""),
        ("trader-TESTER-001:foo", "TESTER-001"),
        ("trader-TESTER-001::data.quotes.SIM.GBP/USD", "TESTER-001"),
    ],
)
def test_the_trader_is_read_from_every_form_of_key(key, trader_id) -> None:
    assert trader_id_of(key) == trader_id


def test_entry_ids_keep_their_order_as_ints_and_come_back() -> None:
    ids = [b"0-1", b"5-0", b"1795206554386-0", b"1795206554386-9", b"1795206554386-10", b"1795206554387-0"]
    numbers = [entry_id(raw) for raw in ids]
    assert numbers == sorted(numbers)
    assert [entry_text(number).encode() for number in numbers] == ids
    assert entry_ns(numbers[-1]) == 1_795_206_554_387_000_000


def test_a_hand_made_entry_id_still_fits_64_bits() -> None:
    assert entry_id(b"18446744073709551615-18446744073709551615") < 2**63
    assert entry_id(b"5-99999999") == entry_id(b"5-1048575")


def test_two_and_four_fields_in_any_order_are_read_by_name() -> None:
    four = [b"topic", b"data.quotes.A.B", b"type", b"", b"payload", pack(QUOTE), b"encoding", b"Json"]
    swapped = [b"payload", pack(QUOTE), b"topic", b"data.quotes.A.B"]
    messages = read([ID, [b"topic", b"data.quotes.A.B", b"payload", pack(QUOTE)]], [ID, four], [ID, swapped])
    assert [type(message.body) for message in messages] == [QuoteTick] * 3
    assert (messages[0].trader_id, messages[0].topic) == ("T-9", "data.quotes.A.B")


@pytest.mark.parametrize(
    "fields",
    [[b"hello", b"world"], [b"topic", b"", b"type", b"", b"payload", b"", b"encoding"], [b"topic", b"x"],
     [b"payload", b"x"], [b"a"], [], [b"topic", b"", b"payload", b"x"],
     [b"topic", b"\xff\xfe", b"payload", b"x"]],
)  # fmt: skip
def test_an_entry_that_is_no_message_is_garbage(fields) -> None:
    [message] = read([ID, fields])
    assert type(message.body) is Garbage
    assert message.entry == entry_id(ID)


@pytest.mark.parametrize("encoding", [b"sbe", b"Sbe", b"capnp", b"CAPNP"])
def test_what_only_nautilus_trader_reads_says_what_to_set(encoding) -> None:
    fields = [b"topic", b"data.quotes.A.B", b"type", b"QuoteTick", b"payload", b"\x80\x00", b"encoding", encoding]
    [message] = read([ID, fields])
    assert type(message.body) is Garbage
    assert "set encoding and encoding_market_data of MessageBusConfig to JSON" in message.body.reason


@pytest.mark.parametrize("encoding", [b"json", b"Json", b"MsgPack", b"msgpack", b"", b"new"])
def test_an_encoding_that_may_be_wrong_is_not_asked(encoding) -> None:
    fields = [b"topic", b"data.quotes.A.B", b"type", b"", b"payload", pack(QUOTE), b"encoding", encoding]
    assert type(read([ID, fields])[0].body) is QuoteTick


def test_the_type_of_an_entry_is_asked_where_the_payload_has_none() -> None:
    payload = pack({key: value for key, value in QUOTE.items() if key != "type"})
    messages = read(
        *([ID, [b"topic", b"mine", b"type", name, b"payload", payload]] for name in (b"QuoteTick", b"\xff"))
    )
    assert [type(message.body) for message in messages] == [QuoteTick, Raw]


def test_a_topic_without_end_is_cut_and_not_remembered() -> None:
    reader = Reader()
    [message] = reader.read("s", "T", [[ID, [b"topic", b"x" * 10_000_000, b"payload", b"{}"]]])
    assert (len(message.topic), type(message.body), reader._routes) == (100, Garbage, {})


def test_data_that_answers_a_request_says_so() -> None:
    topics = (b"data.quotes.A.B", b"historical.data.quotes.A.B", b"data.pipeline.quotes.A.B")
    messages = read(*([ID, [b"topic", topic, b"payload", pack(QUOTE)]] for topic in topics))
    assert [message.is_requested for message in messages] == [False, True, True]
    assert [type(message.body) for message in messages] == [QuoteTick] * 3


def test_entries_of_one_millisecond_and_of_others_keep_their_numbers() -> None:
    ids = [
        b"5-0",
        b"5-1",
        b"5-999999",
        b"5-1000000",
        b"6-2",
        b"5-3",
        b"18446744073709551615-7",
        b"18446744073709551615-8",
    ]
    messages = read(*([raw, [b"topic", b"x", b"payload", b"1"]] for raw in ids))
    assert [message.entry for message in messages] == [entry_id(raw) for raw in ids]


def test_an_event_names_its_trader_better_than_its_stream() -> None:
    [message] = read([ID, [b"topic", b"events.order.S-1", b"payload", pack(FILL)]])
    assert message.trader_id == "T-1"


def test_a_trader_that_becomes_ready_starts_a_run() -> None:
    topic = b"events.system.T-1"
    ready, engine, running = (
        pack(READY | change) for change in ({}, {"component_id": "X", "component_type": "X"}, {"state": "RUNNING"})
    )
    messages = read(*([ID, [b"topic", topic, b"payload", payload]] for payload in (ready, engine, running)))
    assert [message.is_run_start for message in messages] == [True, False, False]


def test_topics_without_end_do_not_stay_in_memory() -> None:
    reader = Reader()
    for number in range(51_000):
        reader.read("s", "T", [[ID, [b"topic", f"snapshots:orders:{number}".encode(), b"payload", b"\x80"]]])
    assert len(reader._routes) <= 50_000


def test_entries_of_many_streams_get_their_own_ids_however_they_share_milliseconds() -> None:
    made = [
        b"%d-%d" % (ms, seq) for ms in (0, 7, 1764081234567, 1764081234568, 9999999999999, 2**63) for seq in (0, 12)
    ]
    reader = Reader()
    for stream in ("trader-T-1:stream:a", "trader-T-1:stream:b"):
        read = reader.read(stream, "T-1", [(raw_id, [b"topic", b"a", b"payload", b"\x80"]) for raw_id in made * 2])
        assert [message.entry for message in read] == [entry_id(raw_id) for raw_id in made * 2]
