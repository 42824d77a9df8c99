"""`manage.py rules`: the filter's rules to a file, from a file, and what they make of a text."""

import dataclasses
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, get_args

import msgspec

from moderation.filters.rows import Format, rows_read, rows_write
from moderation.guard import book_now
from moderation.selectors.exchange import rules_of_ours
from moderation.selectors.filter import rules_enabled
from moderation.services.exchange import rules_import
from omegle.lib.commands import Answer, Exit, OperatorCommand, Stop, actor_name, table

_MOST_BYTES = 16 << 20


class Command(OperatorCommand):
    help = (
        "export: print your own rules, and those of the start-up lists that you changed. import "
        "FILE: add and change rules by such a file, JSON lines or CSV, all of it or nothing; what "
        "is new observes. test TEXT: say what the present rules make of a text. Instead of a file "
        "or a text - is standard input, which no list of processes shows."
    )
    changes = "import: the rules; every process follows within a second. Audited, rule by rule."
    has_dry_run = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("verb", choices=["export", "import", "test"])
        parser.add_argument("what", nargs="?", help="the file, or the text")
        parser.add_argument("--format", choices=get_args(Format), default="jsonl")
        parser.add_argument(
            "--early", action="store_true", help="test as in the first minutes of a conversation"
        )

    def answer(self, **options: Any) -> Answer:
        verb, what = options["verb"], options["what"]
        if (what is None) != (verb == "export"):
            raise Stop(Exit.USAGE, f"{verb} takes {'nothing' if what else 'one more word'}.")
        if verb == "export":
            rows = rules_of_ours()
            return Answer(msgspec.to_builtins(rows), rows_write(rows, options["format"]))
        if verb == "test":
            text = sys.stdin.read().rstrip("\n") if what == "-" else what
            return _tested(text, early=options["early"])
        return _imported(text_of(what), dry_run=options["dry_run"])


def text_of(name: str) -> str:
    """Give what is in a file, or on standard input for `-`.

    Raises:
        Stop: it is not there, or no text.
    """
    try:
        if name == "-":
            return sys.stdin.read(_MOST_BYTES)
        if Path(name).stat().st_size > _MOST_BYTES:
            raise Stop(Exit.USAGE, f"{name} is too large for a file of rules.")
        return Path(name).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Stop(Exit.MISSING, f"There is no file {name}.") from None
    except UnicodeDecodeError:
        raise Stop(Exit.USAGE, f"{name} is no text in UTF-8.") from None
    except OSError as error:
        raise Stop(Exit.USAGE, f"{name}: {error.strerror}.") from None


def _imported(text: str, *, dry_run: bool) -> Answer:
    done = rules_import(rows_read(text), actor=actor_name(), dry_run=dry_run)
    refused = len(done.refused)
    counts = {"added": done.added, "changed": done.changed, "unchanged": done.unchanged}
    lines = table([*counts.items(), ("refused", refused)])
    lines += [f"line {each.line}: {each.why}" if each.line else each.why for each in done.refused]
    if refused or dry_run:
        lines.append("Nothing was changed.")
    data = counts | {"refused": [msgspec.to_builtins(each) for each in done.refused]}
    return Answer(data, lines, problem=f"{refused} lines cannot be taken over." if refused else "")


def _tested(text: str, *, early: bool) -> Answer:
    verdict = book_now().screen(text, early=early)
    rules = rules_enabled().in_bulk({hit.rule for hit in verdict.hits})
    hits = [
        {
            "rule": hit.rule,
            "text": rules[hit.rule].text if hit.rule in rules else "",
            **{name: value for name, value in dataclasses.asdict(hit).items() if name != "rule"},
        }
        for hit in verdict.hits
    ]
    data = {
        "action": verdict.action,
        "shown": verdict.text,
        "reason": verdict.reason,
        "is_reported": verdict.is_reported,
        "hits": hits,
    }
    what = f"{verdict.action} ({verdict.reason})" if verdict.reason else verdict.action
    lines = [
        what + ", and a case is opened" * verdict.is_reported,
        *([f"shown: {verdict.text}"] * (verdict.action == "mask")),
        *(
            f"rule {hit['rule']}: {hit['text']}: {hit['action']}{', observes' * hit['observe']}"
            for hit in hits
        ),
    ]
    return Answer(data, lines)
