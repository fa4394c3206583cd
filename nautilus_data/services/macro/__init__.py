"""Macro: observations as they were known, factors and regimes made of them, and the releases to come."""

from nautilus_data.services.macro.service import NOTICE, Macro

__all__ = ["NOTICE", "Macro"]
