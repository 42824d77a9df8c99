"""The filter's rules: the start-up lists, and how often each rule was met."""

from django.db import transaction
from django.db.models import F

from moderation.filters.lists import startup_rules
from moderation.models import FilterRule
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
