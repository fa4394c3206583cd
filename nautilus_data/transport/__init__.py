"""How bytes arrive: asking, waiting, retrying, staying connected, within each source's quota."""

from nautilus_data.transport.backoff import delays
from nautilus_data.transport.connection import Change, Connection, State
from nautilus_data.transport.http import Access, Http, Key, Place
from nautilus_data.transport.quota import Health, Ledger, Meter, Quota, RateLimit
from nautilus_data.transport.stopping import until_stopped

__all__ = [
    "Access", "Change", "Connection", "Health", "Http", "Key", "Ledger", "Meter", "Place", "Quota", "RateLimit",
    "State", "delays", "until_stopped",
]  # fmt: skip
