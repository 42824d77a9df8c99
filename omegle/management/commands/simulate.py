"""`manage.py simulate N`: strangers that are no people, for trying a copy and for loading it."""

import asyncio
import resource
import signal
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.conf import settings

from moderation.audit import audit_append
from omegle.env import is_origin
from omegle.lib.commands import Answer, Exit, OperatorCommand, Stop, actor_name, table
from omegle.simulation import Door, Figures, NoEntry, Plan, simulate

_MOST = 20_000


class Command(OperatorCommand):
    help = (
        "Let N strangers that are no people enter, meet and talk for a while, and say how it went: "
        "matches, messages, from a message to its confirmation, errors, and what was lost or told "
        "twice (status 1 unless that is 0). With the copy's SIMULATE_TOKEN no limit of addresses "
        "holds them up. Where somebody is, people would be given such strangers: that takes --yes."
    )
    changes = (
        "Enters visitors, as browsers do; nothing of them stays. Audited when it is this copy."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("count", type=_count, metavar="N")
        parser.add_argument("--minutes", type=_minutes, default=1.0, help="how long (1)")
        parser.add_argument("--url", default=settings.PUBLIC_URL, help="which copy (this one)")
        parser.add_argument(
            "--interests", default="", help="two of these each, with commas between"
        )
        parser.add_argument("--video", action="store_true", help="calls, without a picture")
        parser.add_argument(
            "--skips", type=_share, default=0.05, help="how often one skips, from 0 to 1 (0.05)"
        )
        parser.add_argument("--yes", action="store_true", help="even where people are")

    def answer(self, **options: Any) -> Answer:
        plan = Plan(
            url=options["url"].rstrip("/"),
            count=options["count"],
            seconds=60 * options["minutes"],
            interests=tuple(each for each in options["interests"].split(",") if each),
            skips=options["skips"],
            video=options["video"],
            token=settings.SIMULATE_TOKEN,
        )
        if not is_origin(plan.url):
            raise Stop(Exit.USAGE, f"{plan.url} is no address like https://chat.example.org.")
        try:
            here = Door(plan).online()
            if here and not options["yes"]:
                raise Stop(
                    Exit.NO,
                    f"{here} visitors are there, who would meet strangers that are no people "
                    "(--yes begins all the same).",
                )
            if plan.url == settings.PUBLIC_URL:
                detail = {"strangers": plan.count, "seconds": plan.seconds}
                audit_append(actor=actor_name(), action="simulate", target="here", detail=detail)
            _open_many_files()
            figures = asyncio.run(self._run(plan))
        except NoEntry as error:
            raise Stop(Exit.NO, str(error)) from error
        return _told(figures)

    async def _run(self, plan: Plan) -> Figures:
        over = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, over.set)
        return await simulate(plan, over=over, seen=self._tell)

    def _tell(self, seconds: float, figures: Figures) -> None:
        self.stderr.write(
            f"{seconds:4.0f} s: {figures.online} here, {figures.rooms} conversations, "
            f"{figures.matches} matches, {figures.messages} messages, "
            f"{sum(figures.errors.values())} errors"
        )


def _told(figures: Figures) -> Answer:
    data = {
        "entered": figures.entered,
        "matches": figures.matches,
        "messages": figures.messages,
        "heard": figures.heard,
        "p50_ms": figures.trip(0.5),
        "p99_ms": figures.trip(0.99),
        "lost": figures.lost,
        "doubled": figures.doubled,
        "errors": dict(figures.errors),
    }
    rows = [(name, value) for name, value in data.items() if name != "errors"]
    lines = table([*rows, *((f"error {name}", n) for name, n in sorted(figures.errors.items()))])
    faults = figures.lost + figures.doubled
    return Answer(data, lines, problem=f"{faults} messages were lost or doubled." if faults else "")


def _open_many_files() -> None:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def _count(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 2 <= int(text) <= _MOST):
        raise ArgumentTypeError(f"{text!r} is no number from 2 to {_MOST}")
    return int(text)


def _minutes(text: str) -> float:
    return _number(text, "minutes from 0.05 to 1440", 0.05, 1440)


def _share(text: str) -> float:
    return _number(text, "share from 0 to 1", 0, 1)


def _number(text: str, what: str, low: float, high: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not low <= number <= high:
        raise ArgumentTypeError(f"{text!r} is no {what}")
    return number
