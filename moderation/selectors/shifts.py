"""Where a moderator stands in their shift, and what of the desk is closed to them for it."""

from typing import cast

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Q, Sum
from django.utils import timezone

from moderation.models import OptOut, Shift
from moderation.policy import CLAIM, LANES, URGENT_LANES, Lane
from moderation.policy.desk import HEAVY_LANES
from moderation.policy.roles import lane_permission
from moderation.shifts import Looking, Standing, is_shift_over

_BACKEND = "django.contrib.auth.backends.ModelBackend"
# Whoever may dismiss decides; who only looks takes nothing off anybody.
_DECIDES = "moderation.impose_dismiss"
_OWN_CHOICE = "You chose not to see this lane."
_SPENT = "Your budget for this shift is spent: this lane is closed to you."


def shift_present(moderator: User) -> Shift | None:
    """Give the shift somebody is in; None when the last one is over."""
    last = moderator.shifts.first()
    if last is None or is_shift_over(looking_of(last), timezone.now()):
        return None
    return last


def looking_of(shift: Shift) -> Looking:
    return Looking(shift.began_at, shift.stretch_at, shift.seen_at)


def shift_standing(moderator: User) -> Standing:
    shift = shift_present(moderator)
    spent = shift.exposures.aggregate(points=Sum("points"))["points"] if shift else None
    return Standing(
        looking_of(shift) if shift else None,
        settings.EXPOSURE_BUDGET,
        spent or 0,
        timezone.now(),
    )


def lanes_opted_out(moderator: User) -> set[Lane]:
    out = moderator.opt_outs.values_list("lane", flat=True)
    return {cast("Lane", lane) for lane in out}


def lane_opted_out(moderator: User, lane: str) -> str:
    """Say that somebody chose to leave a lane out; empty when they did not."""
    return _OWN_CHOICE if lane in lanes_opted_out(moderator) else ""


def lanes_closed(moderator: User) -> dict[Lane, str]:
    """Give the lanes of which somebody may take nothing more now, with a sentence each.

    Of the budget alone the urgent lanes are free while nobody else could take them.
    """
    standing = shift_standing(moderator)
    closed: dict[Lane, str] = {}
    if standing.must_rest:
        closed = dict.fromkeys(
            LANES, f"You have looked for long: rest until {standing.break_until:%H:%M} UTC."
        )
    elif standing.is_spent:
        free = {lane for lane in URGENT_LANES if not _others_there(moderator, lane)}
        closed = dict.fromkeys(HEAVY_LANES - free, _SPENT)
    return closed | dict.fromkeys(lanes_opted_out(moderator), _OWN_CHOICE)


def claim_barred(moderator: User, lane: Lane) -> str:
    """Say why somebody may take nothing more of a lane now; empty when they may."""
    return lanes_closed(moderator).get(lane, "")


def lanes_offered(moderator: User) -> set[Lane]:
    """Give the lanes of which the next case may be offered: none of what weighs on who is spent.

    An urgent one that nobody else can take stays one's own choice, by a click on it.
    """
    closed = lanes_closed(moderator)
    heavy = HEAVY_LANES if shift_standing(moderator).is_spent else frozenset()
    return {lane for lane in LANES if lane not in closed and lane not in heavy}


def _others_there(moderator: User, lane: Lane) -> bool:
    """Whether somebody else is at the desk who may take this lane and is not spent."""
    there = User.objects.filter(shifts__seen_at__gt=timezone.now() - CLAIM).exclude(
        Q(pk=moderator.pk) | Q(opt_outs__lane=lane)
    )
    return any(
        other.has_perms((f"moderation.{lane_permission(lane)}", _DECIDES))
        and not shift_standing(other).is_spent
        for other in there.distinct()
    )


def lanes_short_of_people() -> dict[Lane, int]:
    """Give the lanes that fewer than two people are left for, with how many."""
    deciders = User.objects.with_perm(_DECIDES, backend=_BACKEND).filter(is_staff=True)
    left = {}
    for lane in LANES:
        may = User.objects.with_perm(f"moderation.{lane_permission(lane)}", backend=_BACKEND)
        out = OptOut.objects.filter(lane=lane).values("moderator")
        left[lane] = deciders.filter(pk__in=may.values("pk")).exclude(pk__in=out).distinct().count()
    return {lane: count for lane, count in left.items() if count < 2}
