"""`manage.py transparency_report`: what was reported and decided, fit to be published."""

import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.template.loader import render_to_string
from django.utils import timezone

from moderation.figures import Period
from moderation.suppression import SMALLEST_TOLD
from moderation.transparency import report_csv, report_of, report_plain
from omegle.lib.commands import Answer, Exit, OperatorCommand, Stop


class Command(OperatorCommand):
    help = (
        "Print how many reports, decisions, restrictions and reversals there were in some whole "
        f"days (UTC), both included. Counts from 1 to {SMALLEST_TOLD - 1} are suppressed, with "
        "whatever would give them away. Publish no two reports whose days overlap: their "
        "difference is not suppressed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", metavar="DATE", help="the first day, as 2026-01-31")
        parser.add_argument("--to", metavar="DATE", help="the last day")
        parser.add_argument("--format", choices=["json", "csv", "html"], default="json")

    def answer(self, **options: Any) -> Answer:
        period = Period(_day("--from", options["from"]), _day("--to", options["to"]))
        if period.first > period.last:
            raise Stop(Exit.USAGE, "--from is after --to.")
        if period.last >= timezone.now().date():
            raise Stop(Exit.USAGE, "--to is a day that is not over yet.")
        report = report_of(period)
        plain = report_plain(report)
        if options["format"] == "json":
            text = json.dumps(plain, indent=2, ensure_ascii=False)
        elif options["format"] == "csv":
            text = report_csv(report)
        else:
            text = render_to_string("moderation/transparency_document.html", plain)
        return Answer(plain, [text])


def _day(option: str, text: str | None) -> date:
    if not text:
        raise Stop(Exit.USAGE, f"{option} is missing: a day as 2026-01-31.")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Stop(Exit.USAGE, f"{option} is no day as 2026-01-31: {text}") from None
