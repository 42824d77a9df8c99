"""Switching off, while everything runs, what must not go on."""

from django.db import transaction
from django.utils import timezone

from moderation.audit import audit_append
from moderation.models import Switch
from moderation.policy import SwitchName
from omegle.lib import bells

SWITCHES_BELL = "switches"


def switch_set(name: SwitchName, *, is_off: bool, actor: str, why: str) -> bool:
    """Put a switch; every process follows within seconds. Give whether it stood otherwise."""
    with transaction.atomic():
        before = Switch.objects.select_for_update().filter(pk=name).first()
        if (before is not None and before.is_off) == is_off:
            return False
        Switch.objects.update_or_create(
            pk=name, defaults={"is_off": is_off, "changed_at": timezone.now()}
        )
        audit_append(
            actor=actor,
            action="switch_off" if is_off else "switch_on",
            target=name,
            detail={"why": why},
        )
        bells.ring(SWITCHES_BELL)
    return True
