"""How bytes arrive: asking, waiting, retrying, staying connected, within each source's quota."""

from nautilus_data.transport.backoff import delays
from nautilus_data.transport.connection import Change, Connection, State
from nautilus_data.transport.http import Access, Http, Key, Place
from nautilus_data.transport.quota import Health, Ledger, Meter, Quota, RateLimit

__all__ = [
    "Access", "Change", "Connection", "Health", "Http", "Key", "Ledger", "Meter", "Place", "Quota", "RateLimit",
    "State", "delays",
]  # fmt: skip
