"""The filter's rules that one copy hands to another."""

from django.db.models import QuerySet

from moderation.filters.lists import startup_rules
from moderation.filters.rows import Row
from moderation.models import FilterRule


def rules_of_ours() -> list[Row]:
    """Give the operator's own rules, and those of a start-up list that are no longer as there."""
    listed: dict[tuple[str, str], tuple[int, str, str]] = {
        (rule.kind, rule.text): (rule.severity, rule.action, rule.reason)
        for rule in startup_rules()
    }
    return [
        row_of(rule)
        for rule in _all()
        if rule.origin == FilterRule.Origin.OWN
        or not rule.enabled
        or rule.note
        or rule.state != FilterRule.State.ACT
        or (rule.severity, rule.action, rule.reason) != listed.get((rule.kind, rule.text))
    ]


def row_of(rule: FilterRule) -> Row:
    return Row(**{field: getattr(rule, field) for field in Row.__struct_fields__})


def _all() -> QuerySet[FilterRule]:
    return FilterRule.objects.order_by("kind", "text")
