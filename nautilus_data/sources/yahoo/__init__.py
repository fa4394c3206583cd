"""Yahoo Finance as a source: the session that asks, its chart as rows, its symbols as instrument ids."""

from nautilus_data.sources.yahoo.source import Yahoo

__all__ = ["Yahoo"]
