"""`manage.py backup FILE`: moderation's facts in one file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from moderation.services.backups import backup_write, rows_count
from omegle.lib.commands import Answer, Exit, OperatorCommand, Stop, actor_name, progress, table


class Command(OperatorCommand):
    help = (
        "Write what moderation keeps to one file, as it is at one moment: reports, evidence, "
        "decisions, rules, audit log, names and roles of staff. What is sealed stays so, and no "
        "key is in it: keep SECRET_KEY, TAG_KEY and EVIDENCE_KEYS elsewhere, without them it is "
        "worth little. Nor is a password, a second factor, or a conversation nobody reported."
    )
    changes = "Makes the file, which only you can read; overwrites none. Audited."
    has_dry_run = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def answer(self, **options: Any) -> Answer:
        file: Path = options["file"]
        counts = rows_count()
        if options["dry_run"]:
            return Answer(
                {"counts": counts}, [*table(list(counts.items())), "Nothing was written."]
            )
        try:
            made = backup_write(
                file, actor=actor_name(), seen=progress(self.stderr, sum(counts.values()) + 1)
            )
        except FileExistsError:
            raise Stop(Exit.USAGE, f"{file} is there already.") from None
        except OSError as error:
            raise Stop(Exit.USAGE, f"{file}: {error.strerror}.") from None
        data = {"file": str(file), "counts": made.counts, "head": made.head}
        return Answer(data, [*table(list(made.counts.items())), "Keys are not in it."])
