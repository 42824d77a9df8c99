"""A break: what somebody holds goes back, so that it waits for nobody."""

from django.contrib.auth.models import User

from moderation.cases import NotPossible
from moderation.models import Appeal, Case, Notice
from moderation.services.appeals import appeal_release
from moderation.services.cases import case_release
from moderation.services.notices import notice_release


def break_begin(*, moderator: User) -> int:
    """Give back all that a moderator holds; give how many.

    That a break was taken is written down nowhere: it shows by nothing being looked at.
    """
    given = 0
    holds = ((Case, case_release), (Appeal, appeal_release), (Notice, notice_release))
    for model, release in holds:
        for pk in model.objects.filter(claimed_by=moderator).values_list("pk", flat=True):
            try:
                release(pk, moderator=moderator)
            except NotPossible:
                continue  # it ran out, or was decided in another tab
            given += 1
    return given
