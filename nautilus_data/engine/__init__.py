"""NautilusTrader in a child process: started, steered and watched through a folder."""

from nautilus_data.engine.config import EngineState, RunConfig, Status
from nautilus_data.engine.identity import Identity
from nautilus_data.engine.process import EngineProcess

__all__ = ["EngineProcess", "EngineState", "Identity", "RunConfig", "Status"]
