"""Live data from Redis Streams, and the Redis they live in when there is no other."""

from nautilus_data.bus import inspect, listing
from nautilus_data.bus.book import Books
from nautilus_data.bus.cache import CacheReader, CacheState, WantedOrders
from nautilus_data.bus.checks import Finding, alive_ns
from nautilus_data.bus.inspect import Inspector, Seen
from nautilus_data.bus.latest import Latest, LiveBar, Price
from nautilus_data.bus.link import Link, Pace, Sentinels, Tls
from nautilus_data.bus.message import Message, entry_at_text, entry_id, entry_text, trader_id_of
from nautilus_data.bus.payload import decode, is_requested
from nautilus_data.bus.records import (
    AccountState,
    Bar,
    ComponentStateChanged,
    Garbage,
    Heartbeat,
    InstrumentDefinition,
    InstrumentStatus,
    OrderEvent,
    PositionEvent,
    QuoteTick,
    Raw,
    TradeTick,
    TradingStateChanged,
)
from nautilus_data.bus.router import Failure, Router, Subscription
from nautilus_data.bus.rows import SOURCE, Rows, bar_series, rows
from nautilus_data.bus.runs import RunStarts
from nautilus_data.bus.server import EmbeddedRedis, embedded_url, find_redis_binary
from nautilus_data.bus.subscriber import Page, StreamSeen, Subscriber
from nautilus_data.bus.watch import Watch
from nautilus_data.core.entry import entry_ns

__all__ = [
    "SOURCE",
    "AccountState",
    "Bar",
    "Books",
    "CacheReader",
    "CacheState",
    "ComponentStateChanged",
    "EmbeddedRedis",
    "Failure",
    "Finding",
    "Garbage",
    "Heartbeat",
    "Inspector",
    "InstrumentDefinition",
    "InstrumentStatus",
    "Latest",
    "Link",
    "LiveBar",
    "Message",
    "OrderEvent",
    "Pace",
    "Page",
    "PositionEvent",
    "Price",
    "QuoteTick",
    "Raw",
    "Router",
    "Rows",
    "RunStarts",
    "Seen",
    "Sentinels",
    "StreamSeen",
    "Subscriber",
    "Subscription",
    "Tls",
    "TradeTick",
    "TradingStateChanged",
    "WantedOrders",
    "Watch",
    "alive_ns",
    "bar_series",
    "decode",
    "embedded_url",
    "entry_at_text",
    "entry_id",
    "entry_ns",
    "entry_text",
    "find_redis_binary",
    "inspect",
    "is_requested",
    "listing",
    "rows",
    "trader_id_of",
]
