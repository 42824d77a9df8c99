"""`manage.py restore FILE`: what `backup` wrote, into an empty database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from moderation.services.backups import BadBackup, backup_read, backup_restore
from omegle.lib.commands import Answer, Exit, OperatorCommand, Stop, actor_name, progress, table


class Command(OperatorCommand):
    help = (
        "Put what `backup` wrote into an empty database, fresh from migrate, SQLite or PostgreSQL, "
        "and check digests, counts and the audit log. Staff come back without password and second "
        "factor; docs/staff.md says how they get new ones."
    )
    changes = "Fills the database, all or nothing. Audited."
    has_dry_run = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def answer(self, **options: Any) -> Answer:
        file: Path = options["file"]
        try:
            total = sum(backup_read(file).counts.values())
            done = backup_restore(
                file,
                actor=actor_name(),
                dry_run=options["dry_run"],
                seen=progress(self.stderr, total),
            )
        except FileNotFoundError:
            raise Stop(Exit.MISSING, f"There is no file {file}.") from None
        except OSError as error:
            raise Stop(Exit.USAGE, f"{file}: {error.strerror}.") from None
        except BadBackup as error:
            raise Stop(Exit.NO, str(error)) from error
        last = "It can be restored. Nothing was changed." if options["dry_run"] else "Restored."
        data = {"counts": done.counts, "head": done.head, "dry_run": options["dry_run"]}
        return Answer(data, [*table(list(done.counts.items())), last])
