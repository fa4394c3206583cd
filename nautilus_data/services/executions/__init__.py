"""Executions: what was traded of an instrument, as a chart shows it."""

from nautilus_data.services.executions.service import Executions, RoundTrips

__all__ = ["Executions", "RoundTrips"]
