"""`manage.py switch`: what is switched off, and switching it."""

from argparse import ArgumentParser
from typing import Any

from moderation.policy import SWITCHES
from moderation.selectors.filter import switches_off
from moderation.services.switches import switch_set
from omegle.lib.commands import Answer, Exit, OperatorCommand, Stop, actor_name, table


class Command(OperatorCommand):
    help = "Say what is switched off, or switch it while everything runs. " + " ".join(
        f"{name}: {what}" for name, what in SWITCHES.items()
    )
    changes = "Puts the switch that is named; every process follows within seconds. Audited."
    has_dry_run = True

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", choices=list(SWITCHES))
        parser.add_argument("state", nargs="?", choices=["on", "off"])
        parser.add_argument("--why", default="", help="kept in the audit log")

    def answer(self, **options: Any) -> Answer:
        name, state = options["name"], options["state"]
        if name and not state:
            raise Stop(Exit.USAGE, "Say on or off.")
        if name and not options["dry_run"]:
            switch_set(name, is_off=state == "off", actor=actor_name(), why=options["why"])
        off = switches_off()
        states = {each: "off" if each in off else "on" for each in SWITCHES}
        if name and options["dry_run"]:
            states[name] = state
        return Answer(states, table(list(states.items())))
