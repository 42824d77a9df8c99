"""The filter's rules: the start-up lists, operators' changes, and how often each rule was met."""

from collections.abc import Collection

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from moderation.audit import audit_append
from moderation.filters.lists import startup_rules
from moderation.models import FilterRule
from moderation.policy import RULE_OBSERVED_FOR
from omegle.lib import bells
from omegle.lib.redis import Client, sync_client

RULES_BELL = "rules"
_HITS = "rules:hits"
_HITS_TAKEN = "rules:hits:taken"


def rules_load() -> int:
    """Add what the start-up lists have and the database lacks; give how many rules that were.

    A rule an operator has changed or switched off stays as it is.
    """
    before = FilterRule.objects.count()
    FilterRule.objects.bulk_create(
        [
            FilterRule(
                kind=rule.kind,
                text=rule.text,
                severity=rule.severity,
                action=rule.action,
                reason=rule.reason,
                language=rule.language,
                state=FilterRule.State.ACT,
                origin=FilterRule.Origin.LIST,
            )
            for rule in startup_rules()
        ],
        ignore_conflicts=True,
    )
    return FilterRule.objects.count() - before


class BadRuleChange(ValueError):
    """A rule may not be changed like this; a sentence for the operator."""


def rule_may_act(rule: FilterRule) -> bool:
    """Whether a rule has observed for long enough to act."""
    return timezone.now() - rule.observed_since >= RULE_OBSERVED_FOR


def rule_save(rule: FilterRule, *, moderator: User, changed: Collection[str]) -> None:
    """Save an operator's rule, of which these fields are new; every process hears of it.

    What is looked for is new: it observes, and counts from nothing.

    Raises:
        BadRuleChange: it is to act, and has not observed for long enough.
    """
    is_new = rule.pk is None
    if is_new or {"kind", "text"} & set(changed):
        rule.state, rule.hits, rule.observed_since = rule.State.OBSERVE, 0, timezone.now()
    elif "state" in changed and rule.state == rule.State.ACT and not rule_may_act(rule):
        raise BadRuleChange(
            f"A rule observes for {RULE_OBSERVED_FOR.total_seconds() / 60:.0f} minutes before it "
            "may act."
        )
    with transaction.atomic():
        rule.save()
        _written_down(rule, "rule-add" if is_new else "rule-change", moderator, changed)


def rule_delete(rule: FilterRule, *, moderator: User) -> None:
    """Delete an operator's rule.

    Raises:
        BadRuleChange: it is of a start-up list, which would bring it back.
    """
    if rule.origin == rule.Origin.LIST:
        raise BadRuleChange("A rule of a start-up list can be switched off, not deleted.")
    with transaction.atomic():
        _written_down(rule, "rule-delete", moderator, ())
        rule.delete()


def _written_down(rule: FilterRule, action: str, moderator: User, changed: Collection[str]) -> None:
    audit_append(
        actor=moderator.get_username(),
        action=action,
        target=f"rule {rule.pk}: {rule}"[:200],
        detail={field: getattr(rule, field) for field in sorted(changed)},
    )
    bells.ring(RULES_BELL)


async def hits_note(redis: Client, hits: dict[int, int]) -> None:
    """Add a process's hits to what waits to be written down."""
    async with redis.pipeline(transaction=False) as pipe:
        for rule, count in hits.items():
            pipe.hincrby(_HITS, str(rule), count)
        await pipe.execute()


def hits_write() -> int:
    """Bring the rules' hit counts up to date; give how many rules were met."""
    redis = sync_client()
    # What a run that was cut off has left comes first.
    if not redis.exists(_HITS_TAKEN) and redis.exists(_HITS):
        redis.rename(_HITS, _HITS_TAKEN)
    counts = redis.hgetall(_HITS_TAKEN)
    with transaction.atomic():
        for rule, count in counts.items():
            FilterRule.objects.filter(pk=int(rule)).update(hits=F("hits") + int(count))
    redis.delete(_HITS_TAKEN)
    return len(counts)
