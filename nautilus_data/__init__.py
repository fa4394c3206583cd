"""The data layer: bus, sources, store and services behind one workspace."""

from importlib import import_module
from typing import TYPE_CHECKING

from nautilus_data import errors

if TYPE_CHECKING:
    from nautilus_data.core.timerange import TimeRange, to_ns
    from nautilus_data.logs import set_up_logs
    from nautilus_data.permissions import Permitted
    from nautilus_data.settings import Settings, load_settings
    from nautilus_data.supervisor import Supervisor
    from nautilus_data.workspace import Workspace, open_workspace

__all__ = [
    "Permitted", "Settings", "Supervisor", "TimeRange", "Workspace", "errors", "load_settings", "open_workspace",
    "set_up_logs", "to_ns",
]  # fmt: skip

# Loaded when first named: the engine's child imports this package too and needs none of them.
_HOMES = {
    "Permitted": "permissions",
    "Settings": "settings",
    "Supervisor": "supervisor",
    "TimeRange": "core.timerange",
    "Workspace": "workspace",
    "load_settings": "settings",
    "open_workspace": "workspace",
    "set_up_logs": "logs",
    "to_ns": "core.timerange",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
