"""Logs: one line per event, as text or JSON, on standard error."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from nautilus_data.settings import LogFormat, Settings


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "ts": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


def set_up_logs(settings: Settings) -> None:
    """Configure the root logger of this process as the settings say."""
    handler = logging.StreamHandler()
    text = logging.Formatter("%(asctime)s %(levelname)-7s %(name)s %(message)s")
    handler.setFormatter(_JsonFormatter() if settings.log_format is LogFormat.JSON else text)
    logging.basicConfig(level=settings.log_level, handlers=[handler], force=True)
