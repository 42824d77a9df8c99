"""`manage.py watch`: what `status` says, again and again."""

import json
import os
import select
import shutil
import sys
import termios
import time
import tty
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from omegle.lib.commands import Answer, OperatorCommand, span
from omegle.lib.redis import RedisError
from omegle.management.commands.status import Command as Status

_ABOVE, _CLEAR_LINE, _CLEAR_BELOW = "\x1b[H", "\x1b[K", "\x1b[J"
_BEGIN, _END = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"


class Command(OperatorCommand):
    help = (
        "Show what `status` says until q or Ctrl-C. Where stdout is no terminal, and with --json, "
        "it is one line each time. A part that is away is named, and asked again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--every",
            type=span,
            default=timedelta(seconds=2),
            metavar="TIME",
            help="how often (2s)",
        )
        parser.add_argument(
            "--times", type=int, default=0, help="end after so many looks (0: never)"
        )

    def answer(self, **options: Any) -> Answer:
        seconds = options["every"].total_seconds()
        on_screen = self.stdout.isatty() and not options["json"]
        with _screen(self.stdout) if on_screen else _plain() as keys:
            looks = 0
            while True:
                found = self._look()
                if on_screen:
                    self.stdout.write(_page(found), ending="")
                else:
                    self.stdout.write(_line(found, as_json=options["json"]))
                self.stdout.flush()
                looks += 1
                if looks == options["times"] or _is_ended(keys, seconds):
                    return Answer({}, [], is_said=True)

    def _look(self) -> Answer:
        try:
            return Status().answer()
        except RedisError:
            return Answer({"away": "redis"}, ["Redis is away."])
        except (OperationalError, InterfaceError):
            return Answer({"away": "database"}, ["The database is away."])


def _line(found: Answer, *, as_json: bool) -> str:
    at = timezone.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    if as_json:
        return json.dumps({"at": at, **found.data})
    if "away" in found.data:
        return f"{at} {found.data['away']} is away"
    data = found.data
    return (
        f"{at} online={data['online']} waiting={sum(data['waiting'].values())} "
        f"rooms={data['rooms']} matches={data['matches_per_minute']} "
        f"jobs={sum(data['queues'].values())} cases={sum(data['cases'].values())}"
    )


def _page(found: Answer) -> str:
    """Give the whole screen; drawn over the last one, so that nothing flickers."""
    height = shutil.get_terminal_size().lines - 1
    lines = [f"{timezone.now():%H:%M:%S} UTC    q ends", "", *found.lines][:height]
    return _ABOVE + "".join(f"{line}{_CLEAR_LINE}\n" for line in lines) + _CLEAR_BELOW


@contextmanager
def _plain() -> Iterator[int | None]:
    yield None


@contextmanager
def _screen(out: Any) -> Iterator[int | None]:
    """Use the terminal's other screen, and give where its keys are read; as it was at the end."""
    keys = sys.stdin.fileno() if sys.stdin.isatty() else None
    before = termios.tcgetattr(keys) if keys is not None else None
    out.write(_BEGIN, ending="")
    try:
        if keys is not None:
            tty.setcbreak(keys, termios.TCSANOW)
        yield keys
    finally:
        out.write(_END, ending="")
        out.flush()
        if keys is not None and before is not None:
            termios.tcsetattr(keys, termios.TCSADRAIN, before)


def _is_ended(keys: int | None, seconds: float) -> bool:
    """Wait for the next look; whether q was pressed meanwhile."""
    until = time.monotonic() + seconds
    while keys is not None and (left := until - time.monotonic()) > 0:
        ready, _, _ = select.select([keys], [], [], left)
        if ready and os.read(keys, 1) in (b"q", b"Q", b""):
            return True
    time.sleep(max(0.0, until - time.monotonic()))
    return False
