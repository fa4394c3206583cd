"""Executions: what was traded of an instrument, as a chart shows it."""

from nautilus_data.services.executions.service import Executions

__all__ = ["Executions"]
