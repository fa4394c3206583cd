"""Interactive Brokers: the connection to its gateway, contracts, history within its limits, live values."""

from nautilus_data.sources.ib.account import AccountValue, Holding
from nautilus_data.sources.ib.desk import Match
from nautilus_data.sources.ib.feed import QUOTES, Line, Quote, RealtimeBar
from nautilus_data.sources.ib.gateway import CLIENT_IDS, Gateway, Status
from nautilus_data.sources.ib.history import Answer
from nautilus_data.sources.ib.pacing import Limits, Pacing
from nautilus_data.sources.ib.session import Pace

__all__ = [
    "CLIENT_IDS",
    "QUOTES",
    "AccountValue",
    "Answer",
    "Gateway",
    "Holding",
    "Limits",
    "Line",
    "Match",
    "Pace",
    "Pacing",
    "Quote",
    "RealtimeBar",
    "Status",
]
