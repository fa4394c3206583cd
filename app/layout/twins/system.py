"""Twins of page system."""

from __future__ import annotations

from app.layout.twins.twin import Twin

TWINS: dict[str, Twin] = {}
