"""Log lines: what they look like, and the nets below whoever writes one."""

import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest

from omegle import logs
from tests.environment import ROOT

Say = Callable[[Callable[[logging.Logger], None]], dict[str, Any]]


@pytest.fixture
def say() -> Say:
    """Give what one call wrote, read from its line of JSON."""
    out = StringIO()
    config = logs.config(level="INFO", plain=False, names=("chat",))
    formatter = config["formatters"]["line"]
    handler = logging.StreamHandler(out)
    made = dict(formatter)
    handler.setFormatter(made.pop("()")(**made))
    handler.addFilter(logs.JobFilter())
    logger = logging.getLogger("chat.test")
    logger.propagate = False
    logger.handlers.clear()
    logger.addHandler(handler)

    def said(write: Callable[[logging.Logger], None]) -> dict[str, Any]:
        write(logger)
        [line] = out.getvalue().splitlines()
        found: dict[str, Any] = json.loads(line)
        return found

    return said


def test_line_says_when_what_and_who_wrote_it(say: Say) -> None:
    told = say(lambda logger: logger.warning("Redis is away: %s", "TimeoutError"))
    assert told.pop("timestamp").endswith("Z")
    assert told == {
        "event": "Redis is away: TimeoutError",
        "level": "warning",
        "logger": "chat.test",
    }


@pytest.mark.parametrize(
    "address",
    ["203.0.113.7", "203.0.113.7:443", "2001:db8::1", "::1", "fe80::1:2:3", "::ffff:10.0.0.1"],
)
def test_address_is_struck_out(say: Say, address: str) -> None:
    told = say(lambda logger: logger.error("From %s it came, %s.", address, address))
    assert address not in told["event"]
    assert told["event"].startswith("From [address]")


@pytest.mark.parametrize(
    "text", ["at 12:30:45.123", "version 5.2.14", "id deadbeefcafe", "::", "…"]
)
def test_what_is_no_address_stays(say: Say, text: str) -> None:
    assert say(lambda logger: logger.error(text))["event"] == text


def test_exception_is_its_kinds_and_places_and_never_its_words(say: Say) -> None:
    def fail(logger: logging.Logger) -> None:
        try:
            try:
                raise ValueError("what somebody said")
            except ValueError as error:
                raise RuntimeError("203.0.113.7 said so") from error
        except RuntimeError:
            logger.exception("The filter failed")

    told = say(fail)
    assert told["exception"] == "RuntimeError from ValueError"
    assert told["places"][-1].endswith(" fail")
    assert "somebody" not in json.dumps(told)
    assert "203" not in json.dumps(told["event"])


def test_failed_job_is_named_without_its_words() -> None:
    record = logging.LogRecord(
        "celery.app.trace",
        logging.ERROR,
        __file__,
        1,
        "Task %(name)s[%(id)s] raised unexpected: %(exc)s",
        ({"name": "moderation.report_file", "id": "7", "exc": "ValueError('kumquat')"},),
        None,
    )
    assert logs.JobFilter().filter(record)
    assert record.getMessage() == "The job moderation.report_file failed"


@pytest.mark.parametrize(("debug", "is_json"), [("0", True), ("1", False)])
def test_json_in_production_and_words_while_debugging(debug: str, is_json: bool) -> None:
    program = (
        "import django; django.setup(); import logging;"
        "logging.getLogger('chat').warning('Redis is back')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "omegle.settings", "DEBUG": debug},
        capture_output=True,
        text=True,
        check=True,
    )
    [line] = done.stderr.splitlines()
    assert "Redis is back" in line
    assert line.startswith("{") == is_json
