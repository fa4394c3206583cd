"""Verbs; one file per capability; the only door for pages and REST."""
