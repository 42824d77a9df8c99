"""What an operator names on the command line: a case, a decision, a visitor, a moderator."""

import re

from django.contrib.auth.models import User

from moderation.models import Case, Decision, Report
from moderation.policy import BANS

_TAG = re.compile(r"[0-9a-f]{32}")
_CASE = re.compile(r"(?:case[ -]?)?([0-9]{1,18})")


def case_named(name: str) -> Case | None:
    """Give the case of a number (`12`, `case 12`), of a report's reference or of a decision's."""
    if number := _CASE.fullmatch(name.lower()):
        return Case.objects.filter(pk=int(number[1])).first()
    reference = name.upper()
    return (
        Case.objects.filter(reports__reference=reference).first()
        or Case.objects.filter(decisions__reference=reference).first()
    )


def subject_named(name: str) -> str | None:
    """Give the tag of a visitor: as it is, or of whom a case, report or decision is about.

    A report names its subject before it is filed into a case.
    """
    if _TAG.fullmatch(name):
        return name
    if case := case_named(name):
        return case.subject
    return Report.objects.filter(reference=name.upper()).values_list("subject", flat=True).first()


def moderator_named(name: str) -> User | None:
    """Give an active member of staff."""
    return User.objects.filter(username=name, is_staff=True, is_active=True).first()


def bans_named(name: str) -> list[Decision]:
    """Give the bans that hold of whom is named; of a decision's reference that one alone."""
    holds = Decision.objects.filter(
        measure__in=BANS, lifting=None, sanctions__end=None, sanctions__target="visitor"
    )
    if own := list(holds.filter(reference=name.upper()).distinct()):
        return own
    subject = subject_named(name)
    return list(holds.filter(subject=subject).order_by("created_at").distinct())
