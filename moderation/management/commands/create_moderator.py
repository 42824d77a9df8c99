"""Enrol somebody from the command line, or give them a new second factor."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from moderation.policy import REQUEST_WINDOW
from moderation.policy.roles import ROLES
from moderation.staff import Refused, staff_enrol, staff_new_device
from moderation.statements import span_told
from omegle.lib.commands import actor_name


class Command(BaseCommand):
    help = "Enrol a member of staff; prints the password and the second factor, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--role", choices=list(ROLES), help="what they may do")
        what.add_argument(
            "--new-device", action="store_true", help="replace the second factor of an account"
        )
        parser.add_argument(
            "--by",
            default="",
            metavar="NAME",
            help="who asks for the role, where another person has to approve it",
        )
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="read the password from the first line of standard input instead of making one",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name, from_stdin = options["name"], options["password_stdin"]
        if options["new_device"] and from_stdin:
            raise CommandError("manage.py changepassword sets a password, --new-device does not.")
        password = sys.stdin.readline().rstrip("\r\n") if from_stdin else None
        try:
            if options["new_device"]:
                enrolment = staff_new_device(name=name, actor=actor_name())
            else:
                enrolment = staff_enrol(
                    name=name, role=options["role"], password=password, by=options["by"]
                )
        except Refused as refused:
            raise CommandError(f"{str(refused).rstrip('.')}.") from None
        self.stdout.write("\n".join(enrolment.lines()))
        self.stdout.write(
            "Put the secret, or the link, into an authenticator app. This is shown once."
        )
        if enrolment.request is not None:
            self.stdout.write(
                f"{name} has no role yet: somebody other than {options['by']} has to approve "
                f"{enrolment.request} within {span_told(REQUEST_WINDOW)}, under Requests."
            )
