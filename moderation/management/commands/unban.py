"""`manage.py unban`: lift the bans of whom a decision, report or case is about."""

from argparse import ArgumentParser
from typing import Any

from moderation.cases import NotPossible
from moderation.selectors.named import bans_named, case_named, moderator_named, subject_named
from moderation.services.decisions import BadDecision
from moderation.services.operator import bans_lift
from omegle.lib.commands import Answer, Exit, OperatorCommand, Stop, actor_name


class Command(OperatorCommand):
    help = "Take bans back as a moderator would at the desk; all of one person, or one decision."
    changes = "Lifts the bans: they do not count for later ones. Within two seconds. Audited."
    has_dry_run = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("target", help="a decision, report, case or visitor's tag")
        parser.add_argument("--as", required=True, metavar="MODERATOR", help="who answers for it")
        parser.add_argument("--why", required=True, help="kept with the decision")

    def answer(self, **options: Any) -> Answer:
        target, moderator = options["target"], moderator_named(options["as"])
        if moderator is None:
            raise Stop(Exit.MISSING, f"No active member of staff is called {options['as']}.")
        if case_named(target) is None and subject_named(target) is None:
            raise Stop(Exit.MISSING, f"There is nothing of the name {target}.")
        bans = bans_named(target)
        if not bans:
            raise Stop(Exit.NO, "No ban is in force.")
        dry_run = options["dry_run"]
        try:
            bans_lift(
                bans, moderator=moderator, actor=actor_name(), why=options["why"], dry_run=dry_run
            )
        except (NotPossible, BadDecision) as error:
            raise Stop(Exit.NO, str(error)) from error
        lifted = [ban.reference for ban in bans]
        told = "could be lifted. Nothing was changed." if dry_run else "lifted."
        return Answer({"lifted": lifted, "dry_run": dry_run}, [f"{', '.join(lifted)}: {told}"])
