"""`manage.py switch`: what is switched off, and switching it."""

import getpass
import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from moderation.policy import SWITCHES
from moderation.selectors.filter import switches_off
from moderation.services.switches import switch_set


class Command(BaseCommand):
    help = (
        "Say what is switched off, or switch it while everything runs; every process follows "
        "within seconds. An audit entry says who did it, and why. "
        + " ".join(f"{name}: {what}" for name, what in SWITCHES.items())
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", nargs="?", choices=list(SWITCHES))
        parser.add_argument("state", nargs="?", choices=["on", "off"])
        parser.add_argument("--why", default="", help="kept in the audit log")
        parser.add_argument(
            "--json", action="store_true", help="print how the switches stand as JSON"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["name"]:
            if not options["state"]:
                raise CommandError("Say on or off.")
            switch_set(
                options["name"],
                is_off=options["state"] == "off",
                actor=f"command by {getpass.getuser()}",
                why=options["why"],
            )
        off = switches_off()
        states = {name: "off" if name in off else "on" for name in SWITCHES}
        if options["json"]:
            self.stdout.write(json.dumps(states))
        else:
            for name, state in states.items():
                self.stdout.write(f"{name:10}{state}")
