"""The data layer: bus, sources, store and services behind one workspace."""

from nautilus_data import errors
from nautilus_data.logs import set_up_logs
from nautilus_data.settings import Settings, load_settings
from nautilus_data.supervisor import Supervisor
from nautilus_data.workspace import Workspace, open_workspace

__all__ = ["Settings", "Supervisor", "Workspace", "errors", "load_settings", "open_workspace", "set_up_logs"]
