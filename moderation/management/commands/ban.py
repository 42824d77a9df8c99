"""`manage.py ban`: decide the case of whom a report or a case is about."""

from argparse import ArgumentParser
from typing import Any

from moderation.cases import NotPossible, Stale
from moderation.policy import MEASURES, RULES
from moderation.selectors.named import case_named, moderator_named
from moderation.services.decisions import BadDecision
from moderation.services.operator import case_ban
from omegle.lib.commands import Answer, Exit, OperatorCommand, Stop, actor_name

_MEASURES = [measure for measure in MEASURES if measure != "dismiss"]


class Command(OperatorCommand):
    help = (
        "Decide a case as a moderator would at the desk, with a statement of reasons that the "
        "person reads and can appeal against. A permanent ban is not made here."
    )
    changes = (
        "Claims and decides the case, imposes the measure and resolves the case's reports; open "
        "sockets follow within two seconds. Audited."
    )
    has_dry_run = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("target", help="a report's reference, or a case: R-7K3F-92MQ, 12")
        parser.add_argument("--as", required=True, metavar="MODERATOR", help="who answers for it")
        parser.add_argument("--measure", required=True, choices=_MEASURES)
        parser.add_argument("--rule", required=True, choices=list(RULES), help="what was broken")
        parser.add_argument("--facts", required=True, help="what happened: the person reads it")
        parser.add_argument("--why", default="", help="instead of the rule's usual reason")

    def answer(self, **options: Any) -> Answer:
        if options["measure"] == "permanent":
            raise Stop(Exit.NO, "A permanent ban is for the desk, not for one person alone.")
        case, moderator = case_named(options["target"]), moderator_named(options["as"])
        if case is None:
            raise Stop(Exit.MISSING, f"There is no case of {options['target']}.")
        if moderator is None:
            raise Stop(Exit.MISSING, f"No active member of staff is called {options['as']}.")
        try:
            decision = case_ban(
                case,
                moderator=moderator,
                actor=actor_name(),
                measure=options["measure"],
                rule=options["rule"],
                facts=options["facts"],
                why=options["why"],
                dry_run=options["dry_run"],
            )
        except (NotPossible, Stale, BadDecision) as error:
            raise Stop(Exit.NO, str(error)) from error
        what = MEASURES[options["measure"]]
        if options["dry_run"]:
            data = {"case": case.pk, "measure": decision.measure, "dry_run": True}
            return Answer(data, [f"{case} can be decided: {what}. Nothing was changed."])
        data = {"case": case.pk, "measure": decision.measure, "decision": decision.reference}
        return Answer(data, [f"{case} is decided: {what} ({decision.reference})."])
