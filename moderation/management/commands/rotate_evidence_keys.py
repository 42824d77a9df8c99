"""Seal all that reports hold with the newest of EVIDENCE_KEYS, so that older keys can go."""

import dataclasses
import getpass
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from moderation.services.rotation import evidence_reseal


class Command(BaseCommand):
    help = "Seal all that reports hold with the newest key; prints the counts. Older keys can go."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, and change nothing")
        parser.add_argument("--json", action="store_true", help="the counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = f"command by {getpass.getuser()}"
        rotations = evidence_reseal(actor=actor, dry_run=options["dry_run"])
        counts = {what: dataclasses.asdict(each) for what, each in rotations.items()}
        if options["json"]:
            self.stdout.write(json.dumps(counts))
        else:
            for what, count in counts.items():
                told = "".join(f"{number:8} {fate}" for fate, number in count.items())
                self.stdout.write(f"{what:6}{told}")
            if options["dry_run"]:
                self.stdout.write("Nothing was changed.")
        if unopened := sum(each.unopened for each in rotations.values()):
            raise CommandError(
                f"None of the present keys opens {unopened} of them: they stay as they are."
            )
