"""What a moderator looks at, counted once a shift; and the lanes they leave out.

All of one moderator goes under a lock of their account, so that two clicks at the budget's edge
come one after the other. Where cases are locked too, they are locked before.
"""

from collections.abc import Collection

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from moderation.audit import audit_append
from moderation.models import Exposure, OptOut, Shift
from moderation.policy import LANES, Lane
from moderation.selectors.shifts import looking_of, shift_present
from moderation.shifts import looked


def moderator_lock(moderator: User) -> None:
    """Let nobody else change what this moderator has looked at until the transaction is over."""
    # Not the key: whatever refers to an account does not wait.
    User.objects.select_for_update(no_key=True).only("pk").get(pk=moderator.pk)


def exposure_note(moderator: User, *, what: str, lane: Lane, points: int) -> None:
    """Write down that somebody looks now; it counts once in a shift for the same `what`."""
    with transaction.atomic():
        moderator_lock(moderator)
        shift = shift_present(moderator)
        looking = looked(looking_of(shift) if shift else None, timezone.now())
        if shift is None:
            shift = Shift(moderator=moderator, began_at=looking.began_at)
        shift.stretch_at, shift.seen_at = looking.stretch_at, looking.seen_at
        shift.save()
        Exposure.objects.get_or_create(
            shift=shift,
            what=what,
            defaults={"lane": lane, "points": points, "at": looking.seen_at},
        )


def lanes_opt_out(*, moderator: User, lanes: Collection[Lane]) -> None:
    """Have a moderator see nothing of these lanes, and of all the others that are theirs again."""
    with transaction.atomic():
        moderator_lock(moderator)
        OptOut.objects.filter(moderator=moderator).delete()
        OptOut.objects.bulk_create(
            OptOut(moderator=moderator, lane=lane) for lane in LANES if lane in lanes
        )
        # Not which: that is nobody else's to know.
        audit_append(actor=moderator.get_username(), action="choose-lanes", target="own desk")
