"""Take what visitors are told out of the sources into `locale/`, and compile it: `make messages`.

Translators fill in `locale/*/LC_MESSAGES/*.po`; the compiled `.mo` beside each are what is read.
The desk is in English alone (ADR 24), so its templates are passed over.
"""

import os
import subprocess
import sys
from pathlib import Path

from tests.environment import ROOT

DOMAINS = ("django", "djangojs")
_PASSED_OVER = (
    *(".venv", ".run", "node_modules", "benchmarks", "deploy", "docs", "tests"),
    "templates/admin",
    "static/js/desk",
)


def messages_take(root: Path = ROOT) -> None:
    """Bring the `.po` files under `root` up to its sources: new messages come untranslated, those
    that are said no more go.
    """
    for domain in DOMAINS:
        subprocess.run(
            [sys.executable, "-m", "tests.messages", domain],
            cwd=root,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            check=True,
        )


def messages_compile(root: Path = ROOT) -> None:
    for source in sorted(root.glob("locale/*/LC_MESSAGES/*.po")):
        compiled = source.with_suffix(".mo")
        # No trace of the machine's byte order, so that the same words are the same file.
        command = [
            "msgfmt",
            "--check-format",
            "--endianness=little",
            "-o",
            str(compiled),
            str(source),
        ]
        subprocess.run(command, check=True)


def _take(domain: str) -> None:
    """Do it for one domain of the tree one stands in, as Django's command expects."""
    from django.conf import settings
    from django.core.management import call_command
    from django.core.management.commands import makemessages

    class Command(makemessages.Command):
        # Beside gettext's own functions: `omegle.lib.words`.
        xgettext_options = [  # noqa: RUF012
            *makemessages.Command.xgettext_options,
            "--keyword=sentence",
            "--keyword=sentence_counted:1,2",
        ]
        # A guess at what a changed message means would pass for a translation.
        msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]  # noqa: RUF012

    call_command(
        Command(),
        domain=domain,
        locale=[code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE],
        ignore_patterns=list(_PASSED_OVER),
        no_wrap=True,
        add_location="file",
        no_obsolete=True,
        verbosity=0,
    )


def main(arguments: list[str]) -> None:
    if arguments:
        import django

        django.setup()
        _take(arguments[0])
        return
    messages_take()
    messages_compile()


if __name__ == "__main__":
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "omegle.settings",
        "DEBUG": "1",
        "DATABASE_URL": "sqlite://:memory:",
    }
    main(sys.argv[1:])
