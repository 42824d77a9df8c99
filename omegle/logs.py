"""How a log line is written: events and counts, never an address, a text or a visitor.

One JSON object a line in production, words while DEBUG is on. Callers use `logging` and say what
happened without quoting anything; two nets are below that. Of an exception the kinds and the places
are written and never its message, which may quote what it choked on; and whatever can be read as an
address is struck out.
"""

import ipaddress
import logging
import re
import traceback
from typing import Any, Final

import structlog
from structlog.typing import EventDict, Processor

# Longer than any address, and shorter than a text: a candidate for one.
_CANDIDATE = re.compile(r"[0-9A-Fa-f:.]{3,45}")
_ADDRESS: Final = "[address]"
_FRAMES: Final = 12


def config(*, level: str, plain: bool, names: tuple[str, ...]) -> dict[str, Any]:
    """Give LOGGING; `plain`: words instead of JSON. `names`: the loggers that are ours."""
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        exception_place,
        addresses_strike,
    ]
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=False)
        if plain
        else structlog.processors.JSONRenderer()
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"celery": {"()": JobFilter}},
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": shared,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    renderer,
                ],
                # What the chain has not taken is not written.
                "keep_exc_info": False,
                "keep_stack_info": False,
            }
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["celery"],
            }
        },
        "root": {"handlers": ["console"], "level": "WARNING"},
        "loggers": {name: {"level": level} for name in names}
        # uvicorn names each socket's address at INFO.
        | {"uvicorn": {"level": "WARNING"}, "celery": {"level": "WARNING"}}
        # A refusal is no event for an operator, and its address may be a secret link.
        | {"django.request": {"level": "ERROR"}, "django.security": {"level": "CRITICAL"}},
    }


class JobFilter(logging.Filter):
    """Celery names a failed job with its arguments and the fault's own words: leave the name."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name == "celery.app.trace" and isinstance(record.args, dict):
            record.msg, record.args = f"The job {record.args.get('name')} failed", None
        return True


def exception_place(logger: Any, name: str, event: EventDict) -> EventDict:
    """Write of an exception what it was and where, the innermost place last."""
    given = event.pop("exc_info", None)
    event.pop("stack_info", None)
    if isinstance(given, tuple) and given[0] is not None:
        event["exception"] = _kinds(given[1])
        frames = traceback.extract_tb(given[2])[-_FRAMES:]
        event["places"] = [f"{each.filename}:{each.lineno} {each.name}" for each in frames]
    return event


def _kinds(error: BaseException | None) -> str:
    """Give the kinds of an error and of what it came from."""
    kinds: list[str] = []
    while error is not None and len(kinds) < _FRAMES:
        kinds.append(type(error).__name__)
        error = error.__cause__ or error.__context__
    return " from ".join(kinds)


def addresses_strike(logger: Any, name: str, event: EventDict) -> EventDict:
    """Strike out what can be read as an address."""
    event["event"] = _CANDIDATE.sub(_struck, str(event["event"]))
    return event


def _struck(found: re.Match[str]) -> str:
    text = found[0].rstrip(".:")
    for candidate in (text, text.rpartition(":")[0]):  # the second one with a port
        try:
            ipaddress.ip_address(candidate)
        except ValueError:
            continue
        return _ADDRESS + found[0][len(text) :]
    return found[0]
