"""`manage.py verify_audit`: does the audit log hold?"""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from moderation.audit import audit_verify, head_read
from moderation.models import AuditEntry


class Command(BaseCommand):
    help = "Check every entry of the audit log, and that none was cut off at its end."

    def handle(self, *args: Any, **options: Any) -> None:
        problems = audit_verify()
        for problem in problems:
            self.stderr.write(problem)
        if problems:
            raise CommandError("The audit log does not hold.")
        count = AuditEntry.objects.count()
        kept = "its end too" if head_read() else "but no head is kept here that would show its end"
        self.stdout.write(f"{count} entries hold, {kept}.")
