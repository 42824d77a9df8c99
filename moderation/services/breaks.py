"""A break: what somebody holds goes back, so that it waits for nobody."""

from django.contrib.auth.models import User

from moderation.cases import NotPossible
from moderation.models import Appeal, Case
from moderation.services.appeals import appeal_release
from moderation.services.cases import case_release


def break_begin(*, moderator: User) -> int:
    """Give back all that a moderator holds, cases and appeals; give how many.

    That a break was taken is written down nowhere: it shows by nothing being looked at.
    """
    given = 0
    cases = Case.objects.filter(claimed_by=moderator).values_list("pk", flat=True)
    appeals = Appeal.objects.filter(claimed_by=moderator).values_list("pk", flat=True)
    for release, held in ((case_release, cases), (appeal_release, appeals)):
        for pk in held:
            try:
                release(pk, moderator=moderator)
            except NotPossible:
                continue  # it ran out, or was decided in another tab
            given += 1
    return given
