"""`manage.py replay_filter [FILE]`: what rules make of what was reported, in counts."""

from argparse import ArgumentParser
from typing import Any

from moderation.filters.rows import Refused, Row, rows_read
from moderation.filters.rules import BadRule
from moderation.management.commands.rules import text_of
from moderation.services.replay import evidence_count, filter_replay
from omegle.lib.commands import Answer, Exit, OperatorCommand, Stop, actor_name, progress, table


class Command(OperatorCommand):
    help = (
        "Screen what kept reports hold with the present rules, and say in counts what would be "
        "done otherwise than it was; with a FILE as `rules export` makes it, what would be "
        "otherwise than now, were its rules acting. No text is shown or written anywhere."
    )
    changes = "Nothing but the audit log, which says that evidence was opened."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", help="proposed rules; - is standard input")

    def answer(self, **options: Any) -> Answer:
        rows = None if options["file"] is None else _proposed(text_of(options["file"]))
        seen = progress(self.stderr, evidence_count())
        try:
            done = filter_replay(rows, actor=actor_name(), seen=seen)
        except BadRule as bad:
            raise Stop(Exit.NO, str(bad)) from bad
        changes, rules = done.changes.most_common(), done.rules.most_common()
        lines = table([("evidence", done.evidence), ("lines", done.lines)])
        lines += ["", "Otherwise:", *(table(changes) or ["nothing"])]
        lines += ["", "Lines by rule:", *(table(rules) or ["none"])]
        problem = f"None of the present keys opens {done.unopened}." if done.unopened else ""
        data = {"evidence": done.evidence, "unopened": done.unopened, "lines": done.lines}
        return Answer(data | {"changes": dict(changes), "rules": dict(rules)}, lines, problem)


def _proposed(text: str) -> list[Row]:
    rows = []
    for found in rows_read(text):
        if isinstance(found, Refused):
            raise Stop(Exit.NO, f"Line {found.line}: {found.why}")
        rows.append(found[1])
    return rows
