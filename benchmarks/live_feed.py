"""Live.feed: microseconds for each quote, against working its price out at once and against touching it.

Run: python -m benchmarks.live_feed [messages]. 50 instruments, pages of 500, 2,000 and 20,000 messages; CPU time.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from decimal import Decimal

import msgspec

from nautilus_data.bus import Message
from nautilus_data.bus.message import Reader
from nautilus_data.services.live import Live

INSTRUMENTS = 50
PAGES = (500, 2_000, 20_000)
TURNS = 3


def make_page(reader: Reader, size: int, first: int) -> list[Message]:
    """Messages of each instrument's own stream, one stream after the other, as a reader hands them on."""
    page: list[Message] = []
    each = size // INSTRUMENTS
    for place in range(INSTRUMENTS):
        topic = f"data.quotes.SIM.S{place}"
        numbers = range(first + place * each, first + (place + 1) * each)
        entries = [[f"{number}-0".encode(), _fields(topic, f"S{place}.SIM", number)] for number in numbers]
        page += reader.read(f"trader-T-1:stream:{topic}", "T-1", entries)
    return page


def _fields(topic: str, instrument_id: str, number: int) -> list[bytes]:
    bid, ask = f"1.{number % 99_999:05d}", f"1.{(number + 7) % 99_999:05d}"
    body = {"type": "QuoteTick", "instrument_id": instrument_id, "bid_price": bid, "ask_price": ask,
            "bid_size": "1", "ask_size": "1", "ts_event": str(number), "ts_init": str(number)}  # fmt: skip
    return [b"topic", topic.encode(), b"payload", msgspec.msgpack.encode(body)]


def touch(page: list[Message]) -> None:
    for message in page:
        message.body.bid_price  # noqa: B018


def price_at_once(page: list[Message]) -> None:
    for message in page:
        (Decimal(message.body.bid_price) + Decimal(message.body.ask_price)) / 2


def microseconds(make: Callable[[], Callable[[list[Message]], object]], pages: list[list[Message]]) -> float:
    """CPU time of one message, the best of some turns."""
    turns = []
    for _ in range(TURNS):
        take, started = make(), time.process_time()
        for page in pages:
            take(page)
        turns.append(time.process_time() - started)
    return min(turns) / sum(map(len, pages)) * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("messages", nargs="?", type=int, default=200_000)
    messages, reader = parser.parse_args().messages, Reader()
    for size in PAGES:
        pages = [make_page(reader, size, first) for first in range(1, max(2, messages), size)]
        feed = microseconds(lambda: Live().feed, pages)
        bare, priced = microseconds(lambda: touch, pages), microseconds(lambda: price_at_once, pages)
        print(
            f"pages of {size:,}: Live.feed {feed:.3f} us a quote ({1 / feed:.1f} million/s), "
            f"{feed / priced:.2f} of pricing each at once ({priced:.3f} us), touching it {bare:.3f} us"
        )


if __name__ == "__main__":
    main()
