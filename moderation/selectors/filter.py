"""What the filter looks for, and what the operator has switched off."""

from typing import cast

from django.db.models import QuerySet

from moderation.models import FilterRule, Switch
from moderation.policy import SwitchName


def rules_enabled() -> QuerySet[FilterRule]:
    return FilterRule.objects.filter(enabled=True)


def switches_off() -> frozenset[SwitchName]:
    """Give what the operator has switched off."""
    found = Switch.objects.filter(is_off=True).values_list("pk", flat=True)
    return frozenset(cast("SwitchName", name) for name in found)
