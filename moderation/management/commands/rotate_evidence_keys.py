"""Seal every still with the newest of EVIDENCE_KEYS, so that the older keys can be taken away."""

import dataclasses
import getpass
import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from moderation.services.stills import stills_reseal


class Command(BaseCommand):
    help = "Seal every still with the newest key; prints the counts. Older keys can go then."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, and change nothing")
        parser.add_argument("--json", action="store_true", help="the counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.EVIDENCE_KEYS:
            raise CommandError("EVIDENCE_KEYS is empty.")
        actor = f"command by {getpass.getuser()}"
        rotation = stills_reseal(actor=actor, dry_run=options["dry_run"])
        counts = dataclasses.asdict(rotation)
        if options["json"]:
            self.stdout.write(json.dumps(counts))
        else:
            for kind, count in counts.items():
                self.stdout.write(f"{kind:10}{count:8}")
            if options["dry_run"]:
                self.stdout.write("Nothing was changed.")
        if rotation.unopened:
            raise CommandError("None of the present keys opens some stills: they stay as they are.")
