"""Sources: which are switched on, how they stand, which is asked first, and where they disagree."""

from nautilus_data.services.sources.service import (
    ACCOUNT,
    COMMANDS,
    CONNECT,
    DISCONNECT,
    FRESH_NS,
    RECONNECT,
    SEARCH,
    Sources,
    told_found,
)

__all__ = ["ACCOUNT", "COMMANDS", "CONNECT", "DISCONNECT", "FRESH_NS", "RECONNECT", "SEARCH", "Sources", "told_found"]
