"""`manage.py kick`: end somebody's visit now; they may come back."""

from argparse import ArgumentParser
from typing import Any

from chat.operations import visitor_here, visitor_kick
from moderation.selectors.named import subject_named
from omegle.lib.commands import Answer, Exit, OperatorCommand, Stop, actor_name


class Command(OperatorCommand):
    help = "End the visit of one visitor, who may come back at once; `ban` keeps somebody out."
    changes = "Ends their conversation as moderated and closes their socket. Audited."
    has_dry_run = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("target", help="a visitor's tag, or a report, case or decision")
        parser.add_argument("--why", default="", help="kept in the audit log")

    def answer(self, **options: Any) -> Answer:
        tag = subject_named(options["target"])
        if tag is None:
            raise Stop(Exit.MISSING, f"There is nobody of the name {options['target']}.")
        visitor = visitor_here(tag)
        if visitor is None:
            raise Stop(Exit.MISSING, "They are not here.")
        if options["dry_run"]:
            return Answer({"tag": tag, "here": True}, ["They are here. Nothing was changed."])
        target = "a visitor" if tag == options["target"] else options["target"].upper()
        if not visitor_kick(visitor, target=target, why=options["why"], actor=actor_name()):
            raise Stop(Exit.MISSING, "They have just gone.")
        return Answer({"tag": tag, "kicked": True}, ["Their visit is over."])
