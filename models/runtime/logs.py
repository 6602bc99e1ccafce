"""Logging: one event per fact, JSON off a terminal, never a name, phone number, card or secret.

Every module asks ``get_logger(__name__)``; ``configure`` is called once, by the command line.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

Logger = structlog.stdlib.BoundLogger

_LONG_DIGITS = re.compile(r"\d{7,}")


def get_logger(name: str) -> Logger:
    """A logger for one module."""
    logger: Logger = structlog.stdlib.get_logger(name)
    return logger


def configure(level: str = "INFO", *, json: bool | None = None) -> None:
    """Send log lines to stderr. ``json`` defaults to whether stderr is not a terminal."""
    as_json = json if json is not None else not sys.stderr.isatty()
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        mask_digits,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for chatty in ("alembic", "apscheduler", "uvicorn", "watchfiles"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def mask_digits(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """The last line of defence: text with seven or more digits in a row loses their middle.

    Identifiers that are ours (ids, epochs) are hexadecimal with hyphens or are named below.
    """
    for key, value in event.items():
        if isinstance(value, str) and key not in ("timestamp", "epoch", "event_id", "sha256"):
            event[key] = _LONG_DIGITS.sub(lambda run: f"{run[0][:2]}…{run[0][-2:]}", value)
    return event
