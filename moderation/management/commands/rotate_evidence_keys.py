"""Seal all that reports hold with the newest of EVIDENCE_KEYS, so that older keys can go."""

import dataclasses
from typing import Any

from moderation.services.rotation import evidence_reseal
from omegle.lib.commands import Answer, OperatorCommand, actor_name


class Command(OperatorCommand):
    help = "Seal all that reports hold with the newest key; prints the counts. Older keys can go."
    changes = "Replaces the seals; what they hold stays as it is. Audited."
    has_dry_run = True

    def answer(self, **options: Any) -> Answer:
        rotations = evidence_reseal(actor=actor_name(), dry_run=options["dry_run"])
        counts = {what: dataclasses.asdict(each) for what, each in rotations.items()}
        lines = [
            f"{what:6}" + "".join(f"{number:8} {fate}" for fate, number in count.items())
            for what, count in counts.items()
        ]
        unopened = sum(each.unopened for each in rotations.values())
        return Answer(
            counts,
            [*lines, *(["Nothing was changed."] * options["dry_run"])],
            problem=f"None of the present keys opens {unopened} of them: they stay as they are."
            if unopened
            else "",
        )
