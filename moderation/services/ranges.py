"""Keeping a network out: asked for, approved by another, lifted by one."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from moderation.audit import audit_append
from moderation.cases import NotPossible
from moderation.models import RangeBan, RangeBanLifting, Request
from moderation.policy import RANGE_BAN_LONGEST, RULES
from moderation.ranges import BadRange, range_read
from moderation.receipts import reference_new
from moderation.selectors.requests import may_ask
from moderation.services.decisions import SANCTIONS_BELL
from moderation.services.requests import WHY_CHARS, BadRequest, request_make, why_read
from omegle.lib import bells


def range_ban_ask(network: str, *, days: int, rule: str, facts: str, by: User, why: str) -> Request:
    """Ask that a network be kept out for some days.

    Raises:
        BadRequest: it is none that may be, it is too long, or a rule, facts or reason is missing.
        NotPossible: they may not, or it is asked for already.
    """
    try:
        kept_out = range_read(network)
    except BadRange as bad:
        raise BadRequest(str(bad)) from None
    facts = facts.strip()
    if not 1 <= days <= RANGE_BAN_LONGEST.days:
        raise BadRequest(f"Choose 1 to {RANGE_BAN_LONGEST.days} days.")
    if rule not in RULES:
        raise BadRequest("Choose the rule that was broken.")
    if not 1 <= len(facts) <= WHY_CHARS:
        raise BadRequest("Say what happened: whoever is kept out is told.")
    return request_make(
        "range-ban",
        str(kept_out),
        by=by,
        why=why,
        payload={"days": days, "rule": rule, "facts": facts},
    )


def range_ban(asked: Request, by: User) -> None:
    """Carry an approved request out: the door refuses the network from now on.

    Raises:
        NotPossible: a proxy of ours is in it by now.
    """
    try:
        network = range_read(asked.target)
    except BadRange as bad:
        raise NotPossible(str(bad)) from None
    now = timezone.now()
    span = timedelta(days=asked.payload["days"])
    ban = RangeBan.objects.create(
        reference=reference_new("B"),
        network=str(network),
        version=network.version,
        prefix=network.prefixlen,
        rule=asked.payload["rule"],
        facts=asked.payload["facts"],
        by=asked.by,
        approved_by=by,
        starts_at=now,
        seconds=int(span.total_seconds()),
        until=now + span,
    )
    audit_append(actor=by.get_username(), action="range-ban", target=str(ban))
    bells.ring(SANCTIONS_BELL)


def range_ban_lift(ban_id: int, *, by: User, why: str) -> RangeBan:
    """Take a range ban back; one person may.

    Raises:
        BadRequest: no reason is given, or one that is too long.
        NotPossible: they may not, or it is over.
    """
    why = why_read(why)
    if not may_ask("range-ban", by, None):
        raise NotPossible("You may not lift this.")
    now = timezone.now()
    with transaction.atomic():
        ban = RangeBan.objects.select_for_update().get(pk=ban_id)
        if _is_over(ban, now):
            raise NotPossible("It is over already.")
        RangeBanLifting.objects.create(ban=ban, at=now, by=by, why=why)
        audit_append(actor=by.get_username(), action="lift", target=str(ban), detail={"why": why})
        bells.ring(SANCTIONS_BELL)
    return ban


def _is_over(ban: RangeBan, now: datetime) -> bool:
    return ban.until <= now or RangeBanLifting.objects.filter(ban=ban).exists()
