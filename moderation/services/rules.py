"""The filter's rules: the start-up lists, operators' changes, and how often each rule was met."""

from collections import Counter
from collections.abc import Collection, Iterable

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from moderation.audit import audit_append
from moderation.filters.lists import startup_rules
from moderation.models import FilterRule
from moderation.policy import RULE_OBSERVED_FOR
from omegle.lib import bells
from omegle.lib.ids import random_id
from omegle.lib.redis import Client, Script, sync_client

RULES_BELL = "rules"
_HITS = "rules:hits"
# What runs have taken to write it down, by when they took it.
_TAKEN = "rules:hits:taking"
_LEFT_MS = 600_000

# ARGV: what is to be taken, its new name. Only one run can take the same.
_take = Script(
    f"""
    redis.call('ZREM', '{_TAKEN}', ARGV[1])
    if redis.call('EXISTS', ARGV[1]) == 0 then
      return {{}}
    end
    redis.call('RENAME', ARGV[1], ARGV[2])
    redis.call('ZADD', '{_TAKEN}', clock_now(), ARGV[2])
    return redis.call('HGETALL', ARGV[2])
    """
)
_left = Script(f"return redis.call('ZRANGEBYSCORE', '{_TAKEN}', 0, clock_now() - {_LEFT_MS})")


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


def rule_save(rule: FilterRule, *, actor: str, changed: Collection[str]) -> None:
    """Save an operator's rule, of which these fields are new; every process hears of it.

    What is looked for is new, or met in disguise too as it is from severity 2 on: it observes, and
    counts from nothing. Nothing but `changed` is written, least of all the hits counted meanwhile.

    Raises:
        BadRuleChange: it is to act, and has not observed for long enough.
    """
    is_new = rule.pk is None
    fields = {*changed, "changed_at"}
    if is_new or {"kind", "text"} & set(changed) or _is_raised(rule, changed):
        fields |= {"state", "hits", "observed_since"}
        rule.state, rule.hits, rule.observed_since = rule.State.OBSERVE, 0, timezone.now()
    elif "state" in changed and rule.state == rule.State.ACT and not rule_may_act(rule):
        raise BadRuleChange(
            f"A rule observes for {RULE_OBSERVED_FOR.total_seconds() / 60:.0f} minutes before it "
            "may act."
        )
    with transaction.atomic():
        rule.save(update_fields=None if is_new else fields)
        _written_down(rule, "rule-add" if is_new else "rule-change", actor, changed)
        bells.ring(RULES_BELL)


def _is_raised(rule: FilterRule, changed: Collection[str]) -> bool:
    lower = FilterRule.objects.filter(pk=rule.pk, severity__lt=rule.severity)
    return "severity" in changed and lower.exists()


def rules_switch(rules: Iterable[FilterRule], *, actor: str, enabled: bool) -> int:
    """Switch rules on or off; give how many were not so already. Processes hear of it once."""
    others = [rule for rule in rules if rule.enabled != enabled]
    with transaction.atomic():
        for rule in others:
            rule.enabled = enabled
            rule.save(update_fields=["enabled", "changed_at"])
            _written_down(rule, "rule-change", actor, ["enabled"])
        if others:
            bells.ring(RULES_BELL)
    return len(others)


def rule_delete(rule: FilterRule, *, actor: str) -> None:
    """Delete an operator's rule.

    Raises:
        BadRuleChange: it is of a start-up list, which would bring it back.
    """
    if rule.origin == rule.Origin.LIST:
        raise BadRuleChange("A rule of a start-up list can be switched off, not deleted.")
    with transaction.atomic():
        _written_down(rule, "rule-delete", actor, ())
        rule.delete()
        bells.ring(RULES_BELL)


def _written_down(rule: FilterRule, action: str, actor: str, changed: Collection[str]) -> None:
    audit_append(
        actor=actor,
        action=action,
        target=f"rule {rule.pk}: {rule}"[:200],
        detail={field: getattr(rule, field) for field in sorted(changed)},
    )


async def hits_note(redis: Client, hits: dict[int, int]) -> None:
    """Add a process's hits to what waits to be written down."""
    async with redis.pipeline(transaction=False) as pipe:
        for rule, count in hits.items():
            pipe.hincrby(_HITS, str(rule), count)
        await pipe.execute()


def hits_write() -> int:
    """Bring the rules' hit counts up to date; give how many rules were met.

    Each run counts what it has taken for itself, and what a run took that was cut off: that counts
    twice if it was cut off between its commit and its last step.
    """
    redis = sync_client()
    counts: Counter[int] = Counter()
    for source in (*_left.run(redis), _HITS):
        own = f"{_HITS}:{random_id()}"
        taken = _take.run(redis, source, own)
        found = {int(rule): int(count) for rule, count in zip(taken[::2], taken[1::2], strict=True)}
        with transaction.atomic():
            for rule, count in sorted(found.items()):
                FilterRule.objects.filter(pk=rule).update(hits=F("hits") + count)
        with redis.pipeline() as pipe:
            pipe.delete(own)
            pipe.zrem(_TAKEN, own)
            pipe.execute()
        counts.update(found)
    return len(counts)
