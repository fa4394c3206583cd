"""Description: the API as OpenAPI has it, kept in `docs/openapi.json`; `python -m app.server.description` renews it."""

from __future__ import annotations

import json
from pathlib import Path

from app.server.api import make_app

FILE = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


def described() -> str:
    """The same text for the same routes, whatever their order."""
    return json.dumps(make_app().openapi(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(described())
