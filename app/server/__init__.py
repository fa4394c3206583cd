"""Server: what is around the pages — start, REST, shutdown."""
