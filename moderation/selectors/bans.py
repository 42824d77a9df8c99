"""Who is kept out, who was lately, and who has no video."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max, Q, QuerySet
from django.utils import timezone

from moderation.models import Sanction
from moderation.policy import BANS, VIDEO_LOSSES, Measure
from moderation.statements import statement_text
from moderation.tags import AddressTag

_WARNINGS_TOLD_FOR = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Ban:
    """What somebody is told of a sanction: that they are kept out, or warned.

    Attributes:
        decision: its reference.
        until: None for good.
    """

    decision: str
    measure: Measure
    rule: str
    facts: str
    until: datetime | None

    @property
    def statement(self) -> str:
        """Which rule, why, what happens next."""
        return statement_text(
            measure=self.measure, rule=self.rule, facts=self.facts, until=self.until
        )


@dataclass(frozen=True, slots=True)
class Stated:
    """A decision about a visitor as it is stored.

    Attributes:
        decision: its reference.
        until: None for good.
        effect_until: when the last of what follows from it ends, None for never; in the past when
            it has none any more.
    """

    decision: str
    measure: Measure
    rule: str
    starts_at: datetime
    until: datetime | None
    taken_back: bool
    effect_until: datetime | None

    @property
    def has_effect(self) -> bool:
        return self.effect_until is None or self.effect_until > timezone.now()

    @property
    def is_in_force(self) -> bool:
        return not self.taken_back and (self.until is None or self.until > timezone.now())


def visitor_statements(tag: str) -> list[Stated]:
    """Give every decision about a visitor that is stored, the newest first.

    A ban and a loss of video have an effect to their end; a ban and a warning for LANE_DAYS more.
    """
    found = Sanction.objects.filter(target=Sanction.Target.VISITOR, tag=tag)
    fields = ("decision__reference", "measure", "decision__rule", "starts_at", "until")
    rows = found.order_by("-starts_at").values_list(*fields, "decision__lifting", "end")
    statements = []
    for reference, measure, rule, starts_at, until, lifting, end in rows:
        effect = until
        if lifting is not None:
            effect = starts_at
        elif until is not None and (measure == "warn" or measure in BANS):
            effect = until + settings.LANE_SPAN
        elif end is not None:
            effect = starts_at
        statements.append(
            Stated(reference, measure, rule, starts_at, until, lifting is not None, effect)
        )
    return statements


def _in_force() -> QuerySet[Sanction]:
    """Give the sanctions that have not ended; nothing begins in the future."""
    still = Q(until=None) | Q(until__gt=timezone.now())
    return Sanction.objects.filter(still, end=None, decision__lifting=None)


# What a ban is told from; a sanction and its decision in one row.
_BAN_FIELDS = (
    "tag",
    "decision__reference",
    "measure",
    "decision__rule",
    "decision__facts",
    "until",
)


def visitor_bans(tags: Collection[str] | None = None) -> dict[str, Ban]:
    """Give the ban of each visitor tag that has one, of all visitors without `tags`.

    Of several the one that lasts longest.
    """
    found = _in_force().filter(target=Sanction.Target.VISITOR, measure__in=BANS)
    if tags is not None:
        found = found.filter(tag__in=tags)
    bans: dict[str, Ban] = {}
    for tag, *fields in found.values_list(*_BAN_FIELDS):
        ban = Ban(*fields)
        known = bans.get(tag)
        if known is None or (known.until and (not ban.until or ban.until > known.until)):
            bans[tag] = ban
    return bans


def visitor_warnings() -> dict[str, list[Ban]]:
    """Give what the last days' decisions tell visitors who are not kept out, by tag, oldest first.

    Warnings and losses of video, those that were lifted excepted.
    """
    since = timezone.now() - _WARNINGS_TOLD_FOR
    found = Sanction.objects.filter(
        target=Sanction.Target.VISITOR,
        measure__in=("warn", *VIDEO_LOSSES),
        starts_at__gte=since,
        decision__lifting=None,
    )
    warnings = defaultdict(list)
    for tag, *fields in found.order_by("starts_at").values_list(*_BAN_FIELDS):
        warnings[tag].append(Ban(*fields))
    return dict(warnings)


def address_sanctioned_at(tags: Iterable[AddressTag]) -> datetime | None:
    """Give when somebody behind this address was kept out last, under any live key; None for never.

    Only sanctions in force count.
    """
    same = Q()
    for tag in tags:
        same |= Q(tag=tag.tag, epoch=tag.epoch)
    found = _in_force().filter(same, target=Sanction.Target.ADDRESS)
    latest: datetime | None = found.aggregate(Max("starts_at"))["starts_at__max"]
    return latest


def sanctioned_addresses() -> dict[AddressTag, datetime]:
    """Give the same for every address of which somebody is kept out."""
    found = _in_force().filter(target=Sanction.Target.ADDRESS).order_by("starts_at")
    return {
        AddressTag(epoch, tag): at
        for epoch, tag, at in found.values_list("epoch", "tag", "starts_at")
        if epoch is not None
    }


def video_losses() -> dict[str, datetime]:
    """Give until when each visitor tag has no video."""
    found = _in_force().filter(target=Sanction.Target.VISITOR, measure__in=VIDEO_LOSSES)
    return {
        tag: until
        for tag, until in found.order_by("until").values_list("tag", "until")
        if until is not None
    }


def sanctions_lately() -> dict[str, datetime]:
    """Give when the last warning or ban of each visitor tag ended that had one within LANE_DAYS.

    What was lifted does not count. A ban for good does not end; whom it keeps out meets nobody.
    """
    found = Sanction.objects.filter(
        target=Sanction.Target.VISITOR,
        measure__in=("warn", *BANS),
        until__gt=timezone.now() - settings.LANE_SPAN,
        decision__lifting=None,
    )
    return {
        tag: until
        for tag, until in found.order_by("until").values_list("tag", "until")
        if until is not None
    }
