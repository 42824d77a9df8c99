"""German words for tests, in a real catalogue: other words than ours, so that a test can tell."""

import subprocess
from collections.abc import Mapping
from itertools import count
from pathlib import Path

from pytest_django import Settings

_HEAD = (
    "Content-Type: text/plain; charset=UTF-8\\n"
    "Language: de\\n"
    "Plural-Forms: nplurals=2; plural=(n != 1);\\n"
)
_numbers = count(1)


class Catalogue:
    """What is said in German until the end of the test, instead of what the site says."""

    def __init__(self, directory: Path, settings: Settings) -> None:
        self._directory = directory
        self._settings = settings
        self._paths = list(settings.LOCALE_PATHS)

    def teach(self, words: Mapping[str | tuple[str, str], str]) -> None:
        """Translate messages; of two, one and many, both to the same."""
        # Django and Python remember a catalogue by its path.
        path = self._directory / f"{next(_numbers)}"
        catalogue = path / "de" / "LC_MESSAGES" / "django.po"
        catalogue.parent.mkdir(parents=True)
        entries = [f'msgid ""\nmsgstr "{_HEAD}"\n']
        for message, said in words.items():
            if isinstance(message, str):
                entries.append(f'msgid "{message}"\nmsgstr "{said}"\n')
            else:
                one, many = message
                both = f'msgstr[0] "{said}"\nmsgstr[1] "{said}"'
                entries.append(f'msgid "{one}"\nmsgid_plural "{many}"\n{both}\n')
        catalogue.write_text("\n".join(entries), "utf-8")
        compiled = catalogue.with_suffix(".mo")
        subprocess.run(["msgfmt", "-o", str(compiled), str(catalogue)], check=True)
        self._settings.LOCALE_PATHS = [str(path), *self._paths]
