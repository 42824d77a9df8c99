"""Carry out the retention table now, or say what that would delete."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from moderation.services.upkeep import records_purge


class Command(BaseCommand):
    help = "Delete what has been kept long enough, as the job does every hour; prints the counts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, and delete nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        counts = records_purge(dry_run=options["dry_run"])
        for kind, count in counts.items():
            self.stdout.write(f"{kind:10}{count:8}")
        if options["dry_run"]:
            self.stdout.write("Nothing was deleted.")
