"""What every command of an operator has in common: its manners.

A command answers on stdout, in lines or with `--json`. Whatever stops it is one line on stderr and
the status in `Exit`; nothing is half done then. Where it changes something it says so in `changes`,
which `--help` and docs/operations.md show, and the audit log names `actor_name()`.
"""

import argparse
import getpass
import json
import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import IntEnum
from functools import partial
from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.core.management.base import (
    BaseCommand,
    CommandError,
    CommandParser,
    OutputWrapper,
    handle_default_options,
)
from django.db import InterfaceError, OperationalError, connections

from omegle.lib.redis import RedisError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_BAR = 30
_QUIET_ARGUMENTS = (
    *("--version", "--verbosity", "--settings", "--pythonpath", "--traceback"),
    *("--no-color", "--force-color", "--skip-checks"),
)


class Exit(IntEnum):
    """How a command ended."""

    FINE = 0
    NO = 1
    USAGE = 2
    MISSING = 3
    AWAY = 4


EXITS = {
    Exit.FINE: "What was asked is done, or the answer is yes.",
    Exit.NO: "The answer is no, something is wrong with what was looked at, or it is not allowed.",
    Exit.USAGE: "An unknown option, or a value that cannot be. Nothing was done.",
    Exit.MISSING: "What it was to be done to does not exist. Nothing was done.",
    Exit.AWAY: "Redis (with it the broker) or the database does not answer.",
}


class Stop(CommandError):
    """The command ends here; one line for the operator."""

    def __init__(self, code: Exit, message: str) -> None:
        super().__init__(message, returncode=code)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command found or did.

    Attributes:
        data: for `--json`.
        lines: the same for a person.
        problem: why the status is `Exit.NO`, one line; '' when it is `Exit.FINE`.
        is_said: whether the command has printed it itself.
    """

    data: Any
    lines: Sequence[str]
    problem: str = ""
    is_said: bool = False


class OperatorCommand(BaseCommand):
    """A command in which `answer` says what there is to say.

    Attributes:
        changes: what it changes, a sentence; '' for nothing.
        has_dry_run: whether `--dry-run` is offered.
    """

    changes: ClassVar[str] = ""
    has_dry_run: ClassVar[bool] = False
    requires_system_checks = ()  # `doctor` makes them
    # They work, but whoever asks for help does not ask for these.
    suppressed_base_arguments = set(_QUIET_ARGUMENTS)  # noqa: RUF012  (nobody changes it)

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        wraps = {"formatter_class": argparse.HelpFormatter}
        parser = super().create_parser(prog_name, subcommand, **(wraps | kwargs))
        parser.description = f"{self.help} {self.changes or 'Changes nothing.'}"
        parser.error = partial(_usage, parser)  # type: ignore[method-assign]
        parser.add_argument("--json", action="store_true", help="the answer as JSON")
        if self.has_dry_run:
            parser.add_argument("--dry-run", action="store_true", help="say it, and change nothing")
        return parser

    def answer(self, **options: Any) -> Answer:
        """Do it; the options are those of `add_arguments`, with `dry_run` where it is offered.

        Raises:
            Stop: it cannot be done.
        """
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            answer = self.answer(**options)
        except RedisError as error:
            raise Stop(Exit.AWAY, f"Redis is away ({type(error).__name__}).") from error
        except (OperationalError, InterfaceError) as error:
            raise Stop(Exit.AWAY, f"The database is away ({type(error).__name__}).") from error
        if answer.is_said:
            pass
        elif options["json"]:
            self.stdout.write(json.dumps(answer.data, ensure_ascii=False))
        else:
            for line in answer.lines:
                self.stdout.write(line)
        if answer.problem:
            raise Stop(Exit.NO, answer.problem)

    def run_from_argv(self, argv: list[str]) -> None:
        """Run from the command line: as Django does, but what stops us is one plain line."""
        self._called_from_command_line = True
        parser = self.create_parser(argv[0], argv[1])
        try:
            options = parser.parse_args(argv[2:])
            handle_default_options(options)
            given = vars(options)
            self.execute(*given.pop("args", ()), **given)
            sys.stdout.flush()
        except CommandError as error:
            sys.stderr.write(f"{argv[1]}: {' '.join(str(error).split())}\n")
            sys.exit(error.returncode)
        except KeyboardInterrupt:
            sys.exit(130)
        except BrokenPipeError:  # whoever read it, as `head` does, has enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(Exit.FINE)
        finally:
            connections.close_all()


class PageCommand(BaseCommand):
    """A command that writes what is generated of a page of the documentation, or checks it.

    Attributes:
        path: the page, from the root of the repository.
    """

    path: ClassVar[str]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="fail when the file is outdated")

    def page(self, before: str) -> str:
        """Give the page as it has to be, from the one there is."""
        raise NotImplementedError

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        path = settings.BASE_DIR / self.path
        before = path.read_text(encoding="utf-8")
        text = self.page(before)
        if not check:
            path.write_text(text, encoding="utf-8")
        elif text != before:
            name = type(self).__module__.rpartition(".")[2]
            raise CommandError(f"{self.path} is outdated: run manage.py {name}")


def _usage(parser: ArgumentParser, message: str) -> NoReturn:
    raise Stop(Exit.USAGE, f"{message} (--help says more)")


def actor_name() -> str:
    """Give who the audit log names for what a command did."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container may have no name for its user
        user = str(os.getuid())
    return f"command by {user}"


def span(text: str) -> timedelta:
    """Read a time like `90s`, `10m`, `2h` or `1d`; for `add_argument(type=span)`."""
    number, unit = text[:-1], text[-1:]
    if unit not in _UNITS or not (number.isascii() and number.isdecimal()) or int(number) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no time like 90s, 10m, 2h or 1d")
    return timedelta(seconds=int(number) * _UNITS[unit])


def table(rows: Sequence[Sequence[object]]) -> list[str]:
    """Give rows as lines whose columns stand under each other, numbers to the right."""
    widths = [max(len(str(cell)) for cell in column) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            f"{cell:>{width}}" if isinstance(cell, int) else f"{cell!s:<{width}}"
            for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in rows
    ]


def progress(stderr: OutputWrapper, total: int) -> Callable[[int], None]:
    """Give what draws a bar when it is told how many are done; nothing where nobody looks."""
    if not stderr.isatty() or not total:
        return lambda _done: None

    def draw(done: int) -> None:
        filled = "#" * (_BAR * done // total)
        end = "\n" if done >= total else ""
        stderr.write(f"\r[{filled:<{_BAR}}] {done}/{total}", ending=end)

    return draw
