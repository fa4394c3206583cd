"""What several benchmarks share: a server of their own, a browser's end of a page."""
