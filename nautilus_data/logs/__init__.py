"""Logs: one line per event, as text or JSON, on standard error and as JSON lines in the data folder."""

from nautilus_data.logs.setup import COMMAND, keep_secrets, set_up_engine_logs, set_up_logs

__all__ = ["COMMAND", "keep_secrets", "set_up_engine_logs", "set_up_logs"]
