"""NautilusTrader in a child process: started, steered and watched through a folder."""

from nautilus_data.engine.catalog_folder import BARS, CatalogFolder, Note, Shelf
from nautilus_data.engine.config import EngineState, RunConfig, Status
from nautilus_data.engine.identity import Identity
from nautilus_data.engine.process import EngineProcess

__all__ = [
    "BARS",
    "CatalogFolder",
    "EngineProcess",
    "EngineState",
    "Identity",
    "Note",
    "RunConfig",
    "Shelf",
    "Status",
]
