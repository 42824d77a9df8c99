"""Carry out the retention table now, or say what that would delete."""

from typing import Any

from moderation.audit import audit_append
from moderation.services.upkeep import records_purge
from omegle.lib.commands import Answer, OperatorCommand, actor_name, table


class Command(OperatorCommand):
    help = "Carry out the retention table, as the job does every hour; prints the counts."
    changes = "Deletes what has been kept long enough, but nothing on legal hold. Audited."
    has_dry_run = True

    def answer(self, **options: Any) -> Answer:
        counts = records_purge(dry_run=options["dry_run"])
        if not options["dry_run"]:
            audit_append(actor=actor_name(), action="purge", target="records", detail=counts)
        lines = table(list(counts.items()))
        return Answer(counts, [*lines, *(["Nothing was deleted."] * options["dry_run"])])
