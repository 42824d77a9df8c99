"""`manage.py export_check FILE`: is an export still what it was?"""

import hashlib
import zipfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from moderation.exports import archive_problems


class Command(BaseCommand):
    help = "Check an export of evidence. 0: it holds, 1: it does not, 2: it is none."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        try:
            data = file.read_bytes()
            problems = archive_problems(data)
        except OSError as error:
            raise CommandError(f"{file}: {error.strerror}.", returncode=2) from None
        except zipfile.BadZipFile:
            raise CommandError(f"{file} is no ZIP, or a damaged one.", returncode=2) from None
        for problem in problems:
            self.stderr.write(problem)
        if problems:
            raise CommandError("The export does not hold.")
        self.stdout.write("Every file is what SHA256SUMS and the decisions say.")
        self.stdout.write("The audit log has the export with the SHA-256 of the whole:")
        self.stdout.write(hashlib.sha256(data).hexdigest())
