"""The rules a new service starts with: word lists of our own, one file for each language.

`words/<language>.txt` explains its format at its head; what is in there was written for this
project, not copied. `services.rules.rules_load` adds after every `migrate` what the table of rules
lacks of them; what operators have changed stays as it is, and what is dropped here stays stored.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast, get_args

from moderation.filters.rules import Action, FilterRule, Kind, rule_check
from moderation.policy import REASONS, Reason

_FOLDER: Final = Path(__file__).parent / "words"
_SECTION: Final = re.compile(r"\[([123]) (\w+)(?: (\w+))?\]")


@dataclass(frozen=True, slots=True)
class StartupRule:
    """A rule that has no number yet; `reason`: what a case is about that it opens."""

    kind: Kind
    text: str
    severity: int
    action: Action
    language: str
    reason: Reason = "other"

    def numbered(self, number: int) -> FilterRule:
        """Return it as a stored rule."""
        return FilterRule(number, self.kind, self.text, self.severity, self.action, self.language)


def languages() -> list[str]:
    """Return the languages there is a list for."""
    return sorted(path.stem for path in _FOLDER.glob("*.txt"))


def startup_rules() -> list[StartupRule]:
    """Return the rules of every list, each term once: the first language that has it keeps it.

    Raises:
        ValueError: a file does not follow its format (BadRule: a term is none).
    """
    rules: dict[str, StartupRule] = {}
    for language in languages():
        for rule in language_rules(language):
            rules.setdefault(rule.text, rule)
    return list(rules.values())


def language_rules(language: str) -> list[StartupRule]:
    """Return the rules of one list, as they stand there."""
    lines = (_FOLDER / f"{language}.txt").read_text(encoding="utf-8").splitlines()
    return list(_parsed(lines, language))


def _parsed(lines: list[str], language: str) -> Iterator[StartupRule]:
    severity, action, reason = 0, "", "other"
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        if section := _SECTION.fullmatch(line.strip()):
            severity, action = int(section[1]), section[2]
            reason = section[3] or "other"
        elif action not in get_args(Action) or reason not in REASONS:
            raise ValueError(f"{language}.txt, line {number}: no section, or an unknown word in it")
        else:
            for term in _terms(line):
                text = rule_check("term", term)
                yield StartupRule(
                    "term",
                    text,
                    severity,
                    cast("Action", action),
                    language,
                    reason,
                )


def _terms(line: str) -> Iterator[str]:
    """Yield the stem, unless it ends with a hyphen, and the stem with each ending."""
    stem, *endings = (part.strip() for part in line.split("+"))
    if not stem.endswith("-"):
        yield stem
    for ending in endings:
        yield stem.removesuffix("-") + ending
