"""Layout: the shell all pages sit in."""
