"""Set-up: the logs of one process, and that nothing of it is told past them."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

import structlog

from nautilus_data.core.redaction import REDACTION, is_secret_name
from nautilus_data.logs.entry import Entries
from nautilus_data.logs.lines import LineFile
from nautilus_data.logs.outlets import Outlets, as_json, as_text

if TYPE_CHECKING:
    from nautilus_data.settings import Settings

_LOG = logging.getLogger(__name__)
COMMAND = "command"


def set_up_logs(settings: Settings, role: str = "server") -> None:
    """The root logger of this process as the settings say; again after other libraries were loaded, if they bring logs.

    A command shows people only what is wrong; its file has everything.
    """
    keep_secrets(settings)
    file = LineFile(settings.nautilus_data_dir / "logs" / f"{role}.jsonl")
    show = as_json if settings.log_format == "json" else as_text
    shown_level = logging.WARNING if role == COMMAND else logging.NOTSET
    _take_over(Outlets(Entries(role, REDACTION), show, file, shown_level), settings.log_level)


def set_up_engine_logs(folder: str, level: str, secrets: Iterable[str]) -> None:
    """Of the child that runs a node: it knows no settings. Without a folder, on standard error alone."""
    REDACTION.keep(*secrets)
    file = LineFile(Path(folder) / "engine.jsonl") if folder else None
    _take_over(Outlets(Entries("engine", REDACTION), as_text, file), level)


def keep_secrets(settings: Settings) -> None:
    """Hide what the settings hold in secret; of an address its login, and all of it when it has one."""
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if hasattr(value, "get_secret_value"):
            REDACTION.keep(*_secrets_in(value.get_secret_value()))


def _secrets_in(value: str) -> list[str]:
    if "://" not in value:
        return [value]
    try:
        parts = urlsplit(value)
    except ValueError:
        return [value]
    hidden = [unquote(text) for name, text in parse_qsl(parts.query) if is_secret_name(name)]
    if parts.password:
        hidden += [parts.password, unquote(parts.password)]
    return [value, *hidden] if hidden else []


def _take_over(outlets: Outlets, level: str) -> None:
    # Of itself, too: loggers of other libraries have levels of their own.
    outlets.setLevel(level)
    logging.basicConfig(level=level, handlers=[outlets], force=True)
    for logger in list(logging.root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger):
            _give_up_own_outlets(logger)
    logging.captureWarnings(True)
    structlog.configure(
        processors=[structlog.stdlib.render_to_log_kwargs],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    sys.excepthook = _tell_uncaught
    threading.excepthook = _tell_of_thread
    sys.unraisablehook = _tell_unraisable


def _give_up_own_outlets(logger: logging.Logger) -> None:
    """A library that writes to the terminal by itself writes what nobody has looked through."""
    for handler in list(logger.handlers):
        if isinstance(handler, logging.StreamHandler):
            logger.removeHandler(handler)
            logger.propagate = True


def _tell_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt | asyncio.CancelledError):
        return
    _LOG.critical("not caught by anybody error=%s", kind.__name__, exc_info=(kind, error, trace))


def _tell_of_thread(what: threading.ExceptHookArgs) -> None:
    if what.exc_type is SystemExit or what.exc_value is None:
        return
    name = what.thread.name if what.thread else ""
    told = (what.exc_type, what.exc_value, what.exc_traceback)
    _LOG.error("a thread ended thread=%s error=%s", name, what.exc_type.__name__, exc_info=told)


def _tell_unraisable(what: Any) -> None:
    told = (what.exc_type, what.exc_value, what.exc_traceback)
    _LOG.error("an error nobody could be given while=%s", what.err_msg or "cleaning up", exc_info=told)
