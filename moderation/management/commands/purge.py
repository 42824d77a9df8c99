"""Carry out the retention table now, or say what that would delete."""

from typing import Any

from moderation.services.upkeep import records_purge
from omegle.lib.commands import Answer, OperatorCommand, table


class Command(OperatorCommand):
    help = "Carry out the retention table, as the job does every hour; prints the counts."
    changes = "Deletes what has been kept long enough, but nothing on legal hold."
    has_dry_run = True

    def answer(self, **options: Any) -> Answer:
        counts = records_purge(dry_run=options["dry_run"])
        lines = table(list(counts.items()))
        return Answer(counts, [*lines, *(["Nothing was deleted."] * options["dry_run"])])
