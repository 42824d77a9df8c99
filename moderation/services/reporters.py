"""What moderators do about somebody who reports what is not there: mute them, set reports aside.

Neither takes a report away: a muted reporter's are filed with the lowest weight, and what is set
aside is resolved as dismissed, which its receipt says.
"""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from moderation.audit import audit_append
from moderation.cases import Event, NotPossible
from moderation.models import Case, Mute, Report
from moderation.policy import MUTE, SET_ASIDE_MOST
from moderation.selectors.desk import permitted_lanes
from moderation.selectors.reporters import may_mute, reporter_mute, reports_to_set_aside
from moderation.services.cases import case_change, case_rescore, desk_tell
from moderation.services.decisions import case_dismiss_emptied

_WHY_CHARS = 500


class BadReason(ValueError):
    """A reason is missing or too long; a sentence for the moderator."""


def reporter_mute_set(report: Report, *, moderator: User, why: str) -> Mute:
    """Let what the reporter of this report sends from now on count least, for `policy.MUTE`.

    Raises:
        BadReason: no reason is given, or one that is too long.
        NotPossible: they may not, nobody reported it, or the reporter is muted already.
    """
    why = _checked(report, moderator, why)
    now = timezone.now()
    with transaction.atomic():
        if reporter_mute(report.reporter) is not None:
            raise NotPossible("This reporter is muted already.")
        # What has run out is not deleted at once.
        mute, _ = Mute.objects.update_or_create(
            reporter=report.reporter,
            defaults={"by": moderator, "since": now, "until": now + MUTE},
        )
        _written_down("mute", report, moderator, why)
    return mute


def reporter_mute_lift(report: Report, *, moderator: User, why: str) -> None:
    """Let the reporter's next reports count by their record again.

    Raises:
        BadReason, NotPossible: as above, or the reporter is not muted.
    """
    why = _checked(report, moderator, why)
    with transaction.atomic():
        mute = Mute.objects.select_for_update().filter(reporter=report.reporter).first()
        if mute is None or mute.until <= timezone.now():
            raise NotPossible("This reporter is not muted.")
        mute.delete()
        _written_down("unmute", report, moderator, why)


def reports_set_aside(report: Report, *, moderator: User, why: str) -> int:
    """Dismiss what else waits of this report's reporter, and the report; give how many reports.

    At most `policy.SET_ASIDE_MOST`, the oldest first, and only what
    `selectors.reporters.reports_to_set_aside` gives. A case of which no report waits then is
    dismissed.

    Raises:
        BadReason, NotPossible: as above, or nothing waits that may be set aside.
    """
    why = _checked(report, moderator, why)
    with transaction.atomic():
        wanted = reports_to_set_aside(report.reporter, moderator)[:SET_ASIDE_MOST]
        found = dict(wanted.values_list("pk", "case"))
        # In one order, as claims lock them.
        cases = Case.objects.select_for_update().filter(pk__in=set(found.values())).order_by("pk")
        count = sum(_set_aside(case, report.reporter, list(found), moderator) for case in cases)
        if not count:
            raise NotPossible("Nothing of this reporter waits that you may set aside.")
        _written_down("set-aside", report, moderator, why, reports=count)
    return count


def _set_aside(case: Case, reporter: str, reports: list[int], moderator: User) -> int:
    """Dismiss those of these reports that are of a locked case; give how many still waited."""
    # Somebody may have claimed or decided the case before it was locked.
    waiting = reports_to_set_aside(reporter, moderator).filter(case=case, pk__in=reports)
    references = dict(waiting.values_list("pk", "reference"))
    now = timezone.now()
    Report.objects.filter(pk__in=references).update(
        outcome=Report.Outcome.DISMISSED, resolved_at=now
    )
    for reference in references.values():
        case_change(case, Event.SET_ASIDE, actor=moderator.get_username(), detail=reference)
    if not references:
        return 0
    if not case.reports.filter(outcome="").exists():
        case_dismiss_emptied(case, moderator=moderator)
    case_rescore(case)
    desk_tell("set-aside", case.pk, by=moderator.get_username())
    return len(references)


def _checked(report: Report, moderator: User, why: str) -> str:
    """Give the reason, once it is clear that this moderator may do this to this reporter."""
    if not may_mute(moderator):
        raise NotPossible("You may not mute reporters.")
    if report.case is None or report.case.lane not in permitted_lanes(moderator):
        raise NotPossible("You may not see this.")
    if not report.reporter:
        raise NotPossible("Our own checks reported this.")
    why = why.strip()
    if not 1 <= len(why) <= _WHY_CHARS:
        raise BadReason(f"Say why, in up to {_WHY_CHARS} characters.")
    return why


def _written_down(action: str, report: Report, moderator: User, why: str, **more: int) -> None:
    audit_append(
        actor=moderator.get_username(),
        action=action,
        target=f"reporter of {report}",
        detail={"why": why, **more},
    )
