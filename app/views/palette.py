"""Colours of what is plotted: readable on a dark and on a light page, told apart without seeing red or green."""

from __future__ import annotations

UP = "#14a098"
DOWN = "#e8693c"
BUY = "#3d8bfd"
SELL = "#d9a400"
NEUTRAL = "#8a94a3"
LINE = "#3d8bfd"
LABEL_BACK = "#334155"
LABEL_TEXT = "#ffffff"
MARKER_EDGE = "#101418"
STORED = "#14a098"
GAP = "#e8693c"
EMPTY = "#8a94a3"
REFUSED = "#d9a400"
SERIES = (LINE, SELL, UP, DOWN, "#b07aa1", NEUTRAL)
# Lines beside bars: told apart from each other, and from up and down.
OVERLAYS = (LINE, SELL, "#b07aa1", "#2aa7c4", "#e0607e", "#7d9b3a", "#c97b2f", NEUTRAL)
