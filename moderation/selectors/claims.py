"""Who may take what is claimed before it is answered: appeals and notices."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from moderation.models import Appeal, Case, Notice


@dataclass(frozen=True, slots=True)
class ClaimActions:
    """What a moderator may do now with something that is claimed.

    Attributes:
        barred: why they cannot answer it, a sentence; empty when they can.
    """

    can_claim: bool
    barred: str


def claim_actions(
    claimed: Appeal | Notice, moderator: User, *, what: str, do: str, closed: str = ""
) -> ClaimActions:
    """Give the permitted actions of somebody who may answer it at all.

    `what`: how it is called; `do`: what a claim is for, as in “to answer it”. `closed`: why they
    may take nothing new of it.
    """
    lasts = claimed.claimed_until is not None and claimed.claimed_until > timezone.now()
    if claimed.claimed_by is None or not lasts:
        if closed:
            return ClaimActions(can_claim=False, barred=closed)
        return ClaimActions(can_claim=True, barred=f"Claim the {what} {do}.")
    if claimed.claimed_by != moderator:
        name = claimed.claimed_by.get_username()
        return ClaimActions(can_claim=False, barred=f"{name} holds this {what}.")
    return ClaimActions(can_claim=False, barred="")


def claims_held(moderator: User) -> list[str]:
    """Give what somebody holds now, as labels."""
    held: dict[str, Any] = {"claimed_by": moderator, "claimed_until__gt": timezone.now()}
    return [
        *map(str, Case.objects.filter(**held)),
        *map(str, Appeal.objects.filter(**held).select_related("decision")),
        *map(str, Notice.objects.filter(**held)),
    ]
