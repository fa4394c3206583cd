"""Views: frame in, figure or table out; no state, no services."""
