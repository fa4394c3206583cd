"""Secret: what lets somebody in, made at random; of it only a hash is kept."""

from __future__ import annotations

import hashlib
import secrets


def new_secret() -> str:
    """256 bits, safe in a URL."""
    return secrets.token_urlsafe(32)


def new_ref(letter: str) -> str:
    """A name for a session (`s`), key (`k`), token family (`t`) or share (`l`); no secret."""
    return f"{letter}{secrets.token_hex(8)}"


def hashed(secret: str) -> str:
    """SHA-256: enough for 256 random bits, which nobody can guess, unlike for a password."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
