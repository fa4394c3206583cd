"""The dashboard: pages over views over layout, and the server around them."""
