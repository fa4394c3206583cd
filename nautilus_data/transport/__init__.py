"""How bytes arrive: waiting, retrying, staying connected."""

from nautilus_data.transport.backoff import delays
from nautilus_data.transport.connection import Connection, State

__all__ = ["Connection", "State", "delays"]
