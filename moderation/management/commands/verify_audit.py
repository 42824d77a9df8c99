"""`manage.py verify_audit`: does the audit log hold?"""

from typing import Any

from moderation.audit import audit_verify, head_read
from moderation.models import AuditEntry
from omegle.lib.commands import Answer, OperatorCommand, progress


class Command(OperatorCommand):
    help = "Check every entry of the audit log, and that none was cut off at its end."

    def answer(self, **options: Any) -> Answer:
        count = AuditEntry.objects.count()
        problems = audit_verify(seen=progress(self.stderr, count))
        if problems:
            data = {"entries": count, "problems": problems}
            return Answer(data, problems, problem="The audit log does not hold.")
        kept = head_read() is not None
        end = "its end too" if kept else "but no head is kept here that would show its end"
        data = {"entries": count, "problems": [], "head": kept}
        return Answer(data, [f"{count} entries hold, {end}."])
