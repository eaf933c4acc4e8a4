"""Logs: one line an event, on standard error, with secrets hidden."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

from make_mcp_base.safety.redaction import redact
from make_mcp_base.safety.untrusted import clean


def log_to_stderr(level: str) -> None:
    """Send every log of this process to standard error.

    Args:
        level: Least level that is written: debug, info, warning or error.
    """
    before: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=before,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            _hide,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(_level(level))


def _hide(logger: Any, name: str, event: Any) -> Any:
    return {key: clean(redact(value)) for key, value in event.items()}


def _level(name: str) -> int:
    return logging.getLevelNamesMapping().get(name.strip().upper(), logging.WARNING)
