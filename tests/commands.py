"""Commands for tests: run as an operator runs them, with what they said and their exit status."""

import contextlib
import io
import json
from dataclasses import dataclass
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandError


@dataclass(frozen=True, slots=True)
class Ran:
    """One run: its exit status, its stdout, and the line that stopped it."""

    code: int
    out: str
    said: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


def run(*words: str) -> Ran:
    """Run a command by the words of its command line."""
    out = io.StringIO()
    code, said = 0, ""
    with contextlib.redirect_stdout(out):
        try:
            call_command(*words, stdout=out, stderr=io.StringIO())
        except CommandError as error:
            code, said = error.returncode, str(error)
    return Ran(code, out.getvalue(), said)
