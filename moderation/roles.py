"""Roles as Django groups: each holds exactly what `moderation.policy.roles` gives it.

Changes to a role are made there; what somebody edits in the admin lasts until the next `migrate`.
"""

from collections.abc import Iterator
from typing import Any, Final

from django.apps import apps as installed
from django.apps.registry import Apps
from django.db.models import Model

from moderation.policy.roles import ROLES, RoleRights, lane_permission, measure_permission
from moderation.rights import rights_changing

_EVERYONE: Final = tuple(
    f"moderation.{model}.view_{model}" for model in ("case", "report", "decision", "sanction")
)
_ACTIONS: Final = ("add", "change", "delete", "view")
# What each right of `RoleRights` is made of.
_OF_RIGHT: Final[dict[str, tuple[str, ...]]] = {
    "edits_rules": tuple(f"moderation.filterrule.{action}_filterrule" for action in _ACTIONS),
    "sees_audit": ("moderation.auditentry.view_auditentry",),
    "sees_stills": ("moderation.still.view_still",),
    "holds_evidence": ("moderation.evidence.hold_evidence",),
    "exports_evidence": ("moderation.evidence.export_evidence",),
    "bans_ranges": ("moderation.rangeban.ban_range",),
    "decides_appeals": ("moderation.appeal.decide_appeal",),
    "decides_notices": ("moderation.notice.decide_notice",),
    "mutes_reporters": ("moderation.mute.mute_reporter",),
    # Accounts are disabled, not deleted: decisions name who made them.
    "manages_staff": (
        *(f"auth.user.{action}_user" for action in ("add", "change", "view")),
        *(f"otp_totp.totpdevice.{action}_totpdevice" for action in _ACTIONS),
    ),
}


def groups_sync(apps: Apps = installed, **kwargs: object) -> None:
    """Make the groups what the roles say; safe to repeat, in a migration and after `migrate` too.

    `apps`: a migration's registry, or none for the present models. Permissions of models that are
    not there are left out; those of models that are there are made when they are missing, because
    Django makes them after the last migration only.
    """
    group_model: Any = apps.get_model("auth", "Group")
    for role, rights in ROLES.items():
        group, _ = group_model.objects.get_or_create(name=role)
        with rights_changing():
            group.permissions.set(_permissions(apps, rights))


def _permissions(apps: Apps, rights: RoleRights) -> Iterator[Model]:
    content_types: Any = apps.get_model("contenttypes", "ContentType")
    permissions: Any = apps.get_model("auth", "Permission")
    for wanted in _names(rights):
        app_label, model_name, codename = wanted.split(".")
        try:
            model = apps.get_model(app_label, model_name)
        except LookupError:
            continue
        content_type, _ = content_types.objects.get_or_create(app_label=app_label, model=model_name)
        permission, _ = permissions.objects.get_or_create(
            content_type=content_type,
            codename=codename,
            defaults={"name": _title(model, codename)},
        )
        yield permission


def _names(rights: RoleRights) -> Iterator[str]:
    """Give `app.model.codename` of all that a role may do."""
    yield from _EVERYONE
    for lane in rights.lanes:
        yield f"moderation.case.{lane_permission(lane)}"
    for measure in rights.measures:
        yield f"moderation.case.{measure_permission(measure)}"
    for right, names in _OF_RIGHT.items():
        if getattr(rights, right):
            yield from names


def _title(model: type[Model], codename: str) -> str:
    """Name a permission as Django would."""
    meta = model._meta  # noqa: SLF001  (public in spite of its name)
    action = codename.partition("_")[0]
    return str(dict(meta.permissions).get(codename) or f"Can {action} {meta.verbose_name}")
