"""Enrol somebody from the command line, or give them a new second factor."""

import sys
from argparse import ArgumentParser
from typing import Any

from moderation.policy import REQUEST_WINDOW
from moderation.policy.roles import ROLES
from moderation.staff import Enrolment, Nobody, Refused, staff_enrol, staff_new_device
from moderation.statements import span_told
from omegle.lib.commands import Answer, Exit, OperatorCommand, Stop, actor_name


class Command(OperatorCommand):
    help = "Enrol a member of staff; prints the password and the second factor, once."
    changes = "Adds the account, or replaces its second factor. Audited."

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

    def answer(self, **options: Any) -> Answer:
        if options["new_device"] and options["password_stdin"]:
            raise Stop(
                Exit.USAGE, "manage.py changepassword sets a password, --new-device does not."
            )
        try:
            enrolment = self._enrolment(**options)
        except Refused as refused:
            code = Exit.MISSING if isinstance(refused, Nobody) else Exit.NO
            raise Stop(code, f"{str(refused).rstrip('.')}.") from None
        lines = [
            *enrolment.lines(),
            "Put the secret, or the link, into an authenticator app. This is shown once.",
        ]
        if enrolment.request is not None:
            lines.append(
                f"{enrolment.name} has no role yet: somebody other than {options['by']} has to "
                f"approve {enrolment.request} within {span_told(REQUEST_WINDOW)}, under Requests."
            )
        data = {
            "name": enrolment.name,
            "password": enrolment.password,
            "secret": enrolment.secret,
            "app_link": enrolment.uri,
            "request": str(enrolment.request) if enrolment.request else None,
        }
        return Answer(data, lines)

    def _enrolment(self, **options: Any) -> Enrolment:
        if options["new_device"]:
            return staff_new_device(name=options["name"], actor=actor_name())
        return staff_enrol(
            name=options["name"],
            role=options["role"],
            password=sys.stdin.readline().rstrip("\r\n") if options["password_stdin"] else None,
            by=options["by"],
            actor=actor_name(),
        )
