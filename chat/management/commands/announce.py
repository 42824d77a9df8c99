"""`manage.py announce`: say something to everybody who is here."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from chat.operations import announcement_clear, announcement_make
from omegle.lib.commands import Answer, Exit, OperatorCommand, Stop, actor_name, span

_CHARS = 300


class Command(OperatorCommand):
    help = "Show a text to everybody who is connected, and to whoever comes for a while."
    changes = (
        "Every page shows it within five seconds; it takes the place of what was announced before. "
        "Audited, with the text."
    )
    has_dry_run = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("text", nargs="?", help=f"up to {_CHARS} characters")
        what.add_argument("--clear", action="store_true", help="tell nobody any more who comes")
        parser.add_argument(
            "--for",
            type=span,
            default=timedelta(minutes=1),
            metavar="TIME",
            help="so long it is told to whoever comes: 90s, 10m, 2h, 1d (1m)",
        )
        parser.add_argument("--warning", action="store_true", help="shown as a warning")

    def answer(self, **options: Any) -> Answer:
        dry_run, lasts = options["dry_run"], options["for"]
        if options["clear"]:
            if not dry_run and not announcement_clear(actor=actor_name()):
                raise Stop(Exit.MISSING, "Nothing is announced.")
            return Answer({"announced": None}, ["Nobody is told any more."])
        text = options["text"].strip()
        if not 1 <= len(text) <= _CHARS or not text.isprintable():
            raise Stop(Exit.USAGE, f"Say something in one line of up to {_CHARS} characters.")
        if not dry_run:
            announcement_make(
                text,
                level="warning" if options["warning"] else "info",
                lasts=lasts,
                actor=actor_name(),
            )
        told = "Nothing was announced." if dry_run else "Announced."
        data = {"announced": text, "seconds": int(lasts.total_seconds()), "dry_run": dry_run}
        return Answer(data, [told])
