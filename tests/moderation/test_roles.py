"""Groups are what the table of roles says."""

import pytest
from django.apps import apps as installed
from django.apps.registry import Apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db.migrations.state import ProjectState

from moderation.policy.roles import ROLES, Role
from moderation.roles import groups_sync
from tests.moderation.staff import enrol

pytestmark = pytest.mark.django_db

VERBS = ("add", "change", "delete", "view")


@pytest.fixture
def apps() -> Apps:
    """The project's models as a migration sees them."""
    return ProjectState.from_apps(installed).apps


def held(role: Role) -> set[str]:
    group = Group.objects.get(name=role)
    return {
        f"{app}.{codename}"
        for app, codename in group.permissions.values_list("content_type__app_label", "codename")
    }


@pytest.mark.parametrize("role", list(ROLES))
def test_group_has_exactly_what_its_role_may(role: Role, apps: Apps) -> None:
    groups_sync(apps)
    rights = ROLES[role]
    may = {f"moderation.view_{model}" for model in ("case", "report", "decision", "sanction")}
    may |= {f"moderation.review_{lane}" for lane in rights.lanes}
    may |= {f"moderation.impose_{measure}" for measure in rights.measures}
    of_right = {
        "edits_rules": {f"moderation.{verb}_filterrule" for verb in VERBS},
        "sees_audit": {"moderation.view_auditentry"},
        "sees_stills": {"moderation.view_still"},
        "holds_evidence": {"moderation.hold_evidence"},
        "exports_evidence": {"moderation.export_evidence"},
        "bans_ranges": {"moderation.ban_range"},
        "decides_appeals": {"moderation.decide_appeal"},
        "decides_notices": {"moderation.decide_notice"},
        "mutes_reporters": {"moderation.mute_reporter"},
        "manages_staff": {f"auth.{verb}_user" for verb in ("add", "change", "view")}
        | {f"otp_totp.{verb}_totpdevice" for verb in VERBS},
    }
    for right, permissions in of_right.items():
        if getattr(rights, right):
            may |= permissions
    assert held(role) == may


def test_triage_does_not_see_the_child_safety_lane(apps: Apps) -> None:
    groups_sync(apps)
    assert "moderation.review_child_safety" not in held("triage")
    assert "moderation.review_child_safety" in held("senior")


def test_legal_and_admin_alone_hold_evidence() -> None:
    groups_sync()
    holding = {role for role in ROLES if "moderation.hold_evidence" in held(role)}
    assert holding == {"legal", "admin"}


def test_what_a_role_lost_is_taken_away(apps: Apps) -> None:
    groups_sync(apps)
    group = Group.objects.get(name="triage")
    group.permissions.add(Permission.objects.get(codename="impose_permanent"))
    groups_sync(apps)
    assert "moderation.impose_permanent" not in held("triage")


def test_repeating_it_makes_nothing_twice(apps: Apps) -> None:
    groups_sync(apps)
    before = Group.objects.count(), Permission.objects.count()
    groups_sync(apps)
    assert (Group.objects.count(), Permission.objects.count()) == before


def test_present_permission_is_used_as_it_is(apps: Apps) -> None:
    content_type, _ = ContentType.objects.get_or_create(app_label="moderation", model="case")
    mine, _ = Permission.objects.update_or_create(
        content_type=content_type, codename="review_spam", defaults={"name": "Named elsewhere"}
    )
    groups_sync(apps)
    assert mine.group_set.filter(name="triage").exists()
    mine.refresh_from_db()
    assert mine.name == "Named elsewhere"


def test_made_permissions_are_named_as_django_does(apps: Apps) -> None:
    Permission.objects.filter(content_type__app_label="moderation").delete()
    groups_sync(apps)
    names = dict(
        Permission.objects.filter(content_type__app_label="moderation").values_list(
            "codename", "name"
        )
    )
    assert names["review_spam"] == "Can review: Spam"
    assert names["view_filterrule"] == "Can view filter rule"


def test_models_that_are_not_there_are_left_out() -> None:
    state = ProjectState.from_apps(installed)
    for app, model in list(state.models):
        if app == "moderation":
            state.remove_model(app, model)
    Permission.objects.filter(content_type__app_label="moderation").delete()
    groups_sync(state.apps)
    assert held("triage") == set()
    assert "auth.change_user" in held("admin")


def test_groups_are_those_of_the_present_models_by_default() -> None:
    groups_sync()
    assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)


def test_somebody_in_a_role_has_its_permissions(apps: Apps) -> None:
    user, _, _ = enrol("moderator")
    groups_sync(apps)
    assert user.has_perm("moderation.review_imminent_harm")
    assert not user.has_perm("moderation.review_child_safety")
    assert not user.has_perm("moderation.impose_week")
