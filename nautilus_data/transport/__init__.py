"""How bytes arrive: waiting, retrying, staying connected."""

from nautilus_data.transport.backoff import delays
from nautilus_data.transport.connection import Change, Connection, State

__all__ = ["Change", "Connection", "State", "delays"]
