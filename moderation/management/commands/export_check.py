"""`manage.py export_check FILE`: is an export still what it was?"""

import hashlib
import zipfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from moderation.exports import archive_problems
from omegle.lib.commands import Answer, Exit, OperatorCommand, Stop


class Command(OperatorCommand):
    help = "Check an export of evidence; what is no export is refused with status 2."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def answer(self, **options: Any) -> Answer:
        file: Path = options["file"]
        try:
            data = file.read_bytes()
            problems = archive_problems(data)
        except FileNotFoundError:
            raise Stop(Exit.MISSING, f"There is no file {file}.") from None
        except OSError as error:
            raise Stop(Exit.USAGE, f"{file}: {error.strerror}.") from None
        except zipfile.BadZipFile:
            raise Stop(Exit.USAGE, f"{file} is no ZIP, or a damaged one.") from None
        digest = hashlib.sha256(data).hexdigest()
        answer = {"sha256": digest, "problems": problems}
        if problems:
            return Answer(answer, problems, problem="The export does not hold.")
        lines = [
            "Every file is what SHA256SUMS and the decisions say.",
            "The audit log has the export with the SHA-256 of the whole:",
            digest,
        ]
        return Answer(answer, lines)
