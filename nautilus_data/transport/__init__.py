"""How bytes arrive: asking, waiting, retrying, staying connected, within each source's quota.

What asks over HTTP is in `transport.http`, apart, for its packages take longer to load than most processes need.
"""

from nautilus_data.transport.access import Access
from nautilus_data.transport.backoff import delays
from nautilus_data.transport.connection import Change, Connection, State
from nautilus_data.transport.meter import Meter, ask_in_thread
from nautilus_data.transport.quota import Health, Ledger, Quota, RateLimit, Tally
from nautilus_data.transport.stopping import until_stopped

__all__ = [
    "Access", "Change", "Connection", "Health", "Ledger", "Meter", "Quota", "RateLimit", "State", "Tally",
    "ask_in_thread", "delays", "until_stopped",
]  # fmt: skip
